// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/testing/no_alloc_scope.hpp>

#include <muster/stats/quantile_sketch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <muster/core/distributions.hpp>
#include <muster/stats/quantile.hpp>

#include "support/catch.hpp"
#include "support/contract.hpp"

namespace stats = muster::stats;
using stats::quantile_sketch;

namespace {

const std::vector<double> levels{0.0,  0.001, 0.01, 0.1,  0.25,  0.333, 0.5,
                                 0.75, 0.9,   0.95, 0.99, 0.999, 1.0};

template <class Draw>
std::vector<double> sorted_sample(std::uint64_t seed, std::size_t n, const Draw& draw) {
  muster::rng g{seed};
  std::vector<double> x(n);
  for (double& v : x) v = draw(g);
  std::sort(x.begin(), x.end());
  return x;
}

// The worst |sketch - exact| / |exact| over the levels.
double worst_error(const quantile_sketch& sketch, const std::vector<double>& sorted) {
  double worst = 0.0;
  for (const double q : levels) {
    const double exact = stats::quantile_sorted(sorted, q);
    worst = (std::max)(worst, std::fabs(sketch.quantile(q) - exact) / std::fabs(exact));
  }
  return worst;
}

}  // namespace

TEST_CASE("the sketch keeps its relative error, whatever the distribution", "[stats][sketch]") {
  const int bits = GENERATE(1, 3, 7, 12);
  const std::vector<std::vector<double>> samples{
      sorted_sample(1, 5000, muster::exponential{0.01}),
      sorted_sample(2, 5000, muster::pareto{1e-3, 0.7}),
      sorted_sample(3, 5000, muster::uniform{100.0, 101.0}),
      sorted_sample(4, 5000,
                    [](muster::rng& g) {
                      return std::exp(muster::normal{0, 4}(g));
                    }),
      sorted_sample(5, 3, muster::exponential{1.0}),
      sorted_sample(6, 1, muster::exponential{1.0}),
      std::vector<double>(100, 3.7),
      {1.0, 1000.0},
      {1e-6, 1e9},
  };
  for (const auto& x : samples) {
    quantile_sketch sketch{{.bits = bits, .lowest = 1e-9, .highest = 1e18}};
    for (const double v : x) sketch.add(v);
    CHECK(sketch.count() == x.size());
    CHECK(sketch.overflowed() == 0);
    CHECK(worst_error(sketch, x) <= sketch.relative_error() * (1 + 1e-12));
    CHECK(sketch.minimum() == x.front());
    CHECK(sketch.maximum() == x.back());
  }
}

TEST_CASE("the bound is reached, so it could not be smaller", "[stats][sketch]") {
  // The lower end of the first bucket of an octave, alone in the middle: 2ab / (a + b) of
  // [1, 1 + 1/2] is 1.2, an error of 1/5.
  quantile_sketch sketch{{.bits = 1}};
  for (const double v : {0.5, 1.0, 2.0}) sketch.add(v);
  CHECK(sketch.relative_error() == 0.2);
  CHECK(sketch.quantile(0.5) == Approx(1.2).epsilon(1e-15));
}

TEST_CASE("values on and beside the edges of buckets keep the bound", "[stats][sketch]") {
  quantile_sketch sketch{{.bits = 4}};
  std::vector<double> x;
  for (int octave = -5; octave < 5; ++octave) {
    for (int part = 0; part < 16; ++part) {
      const double edge = std::ldexp(1.0 + part / 16.0, octave);
      for (const double v : {std::nextafter(edge, 0.0), edge, std::nextafter(edge, 1e9)}) {
        x.push_back(v);
        sketch.add(v);
      }
    }
  }
  std::sort(x.begin(), x.end());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double q = static_cast<double>(i) / static_cast<double>(x.size() - 1);
    const double exact = stats::quantile_sorted(x, q);
    CHECK(std::fabs(sketch.quantile(q) - exact) <= sketch.relative_error() * exact * (1 + 1e-12));
  }
}

TEST_CASE("merged sketches are the sketch of everything", "[stats][sketch]") {
  const auto x = sorted_sample(7, 3000, muster::pareto{0.01, 1.0});
  quantile_sketch all, parts[3];
  for (std::size_t i = 0; i < x.size(); ++i) {
    all.add(x[i]);
    parts[i % 3].add(x[i]);
  }
  quantile_sketch merged;
  merged.merge(quantile_sketch{});  // nothing at all changes nothing
  CHECK(merged.empty());
  for (const int i : {2, 0, 1}) merged.merge(parts[i]);
  CHECK(merged.count() == all.count());
  CHECK(merged.minimum() == all.minimum());
  CHECK(merged.maximum() == all.maximum());
  for (const double q : levels) CHECK(merged.quantile(q) == all.quantile(q));
}

