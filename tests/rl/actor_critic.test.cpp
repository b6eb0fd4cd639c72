// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/env/bandit.hpp>
#include <muster/env/cart_pole.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/rl/actor_critic.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/n_step.hpp>
#include <muster/rl/ppo.hpp>
#include <muster/rl/vector_env.hpp>
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
using rl::ppo_batch, rl::ppo_stats;

namespace {

using learner = rl::actor_critic<>;
using exact_learner = rl::actor_critic<rl::actor<nn::mlp<double, num::reference>>,
                                       rl::single_critic<nn::mlp<double, num::reference>>>;

struct samples {
  std::size_t n;
  std::vector<float> observations, log_probs, advantages, targets, values;
  std::vector<std::uint8_t> masks;
  std::vector<std::uint32_t> actions;

  samples(std::size_t count, std::size_t width, std::size_t choices, std::uint64_t seed,
          bool masked = false)
      : n{count} {
    rng g{seed};
    const auto draw = [&](double size) {
      return static_cast<float>(size * (2.0 * uniform01(g) - 1.0));
    };
    for (std::size_t i = 0; i < n * width; ++i) observations.push_back(draw(1.0));
    for (std::size_t i = 0; i < n; ++i) {
      const auto a = static_cast<std::uint32_t>(uniform_below(g, choices));
      actions.push_back(a);
      log_probs.push_back(static_cast<float>(-std::log(static_cast<double>(choices))) + draw(0.1));
      advantages.push_back(draw(2.0));
      targets.push_back(draw(3.0));
      values.push_back(draw(1.0));
      for (std::size_t j = 0; masked && j < choices; ++j) {
        masks.push_back(j == a || uniform_below(g, 2) != 0 ? 1 : 0);
      }
    }
  }
  [[nodiscard]] ppo_batch batch() const {
    return {.observations = observations,
            .critic_observations = observations,
            .masks = masks,
            .actions = actions,
            .log_probs = log_probs,
            .advantages = advantages,
            .targets = targets,
            .values = values};
  }
};

template <class Learner = learner>
typename Learner::config small(std::size_t width, std::size_t actions) {
  typename Learner::config c;
  c.actor.network = {
      .in = width, .out = actions, .hidden = {8}, .hidden_activation = num::activation::tanh};
  c.critic.network = {
      .in = width, .out = 1, .hidden = {8}, .hidden_activation = num::activation::tanh};
  return c;
}

template <class Learner>
std::vector<typename Learner::value_type> parameters(Learner& p) {
  std::vector<typename Learner::value_type> all;
  for (auto* store : {&p.policy().store(), &p.critic().store()}) {
    const auto v = store->values().span();
    all.insert(all.end(), v.begin(), v.end());
  }
  return all;
}

}  // namespace

TEST_CASE("the losses by hand", "[rl][actor_critic]") {
  // A policy of zeros is uniform over two actions, a critic of zeros predicts 0.
  rng g{1};
  auto c = small(1, 2);
  c.entropy = 0.0;
  learner l{c, g};
  l.policy().initialise(nn::constant{0.0}, nn::constant{0.0}, g);
  l.critic().initialise(nn::constant{0.0}, nn::constant{0.0}, g);
  samples s{4, 1, 2, 3};
  s.advantages = {1.0F, 2.0F, 1.0F, -1.0F};
  s.targets = {1.0F, 2.0F, 3.0F, 4.0F};
  const ppo_stats stats = l.update(s.batch(), g);
  CHECK(stats.policy_loss == Approx(-std::log(0.5) * 0.75));
  CHECK(stats.value_loss == Approx(0.5 * 30.0 / 4.0));
  CHECK(stats.entropy == Approx(std::log(2.0)));
  CHECK(stats.steps == 1);
  CHECK(stats.clip_fraction == 0.0);
}

TEST_CASE("the gradient equals central differences of the loss", "[rl][actor_critic]") {
  const samples s{6, 3, 4, 5, true};
  auto c = small<exact_learner>(3, 4);
  c.entropy = 0.05;
  c.max_grad_norm = 0.0;
  c.normalise_advantages = true;
  const auto run = [&](exact_learner& p) {
    rng g{9};
    const ppo_stats t = p.update(s.batch(), g);
    return t.policy_loss - 0.05 * t.entropy + t.value_loss;
  };
  const auto fresh = [&] {
    rng g{7};
    exact_learner p{c, g};
    p.policy().initialise(nn::orthogonal{1.0}, nn::orthogonal{0.5}, g);
    return p;
  };
  exact_learner base = fresh();
  run(base);
  for (const bool of_actor : {true, false}) {
    const auto slopes = of_actor ? base.policy().store().grads() : base.critic().store().grads();
    double largest = 0.0;
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      const auto loss_at = [&](double shift) {
        exact_learner p = fresh();
        (of_actor ? p.policy().store() : p.critic().store()).values()[i] += shift;
        return run(p);
      };
      constexpr double h = 1e-5;
      const double expected = (loss_at(h) - loss_at(-h)) / (2.0 * h);
      CHECK(slopes[i] == Approx(expected).margin(1e-8).epsilon(1e-5));
      largest = (std::max)(largest, std::abs(expected));
    }
    CHECK(largest > 0.01);
  }
}

