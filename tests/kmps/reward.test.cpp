// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/tiny_edge.hpp"

#include <cmath>

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/reward.hpp>

using namespace muster;

TEST_CASE("slot_share: hand cases", "[kmps][reward]") {
  const kmps::slot_share r;
  CHECK(r.of({.done = 4}, 0.0) == Approx(1.0));
  CHECK(r.of({.dropped = 2, .late = 1}, 0.0) == Approx(-0.15));
  CHECK(r.of({.done = 3, .dropped = 1}, 0.0) == Approx(0.75 - 0.15 * 0.25));
  CHECK(r.of({}, 0.0) == 0.0);
  CHECK(r.of({.done = 1}, 0.2) == Approx(1.0 - 0.05 * 0.2));
  kmps::slot_share::config c;
  c.bonus = 0.3;  // as released
  CHECK(kmps::slot_share{c}.of({.done = 1, .dropped = 1}, 0.0) ==
        Approx(0.5 - 0.15 * 0.5 + 0.3 * (std::exp(1.0) - 1.0)));
}

namespace {

/// Two requests in slot 1 (250 ms) and one in slot 4; the second is missed at its target.
env::edge_cloud<> played() {
  const duration allowance = milliseconds(400);
  env::edge_cloud<> e{support::tiny()};
  support::load(e,
                {support::at(10, 100, allowance), support::at(20, 100, allowance),
                 support::at(900, 100, allowance)},
                seconds(2));
  support::send_all(e, 0);
  return e;
}

const std::vector<placed> decisions{{0, 0, 1, 0.0F}, {1, 0, 1, 0.0F}, {2, 0, 4, 0.5F}};

}  // namespace

TEST_CASE("per_request gives each decision the outcome of its own request", "[kmps][reward]") {
  const auto e = played();
  REQUIRE(e.counts().done == 2);
  std::vector<float> rewards(3, 0.0F);
  kmps::per_request{}.assign(e, std::span<const placed>{decisions}, std::span<float>{rewards});
  CHECK(rewards[0] == Approx(1.0));
  CHECK(rewards[1] == Approx(-0.15));
  CHECK(rewards[2] == Approx(1.0 - 0.05 * 0.5));
}

TEST_CASE("slot_share gives the last decision of a slot what happens until the next",
          "[kmps][reward]") {
  const auto e = played();
  // The first is back at 360 ms (slot 1), the second dropped at 355 ms (slot 1), the third back
  // at 1110 ms (slot 4).
  std::vector<float> rewards(3, 0.0F);
  kmps::slot_share{}.assign(e, std::span<const placed>{decisions}, std::span<float>{rewards});
  CHECK(rewards[0] == 0.0F);
  CHECK(rewards[1] == Approx(0.5 - 0.15 * 0.5));
  CHECK(rewards[2] == Approx(1.0 - 0.05 * 0.5));
}
