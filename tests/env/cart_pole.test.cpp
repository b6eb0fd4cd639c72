// SPDX-License-Identifier: Apache-2.0
#include <muster/env/cart_pole.hpp>
#include <muster/testing/laws/environment.hpp>

#include <array>
#include <cmath>
#include <cstddef>

#include "support/catch.hpp"

using muster::rng, muster::env::cart_pole;

TEST_CASE("cart_pole obeys the laws of environment", "[env][laws]") {
  muster::testing::check_environment_laws(cart_pole{}, 1, 500, [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  });
}

TEST_CASE("one push from rest, by hand", "[env][cart_pole]") {
  // Upright and at rest: f = 10 / 1.1, theta'' = -f / (0.5 (4/3 - 0.1/1.1)) = -14.6341...,
  // x'' = f - 0.05 theta'' / 1.1 = 9.7561...; one Euler step of 0.02 s moves speeds only.
  cart_pole e;
  rng g{1};
  e.place({0.0, 0.0, 0.0, 0.0});
  const auto outcome = e.step(1, g);
  const double f = 10.0 / 1.1;
  const double spin = -f / (0.5 * (4.0 / 3.0 - 0.1 / 1.1));
  const auto& s = e.state();
  CHECK(s[0] == 0.0);
  CHECK(s[1] == Approx(0.02 * (f - 0.05 * spin / 1.1)));
  CHECK(s[1] == Approx(0.1951219512));
  CHECK(s[2] == 0.0);
  CHECK(s[3] == Approx(-0.2926829268));
  CHECK(outcome.reward == 1.0F);
  CHECK_FALSE(outcome.done());
}

TEST_CASE("left and right are mirror images", "[env][cart_pole]") {
  cart_pole left;
  cart_pole right;
  rng g{1};
  left.place({0.1, -0.2, 0.05, 0.3});
  right.place({-0.1, 0.2, -0.05, -0.3});
  for (int k = 0; k < 20; ++k) {
    (void)left.step(k % 3 == 0 ? 0U : 1U, g);
    (void)right.step(k % 3 == 0 ? 1U : 0U, g);
    for (std::size_t i = 0; i < 4; ++i) REQUIRE(left.state()[i] == -right.state()[i]);
  }
}

TEST_CASE("the energy of a free swing hardly changes for small steps", "[env][cart_pole]") {
  // Without a push the equations conserve energy; the Euler step does so to first order.
  cart_pole e{{.push = 0.0,
               .time_step = 1e-5,
               .angle_limit = 10.0,
               .track_limit = 100.0,
               .step_limit = 1'000'000}};
  rng g{1};
  e.place({0.0, 0.0, 0.1, 0.0});
  const auto energy = [&] {
    const auto& [x, v, a, w] = e.state();
    // Rod of half length l about its centre has inertia m l^2 / 3.
    const double l = 0.5;
    const double m = 0.1;
    const double vx = v + l * w * std::cos(a);
    const double vy = -l * w * std::sin(a);
    return 0.5 * v * v + 0.5 * m * (vx * vx + vy * vy) + 0.5 * (m * l * l / 3.0) * w * w +
           m * 9.8 * l * std::cos(a);
  };
  const double before = energy();
  for (int k = 0; k < 50000; ++k) (void)e.step(0, g);  // half a second
  CHECK(std::abs(e.state()[2]) > 0.2);                 // it did fall
  CHECK(energy() == Approx(before).margin(1e-4));
}

TEST_CASE("falling terminates, the limit of steps truncates", "[env][cart_pole]") {
  cart_pole e;
  rng g{2};
  e.reset(g);
  int steps = 0;
  for (;; ++steps) {
    const auto outcome = e.step(1, g);
    if (!outcome.done()) continue;
    CHECK(outcome.terminated);
    CHECK_FALSE(outcome.truncated);
    CHECK(outcome.reward == 1.0F);
    break;
  }
  CHECK(steps < 15);

  cart_pole patient{{.angle_limit = 100.0, .track_limit = 1e9, .step_limit = 7}};
  patient.reset(g);
  for (int k = 1; k <= 7; ++k) {
    const auto outcome = patient.step(0, g);
    CHECK(outcome.truncated == (k == 7));
    CHECK_FALSE(outcome.terminated);
  }
  patient.reset(g);
  CHECK_FALSE(patient.step(0, g).done());
}