TEST_CASE("one step is one step of ppo on data of the same policy", "[rl][actor_critic]") {
  rng g{4}, h{4};
  auto c = small<exact_learner>(5, 4);
  exact_learner ours{c, g};
  using exact_ppo = rl::ppo<exact_learner::actor_type, exact_learner::critic_type>;
  exact_ppo::config p;
  p.actor = c.actor;
  p.critic = c.critic;
  p.epochs = 1;
  p.minibatch = 64;
  p.entropy = c.entropy;
  p.max_grad_norm = c.max_grad_norm;
  p.value_loss = c.value_loss;
  p.normalise_advantages = c.normalise_advantages;
  p.actor_rate = p.critic_rate = c.actor_rate;
  exact_ppo theirs{p, h};
  REQUIRE(parameters(ours) == parameters(theirs));
  samples s{64, 5, 4, 2, true};
  for (std::size_t i = 0; i < s.n; ++i) {
    const auto d = ours.policy().decide(std::span{s.observations}.subspan(i * 5, 5),
                                        std::span{s.masks}.subspan(i * 4, 4), g);
    s.actions[i] = d.action;
    s.log_probs[i] = d.log_prob;
  }
  ours.update(s.batch(), g);
  theirs.update(s.batch(), h);
  const auto a = parameters(ours), b = parameters(theirs);
  for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(a[i] == Approx(b[i]).margin(1e-5));
}

TEST_CASE("a batch is one step, or one per minibatch", "[rl][actor_critic]") {
  rng g{1};
  auto c = small(3, 4);
  learner whole{c, g};
  const rng before = g;
  CHECK(whole.update(samples{33, 3, 4, 2}.batch(), g).steps == 1);
  CHECK(g == before);
  CHECK(whole.update(samples{0, 3, 4, 2}.batch(), g).steps == 0);
  c.minibatch = 8;
  learner parts{c, g};
  CHECK(parts.update(samples{33, 3, 4, 2}.batch(), g).steps == 5);
}

TEST_CASE("actor_critic refuses what is not finite", "[rl][actor_critic]") {
  rng g{1};
  learner l{small(3, 4), g};
  samples s{32, 3, 4, 2};
  REQUIRE_FALSE(l.update(s.batch(), g).refused);
  const auto before = parameters(l);
  for (auto* column : {&s.observations, &s.advantages, &s.targets}) {
    const float good = (*column)[17];
    (*column)[17] = std::numeric_limits<float>::quiet_NaN();
    const ppo_stats stats = l.update(s.batch(), g);
    CHECK(stats.refused);
    CHECK(stats.steps == 0);
    (*column)[17] = good;
  }
  s.targets[3] = -3e38F;  // its square is not finite
  CHECK(l.update(s.batch(), g).refused);
  CHECK(parameters(l) == before);
}

TEST_CASE("actor_critic does not allocate once warm", "[rl][actor_critic]") {
  rng g{1};
  auto c = small(3, 4);
  c.minibatch = 16;
  learner l{c, g};
  const samples s{50, 3, 4, 2, true};
  std::vector<float> v(50);
  for (int k = 0; k < 2; ++k) l.update(s.batch(), g);
  l.values(s.observations, v);
  muster::testing::no_alloc_scope scope;
  for (int k = 0; k < 5; ++k) {
    l.update(s.batch(), g);
    l.values(s.observations, v);
  }
  CHECK(scope.allocations() == 0);
}

TEST_CASE("a resumed actor_critic equals one that never stopped", "[rl][actor_critic]") {
  using kept = rl::actor_critic<rl::actor<>, rl::target_critic<>>;
  auto c = small<kept>(3, 4);
  c.critic.refresh_every = 3;
  c.minibatch = 16;
  const samples s{50, 3, 4, 2, true};
  rng g{1};
  kept whole{c, g};
  for (int k = 0; k < 4; ++k) whole.update(s.batch(), g);
  nn::checkpoint saved{"test"};
  whole.add_to(saved, "trainer/");
  saved.add("rng", g);
  const std::string bytes = saved.bytes();
  for (int k = 0; k < 4; ++k) whole.update(s.batch(), g);
  rng h{77};
  kept other{c, h};
  nn::checkpoint loaded{"test"};
  other.add_to(loaded, "trainer/");
  loaded.add("rng", h);
  REQUIRE(loaded.restore(std::as_bytes(std::span{bytes}), "memory").has_value());
  for (int k = 0; k < 4; ++k) other.update(s.batch(), h);
  CHECK(parameters(whole) == parameters(other));
  const std::array x{0.1F, 0.2F, 0.3F};
  CHECK(whole.next_value(x) == other.next_value(x));
}

