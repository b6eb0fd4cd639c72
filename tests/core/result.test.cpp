// SPDX-License-Identifier: Apache-2.0
#include <muster/core/result.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"
#include "support/contract.hpp"

using muster::error, muster::result;

static_assert(std::is_convertible_v<int, result<int>>);
static_assert(std::is_convertible_v<error, result<int>>);
static_assert(std::is_convertible_v<error, result<void>>);
static_assert(!std::is_convertible_v<result<int>, bool>, "only where a condition is written");

TEST_CASE("an error prints as one line, with what is known", "[core][result]") {
  CHECK(error{.what = "is text", .file = "a.csv", .line = 7, .field = "cpu", .expected = "a number"}
            .to_string() == "a.csv:7: cpu: is text; expected a number");
  CHECK(error{.what = "is empty", .file = "a.csv", .line = 0, .field = "", .expected = ""}
            .to_string() == "a.csv: is empty");
  CHECK(error{.what = "is not known", .file = "", .line = 0, .field = "--foo", .expected = "--out"}
            .to_string() == "--foo: is not known; expected --out");
  CHECK(
      error{.what = "went wrong", .file = "", .line = 3, .field = "", .expected = ""}.to_string() ==
      "went wrong");
}

TEST_CASE("a result holds a value", "[core][result]") {
  result<std::string> r = std::string{"seven"};
  REQUIRE(r.has_value());
  REQUIRE(r);
  CHECK(r.value() == "seven");
  CHECK(*r == "seven");
  CHECK(r->size() == 5);
  r->push_back('!');
  const auto& constant = r;
  CHECK(constant.value() == "seven!");
  CHECK(*constant == "seven!");
  CHECK(constant->size() == 6);
}

TEST_CASE("a result holds a reason", "[core][result]") {
  const result<int> r =
      error{.what = "is missing", .file = {}, .line = 0, .field = {}, .expected = {}};
  CHECK_FALSE(r.has_value());
  CHECK_FALSE(r);
  CHECK(r.failure().what == "is missing");
}

TEST_CASE("a value that cannot be copied moves out", "[core][result]") {
  result<std::unique_ptr<int>> r = std::make_unique<int>(4);
  std::unique_ptr<int> out = std::move(r).value();
  CHECK(*out == 4);
  out = *result<std::unique_ptr<int>>{std::make_unique<int>(5)};
  CHECK(*out == 5);
}

TEST_CASE("a result of nothing tells success from failure", "[core][result]") {
  const result<void> good;
  CHECK(good.has_value());
  CHECK(good);
  const result<void> bad = error{.what = "no", .file = {}, .line = 0, .field = {}, .expected = {}};
  CHECK_FALSE(bad.has_value());
  CHECK(bad.failure().what == "no");
}

TEST_CASE("asking a result for what it does not hold stops the program", "[core][result]") {
  using support::breaks;
  const error reason{.what = "no", .file = {}, .line = 0, .field = {}, .expected = {}};
  CHECK(breaks("result holds an error", [&] {
    const result<int> r = reason;
    static_cast<void>(r.value());
  }));
  CHECK(breaks("result holds a value", [] {
    const result<int> r = 1;
    static_cast<void>(r.failure());
  }));
  CHECK(breaks("result holds a value", [] { static_cast<void>(result<void>{}.failure()); }));
}
