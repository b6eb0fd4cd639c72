// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/env/bandit.hpp>
#include <muster/env/cart_pole.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/momentum_policy_gradient.hpp>
#include <muster/testing/no_alloc_scope.hpp>

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
using rl::momentum_step, rl::ppo_batch;

namespace {

constexpr std::uint32_t none = ppo_batch::no_next;

template <class Sample = rl::whole_trajectory>
using exact =
    rl::momentum_policy_gradient<rl::actor<nn::mlp<double, num::reference>>,
                                 rl::single_critic<nn::mlp<double, num::reference>>, Sample>;
using learner = rl::momentum_policy_gradient<>;

// A policy over two actions that sees the constant 1: logit_k = W_k + b_k, so W and b have the
// same gradient.
template <class L>
typename L::config coin() {
  typename L::config c;
  c.actor.network = {.in = 1, .out = 2, .hidden = {}};
  c.critic.network = {.in = 1, .out = 1, .hidden = {}};
  c.critic_epochs = 0;
  c.max_weight = 0.0;
  return c;
}
template <class Store>
void set(Store& store, double first, double second) {
  for (const auto& e : store.entries()) {
    using T = typename Store::value_type;
    store.values()[e.offset] = static_cast<T>(first);
    store.values()[e.offset + 1] = static_cast<T>(second);
  }
}
// First and second number of weight and bias; CHECKs that both have the same.
template <class Store>
std::array<double, 2> pair(const Store& store) {
  std::array<double, 2> of[2];
  for (std::size_t k = 0; k < 2; ++k) {
    const std::size_t at = store.entries()[k].offset;
    of[k] = {static_cast<double>(store.values()[at]), static_cast<double>(store.values()[at + 1])};
  }
  CHECK(of[0][0] == Approx(of[1][0]));
  CHECK(of[0][1] == Approx(of[1][1]));
  return of[0];
}
// Probability of action 0 where W = b = (first, second).
double first_of(std::array<double, 2> w) { return 1.0 / (1.0 + std::exp(2.0 * (w[1] - w[0]))); }

struct columns {
  std::vector<std::uint32_t> actions;
  std::vector<float> advantages, log_probs;
  std::vector<std::uint32_t> next{};
  std::vector<float> x{};

  ppo_batch batch() {
    x.assign(actions.size(), 1.0F);
    if (next.empty()) next.assign(actions.size(), none);
    return {.observations = x,
            .critic_observations = x,
            .masks = {},
            .actions = actions,
            .log_probs = log_probs,
            .advantages = advantages,
            .targets = advantages,
            .values = advantages,
            .next = next};
  }
};

}  // namespace

TEST_CASE("two updates by hand", "[rl][mfpo]") {
  // d ln pi(k) / d logits is e_k - pi. Start at logits 0: pi = (1/2, 1/2).
  using L = exact<>;
  rng g{1};
  auto c = coin<L>();
  c.actor_rate = 0.5;
  c.forget = 0.25;
  L p{c, g};
  set(p.policy().store(), 0.0, 0.0);
  const float half = std::log(0.5F);
  columns one{{0, 1}, {1.0F, -0.5F}, {half, half}};
  auto stats = p.update(one.batch(), g);
  // g = ((1/2, -1/2) * 1 + (-1/2, 1/2) * -1/2) / 2 = (3/8, -3/8)
  CHECK(pair(p.momentum())[0] == Approx(0.375));
  CHECK(pair(p.momentum())[1] == Approx(-0.375));
  CHECK(pair(p.policy().store())[0] == Approx(0.1875));
  CHECK(pair(p.previous())[0] == 0.0);
  CHECK(stats.policy_loss == Approx(-(1.0 - 0.5) / 2.0 * std::log(0.5)));
  CHECK(stats.entropy == Approx(std::log(2.0)));
  CHECK(stats.steps == 1);
  CHECK(stats.weights.mean == 1.0);

  // Now one trajectory: action 1, A = 2. pi_1 = s = 1 / (1 + e^{-3/4}) for action 0;
  // w = (1/2) / (1 - s); w g(theta_0) = w 2 (-1/2, 1/2); g(theta_1) = 2 (-s, s).
  const double s = 1.0 / (1.0 + std::exp(-0.75));
  const double w = 0.5 / (1.0 - s);
  columns two{{1}, {2.0F}, {static_cast<float>(std::log(1.0 - s))}};
  stats = p.update(two.batch(), g);
  const double u = 0.75 * (0.375 + w) - 2.0 * s;
  CHECK(stats.weights.mean == Approx(w).epsilon(1e-6));
  CHECK(pair(p.momentum())[0] == Approx(u).epsilon(1e-6));
  CHECK(pair(p.momentum())[1] == Approx(-u).epsilon(1e-6));
  CHECK(pair(p.policy().store())[0] == Approx(0.1875 + 0.5 * u).epsilon(1e-6));
  CHECK(pair(p.previous())[0] == Approx(0.1875));
}