TEST_CASE("a value may count several times", "[stats][sketch]") {
  quantile_sketch once, several;
  for (int i = 0; i < 5; ++i) once.add(3.0);
  once.add(8.0);
  several.add(3.0, 5);
  several.add(8.0);
  several.add(1000.0, 0);
  for (const double q : levels) CHECK(several.quantile(q) == once.quantile(q));
  CHECK(several.maximum() == 8.0);
}

TEST_CASE("zero and what is near it count as zero", "[stats][sketch]") {
  quantile_sketch sketch{{.lowest = 0.5}};
  sketch.add(0.0);
  sketch.add(0.1);
  sketch.add(0.4);
  sketch.add(2.0);
  sketch.add(2.0);
  CHECK(sketch.quantile(0.25) == 0.0);
  CHECK(std::fabs(sketch.quantile(0.5) - 0.4) < 0.5);
  CHECK(sketch.quantile(1.0) == 2.0);
}

TEST_CASE("values of both signs", "[stats][sketch]") {
  const auto x = sorted_sample(8, 4000, muster::normal{0.0, 10.0});
  quantile_sketch sketch{{.bits = 7, .lowest = 1e-9, .highest = 1e6, .negative = true}};
  for (const double v : x) sketch.add(v);
  for (const double q : levels) {
    const auto i = static_cast<std::size_t>(q * static_cast<double>(x.size() - 1));
    const double size = (std::max)(std::fabs(x[i]), std::fabs(x[(std::min)(i + 1, x.size() - 1)]));
    CHECK(std::fabs(sketch.quantile(q) - stats::quantile_sorted(x, q)) <=
          sketch.relative_error() * size * (1 + 1e-12));
  }
  CHECK(sketch.quantile(0.0) == x.front());
}

TEST_CASE("values above the range are known to be large, and counted", "[stats][sketch]") {
  quantile_sketch sketch{{.highest = 100.0}};
  sketch.add(5.0);
  for (int i = 0; i < 9; ++i) sketch.add(1e6 + i);
  CHECK(sketch.overflowed() == 9);
  CHECK(sketch.quantile(0.5) >= 100.0);
  CHECK(sketch.quantile(0.5) <= sketch.maximum());
  CHECK(sketch.quantile(1.0) == 1e6 + 8);
}

TEST_CASE("the ends of the range are within it", "[stats][sketch]") {
  quantile_sketch sketch{{.bits = 2, .lowest = 0.25, .highest = 64.0}};
  for (const double v : {0.25, 0.25, 0.25}) sketch.add(v);
  CHECK(sketch.quantile(0.5) == 0.25);
  sketch.add(std::nextafter(64.0, 0.0));
  CHECK(sketch.overflowed() == 0);
  sketch.add(64.0);
  CHECK(sketch.overflowed() == 1);
}

TEST_CASE("a cleared sketch is a new one", "[stats][sketch]") {
  quantile_sketch sketch;
  sketch.add(1e5, 100);
  sketch.clear();
  CHECK(sketch.empty());
  sketch.add(2.0);
  CHECK(sketch.quantile(0.7) == 2.0);
  CHECK(sketch.maximum() == 2.0);
}

TEST_CASE("adding, merging and asking do not allocate", "[stats][sketch]") {
  quantile_sketch a, b;
  b.add(1.0);
  std::uint64_t count = 0;
  {
    muster::testing::no_alloc_scope scope;
    for (int i = 0; i < 1000; ++i) a.add(i * 0.37);
    a.merge(b);
    static_cast<void>(a.quantile(0.99));
    a.clear();
    count = scope.allocations();
  }
  CHECK(count == 0);
}

TEST_CASE("the sketch refuses what it cannot count", "[stats][sketch]") {
  using support::breaks;
  quantile_sketch sketch;
  CHECK(breaks("set config::negative", [&] { sketch.add(-1.0); }));
  CHECK(breaks("negative value or NaN", [&] { sketch.add(NAN); }));
  CHECK(breaks("is empty", [&] { static_cast<void>(sketch.quantile(0.5)); }));
  CHECK(breaks("write equal configs", [&] { sketch.merge(quantile_sketch{{.bits = 3}}); }));
  CHECK(breaks("write 1 <= bits <= 20", [] { quantile_sketch{{.bits = 0}}; }));
  CHECK(breaks("has an empty range", [] { quantile_sketch{{.lowest = 2.0, .highest = 1.0}}; }));
}
