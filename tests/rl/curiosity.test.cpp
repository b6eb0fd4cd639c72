// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/nn/checkpoint.hpp>
#include <muster/rl/curiosity.hpp>
#include <muster/rl/dqn.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace muster;

namespace {

rl::curiosity<>::config small(std::size_t in) {
  return {.network = {.in = in, .out = 4, .hidden = {16}}};
}

constexpr std::size_t cells = 60;
/// A corridor without any reward, entered at its left end; a step goes left or right.
struct corridor {
  std::size_t at = 0;
  std::size_t furthest = 0;
  void observe(std::span<float> x) const {
    std::fill(x.begin(), x.end(), 0.0F);
    x[at] = 1.0F;
  }
  void step(std::uint32_t right) {
    at = right != 0 ? std::min(at + 1, cells - 1) : at - std::min<std::size_t>(at, 1);
    furthest = std::max(furthest, at);
  }
};

/// How far somebody comes in 100 visits of 100 steps who is paid by curiosity alone, or, without
/// curiosity, walks at random.
std::size_t walk(bool curious, std::uint64_t seed) {
  rng g{seed};
  rl::dqn<>::config c;
  c.network = {.in = cells, .out = 2, .hidden = {32}};
  c.epsilon = {.from = curious ? 0.1 : 1.0, .to = curious ? 0.1 : 1.0};
  c.warm_up = 64;
  c.capacity = 4000;
  c.train_every = 2;
  c.follow = 0.02;
  c.rate = 2e-3;
  rl::dqn<> d{c, g};
  rl::curiosity<> wonder{small(cells), g};
  std::vector<float> x(cells), y(cells);
  corridor it;
  for (int visit = 0; visit < 100; ++visit) {
    it.at = 0;
    for (int k = 0; k < 100; ++k) {
      it.observe(x);
      const auto a = d.policy().decide(x, {}, g).action;
      it.step(a);
      if (!curious) continue;
      it.observe(y);
      rl::transition t{.observation = x};
      t.choice = a;
      t.reward = wonder.bonus(y);
      t.discount = 0.9F;
      t.next_observation = y;
      wonder.learn(y);
      (void)d.observe(t, g);
    }
  }
  return it.furthest;
}

std::vector<float> one_hot(std::size_t n, std::size_t k) {
  std::vector<float> x(n, 0.0F);
  x[k] = 1.0F;
  return x;
}

}  // namespace

TEST_CASE("what was seen more often is less of a surprise", "[rl][curiosity]") {
  rng g{4};
  auto c = small(4);
  c.rate = 3e-3;
  rl::curiosity<> wonder{c, g};
  // Beside a cell that was never seen, so that the common scale cancels.
  const auto left = [&] { return wonder.bonus(one_hot(4, 1)) / wonder.bonus(one_hot(4, 0)); };
  float last = left();
  for (const int visits : {10, 20, 40, 80}) {
    for (int k = 0; k < visits; ++k) CHECK(wonder.learn(one_hot(4, 1)));
    CAPTURE(visits, last);
    CHECK(left() < 0.7F * last);
    last = left();
  }
  CHECK(last < 1e-3F);
}

TEST_CASE("the first bonus is the squared distance of both networks", "[rl][curiosity]") {
  // No hidden layer, and an input of zero: outputs are the biases, zero for both.
  rng g{4};
  rl::curiosity<> flat{{.network = {.in = 3, .out = 5, .hidden = {}}}, g};
  CHECK(flat.bonus(std::array{0.0F, 0.0F, 0.0F}) == 0.0F);
  // Both are linear: twice the input is four times the error.
  const float one = flat.bonus(one_hot(3, 1));
  CHECK(one > 0.0F);
  CHECK(flat.bonus(std::array{0.0F, 2.0F, 0.0F}) == Approx(4.0F * one));
  // A block is its rows.
  std::array<float, 2> two{};
  flat.bonus(std::array{0.0F, 1.0F, 0.0F, 0.0F, 2.0F, 0.0F}, two);
  CHECK(two[0] == one);
  CHECK(two[1] == Approx(4.0F * one));
}

TEST_CASE("curiosity refuses what is not finite", "[rl][curiosity]") {
  rng g{4};
  rl::curiosity<> wonder{small(2), g};
  const float before = wonder.bonus(one_hot(2, 0));
  CHECK_FALSE(wonder.learn(std::array{std::numeric_limits<float>::infinity(), 0.0F}));
  CHECK_FALSE(wonder.learn(std::array{std::numeric_limits<float>::quiet_NaN(), 0.0F}));
  CHECK(wonder.bonus(one_hot(2, 0)) == before);
}

TEST_CASE("curiosity goes on from a checkpoint bit for bit", "[rl][curiosity]") {
  rng g{4}, h{9};
  rl::curiosity<> a{small(3), g}, b{small(3), h};
  for (std::size_t k = 0; k < 20; ++k) a.learn(one_hot(3, k % 2));
  nn::checkpoint saved{"test"}, loaded{"test"};
  a.add_to(saved);
  const std::string bytes = saved.bytes();
  b.add_to(loaded);
  REQUIRE(loaded.restore(std::as_bytes(std::span{bytes}), "memory").has_value());
  for (std::size_t k = 0; k < 20; ++k) {
    a.learn(one_hot(3, k % 3));
    b.learn(one_hot(3, k % 3));
  }
  for (std::size_t k = 0; k < 3; ++k) CHECK(a.bonus(one_hot(3, k)) == b.bonus(one_hot(3, k)));
}

TEST_CASE("curiosity does not allocate once warm", "[rl][curiosity]") {
  rng g{4};
  rl::curiosity<> wonder{small(3), g};
  const auto x = one_hot(3, 1);
  for (int k = 0; k < 2; ++k) wonder.learn(x);
  testing::no_alloc_scope quiet;
  CHECK(wonder.bonus(x) >= 0.0F);
  wonder.learn(x);
  CHECK(quiet.allocations() == 0);
}

TEST_CASE("paid by curiosity alone, an agent sees all of a corridor that a drunk does not",
          "[rl][curiosity][learning]") {
  // In 100 steps a random walk is about 10 cells from where it began; the best of 100 about 30.
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    CHECK(walk(true, seed) == cells - 1);
    CHECK(walk(false, seed) < 45);
  }
}