TEST_CASE("a falls with the square of the rate of the step before", "[rl][mfpo]") {
  using L = exact<>;
  rng g{1};
  auto c = coin<L>();
  c.actor_rate = 1e-9;  // the policy stands still: every w is 1, every g the same
  c.forget = 0.8;
  c.decay = {.rate = 1.0, .decay = 0.5, .every = 1};
  L p{c, g};
  set(p.policy().store(), 0.0, 0.0);
  columns up{{0}, {1.0F}, {std::log(0.5F)}};
  columns down{{0}, {-1.0F}, {std::log(0.5F)}};
  p.update(up.batch(), g);
  CHECK(pair(p.momentum())[0] == Approx(0.5));
  p.update(down.batch(), g);  // a = 0.8: u = 0.2 (1/2 + 1/2) - 1/2
  CHECK(pair(p.momentum())[0] == Approx(-0.3).epsilon(1e-6));
  p.update(down.batch(), g);  // a = 0.2: u = 0.8 (-0.3 + 1/2) - 1/2
  CHECK(pair(p.momentum())[0] == Approx(-0.34).epsilon(1e-6));
}

TEST_CASE("a = 1 is the plain policy gradient", "[rl][mfpo]") {
  using L = exact<>;
  rng g{2};
  auto c = coin<L>();
  c.actor_rate = 0.3;
  c.forget = 1.0;
  L p{c, g};
  set(p.policy().store(), 0.2, -0.1);
  std::array<double, 2> by_hand{0.2, -0.1};
  for (int k = 0; k < 20; ++k) {
    columns d{{}, {}, {}};
    const double pi = first_of(by_hand);
    double slope = 0.0;  // of logit 0
    for (int i = 0; i < 8; ++i) {
      const bool zero = uniform01(g) < pi;
      const double a = uniform01(g) - 0.3;
      d.actions.push_back(zero ? 0 : 1);
      d.advantages.push_back(static_cast<float>(a));
      d.log_probs.push_back(static_cast<float>(std::log(zero ? pi : 1.0 - pi)));
      slope += static_cast<double>(static_cast<float>(a)) * (zero ? 1.0 - pi : -pi) / 8.0;
    }
    p.update(d.batch(), g);
    by_hand = {by_hand[0] + 0.3 * slope, by_hand[1] - 0.3 * slope};
    CHECK(pair(p.momentum())[0] == Approx(slope).margin(1e-7));
    CHECK(pair(p.policy().store())[0] == Approx(by_hand[0]).margin(1e-6));
  }
}

