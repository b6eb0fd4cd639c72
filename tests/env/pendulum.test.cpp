// SPDX-License-Identifier: Apache-2.0
#include <muster/env/pendulum.hpp>

#include <array>
#include <cmath>
#include <cstddef>

#include "support/catch.hpp"

using muster::rng, muster::env::pendulum;

namespace {
constexpr double pi = 3.14159265358979323846;

float push(pendulum& p, float action) {
  rng g{1};
  return p.step(std::array{action}, g).reward;
}
}  // namespace

TEST_CASE("one step by hand", "[env][pendulum]") {
  pendulum p;
  p.place(pi / 6.0, 1.0);
  // theta'' = 15 sin 30 + 3 (2 x 0.5) = 10.5; 0.05 s later the speed is 1.525, and with it the
  // angle moves by 0.07625.
  const float reward = push(p, 0.5F);
  CHECK(static_cast<double>(reward) == Approx(-(pi * pi / 36.0 + 0.1 + 0.001)).epsilon(1e-6));
  CHECK(p.state()[1] == Approx(1.525));
  CHECK(p.state()[0] == Approx(pi / 6.0 + 0.07625));
}

TEST_CASE("upright and hanging are the two places of rest", "[env][pendulum]") {
  for (const double angle : {0.0, pi}) {
    pendulum p;
    p.place(angle, 0.0);
    float last = 0.0F;
    for (int i = 0; i < 50; ++i) last = push(p, 0.0F);
    CHECK(p.state()[0] == Approx(angle).margin(1e-4));
    CHECK(static_cast<double>(last) == Approx(-angle * angle).margin(1e-3));
  }
}

TEST_CASE("left and right are mirror images, and a full turn is none", "[env][pendulum]") {
  pendulum a, b, c;
  a.place(0.3, -0.5);
  b.place(-0.3, 0.5);
  c.place(0.3 + 4.0 * pi, -0.5);
  for (int i = 0; i < 40; ++i) {
    const float u = i % 3 == 0 ? 1.0F : -0.4F;
    const float reward = push(a, u);
    CHECK(push(b, -u) == reward);
    CHECK(push(c, u) == Approx(reward).margin(1e-4));
    CHECK(a.state()[0] == -b.state()[0]);
  }
}

TEST_CASE("a free swing keeps its energy for small steps", "[env][pendulum]") {
  pendulum p{{.time_step = 1e-4, .step_limit = 1000000}};
  p.place(2.0, 0.0);
  // A rod about its end: inertia m l^2 / 3, centre of mass at l / 2.
  const auto energy = [&] {
    return p.state()[1] * p.state()[1] / 6.0 + 5.0 * std::cos(p.state()[0]);
  };
  const double before = energy();
  for (int i = 0; i < 20000; ++i) push(p, 0.0F);
  CHECK(energy() == Approx(before).margin(1e-3));
}

TEST_CASE("the motor and the speed are limited, the time too", "[env][pendulum]") {
  pendulum p{{.step_limit = 3}}, q{{.step_limit = 3}};
  p.place(pi, 7.9);
  q.place(pi, 7.9);
  rng g{1};
  (void)p.step(std::array{100.0F}, g);
  (void)q.step(std::array{1.0F}, g);
  CHECK(p.state() == q.state());
  CHECK(p.state()[1] == 8.0);
  CHECK_FALSE(p.step(std::array{0.0F}, g).truncated);
  const auto last = p.step(std::array{0.0F}, g);
  CHECK(last.truncated);
  CHECK_FALSE(last.terminated);
}

TEST_CASE("the motor alone cannot lift it", "[env][pendulum]") {
  // 3 u / (m l^2) = 6 against 15 sin(theta): full torque balances at 23.6 degrees from hanging.
  pendulum p{{.step_limit = 100000}};
  p.place(pi, 0.0);
  double highest = 0.0;
  for (int i = 0; i < 2000; ++i) {
    push(p, 1.0F);
    highest = (std::max)(highest, std::abs(p.state()[0] - pi));
  }
  CHECK(highest < pi / 2.0);
  CHECK(highest > 0.4);
}

TEST_CASE("a reset draws angle and speed", "[env][pendulum]") {
  pendulum p;
  rng g{4};
  double sum = 0.0;
  for (int i = 0; i < 1000; ++i) {
    p.reset(g);
    CHECK(std::abs(p.state()[0]) <= pi);
    CHECK(std::abs(p.state()[1]) <= 1.0);
    sum += p.state()[0];
    std::array<float, 3> x{};
    p.observe(x);
    REQUIRE(x[0] * x[0] + x[1] * x[1] == Approx(1.0F));
  }
  CHECK(sum / 1000.0 == Approx(0.0).margin(0.2));
}
