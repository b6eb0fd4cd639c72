// SPDX-License-Identifier: Apache-2.0
#include <muster/rl/masked_categorical.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using namespace muster::rl;
using muster::rng, muster::uniform01, muster::uniform_below;

TEST_CASE("a masked action is never sampled", "[rl][masked_categorical]") {
  rng g{1};
  for (int round = 0; round < 2000; ++round) {
    const auto n = static_cast<std::size_t>(1 + uniform_below(g, 12));
    std::vector<float> p(n);
    std::vector<std::uint8_t> mask(n);
    for (auto& m : mask) m = uniform_below(g, 2) != 0 ? 1 : 0;
    mask[uniform_below(g, n)] = 1;
    // The mask decides even where the probabilities disagree with it.
    for (auto& x : p) x = static_cast<float>(uniform01(g) + 1e-3);
    const std::uint32_t drawn = sample_action(p, mask, g);
    REQUIRE(drawn < n);
    REQUIRE(mask[drawn] == 1);
    const std::uint32_t best = greedy_action(p, mask);
    REQUIRE(mask[best] == 1);
    for (std::size_t a = 0; a < n; ++a) REQUIRE((mask[a] == 0 || p[a] <= p[best]));
  }
}

TEST_CASE("an action of probability zero is not drawn either", "[rl][masked_categorical]") {
  const std::array p{0.0F, 0.5F, 0.0F, 0.5F, 0.0F};
  rng g{2};
  for (int k = 0; k < 1000; ++k) {
    const std::uint32_t a = sample_action(p, {}, g);
    REQUIRE((a == 1 || a == 3));
  }
}

TEST_CASE("frequencies follow the probabilities", "[rl][masked_categorical]") {
  const std::array p{0.1F, 0.2F, 0.3F, 0.4F};
  const std::array<std::uint8_t, 4> mask{1, 0, 1, 1};  // then 1/8, 0, 3/8, 4/8
  const std::array expected{0.125, 0.0, 0.375, 0.5};
  std::array<double, 4> count{};
  constexpr double draws = 80000.0;
  rng g{3};
  for (int k = 0; k < static_cast<int>(draws); ++k) count[sample_action(p, mask, g)] += 1.0;
  double chi_square = 0.0;
  for (std::size_t a : {0U, 2U, 3U}) {
    const double e = expected[a] * draws;
    chi_square += (count[a] - e) * (count[a] - e) / e;
  }
  CHECK(count[1] == 0.0);
  CHECK(chi_square < 13.8);  // 99.9 % of a chi-square with 2 degrees of freedom
}

TEST_CASE("sampling inverts the cumulative distribution with one number", "[rl][masked]") {
  const std::array p{0.25F, 0.25F, 0.5F};
  rng g{4};
  for (int k = 0; k < 200; ++k) {
    rng copy = g;
    const double u = uniform01(copy);
    const std::uint32_t expected = u < 0.25 ? 0 : u < 0.5 ? 1 : 2;
    REQUIRE(sample_action(p, {}, g) == expected);
    REQUIRE(g == copy);
  }
}

TEST_CASE("greedy ties go to the smaller index", "[rl][masked_categorical]") {
  const std::array p{0.1F, 0.3F, 0.3F, 0.3F};
  const std::array<std::uint8_t, 4> mask{1, 0, 1, 1};
  CHECK(greedy_action(p, {}) == 1);
  CHECK(greedy_action(p, mask) == 2);
  const std::array zeros{0.0F, 0.0F};
  const std::array<std::uint8_t, 2> second{0, 1};
  CHECK(greedy_action(zeros, second) == 1);
}

TEST_CASE("log-probability and entropy", "[rl][masked_categorical]") {
  const std::array p{0.5F, 0.0F, 0.25F, 0.25F};
  CHECK(action_log_prob(p, 2) == Approx(std::log(0.25F)));
  CHECK(std::isinf(action_log_prob(p, 1)));
  CHECK(action_entropy(p) == Approx(1.5 * std::log(2.0)));
  const std::array sure{0.0F, 1.0F};
  CHECK(action_entropy(sure) == 0.0);
}