namespace {

// Two tosses, reward 1 at the end if both were action 0: J = pi_0^2, and with returns as
// advantages dJ / d logit_0 = 2 pi_0^2 (1 - pi_0). Data of theta_1, u set to d at theta_0 =
// theta_1 - d: what one update with a = 0 adds to u is mean g(theta_1) - mean w g(theta_0).
template <class L>
double added(std::size_t episodes, double d) {
  rng g{11};
  auto c = coin<L>();
  c.actor_rate = 1e-3;
  c.forget = 0.0;
  L p{c, g};
  set(p.policy().store(), 0.2, -0.2);
  set(p.momentum(), d, -d);
  p.resume(1.0 - 1e-3);
  CHECK(pair(p.previous())[0] == Approx(0.2 - d));
  const double pi = first_of({0.2, -0.2});
  columns data{{}, {}, {}};
  for (std::size_t e = 0; e < episodes; ++e) {
    const bool zero[2] = {uniform01(g) < pi, uniform01(g) < pi};
    for (std::uint32_t k = 0; k < 2; ++k) {
      data.next.push_back(k == 0 ? static_cast<std::uint32_t>(data.next.size() + 1) : none);
      data.actions.push_back(zero[k] ? 0 : 1);
      data.advantages.push_back(zero[0] && zero[1] ? 1.0F : 0.0F);
      data.log_probs.push_back(static_cast<float>(std::log(zero[k] ? pi : 1.0 - pi)));
    }
  }
  p.update(data.batch(), g);
  return pair(p.momentum())[0] - d;
}
double slope_of(double pi) { return 2.0 * pi * pi * (1.0 - pi); }

}  // namespace

TEST_CASE("the correction is unbiased: it adds the change of the gradient", "[rl][mfpo]") {
  const double d = 0.3;
  const double now = first_of({0.2, -0.2});
  const double before = first_of({0.2 - d, -0.2 + d});
  // Over 40000 episodes the standard error is below 0.002 (each term is below 1).
  CHECK(added<exact<>>(40000, d) == Approx(slope_of(now) - slope_of(before)).margin(0.008));
  // Weights per decision leave out that the other toss came from theta_1: their expectation is
  // pi_before (1 - pi_before) pi_now per decision.
  const double biased = slope_of(now) / 2.0 - before * (1.0 - before) * now;
  const double unbiased = (slope_of(now) - slope_of(before)) / 2.0;
  const double got = added<exact<rl::each_decision>>(40000, d);
  CHECK(got == Approx(biased).margin(0.004));
  CHECK(std::abs(biased - unbiased) > 0.02);
}

TEST_CASE("blocks are only memory: the direction does not depend on them", "[rl][mfpo]") {
  const auto run = [](std::size_t block) {
    rng g{5};
    auto c = coin<learner>();
    c.actor.network = {.in = 1, .out = 2, .hidden = {8}};
    c.block = block;
    learner p{c, g};
    for (int k = 0; k < 3; ++k) {
      columns d{{}, {}, {}};
      for (std::uint32_t i = 0; i < 30; ++i) {
        const std::array one{1.0F};
        const auto chosen = p.policy().decide(one, {}, g);
        d.actions.push_back(chosen.action);
        d.log_probs.push_back(chosen.log_prob);
        d.advantages.push_back(static_cast<float>(uniform01(g)));
        d.next.push_back(i % 5 == 4 ? none : i + 1);
      }
      p.update(d.batch(), g);
    }
    const auto u = p.momentum().values().span();
    return std::vector<float>(u.begin(), u.end());
  };
  const auto whole = run(1024);
  const auto parts = run(7);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CHECK(parts[i] == Approx(whole[i]).margin(1e-5));
  }
}

TEST_CASE("entropy by hand, at both policies", "[rl][mfpo]") {
  // dH / d logit_0 = -p_0 (ln p_0 + H). No advantage: all that moves is the entropy.
  const auto slope = [](double p) {
    const double h = -p * std::log(p) - (1.0 - p) * std::log(1.0 - p);
    return -p * (std::log(p) + h);
  };
  using L = exact<>;
  rng g{1};
  auto c = coin<L>();
  c.actor_rate = 0.5;
  c.forget = 0.25;
  c.entropy = 0.4;
  L p{c, g};
  set(p.policy().store(), 0.6, -0.2);
  const double before = first_of({0.6, -0.2});
  columns one{{0, 1}, {0.0F, 0.0F}, {-0.1F, -0.2F}};
  one.next = {1, none};  // one trajectory of two decisions
  p.update(one.batch(), g);
  const double first = 0.4 * 2.0 * slope(before);
  CHECK(first < -0.1);
  CHECK(pair(p.momentum())[0] == Approx(first));
  CHECK(pair(p.momentum())[1] == Approx(-first));

  const double now = first_of(pair(p.policy().store()));
  const double w = before / now;
  columns two{{0}, {0.0F}, {static_cast<float>(std::log(now))}};
  const auto stats = p.update(two.batch(), g);
  CHECK(stats.weights.mean == Approx(w).epsilon(1e-6));
  CHECK(pair(p.momentum())[0] ==
        Approx(0.75 * (first - w * 0.4 * slope(before)) + 0.4 * slope(now)).epsilon(1e-6));
}

