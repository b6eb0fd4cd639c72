// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/tiny_edge.hpp"

#include <cmath>

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/difference_reward.hpp>

using namespace muster;

namespace {

env::edge_cloud<> play(const support::arrivals& a) {
  env::edge_cloud<> e{support::tiny()};
  support::load(e, a, seconds(5));
  support::send_all(e, 0);
  return e;
}

trace::arrival at(std::int64_t ms, std::int64_t deadline_ms) {
  return support::at(ms, 100, milliseconds(deadline_ms - ms));
}

}  // namespace

TEST_CASE("difference_reward charges a request for the one missed behind it", "[kmps][reward]") {
  // Both are placed at 250 ms; the second would be back at 460 ms, ten too late. The third
  // finds the replica idle and owes nothing.
  const auto e = play({at(10, 5000), at(20, 450), at(900, 5000)});
  REQUIRE(e.counts().missed == 1);
  const kmps::difference_reward r;
  const auto cost = r.costs(e);
  const double charged = 1.0 - std::exp(-0.1);  // one miss, 0.1 s / 1 replica / 1 s
  CHECK(cost[0] == Approx(charged));
  CHECK(cost[1] == 0.0F);
  CHECK(cost[2] == 0.0F);
  const std::vector<placed> decisions{{0, 0, 1, 0.0F}, {1, 0, 1, 0.0F}, {2, 0, 4, 0.5F}};
  std::vector<float> rewards(3, 0.0F);
  r.assign(e, std::span<const placed>{decisions}, std::span<float>{rewards});
  CHECK(rewards[0] == Approx(1.0 - 1.15 * charged));
  CHECK(rewards[1] == Approx(-0.15));
  CHECK(rewards[2] == Approx(1.0 - 0.05 * 0.5));
}

TEST_CASE("difference_reward charges nothing for what was hopeless, or came later",
          "[kmps][reward]") {
  // The second would have been back 1.11 s too late: more than `within`.
  auto long_first = at(10, 9000);
  long_first.request.work = milliseconds(1500);
  const auto e = play({long_first, at(20, 750)});
  REQUIRE(e.counts().missed == 1);
  CHECK(kmps::difference_reward{}.costs(e)[0] == 0.0F);
  // Missed first, then idle, then another one runs: that one is not to blame.
  const auto f = play({at(10, 5000), at(20, 450), at(600, 5000)});
  CHECK(kmps::difference_reward{}.costs(f)[2] == 0.0F);
}
