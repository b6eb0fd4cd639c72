// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <muster/interop/fmt.hpp>

#include "support/catch.hpp"

namespace num = muster::num;

TEST_CASE("shapes, views and tensors print briefly", "[interop][fmt]") {
  CHECK(fmt::format("{}", num::shape{}) == "[]");
  CHECK(fmt::format("{}", num::shape{3, 4}) == "[3, 4]");
  num::tensor<float> t{{2, 3}};
  for (std::size_t i = 0; i < 6; ++i) t[i] = static_cast<float>(i) / 2.0F;
  CHECK(fmt::format("{}", t) == "[2, 3] {0, 0.5, 1, 1.5, 2, 2.5}");
  CHECK(fmt::format("{:.2f}", t.view()) == "[2, 3] {0.00, 0.50, 1.00, 1.50, 2.00, 2.50}");
  num::tensor<int> n{{100}};
  for (std::size_t i = 0; i < 100; ++i) n[i] = static_cast<int>(i);
  CHECK(fmt::format("{}", n) == "[100] {0, 1, 2, ..., 97, 98, 99}");
  CHECK(fmt::format("{}", num::view<const int>{n.data(), {8}}) == "[8] {0, 1, 2, 3, 4, 5, 6, 7}");
  CHECK(fmt::format("{}", num::view<const int>{n.data(), {9}}) == "[9] {0, 1, 2, ..., 6, 7, 8}");
  CHECK(fmt::format("{}", num::view<const float>{}) == "(no array)");
  CHECK(fmt::format("{}", num::view<const int>{n.data(), {0}}) == "[0] {}");
}

TEST_CASE("durations print short and exact", "[interop][fmt]") {
  using muster::duration;
  CHECK(fmt::format("{}", duration{0}) == "0 us");
  CHECK(fmt::format("{}", duration{999}) == "999 us");
  CHECK(fmt::format("{}", duration{-12}) == "-12 us");
  CHECK(fmt::format("{}", duration{1000}) == "1 ms");
  CHECK(fmt::format("{}", duration{1050}) == "1.05 ms");
  CHECK(fmt::format("{}", duration{250000}) == "250 ms");
  CHECK(fmt::format("{}", duration{-1500000}) == "-1.5 s");
  CHECK(fmt::format("{}", duration{3600000001}) == "3600.000001 s");
  CHECK(fmt::format("{}", duration{std::numeric_limits<std::int64_t>::min()}) ==
        "-9223372036854.775808 s");
}

TEST_CASE("instants print as seconds", "[interop][fmt]") {
  CHECK(fmt::format("{}", muster::instant{12500000}) == "12.500000 s");
  CHECK(fmt::format("{}", muster::instant{-1}) == "-0.000001 s");
  CHECK(fmt::format("{}", muster::never) == "never");
}

TEST_CASE("errors print their line, ids their number", "[interop][fmt]") {
  const muster::error e{"is not a number", "trace.csv", 12, "plan_cpu", "100 for one core"};
  CHECK(fmt::format("{}", e) ==
        "trace.csv:12: plan_cpu: is not a number; expected 100 for one core");
  CHECK(fmt::format("{}", muster::job_id{7}) == "7");
  CHECK(fmt::format("{:>4}|{:02}|{}", muster::node_id{3}, muster::agent_id{1},
                    muster::service_id{11}) == "   3|01|11");
}
