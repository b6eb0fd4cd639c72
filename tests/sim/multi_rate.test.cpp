// SPDX-License-Identifier: Apache-2.0
#include <muster/sim/multi_rate.hpp>

#include <array>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/contract.hpp"

using namespace muster;
using sim::multi_rate;

namespace {

// KMPS: frame, long slot, slot.
constexpr multi_rate<3> three{
    {{{seconds(25)}, {seconds(2)}, {milliseconds(250), milliseconds(250)}}}};

}  // namespace

TEST_CASE("one frame holds a hundred slots and twelve and a half long slots", "[sim]") {
  std::array<int, 3> count{};
  sim::run(three, instant{} + seconds(25), instant{} + seconds(75),
           [&](std::size_t i, instant) { ++count[i]; });
  CHECK(count == std::array<int, 3>{2, 25, 200});
}

TEST_CASE("what is due at one time is served slowest first", "[sim]") {
  std::vector<std::pair<std::size_t, std::int64_t>> order;
  sim::run(three, instant{} + milliseconds(49750), instant{} + milliseconds(50250),
           [&](std::size_t i, instant t) {
             order.push_back({i, t.us});
           });
  const std::vector<std::pair<std::size_t, std::int64_t>> expected{
      {2, 49750000}, {0, 50000000}, {1, 50000000}, {2, 50000000}};
  CHECK(order == expected);
}

TEST_CASE("phases shift a rate and periods of zero never come", "[sim]") {
  constexpr multi_rate<2> r{{{{seconds(3), seconds(1)}, {duration{}}}}};
  STATIC_REQUIRE(r.next(0, instant{}) == instant{} + seconds(1));
  STATIC_REQUIRE(r.next(0, instant{} + seconds(1)) == instant{} + seconds(1));
  STATIC_REQUIRE(r.next(0, instant{1000001}) == instant{} + seconds(4));
  STATIC_REQUIRE(r.due(0, instant{} + seconds(7)));
  STATIC_REQUIRE_FALSE(r.due(0, instant{} + seconds(6)));
  STATIC_REQUIRE(r.next(1, instant{}) == never);
  STATIC_REQUIRE_FALSE(r.due(1, instant{}));
  constexpr multi_rate<1> none{};
  STATIC_REQUIRE(none.from(instant{}).due == 0);
  STATIC_REQUIRE(none.from(instant{}).at == never);
}

TEST_CASE("ticks are strictly increasing and hit every multiple once", "[sim]") {
  constexpr multi_rate<3> r{
      {{{duration{7}}, {duration{3}, duration{2}}, {duration{5}, duration{1}}}}};
  std::array<std::vector<std::int64_t>, 3> seen;
  instant last{-1};
  for (auto k = r.from(instant{}); k.at < instant{1000}; k = r.from(k.at + duration{1})) {
    REQUIRE(k.at > last);
    last = k.at;
    for (std::size_t i = 0; i < 3; ++i) {
      if (k.has(i)) seen[i].push_back(k.at.us);
    }
  }
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<std::int64_t> expected;
    for (std::int64_t t = r[i].phase.us; t < 1000; t += r[i].period.us) expected.push_back(t);
    CHECK(seen[i] == expected);
  }
}

TEST_CASE("negative periods are refused", "[sim]") {
  CHECK(support::breaks("negative period or phase", [] {
    const std::array<multi_rate<1>::rate, 1> bad{{{duration{-1}, {}}}};
    [[maybe_unused]] const multi_rate<1> r{bad};
  }));
}
