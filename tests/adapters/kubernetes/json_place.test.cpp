// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <muster/adapters/kubernetes/json_place.hpp>

namespace kube = muster::adapters::kubernetes;
using muster::error;

TEST_CASE("json_place names the path of what is wrong", "[adapters][kubernetes]") {
  const auto document = kube::read_json(
      R"({"items":[{"name":"a"},{"name":7}],"big":3000000000,"no":null,"Mixed":"x"})", "test");
  REQUIRE(document);
  const kube::json_place root{*document};
  const kube::json_place items = root.member("items");
  REQUIRE(items.size() == 2);
  std::string text;
  error why;
  const kube::json_place first = items.item(0), second = items.item(1);
  CHECK(first.member("name").text(text, why));
  CHECK(text == "a");
  CHECK_FALSE(second.member("name").text(text, why));
  CHECK(why.to_string() == "items[1].name: is of type number; expected a string");
  CHECK_FALSE(second.member("uid").text(text, why));
  CHECK(why.to_string() == "items[1].uid: is missing; expected a string");
  CHECK(second.member("uid").optional_text(text, why));
  CHECK(text == "a");  // left alone

  std::int32_t small = 0;
  std::int64_t wide = 0;
  CHECK_FALSE(root.member("big").integer(small, why));
  CHECK(why.what == "is out of range");
  CHECK(root.member("big").integer(wide, why));
  CHECK(wide == 3'000'000'000);
  CHECK(root.member("no").absent());
  CHECK(root.member("mixed").absent());
  CHECK(root.member_any_case("mixed").text(text, why));
  CHECK(text == "x");
  const kube::json_place deep = root.member("no");
  CHECK(deep.member("more").absent());
  bool flag = false;
  CHECK_FALSE(root.member("big").optional_flag(flag, why));
}

TEST_CASE("read_json refuses what is no JSON, and what is nested too deep",
          "[adapters][kubernetes]") {
  CHECK(kube::read_json("{", "server").failure().to_string() ==
        "server: the text is not JSON; expected one JSON value in UTF-8");
  CHECK_FALSE(kube::read_json("", ""));
  CHECK_FALSE(kube::read_json("\"\xff\"", ""));
  CHECK(kube::read_json(std::string(200, '[') + std::string(200, ']'), ""));
  CHECK_FALSE(kube::read_json(std::string(100'000, '['), ""));
  CHECK(kube::read_json('"' + std::string(5000, '[') + "\\\"[\"", ""));  // quoted ones do not count
  CHECK(kube::write_json("a\xff") == "\"a\xEF\xBF\xBD\"");
}
