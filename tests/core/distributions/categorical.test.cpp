// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/testing/no_alloc_scope.hpp>

#include <muster/core/distributions/categorical.hpp>

#include <array>
#include <vector>

#include "support/catch.hpp"
#include "support/statistics.hpp"

using muster::categorical, muster::rng, muster::sample_weights;

namespace {

const std::vector<std::vector<double>> weight_lists{
    {1.0},
    {1.0, 1.0},
    {1.0, 2.0, 3.0, 4.0},
    {0.0, 5.0, 0.0, 1.0, 0.0},
    {1e-3, 1.0, 1e3},
    {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1},
    {1e-300, 1e-300, 3e-300},
};

std::vector<double> normalised(std::vector<double> w) {
  double total = 0.0;
  for (const double x : w) total += x;
  for (double& x : w) x /= total;
  return w;
}

}  // namespace

TEST_CASE("categorical draws by weight", "[core][distributions]") {
  for (const auto& w : weight_lists) {
    rng g{30};
    const categorical c{std::span{w}};
    REQUIRE(c.size() == w.size());
    std::vector<std::uint64_t> counts(w.size());
    for (int i = 0; i < 20000; ++i) ++counts.at(c(g));
    CHECK(g.state().step == 20000);
    if (w.size() > 1) CHECK(support::fits(counts, normalised(w)));
    for (std::size_t i = 0; i < w.size(); ++i) {
      if (w[i] == 0.0) CHECK(counts[i] == 0);
    }
  }
}

TEST_CASE("sample_weights draws by weight", "[core][distributions]") {
  for (const auto& w : weight_lists) {
    rng g{31};
    std::vector<std::uint64_t> counts(w.size());
    for (int i = 0; i < 20000; ++i) ++counts.at(sample_weights(std::span{w}, g));
    CHECK(g.state().step == 20000);
    if (w.size() > 1) CHECK(support::fits(counts, normalised(w)));
    for (std::size_t i = 0; i < w.size(); ++i) {
      if (w[i] == 0.0) CHECK(counts[i] == 0);
    }
  }
}

TEST_CASE("sample_weights inverts the distribution function", "[core][distributions]") {
  const std::array<float, 4> w{1.0F, 0.0F, 2.0F, 1.0F};
  rng g{32};
  for (int i = 0; i < 1000; ++i) {
    rng twin = g;
    const double u = muster::uniform01(twin) * 4.0;
    const std::size_t expected = u < 1.0 ? 0 : (u < 3.0 ? 2 : 3);
    CHECK(sample_weights(std::span<const float>{w}, g) == expected);
  }
}

TEST_CASE("an alias table of many weights leaves none out", "[core][distributions]") {
  std::vector<double> w(1000);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = i % 7 == 0 ? 0.0 : static_cast<double>(i);
  const categorical c{std::span{w}};
  rng g{33};
  std::vector<std::uint64_t> counts(w.size());
  for (int i = 0; i < 400000; ++i) ++counts[c(g)];
  CHECK(support::fits(counts, normalised(w)));
  for (std::size_t i = 0; i < w.size(); i += 7) CHECK(counts[i] == 0);
}

TEST_CASE("drawing does not allocate", "[core][distributions]") {
  const std::vector<double> w{3.0, 1.0, 2.0};
  const categorical c{std::span{w}};
  rng g{34};
  std::uint64_t count = 0;
  {
    muster::testing::no_alloc_scope scope;
    for (int i = 0; i < 100; ++i) {
      static_cast<void>(c(g));
      static_cast<void>(sample_weights(std::span{w}, g));
    }
    count = scope.allocations();
  }
  CHECK(count == 0);
}