TEST_CASE("limits on weight and step", "[rl][mfpo]") {
  using L = exact<>;
  rng g{1};
  auto c = coin<L>();
  c.actor_rate = 0.5;
  c.forget = 0.0;
  c.max_norm = 0.1;
  c.max_weight = 1.25;
  L p{c, g};
  set(p.policy().store(), 0.0, 0.0);
  columns one{{0}, {4.0F}, {std::log(0.5F)}};
  p.update(one.batch(), g);
  // u = 4 (1/2, -1/2) for W and b: length 4; the step has length 0.5 * 0.1, u keeps its own.
  CHECK(pair(p.momentum())[0] == Approx(2.0));
  CHECK(pair(p.policy().store())[0] == Approx(0.05 / 2.0));
  // Data that the policy before would have drawn twice as often: w = 2, capped.
  columns two{{0}, {1.0F}, {std::log(0.25F)}};
  const double s = first_of(pair(p.policy().store()));
  const auto stats = p.update(two.batch(), g);
  CHECK(stats.weights.largest == Approx(2.0));
  CHECK(stats.weights.capped == 1.0);
  CHECK(pair(p.momentum())[0] == Approx(2.0 - 1.25 * 0.5 + (1.0 - s)).epsilon(1e-6));
}

TEST_CASE("a step of Adam goes the way of u", "[rl][mfpo]") {
  using L = exact<>;
  rng g{1};
  auto c = coin<L>();
  c.actor_rate = 0.125;
  c.step = momentum_step::adam;
  c.normalise_advantages = true;
  L p{c, g};
  set(p.policy().store(), 0.0, 0.0);
  columns one{{0, 1}, {3.0F, 2.0F}, {std::log(0.5F), std::log(0.5F)}};
  p.update(one.batch(), g);
  // Normalised 1 and -1: u = (1/2, -1/2), and the first step of Adam has the length of its rate.
  CHECK(pair(p.momentum())[0] == Approx(0.5).epsilon(1e-6));
  CHECK(pair(p.policy().store())[0] == Approx(0.125).epsilon(1e-6));
  CHECK(pair(p.policy().store())[1] == Approx(-0.125).epsilon(1e-6));
}

TEST_CASE("what a server sends is gone on from where its average stood", "[rl][mfpo]") {
  // Two clients step from different policies; the server averages both columns and goes on by
  // 0.7 u. Then theta_{t-1} of either is the average of both theta_{t-1}.
  using L = exact<>;
  rng g{1};
  auto c = coin<L>();
  c.actor_rate = 0.25;
  L a{c, g};
  L b{c, g};
  set(a.policy().store(), 0.4, -0.4);
  set(b.policy().store(), -0.1, 0.3);
  columns one{{0}, {1.0F}, {-0.2F}};
  columns two{{1}, {2.0F}, {-0.5F}};
  a.update(one.batch(), g);
  b.update(two.batch(), g);
  const auto mean = [](const auto& x, const auto& y) { return 0.5 * (pair(x)[0] + pair(y)[0]); };
  const double u = mean(a.momentum(), b.momentum());
  const double policy = mean(a.policy().store(), b.policy().store()) + 0.7 * u;
  set(b.policy().store(), policy, 0.0);
  set(b.momentum(), u, 0.0);
  b.resume(0.7);
  CHECK(pair(b.previous())[0] == Approx(0.5 * (0.4 - 0.1)));
  // After `forget` the next direction is the plain gradient, whatever u was.
  set(b.policy().store(), 0.0, 0.0);
  b.forget();
  columns three{{0}, {1.0F}, {std::log(0.5F)}};
  b.update(three.batch(), g);
  CHECK(pair(b.momentum())[0] == Approx(0.5));
}

