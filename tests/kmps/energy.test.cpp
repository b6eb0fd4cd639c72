// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/edge_workload.hpp"
#include "support/tiny_edge.hpp"

#include <muster/core/rng.hpp>
#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/energy.hpp>
#include <muster/kmps/episode.hpp>

using namespace muster;

TEST_CASE("request_energy: single amounts by hand", "[kmps][energy]") {
  const kmps::request_energy model;  // 60 to 120 W over 4 cores: 15 J per core and second
  CHECK(model.compute(0.5, milliseconds(100)) == Approx(0.75));
  CHECK(model.compute(4.0, seconds(1)) == Approx(60.0));
  CHECK(model.compute(0.0, seconds(1)) == 0.0);
  // 55 kB = 440 kbit there and back, 400 kbit there only.
  CHECK(model.transmission(target_kind::own_cluster, true) == Approx(440e3 * 0.46e-6));
  CHECK(model.transmission(target_kind::own_cluster, false) == Approx(400e3 * 0.46e-6));
  CHECK(model.transmission(target_kind::neighbour, true) == Approx(440e3 * 1.1e-6));
  CHECK(model.transmission(target_kind::cloud, true) == Approx(440e3 * 2.7e-6));
}

TEST_CASE("request_energy: an episode by hand", "[kmps][energy]") {
  // Two of three requests run for 100 ms on the node; the second comes too late to be started.
  const duration allowance = milliseconds(400);
  env::edge_cloud<> e{support::tiny()};
  support::load(e,
                {support::at(10, 100, allowance), support::at(20, 100, allowance),
                 support::at(900, 100, allowance)},
                seconds(2));
  support::send_all(e, 0);
  REQUIRE(e.counts().done == 2);
  const auto a = kmps::request_energy{}.of(e);
  CHECK(a.on_time == 2);
  CHECK(a.compute_j == Approx(2 * 0.75));
  CHECK(a.transmission_j == Approx((2 * 440e3 + 400e3) * 0.46e-6));
  CHECK(a.per_inference() == Approx((1.5 + 1280e3 * 0.46e-6) / 2));
  REQUIRE(a.cluster_use.size() == 1);
  // 0.5 cores for 0.2 s of 4 cores for 2 s.
  CHECK(a.cluster_use[0] == Approx(0.1 / 8.0));
  CHECK(a.mean_use() == a.highest_use());
}

TEST_CASE("request_energy: the cloud is no cluster, late work costs too", "[kmps][energy]") {
  auto c = support::tiny();
  c.start_only_if_on_time = false;
  env::edge_cloud<> e{c};
  // To the cloud and back takes 200 ms, so this answer is late.
  support::load(e, {support::at(10, 100, milliseconds(450))}, seconds(2));
  support::send_all(e, 1);
  REQUIRE(e.counts().missed == 1);
  const auto a = kmps::request_energy{}.of(e);
  CHECK(a.compute_j == Approx(0.75));
  CHECK(a.transmission_j == Approx(440e3 * 2.7e-6));
  CHECK(a.cluster_use[0] == 0.0);
  CHECK(a.per_inference() == 0.0);  // nobody was served
}

TEST_CASE("request_energy: what runs beyond the horizon counts as energy, not as use",
          "[kmps][energy]") {
  env::edge_cloud<> e{support::tiny()};
  // Starts at 255 ms, ends at 1255 ms; the horizon is at 755 ms: 0.5 s inside.
  support::load(e, {support::at(10, 1000, seconds(5))}, milliseconds(755));
  support::send_all(e, 0);
  const auto a = kmps::request_energy{}.of(e);
  CHECK(a.compute_j == Approx(7.5));
  CHECK(a.cluster_use[0] == Approx(0.5 * 0.5 / (4.0 * 0.755)));
}

TEST_CASE("request_energy agrees with the power integral of the environment", "[kmps][energy]") {
  env::edge_cloud_config c;
  env::edge_cloud<> e{c};
  const auto workload = support::edge_workload({.rate = 200.0, .seconds = 8.0}, 5);
  e.load(workload, seconds(8));
  kmps::idle_first rule;
  rng random{1};
  const auto r = kmps::run_episode(e, rule, random);
  REQUIRE(r.done > 500);
  const auto a = kmps::request_energy{}.of(e);
  // The environment integrates power over machines; what is left without idle power and messages
  // is the work of all requests.
  const double idle = c.idle_power * (c.nodes() + c.cloud_nodes);
  double last = 8.0;
  for (const auto& record : e.records()) {
    if (record.answered_at_all()) last = (std::max)(last, record.finished.seconds());
  }
  const double messages = static_cast<double>(r.to_own + r.to_neighbour) +
                          static_cast<double>(r.to_cloud) * c.wan_energy_factor;
  CHECK(a.compute_j ==
        Approx(e.energy_j() - idle * last - 2.0 * messages * c.message_energy).epsilon(1e-9));
  double core_seconds = 0.0;
  for (std::size_t t = 0; t < c.targets(); ++t)
    core_seconds += e.use_of(t).core_milliseconds * 1e-3;
  CHECK(a.compute_j == Approx(15.0 * core_seconds));
}
