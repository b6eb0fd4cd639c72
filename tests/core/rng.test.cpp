// SPDX-License-Identifier: Apache-2.0
#include <muster/core/rng.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <set>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/statistics.hpp"

using muster::philox4x32, muster::rng;
using words = std::array<std::uint32_t, 4>;

static_assert(std::uniform_random_bit_generator<rng>);
static_assert(std::is_trivially_copyable_v<rng>);

// The authors' known-answer vectors (Random123, kat_vectors, philox4x32 of 10 rounds).
static_assert(philox4x32({0, 0, 0, 0}, {0, 0}) ==
              words{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U});
static_assert(philox4x32({0xffffffffU, 0xffffffffU, 0xffffffffU, 0xffffffffU},
                         {0xffffffffU, 0xffffffffU}) ==
              words{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU});
static_assert(philox4x32({0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U},
                         {0xa4093822U, 0x299f31d0U}) ==
              words{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U});

TEST_CASE("philox gives the authors' known answers at run time too", "[core][rng]") {
  volatile std::uint32_t zero = 0;  // hides the argument from the compiler
  const std::uint32_t z = zero;
  CHECK(philox4x32({z, z, z, z}, {z, z}) ==
        words{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U});
}

TEST_CASE("a stream is philox counting blocks", "[core][rng]") {
  const std::uint64_t seed = 0x299f31d0a4093822U, stream = 0x0370734413198a2eU;
  rng g{seed, stream};
  for (std::uint32_t block = 0; block < 5; ++block) {
    const auto x = philox4x32({block, 0, 0x13198a2eU, 0x03707344U}, {0xa4093822U, 0x299f31d0U});
    CHECK(g() == ((std::uint64_t{x[1]} << 32) | x[0]));
    CHECK(g() == ((std::uint64_t{x[3]} << 32) | x[2]));
  }
}

TEST_CASE("a stream may be taken up at any step, odd or even", "[core][rng]") {
  rng g{7, 9};
  std::vector<std::uint64_t> all;
  for (int i = 0; i < 20; ++i) all.push_back(g());
  for (std::uint64_t step = 0; step < 20; ++step) {
    rng h{rng::state_type{7, 9, step}};
    for (std::uint64_t i = step; i < 20; ++i) CHECK(h() == all[i]);
    CHECK(h == g);
    CHECK(h.state() == rng::state_type{7, 9, 20});
  }
}

TEST_CASE("the block counter carries beyond 32 bits", "[core][rng]") {
  const std::uint64_t step = std::uint64_t{1} << 33;  // block 2^32: low word 0, high word 1
  rng g{rng::state_type{5, 0, step}};
  const auto x = philox4x32({0, 1, 0, 0}, {5, 0});
  CHECK(g() == ((std::uint64_t{x[1]} << 32) | x[0]));
}

TEST_CASE("fork names streams and leaves the parent alone", "[core][rng]") {
  rng parent{3};
  const auto before = parent.state();
  const rng child = parent.fork(1);
  CHECK(parent.state() == before);
  CHECK(child.state().seed == 3);
  CHECK(child.state().step == 0);
  static_cast<void>(parent());
  CHECK(parent.fork(1) == child);  // whoever draws first

  CHECK_FALSE(parent.fork(1).fork(2) == parent.fork(2).fork(1));
  std::set<std::uint64_t> streams;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    streams.insert(parent.fork(i).state().stream);
    for (std::uint64_t j = 0; j < 10; ++j) streams.insert(parent.fork(i).fork(j).state().stream);
  }
  CHECK(streams.size() == 11000);
}

TEST_CASE("forked streams are not correlated", "[core][rng]") {
  const rng root{11};
  rng a = root.fork(0), b = root.fork(1);
  std::vector<double> product;
  for (int i = 0; i < 40000; ++i) {
    product.push_back((muster::uniform01(a) - 0.5) * (muster::uniform01(b) - 0.5));
  }
  CHECK(support::moments_fit(product, 0.0, 1.0 / 144, 1.0 / 6400));
}

TEST_CASE("every bit of the output is fair", "[core][rng]") {
  rng g{12};
  std::array<int, 64> ones{};
  const int n = 20000;
  for (int i = 0; i < n; ++i) {
    const std::uint64_t x = g();
    for (std::size_t bit = 0; bit < 64; ++bit) ones[bit] += static_cast<int>((x >> bit) & 1U);
  }
  // 4.16 deviations: P = 0.001 / 32 per bit, 0.002 for all 64.
  for (const int k : ones) CHECK(std::abs(k - n / 2) < 4.16 * std::sqrt(n / 4.0));
}

TEST_CASE("uniform01 is in [0, 1) and uniform", "[core][rng]") {
  rng g{13};
  const auto x = support::sample(40000, [&] { return muster::uniform01(g); });
  for (const double v : x) REQUIRE((v >= 0.0 && v < 1.0));
  CHECK(support::moments_fit(x, 0.5, 1.0 / 12, 1.0 / 80));
  CHECK(support::fits(x, [](double v) { return v; }));
}

TEST_CASE("uniform_below is uniform and in range", "[core][rng]") {
  const std::uint64_t n = GENERATE(std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3},
                                   std::uint64_t{10}, std::uint64_t{1000});
  rng g{14};
  std::vector<std::uint64_t> counts(n);
  for (int i = 0; i < 40000; ++i) ++counts.at(muster::uniform_below(g, n));
  if (n > 1) {
    CHECK(support::fits(counts, std::vector<double>(n, 1.0 / static_cast<double>(n))));
  }
}

TEST_CASE("uniform_below rejects what would be biased", "[core][rng]") {
  // For n = 3 * 2^62 a quarter of all 64-bit numbers is in excess: without rejection the
  // values divisible by 3 would come up twice as often.
  const std::uint64_t n = std::uint64_t{3} << 62;
  rng g{15};
  std::vector<std::uint64_t> thirds(3);
  for (int i = 0; i < 30000; ++i) {
    const auto x = muster::uniform_below(g, n);
    REQUIRE(x < n);
    ++thirds[x % 3];
  }
  CHECK(support::fits(thirds, {1.0 / 3, 1.0 / 3, 1.0 / 3}));
  CHECK(g.state().step > 39000);  // 4/3 numbers per draw: the rejections happened
}