TEST_CASE("momentum_policy_gradient: what is not finite is refused and nothing applied",
          "[rl][mfpo]") {
  rng g{1};
  auto c = coin<learner>();
  c.critic_epochs = 1;
  learner p{c, g};
  set(p.policy().store(), 0.1, -0.1);
  columns good{{0, 1}, {1.0F, -1.0F}, {-0.7F, -0.7F}};
  REQUIRE_FALSE(p.update(good.batch(), g).refused);
  const auto policy = pair(p.policy().store());
  const auto u = pair(p.momentum());
  columns bad = good;
  bad.advantages[1] = std::numeric_limits<float>::quiet_NaN();
  CHECK(p.update(bad.batch(), g).refused);
  bad = good;
  bad.advantages[1] = 3e38F;
  bad.log_probs[1] = -80.0F;  // w about e^79, beyond a float times A
  const auto stats = p.update(bad.batch(), g);
  CHECK(stats.refused);
  CHECK(stats.steps == 0);
  CHECK(pair(p.policy().store()) == policy);
  CHECK(pair(p.momentum()) == u);
  columns empty{{}, {}, {}};
  CHECK(p.update(empty.batch(), g).steps == 0);
  CHECK_FALSE(p.update(good.batch(), g).refused);
}

TEST_CASE("the critic is optional", "[rl][mfpo]") {
  rng g{1};
  auto c = coin<learner>();
  learner without{c, g};
  const std::array x{1.0F};
  CHECK(without.value(x) == 0.0F);
  CHECK(without.next_value(x) == 0.0F);
  c.critic_epochs = 4;
  c.critic_rate = 0.05;
  learner with{c, g};
  columns d{{0, 1}, {1.0F, 3.0F}, {-0.7F, -0.7F}};
  for (int k = 0; k < 100; ++k) with.update(d.batch(), g);
  CHECK(with.value(x) == Approx(2.0).margin(0.05));
}

TEST_CASE("a critic in units of its targets learns large ones as fast", "[rl][mfpo]") {
  auto c = coin<learner>();
  c.critic_epochs = 4;
  c.critic_rate = 0.05;
  const std::array x{1.0F};
  columns d{{0, 1}, {1000.0F, 3000.0F}, {-0.7F, -0.7F}};
  for (const bool normalised : {false, true}) {
    c.normalise_values = normalised;
    rng g{1};
    learner p{c, g};
    for (int k = 0; k < 100; ++k) p.update(d.batch(), g);
    CHECK((std::abs(p.value(x) - 2000.0F) < 50.0F) == normalised);
    CHECK(p.target_moments().mean() == Approx(normalised ? 2000.0 : 0.0));
  }
}

TEST_CASE("an update does not allocate once warm; a resumed training equals one that never stopped",
          "[rl][mfpo]") {
  rng g{1};
  auto c = coin<learner>();
  c.actor.network = {.in = 1, .out = 2, .hidden = {8}};
  c.critic_epochs = 1;
  c.block = 16;
  learner p{c, g};
  columns d{{}, {}, {}};
  for (std::uint32_t i = 0; i < 40; ++i) {
    d.actions.push_back(i % 2);
    d.advantages.push_back(static_cast<float>(i % 3) - 1.0F);
    d.log_probs.push_back(-0.7F);
    d.next.push_back(i % 10 == 9 ? none : i + 1);
  }
  const ppo_batch batch = d.batch();
  for (int k = 0; k < 2; ++k) p.update(batch, g);
  {
    muster::testing::no_alloc_scope scope;
    p.update(batch, g);
    CHECK(scope.allocations() == 0);
  }
  nn::checkpoint saved{"test"};
  p.add_to(saved, "client/");
  const std::string bytes = saved.bytes();
  for (int k = 0; k < 3; ++k) p.update(batch, g);

  rng h{77};
  learner other{c, h};
  nn::checkpoint loaded{"test"};
  other.add_to(loaded, "client/");
  REQUIRE(loaded.restore(std::as_bytes(std::span{bytes}), "memory").has_value());
  for (int k = 0; k < 3; ++k) other.update(batch, h);
  const auto same = [](const auto& x, const auto& y) {
    const auto a = x.values().span();
    const auto b = y.values().span();
    return std::vector<float>(a.begin(), a.end()) == std::vector<float>(b.begin(), b.end());
  };
  CHECK(same(p.policy().store(), other.policy().store()));
  CHECK(same(p.momentum(), other.momentum()));
  CHECK(same(p.previous(), other.previous()));
  CHECK(same(p.critic().store(), other.critic().store()));
}