TEST_CASE("actor_critic finds the arm that pays most", "[rl][actor_critic][learning]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    rng g{seed};
    auto c = small(1, 3);
    c.actor_rate = c.critic_rate = 1e-2;
    learner l{c, g};
    env::bandit arms{{.pay = {0.2F, 0.5F, 0.8F}}};
    rl::rollout memory{{.observation_size = 1}};
    const std::array x{1.0F};
    for (int k = 0; k < 300; ++k) {
      memory.clear();
      for (int i = 0; i < 32; ++i) {
        const auto d = l.policy().decide(x, {}, g);
        memory.add(0, {.observation = x,
                       .critic_observation = {},
                       .mask = {},
                       .action = d.action,
                       .log_prob = d.log_prob,
                       .value = l.value(x)});
        memory.reward(0, arms.step(d.action, g).reward);
        memory.terminate(0);
      }
      memory.finish(rl::n_step{});
      l.update(memory.batch(), g);
    }
    std::array<float, 3> p{};
    l.policy().probabilities(x, {}, p);
    CHECK(p[2] > 0.9F);
    CHECK(l.value(x) == Approx(0.8).margin(0.1));
  }
}

namespace {

// The mean length of 50 episodes of the greedy policy after 160,000 steps of training.
double cart_pole_score(std::uint64_t seed) {
  constexpr std::size_t lane_count = 16;
  constexpr std::size_t steps = 20;
  rng g{seed};
  learner::config c;
  for (auto* network : {&c.actor.network, &c.critic.network}) {
    *network = {.in = 4, .out = 1, .hidden = {64, 64}};
    network->hidden_activation = num::activation::tanh;
  }
  c.actor.network.out = 2;
  c.actor_rate = 2e-3;
  c.critic_rate = 5e-3;
  c.decay = {.rate = 1.0, .decay = 0.9, .every = 25};
  learner l{c, g};
  rl::vector_env<env::cart_pole> lanes{lane_count, env::cart_pole{}};
  lanes.reset(g.fork(1));
  rl::rollout memory{{.lanes = lane_count, .observation_size = 4, .capacity = lane_count * steps}};
  std::array<rl::choice, lane_count> chosen{};
  std::array<std::uint32_t, lane_count> actions{};
  std::array<float, lane_count> values{};
  constexpr float unit = 0.05F;  // returns of order one suit the critic
  for (int update = 0; update < 500; ++update) {
    memory.clear();
    for (std::size_t k = 0; k < steps; ++k) {
      const auto observations = lanes.observations();
      l.policy().decide(observations.span(), {}, g, chosen);
      l.values(observations.span(), values);
      for (std::size_t i = 0; i < lane_count; ++i) {
        actions[i] = chosen[i].action;
        memory.add(i, {.observation = observations.row(i),
                       .critic_observation = {},
                       .mask = {},
                       .action = chosen[i].action,
                       .log_prob = chosen[i].log_prob,
                       .value = values[i]});
      }
      lanes.step(actions);
      for (std::size_t i = 0; i < lane_count; ++i) {
        memory.reward(i, unit * lanes.rewards()[i]);
        if (lanes.terminated(i)) {
          memory.terminate(i);
        } else if (lanes.truncated(i)) {
          memory.truncate(i, l.next_value(lanes.final_observations().row(i)));
        }
      }
    }
    for (std::size_t i = 0; i < lane_count; ++i) {
      if (memory.is_open(i)) memory.truncate(i, l.next_value(lanes.observations().row(i)));
    }
    memory.finish(rl::gae_advantage{});
    l.update(memory.batch(), g);
  }
  double total = 0.0;
  env::cart_pole test;
  rng unseen = g.fork(2);
  std::array<float, 4> x{};
  for (int episode = 0; episode < 50; ++episode) {
    test.reset(unseen);
    for (bool done = false; !done; total += 1.0) {
      test.observe(x);
      done = test.step(l.policy().greedy(x, {}), unseen).done();
    }
  }
  return total / 50.0;
}

}  // namespace

TEST_CASE("actor_critic balances the pole: 400 of 500 steps, three seeds of three",
          "[rl][actor_critic][learning]") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    const double score = cart_pole_score(seed);
    CAPTURE(score);
    CHECK(score >= 400.0);
  }
}
