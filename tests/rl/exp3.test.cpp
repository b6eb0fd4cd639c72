// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/nn/checkpoint.hpp>
#include <muster/rl/exp3.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>

#include "support/catch.hpp"
#include "support/contract.hpp"

using namespace muster;

namespace {

constexpr std::uint64_t rounds = 20'000;

/// What each of four algorithms gains in round t; three worlds.
double gain(int world, std::size_t i, std::uint64_t t, rng& g) {
  const double chance = uniform01(g);
  switch (world) {
    case 0:  // the last one is best, by chance
      return chance < 0.2 + 0.2 * static_cast<double>(i) ? 1.0 : 0.0;
    case 1:  // the first one is best until a third of the time has passed, then the second
      return i == 0 ? (t < rounds / 3 ? 0.9 : 0.1) : i == 1 ? (t < rounds / 3 ? 0.1 : 0.9) : 0.5;
    default:  // good and bad in turn, one always mediocre
      return i == 3 ? 0.6 : (t % 3 == i ? 1.0 : 0.0);
  }
}

struct totals {
  double ours = 0.0;
  std::array<double, 4> alone{};
};
totals play(int world, std::uint64_t seed) {
  rl::exp3 e{{.choices = 4, .exploration = rl::exp3::exploration_for(4, rounds)}};
  rng draws{seed}, gains{seed + 1000};
  totals sum;
  for (std::uint64_t t = 0; t < rounds; ++t) {
    std::array<double, 4> all{};
    for (std::size_t i = 0; i < 4; ++i) sum.alone[i] += all[i] = gain(world, i, t, gains);
    const std::uint32_t i = e.choose(draws);
    sum.ours += all[i];
    e.learn(i, all[i]);
  }
  return sum;
}

}  // namespace

TEST_CASE("exp3 by hand, two steps", "[rl][exp3]") {
  rl::exp3 e{{.choices = 2, .exploration = 0.5}};
  CHECK(e.probabilities()[0] == 0.5);
  // w_0 = exp(0.5 · 1 / (2 · 0.5)) = exp(1/2)
  REQUIRE(e.learn(0, 1.0));
  const double w = std::exp(0.5), p = 0.5 * w / (w + 1.0) + 0.25;
  CHECK(e.probabilities()[0] == Approx(p));
  // w_1 = exp(0.5 · 0.4 / (2 (1 - p)))
  REQUIRE(e.learn(1, 0.4));
  const double v = std::exp(0.1 / (1.0 - p));
  CHECK(e.probabilities()[1] == Approx(0.5 * v / (v + w) + 0.25));
}

TEST_CASE("what exp3 loses to the best algorithm stays within its bound", "[rl][exp3][laws]") {
  const double bound = 2.63 * std::sqrt(static_cast<double>(rounds) * 4.0 * std::log(4.0));
  for (int world = 0; world < 3; ++world) {
    double lost = 0.0, even = 0.0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const totals sum = play(world, seed);
      const double best = *std::max_element(sum.alone.begin(), sum.alone.end());
      lost += (best - sum.ours) / 5.0;
      even += (best - std::accumulate(sum.alone.begin(), sum.alone.end(), 0.0) / 4.0) / 5.0;
    }
    CAPTURE(world, lost, even, bound);
    CHECK(lost < bound);
    CHECK(lost < 0.5 * even);  // and is far less than choosing at random loses
  }
}

TEST_CASE("probabilities sum to one, and nobody is forgotten", "[rl][exp3][laws]") {
  rl::exp3 e{{.choices = 3, .exploration = 0.06}};
  for (int t = 0; t < 200'000; ++t) REQUIRE(e.learn(1, 1.0));  // logarithms cannot overflow
  const auto p = e.probabilities();
  CHECK(p[0] + p[1] + p[2] == Approx(1.0));
  CHECK(p[0] == Approx(0.02));
  CHECK(p[1] == Approx(0.96));
}

TEST_CASE("exp3 refuses gains that are none", "[rl][exp3]") {
  rl::exp3 e{{.choices = 2}};
  for (const double x : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN(),
                         std::numeric_limits<double>::infinity()}) {
    CHECK_FALSE(e.learn(0, x));
  }
  CHECK(e.probabilities()[0] == 0.5);
  CHECK(support::breaks("exploration in (0, 1]",
                        [] { const rl::exp3 never{{.choices = 2, .exploration = 0.0}}; }));
  CHECK(support::breaks("does not have", [] {
    rl::exp3 two{{.choices = 2}};
    two.learn(2, 1.0);
  }));
}

TEST_CASE("exp3 goes on from a checkpoint, and does not allocate", "[rl][exp3]") {
  rl::exp3 a{{.choices = 3}}, b{{.choices = 3}};
  rng g{1};
  for (int t = 0; t < 10; ++t) a.learn(a.choose(g), 0.7);
  nn::checkpoint saved{"test"}, loaded{"test"};
  a.add_to(saved);
  const std::string bytes = saved.bytes();
  b.add_to(loaded);
  REQUIRE(loaded.restore(std::as_bytes(std::span{bytes}), "memory").has_value());
  testing::no_alloc_scope quiet;
  a.learn(2, 0.3);
  b.learn(2, 0.3);
  CHECK(quiet.allocations() == 0);
  CHECK(std::equal(a.probabilities().begin(), a.probabilities().end(), b.probabilities().begin()));
}
