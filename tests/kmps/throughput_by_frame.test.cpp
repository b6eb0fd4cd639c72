// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/throughput_by_frame.hpp>

#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/edge_workload.hpp"
#include "support/tiny_edge.hpp"

#include <muster/core/rng.hpp>
#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/episode.hpp>

using namespace muster;

TEST_CASE("throughput_by_frame: requests count where they arrived, by hand", "[kmps]") {
  env::edge_cloud<> e{support::tiny()};
  // Frames of 1 s, a horizon of 2.5 s. The second request is answered in the second frame; the
  // third cannot be on time; nothing arrives in the third frame.
  support::load(e,
                {support::at(10, 100, seconds(1)), support::at(990, 100, seconds(1)),
                 support::at(1000, 500, milliseconds(300))},
                milliseconds(2500));
  support::send_all(e, 0);
  const auto f = kmps::throughput_by_frame(e, seconds(1));
  REQUIRE(f.size() == 3);
  CHECK(f[0].arrived == 2);
  CHECK(f[0].on_time == 2);
  CHECK(f[0].throughput() == 1.0);
  CHECK(f[1].arrived == 1);
  CHECK(f[1].throughput() == 0.0);
  CHECK(f[2].arrived == 0);
  CHECK(f[2].throughput() == 1.0);
}

TEST_CASE("throughput_by_frame: frames add up to the episode", "[kmps]") {
  env::edge_cloud<> e{env::edge_cloud_config{}};
  const auto workload = support::edge_workload({.rate = 400.0, .seconds = 7.0}, 3);
  e.load(workload, seconds(7));
  kmps::idle_first rule;
  rng random{1};
  const auto r = kmps::run_episode(e, rule, random);
  REQUIRE(r.missed > 0);
  for (const duration frame : {milliseconds(250), seconds(2), seconds(100)}) {
    std::uint64_t arrived = 0, on_time = 0;
    for (const auto& f : kmps::throughput_by_frame(e, frame)) {
      arrived += f.arrived;
      on_time += f.on_time;
    }
    CHECK(arrived == r.arrived);
    CHECK(on_time == r.done);
  }
}

TEST_CASE("throughput_by_frame: a frame must last", "[kmps]") {
  env::edge_cloud<> e{support::tiny()};
  support::load(e, {support::at(10, 100, seconds(1))}, seconds(1));
  CHECK(support::breaks("pass frame > 0",
                        [&] { static_cast<void>(kmps::throughput_by_frame(e, duration{})); }));
}