TEST_CASE("it finds the arm that pays most", "[rl][mfpo][learning]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    rng g{seed};
    auto c = coin<learner>();
    c.actor.network.out = 3;
    c.actor_rate = 0.3;
    c.forget = 0.1;
    c.max_weight = 10.0;
    learner p{c, g};
    env::bandit arms{{.pay = {0.2F, 0.5F, 0.8F}}};
    rl::rollout memory{{.observation_size = 1}};
    const std::array x{1.0F};
    for (int k = 0; k < 200; ++k) {
      memory.clear();
      for (int i = 0; i < 32; ++i) {
        const auto d = p.policy().decide(x, {}, g);
        memory.add(0, {.observation = x,
                       .critic_observation = {},
                       .mask = {},
                       .action = d.action,
                       .log_prob = d.log_prob,
                       .value = p.value(x)});
        memory.reward(0, arms.step(d.action, g).reward - 0.5F);
        memory.terminate(0);
      }
      memory.finish(rl::gae_advantage{{.lambda = 1.0}});
      p.update(memory.batch(), g);
    }
    std::array<float, 3> probabilities{};
    p.policy().probabilities(x, {}, probabilities);
    INFO("seed " << seed);
    CHECK(probabilities[2] > 0.9F);
  }
}

namespace {

// The mean length of 50 episodes of the greedy policy after `updates` updates of 8 episodes each.
template <class L>
double cart_pole_score(std::uint64_t seed, typename L::config c, int updates) {
  rng g{seed};
  for (auto* network : {&c.actor.network, &c.critic.network}) {
    *network = {.in = 4, .out = 1, .hidden = {64, 64}};
    network->hidden_activation = num::activation::tanh;
  }
  c.actor.network.out = 2;
  c.normalise_advantages = true;
  c.critic_epochs = 5;
  c.critic_rate = 2e-3;
  c.block = 128;
  L p{c, g};
  env::cart_pole world;
  rl::rollout memory{{.observation_size = 4}};
  std::array<float, 4> x{};
  for (int k = 0; k < updates; ++k) {
    memory.clear();
    for (int episode = 0; episode < 8; ++episode) {
      world.reset(g);
      for (bool done = false; !done;) {
        world.observe(x);
        const auto d = p.policy().decide(x, {}, g);
        memory.add(0, {.observation = x,
                       .critic_observation = {},
                       .mask = {},
                       .action = d.action,
                       .log_prob = d.log_prob,
                       .value = p.value(x)});
        const auto outcome = world.step(d.action, g);
        memory.reward(0, outcome.reward);
        done = outcome.done();
        if (outcome.terminated) {
          memory.terminate(0);
        } else if (outcome.truncated) {
          world.observe(x);
          memory.truncate(0, p.next_value(x));
        }
      }
    }
    memory.finish(rl::gae_advantage{});
    p.update(memory.batch(), g);
  }
  double total = 0.0;
  rng unseen = g.fork(2);
  for (int episode = 0; episode < 50; ++episode) {
    world.reset(unseen);
    for (bool done = false; !done; total += 1.0) {
      world.observe(x);
      done = world.step(p.policy().greedy(x, {}), unseen).done();
    }
  }
  return total / 50.0;
}

}  // namespace

TEST_CASE("it balances the pole: 475 of 500 steps, three seeds of three", "[rl][mfpo][learning]") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    INFO("seed " << seed);
    learner::config printed;
    printed.max_norm = 10.0;
    CHECK(cart_pole_score<learner>(seed, printed, 100) >= 475.0);

    using released =
        rl::momentum_policy_gradient<rl::actor<>, rl::single_critic<>, rl::each_decision>;
    released::config c;
    c.actor_rate = 1e-3;
    c.step = momentum_step::adam;
    CHECK(cart_pole_score<released>(seed, c, 80) >= 475.0);
  }
}
