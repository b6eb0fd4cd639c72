// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/edge_workload.hpp"
#include "support/tiny_edge.hpp"

#include <cmath>
#include <cstddef>
#include <vector>

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/kais_reward.hpp>

using namespace muster;

static_assert(reward_rule_for<kmps::kais_reward, env::edge_cloud<>>);

TEST_CASE("kais_reward: hand cases", "[kmps][kais_reward]") {
  const kmps::kais_reward r;
  CHECK(r.of({.done = 4}, 0.0) == Approx(2.0));
  CHECK(r.of({}, 0.0) == Approx(2.0));
  CHECK(r.of({.dropped = 2, .late = 1}, 0.0) == Approx(std::exp(-1.0) + 1.0));
  CHECK(r.of({.done = 3, .dropped = 1}, 0.5) == Approx(std::exp(-0.25) + std::exp(-0.5)));
  CHECK(kmps::kais_reward{{.balance = 2.0}}.of({}, 1.0) == Approx(1.0 + 2.0 * std::exp(-1.0)));
}

namespace {

/// Two clusters of one node. Access point 0 places a request in slot 1 and one in slot 3, access
/// point 1 one in slot 1.
env::edge_cloud<> played() {
  env::edge_cloud_config c = support::tiny();
  c.clusters = 2;
  c.deployment = {1, 1, 1};
  c.lan = {};
  env::edge_cloud<> e{c};
  support::arrivals a{support::at(10, 100, seconds(1)), support::at(20, 250, seconds(1)),
                      support::at(600, 100, milliseconds(10))};
  a[1].access_point = 1;
  support::load(e, a, seconds(2));
  support::send_all(e, 0);
  return e;
}

}  // namespace

TEST_CASE("kais_reward: how unevenly nodes are used, by hand", "[kmps][kais_reward]") {
  const auto e = played();
  REQUIRE(e.counts().done == 2);
  const auto s = kmps::kais_reward{}.deviations(e);
  // Half a core for 100 of the 250 ms of slot 1: 0.2 of 4 cores; 0.1 GB: 0.04, and a replica of
  // 1 GB, of 16. The deviation of two numbers is their distance over sqrt 2.
  const auto of = [](double cpu, double memory) {
    return std::abs(cpu / 4.0 - (memory + 1.0) / 16.0) / std::sqrt(2.0);
  };
  CHECK(s[1 * 2 + 0] == Approx(of(0.2, 0.04)));
  CHECK(s[1 * 2 + 1] == Approx(of(0.5, 0.1)));
  CHECK(s[0] == Approx(of(0.0, 0.0)));
  CHECK(s[5 * 2 + 0] == Approx(of(0.0, 0.0)));
}

TEST_CASE("kais_reward: all share what happened until they decide again", "[kmps][kais_reward]") {
  const auto e = played();
  const kmps::kais_reward r{{.gamma = 0.5}};
  const auto s = r.deviations(e);
  // The third request expires at its access point, before slot 3: nobody places it.
  const std::vector<placed> decisions{{0, 0, 1, 0.0F}, {1, 1, 1, 0.0F}};
  std::vector<float> rewards(2, 0.0F);
  r.assign(e, std::span<const placed>{decisions}, std::span<float>{rewards});
  CHECK(rewards[0] == rewards[1]);
  double expected = 0.0, factor = 1.0;
  for (std::size_t b = 1; b < e.bins(); ++b, factor *= 0.5) {
    expected += factor * 0.5 * (r.of(e.tally(b, 0), s[2 * b]) + r.of(e.tally(b, 1), s[2 * b + 1]));
  }
  CHECK(rewards[0] == Approx(expected));
}

TEST_CASE("kais_reward: what nodes use over an episode adds up", "[kmps][kais_reward]") {
  env::edge_cloud<> e;
  support::workload_shape shape;
  const auto w = support::edge_workload(shape, 5);
  e.load(w, seconds(5));
  dispatch_view view;
  while (e.next_decision(view)) e.dispatch(static_cast<std::uint32_t>(view.cloud()));
  // All went to the cloud: every cluster is as uneven as an idle one, in every slot.
  const auto s = kmps::kais_reward{}.deviations(e);
  for (std::size_t i = 0; i + 3 < s.size(); ++i) REQUIRE(s[i] == Approx(s[0]));
}
