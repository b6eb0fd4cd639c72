// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/autodiff/check_gradient.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/num/tensor.hpp>
#include <muster/rl/dqn.hpp>
#include <muster/rl/quantile_value.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "rl/pole.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

using namespace muster;

namespace {

using exact = rl::quantile_value<double, num::reference>;
using quantile_dqn = rl::dqn<nn::mlp<>, rl::quantile_value<>>;

num::tensor<double> filled(num::shape s, std::initializer_list<double> values) {
  num::tensor<double> t{s};
  std::size_t i = 0;
  for (const double v : values) t[i++] = v;
  return t;
}

/// A linear learner on a constant input: what it predicts for an action is a bias.
quantile_dqn::config tiny(std::size_t actions, std::size_t quantiles) {
  quantile_dqn::config c;
  c.network = {.in = 1, .out = actions, .hidden = {}};
  c.estimate.quantiles = quantiles;
  c.capacity = 4096;
  c.warm_up = 1;
  c.train_every = 1;
  c.minibatch = 64;
  c.max_grad_norm = 0.0;
  return c;
}

}  // namespace

TEST_CASE("the quantile loss by hand", "[rl][quantile_value]") {
  // N = 2, levels 1/4 and 3/4, predictions (0, 2) against samples (1, -4), delta 1:
  //   level 1/4: u = 1: 1/4 · 1/2;  u = -4: 3/4 · 3.5
  //   level 3/4: u = -1: 1/4 · 1/2;  u = -6: 1/4 · 5.5
  exact two{{.quantiles = 2}};
  CHECK(two.level(0) == 0.25);
  CHECK(two.level(1) == 0.75);
  autodiff::tape<double, num::reference> t;
  const auto p = filled({1, 2}, {0.0, 2.0}), y = filled({1, 2}, {1.0, -4.0});
  const auto loss = two.loss(t.constant(p.view()), t.constant(y.view()), 1.0);
  CHECK(loss.item() == Approx((0.125 + 0.75 * 3.5 + 0.125 + 0.25 * 5.5) / 2.0));
}

TEST_CASE("one quantile is half the loss of the mean", "[rl][quantile_value]") {
  exact one{{.quantiles = 1}};
  autodiff::tape<double, num::reference> t;
  const auto p = filled({3, 1}, {0.3, -2.0, 0.7}), y = filled({3, 1}, {1.0, 2.0, 0.7});
  const auto x = t.constant(p.view()), z = t.constant(y.view());
  CHECK(one.loss(x, z, 1.0).item() == Approx(0.5 * rl::expected_value{}.loss(x, z, 1.0).item()));
}

TEST_CASE("the gradient of the quantile loss equals central differences", "[rl][quantile_value]") {
  exact three{{.quantiles = 3}};
  const auto p = filled({2, 3}, {0.3, -0.9, 1.4, 2.6, -3.1, 0.2});
  const auto y = filled({2, 3}, {-0.5, 0.8, 2.9, 0.1, -1.3, 4.1});
  const auto report =
      autodiff::check_gradient([&](auto x, auto z) { return three.loss(x, z, 0.7); }, p, y);
  INFO(report.to_string());
  CHECK(report.within(1e-6));
}

TEST_CASE("targets are the quantiles of the best action by their mean", "[rl][quantile_value]") {
  // The copy says (0, 4) for one action and (1, 2) for the other: means 2 and 1.5.
  for (const bool forbidden : {false, true}) {
    auto c = tiny(2, 2);
    c.minibatch = 1;
    c.masked = true;
    c.huber_delta = 1e6;
    rng g{1};
    quantile_dqn d{c, g};
    const auto v = d.policy().store().values().span();
    std::fill(v.begin(), v.end(), 0.0F);
    std::array<float, 4> at{};
    std::array<float, 2> q{};
    const std::array x{1.0F};
    const std::array wanted{0.0F, 4.0F, 1.0F, 2.0F};
    for (std::size_t i = 0; i < 4; ++i) v[i] = wanted[i];
    d.policy().outputs(x, at);
    REQUIRE(at == wanted);
    d.policy().q(x, q);
    CHECK(q == std::array{2.0F, 1.5F});
    CHECK(d.policy().greedy(x, {}) == 0);
    d.refresh();
    std::fill(v.begin(), v.end(), 0.0F);
    const std::array<std::uint8_t, 2> all{1, 1}, some{0, 1};
    rl::transition t{.observation = x};
    t.mask = all;
    t.choice = 1;
    t.reward = 0.5F;
    t.discount = 0.5F;
    t.next_observation = x;
    t.next_mask = forbidden ? std::span<const std::uint8_t>{some} : all;
    d.replay().add(t);
    rl::ppo_stats stats;
    d.learn(stats, g);
    // Predictions 0, samples r + g (0, 4) = (0.5, 2.5), or r + g (1, 2) = (1, 1.5); all above, so
    // each level weighs all: (1/4 + 3/4) · (sum of half squares) / 2.
    const double expected = forbidden ? 0.5 * (1.0 + 2.25) / 2.0 : 0.5 * (0.25 + 6.25) / 2.0;
    CHECK(stats.value_loss == Approx(expected));
  }
}

