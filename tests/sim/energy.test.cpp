// SPDX-License-Identifier: Apache-2.0
#include <muster/sim/energy.hpp>

#include "support/catch.hpp"

using muster::instant;
using muster::seconds;
using muster::sim::cpu_energy;

TEST_CASE("energy is idle power plus the share in use", "[sim][energy]") {
  cpu_energy e{{.idle = 60.0, .peak = 120.0, .cores = 4.0}};
  const instant zero{};
  CHECK(e.joules(zero + seconds(10)) == 600.0);  // idle
  e.set_use(zero + seconds(10), 4000);           // all cores
  CHECK(e.power() == 120.0);
  e.set_use(zero + seconds(20), 1000);  // one core
  CHECK(e.power() == 75.0);
  e.set_use(zero + seconds(40), 0);
  CHECK(e.joules(zero + seconds(50)) == Approx(600.0 + 1200.0 + 20 * 75.0 + 600.0));
  CHECK(e.utilisation(zero + seconds(50)) == Approx((10 * 4.0 + 20 * 1.0) / (50 * 4.0)));
}

TEST_CASE("a hundred thousand switches cost exactly what one long run costs", "[sim][energy]") {
  cpu_energy many, one;
  one.set_use(instant{}, 300);
  for (int k = 0; k < 100'000; ++k) many.set_use(instant{} + k * muster::microseconds(10), 300);
  CHECK(many.joules(instant{} + seconds(1)) == one.joules(instant{} + seconds(1)));
}
