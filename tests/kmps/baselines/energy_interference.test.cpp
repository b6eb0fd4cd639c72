// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/view_of_targets.hpp"

#include <muster/kmps/baselines/energy_interference.hpp>

using namespace muster;

TEST_CASE("energy_interference: energy, carbon and interference by hand", "[kmps][baselines]") {
  support::hand_made h{2, 1};  // work 50 ms, 0.5 cores of 4
  const kmps::energy_interference rule{{.carbon = {100.0, 200.0}, .usual_carbon = 400.0}};
  h.rows[0].running = 1;
  // 60 W x 0.5/4 for 50 ms and two messages of 0.05 J
  CHECK(rule.energy(h.view, h.view[0]) == Approx(60.0 / 8 * 0.05 + 0.1));
  // An idle machine is woken: 60 W more.
  CHECK(rule.energy(h.view, h.view[1]) == Approx((60.0 / 8 + 60.0) * 0.05 + 0.1));
  h.rows[1].speed = 2.0;
  CHECK(rule.energy(h.view, h.view[1]) == Approx((60.0 / 8 + 60.0) * 0.025 + 0.1));
  h.rows[3].running = 1;
  h.rows[3].cpu_total = 24'000;  // a pool of six machines: one of them runs it
  CHECK(rule.energy(h.view, h.view[3]) == Approx(60.0 / 8 * 0.05 + 0.4));
  CHECK(rule.carbon(h.view, h.view[0], 0) == Approx(0.475 / 3.6e6 * 100.0));
  CHECK(rule.carbon(h.view, h.view[3], 3) == Approx(0.775 / 3.6e6 * 400.0));
  // One of another kind on 4 cores, counted half; of its own kind it counts in full.
  CHECK(rule.interference(h.view[0]) == Approx(1.0 / 8));
  h.cells[0].busy = 1;
  CHECK(rule.interference(h.view[0]) == Approx(2.0 / 8));
  h.queue(0, 20);
  CHECK(rule.interference(h.view[0]) == 1.0);
}

TEST_CASE("energy_interference: each weight alone decides by its term", "[kmps][baselines]") {
  support::hand_made h{3, 0};
  rng random{1};
  h.rows[0].running = 3;  // awake, crowded
  h.rows[1].running = 1;
  h.rows[1].speed = 0.5;  // awake, slow
  const std::vector<double> carbon{900.0, 700.0, 20.0, 900.0};
  const auto pick = [&](double e, double c, double i) {
    return kmps::energy_interference{
        {.energy_weight = e, .carbon_weight = c, .interference_weight = i, .carbon = carbon}}
        .choose(h.view, random);
  };
  CHECK(pick(1.0, 0.0, 0.0) == 0);  // awake and fast
  CHECK(pick(0.0, 1.0, 0.0) == 2);  // asleep, but its power is clean
  CHECK(pick(0.0, 0.0, 1.0) == 2);  // nobody there
  h.rows[2].running = 4;
  CHECK(pick(0.0, 0.0, 1.0) == 3);  // the cloud is idle
  for (auto& c : h.cells) c.replicas = 0;
  CHECK(pick(1.0, 1.0, 1.0) == 3);
  CHECK(support::breaks("not all 0", [&] { (void)pick(0.0, 0.0, 0.0); }));
}

TEST_CASE("energy_interference gathers load until it interferes", "[kmps][baselines]") {
  support::hand_made h{2, 0};
  rng random{1};
  const kmps::energy_interference rule;
  h.rows[0].running = 1;
  CHECK(rule.choose(h.view, random) == 0);  // next to the one that runs: nobody is woken
  h.rows[0].running = 8;
  h.cells[0].busy = 8;
  h.cells[0].replicas = 9;
  h.rows[1].running = 1;
  CHECK(rule.choose(h.view, random) == 1);
}