TEST_CASE("of a single reward its quantiles are learned", "[rl][quantile_value][learning]") {
  // Action 0 pays a number of [0, 1], each as probable: its quantile of level tau is tau. Action 1
  // pays 0 or 1, heads two times of three: 0 up to a level of a third, then 1.
  auto c = tiny(2, 9);
  c.huber_delta = 0.01;
  c.rate = 2e-3;
  rng g{5};
  quantile_dqn d{c, g};
  const std::array x{1.0F};
  for (int k = 0; k < 4000; ++k) {
    rl::transition t{.observation = x};
    t.choice = static_cast<std::uint32_t>(k % 2);
    t.reward = static_cast<float>(uniform01(g));
    if (t.choice == 1) t.reward = t.reward < 1.0F / 3.0F ? 0.0F : 1.0F;
    t.discount = 0.0F;
    t.next_observation = x;
    (void)d.observe(t, g);
  }
  std::array<float, 18> at{};
  d.policy().outputs(x, at);
  const rl::quantile_value<> levels{{.quantiles = 9}};
  for (std::size_t i = 0; i < 9; ++i) {
    CHECK(at[i] == Approx(levels.level(i)).margin(0.05));
    // Levels 1/18 ... 5/18 are below a third, 7/18 ... 17/18 above.
    CHECK(at[9 + i] == Approx(i < 3 ? 0.0 : 1.0).margin(0.05));
  }
  std::array<float, 2> q{};
  d.policy().q(x, q);
  CHECK(q[0] == Approx(0.5).margin(0.04));
  CHECK(q[1] == Approx(2.0 / 3.0).margin(0.04));
}

TEST_CASE("the network has as many outputs as the policy wants", "[rl][quantile_value]") {
  rng g{1};
  const quantile_dqn d{tiny(3, 8), g};
  CHECK(d.policy().actions() == 3);
  CHECK(d.policy().numbers() == 8);
  CHECK(d.policy().network().out() == 24);
  CHECK(support::breaks("multiple of numbers", [] {
    const rl::q_policy<> odd{{.network = {.in = 1, .out = 3, .hidden = {}}, .numbers = 2}};
  }));
  CHECK(support::breaks("at least one", [] { const exact none{{.quantiles = 0}}; }));
}

TEST_CASE("a distributional dqn does not allocate once warm", "[rl][quantile_value]") {
  auto c = tiny(3, 8);
  c.double_q = true;
  rng g{1};
  quantile_dqn d{c, g};
  const std::array x{1.0F};
  rl::transition t{.observation = x};
  t.next_observation = x;
  t.discount = 0.9F;
  for (int k = 0; k < 3; ++k) {
    t.choice = d.policy().decide(x, {}, g).action;
    (void)d.observe(t, g);
  }
  testing::no_alloc_scope quiet;
  for (int k = 0; k < 100; ++k) {
    t.choice = d.policy().decide(x, {}, g).action;
    (void)d.observe(t, g);
  }
  CHECK(quiet.allocations() == 0);
}

TEST_CASE("a distributional dqn balances the pole: 450 of 500 steps",
          "[rl][quantile_value][learning]") {
  auto c = tests::dqn_for_the_pole<quantile_dqn>();
  c.estimate.quantiles = 8;
  CHECK(tests::pole_score<quantile_dqn>(c, 1, 30000) >= 450.0);
}
