// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/env/bandit.hpp>
#include <muster/env/cart_pole.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/rl/gae.hpp>
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

using learner = rl::ppo<>;
using exact_learner = rl::ppo<rl::actor<nn::mlp<double, num::reference>>,
                              rl::single_critic<nn::mlp<double, num::reference>>>;

// Made-up decisions of a policy over `actions` actions.
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

template <class Ppo = learner>
typename Ppo::config small(std::size_t width, std::size_t actions) {
  typename Ppo::config c;
  c.actor.network = {
      .in = width, .out = actions, .hidden = {8}, .hidden_activation = num::activation::tanh};
  c.critic.network = {
      .in = width, .out = 1, .hidden = {8}, .hidden_activation = num::activation::tanh};
  return c;
}

template <class Ppo>
std::vector<typename Ppo::value_type> parameters(Ppo& p) {
  std::vector<typename Ppo::value_type> all;
  for (auto* store : {&p.policy().store(), &p.critic().store()}) {
    const auto v = store->values().span();
    all.insert(all.end(), v.begin(), v.end());
  }
  return all;
}

}  // namespace

TEST_CASE("at the first minibatch the ratio is one", "[rl][ppo]") {
  rng g{1};
  auto c = small(5, 4);
  c.epochs = 1;
  c.minibatch = 64;
  c.normalise_advantages = false;
  learner ppo{c, g};
  samples s{64, 5, 4, 2, true};
  double mean_advantage = 0.0;
  for (std::size_t i = 0; i < s.n; ++i) {
    const auto d = ppo.policy().decide(std::span{s.observations}.subspan(i * 5, 5),
                                       std::span{s.masks}.subspan(i * 4, 4), g);
    s.actions[i] = d.action;
    s.log_probs[i] = d.log_prob;
    mean_advantage += static_cast<double>(s.advantages[i]) / 64.0;
  }
  const ppo_stats stats = ppo.update(s.batch(), g);
  CHECK(stats.clip_fraction == 0.0);
  CHECK(stats.approx_kl == Approx(0.0).margin(1e-9));
  CHECK(stats.policy_loss == Approx(-mean_advantage).margin(1e-5));
  CHECK(stats.steps == 1);
  CHECK_FALSE(stats.refused);
}

TEST_CASE("clip fraction and KL by hand", "[rl][ppo]") {
  // A policy of zeros is uniform over two actions. Old probabilities 1/2, 1/2, 1/3, 2/5 make
  // the ratios 1, 1, 1.5, 1.25: two of four beyond 0.2.
  rng g{1};
  auto c = small(1, 2);
  c.epochs = 1;
  c.clip = 0.2;
  c.normalise_advantages = false;
  c.entropy = 0.0;
  learner ppo{c, g};
  ppo.policy().initialise(nn::constant{0.0}, nn::constant{0.0}, g);
  samples s{4, 1, 2, 3};
  s.log_probs = {std::log(0.5F), std::log(0.5F), std::log(1.0F / 3.0F), std::log(0.4F)};
  s.advantages = {1.0F, 2.0F, 1.0F, -1.0F};
  const ppo_stats stats = ppo.update(s.batch(), g);
  CHECK(stats.clip_fraction == 0.5);
  CHECK(stats.approx_kl ==
        Approx((0.5 - std::log(1.5) + 0.25 - std::log(1.25)) / 4.0).margin(1e-6));
  CHECK(stats.policy_loss == Approx(-(1.0 + 2.0 + 1.2 - 1.25) / 4.0).margin(1e-6));
  CHECK(stats.entropy == Approx(std::log(2.0)));
}

TEST_CASE("explained variance of perfect, useless and constant values", "[rl][ppo]") {
  rng g{1};
  learner ppo{small(1, 2), g};
  samples s{4, 1, 2, 3};
  s.targets = {1.0F, 2.0F, 3.0F, 4.0F};
  s.values = {0.0F, 1.0F, 2.0F, 3.0F};  // off by a constant explains all the variance
  CHECK(ppo.update(s.batch(), g).explained_variance == Approx(1.0));
  s.values = {2.0F, 2.0F, 2.0F, 2.0F};
  CHECK(ppo.update(s.batch(), g).explained_variance == Approx(0.0).margin(1e-12));
  s.targets = {2.0F, 2.0F, 2.0F, 2.0F};
  CHECK(ppo.update(s.batch(), g).explained_variance == 0.0);
}

TEST_CASE("the gradient an update computes equals central differences of its loss", "[rl][ppo]") {
  const samples s{6, 3, 4, 5, true};
  auto c = small<exact_learner>(3, 4);
  c.epochs = 1;
  c.minibatch = 6;
  c.entropy = 0.05;
  c.value_clip = 0.3;
  c.max_grad_norm = 0.0;
  // What an update reports is the loss before its step, so it can be asked at any parameters.
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
        auto& store = of_actor ? p.policy().store() : p.critic().store();
        store.values()[i] += shift;
        return run(p);
      };
      constexpr double h = 1e-5;
      const double expected = (loss_at(h) - loss_at(-h)) / (2.0 * h);
      // Padding between parameters takes part in nothing.
      CHECK(slopes[i] == Approx(expected).margin(1e-8).epsilon(1e-5));
      largest = (std::max)(largest, std::abs(expected));
    }
    CHECK(largest > 0.01);
  }
}

TEST_CASE("ppo: what is not finite is refused and nothing applied", "[rl][ppo]") {
  rng g{1};
  auto c = small(3, 4);
  c.value_loss = rl::value_loss_kind::mse;
  c.normalise_values = true;
  learner ppo{c, g};
  samples s{32, 3, 4, 2};
  REQUIRE_FALSE(ppo.update(s.batch(), g).refused);
  const auto before = parameters(ppo);
  const double mean = ppo.target_moments().mean();
  const std::uint64_t steps = ppo.actor_optimiser().steps();
  for (auto* column : {&s.observations, &s.log_probs, &s.advantages, &s.targets, &s.values}) {
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      const float good = (*column)[17];
      (*column)[17] = bad;
      const ppo_stats stats = ppo.update(s.batch(), g);
      CHECK(stats.refused);
      CHECK(stats.steps == 0);
      (*column)[17] = good;
    }
  }
  CHECK(parameters(ppo) == before);
  CHECK(ppo.target_moments().mean() == mean);
  CHECK(ppo.actor_optimiser().steps() == steps);

  SECTION("also where finite numbers overflow within the loss") {
    for (const bool normalised : {false, true}) {
      auto other_config = c;
      other_config.normalise_values = normalised;
      other_config.normalise_advantages = false;
      rng h{1};
      learner other{other_config, h};
      const auto start = parameters(other);
      // The square of the target is not finite, nor is the product of ratio and advantage.
      (normalised ? s.advantages : s.targets)[3] = -3e38F;
      (normalised ? s.log_probs : s.values)[3] = -5.0F;
      const ppo_stats stats = other.update(s.batch(), h);
      CHECK(stats.refused);
      CHECK(stats.steps == 0);
      CHECK(parameters(other) == start);
      CHECK(other.target_moments().state()[0] == 0.0);
      s.targets[3] = s.advantages[3] = 0.5F;
      CHECK_FALSE(other.update(s.batch(), h).refused);
      CHECK(parameters(other) != start);
    }
  }
}

TEST_CASE("minibatches cover the batch in near equal parts", "[rl][ppo]") {
  rng g{1};
  auto c = small(3, 4);
  c.epochs = 3;
  c.minibatch = 8;
  learner ppo{c, g};
  CHECK(ppo.update(samples{33, 3, 4, 2}.batch(), g).steps == 3 * 5);
  CHECK(ppo.update(samples{32, 3, 4, 2}.batch(), g).steps == 3 * 4);
  CHECK(ppo.update(samples{1, 3, 4, 2}.batch(), g).steps == 3);
  CHECK(ppo.update(samples{0, 3, 4, 2}.batch(), g).steps == 0);
}

TEST_CASE("training stops when the policy has moved far enough", "[rl][ppo]") {
  rng g{1};
  auto c = small(3, 4);
  c.epochs = 50;
  c.actor_rate = 0.02;
  const samples s{64, 3, 4, 2};
  learner free{c, g};
  const ppo_stats all = free.update(s.batch(), g);
  CHECK_FALSE(all.stopped_by_kl);
  CHECK(all.steps == 50);
  c.target_kl = 0.01;
  learner careful{c, g};
  const ppo_stats some = careful.update(s.batch(), g);
  CHECK(some.stopped_by_kl);
  CHECK(some.steps > 0);
  CHECK(some.steps < 50);
}

TEST_CASE("the step length follows the staircase, for each network its own rate", "[rl][ppo]") {
  auto c = small(3, 4);
  c.epochs = 1;
  c.actor_rate = 1e-3;
  c.critic_rate = 1e-4;
  c.decay = {.rate = 1.0, .decay = 0.1, .every = 1};
  rng g{1};
  learner ppo{c, g};
  const samples s{64, 3, 4, 2};
  // The first step of Adam is the rate in every coordinate with a gradient.
  const auto largest_step = [&](auto& store) {
    const std::vector<float> before(store.values().span().begin(), store.values().span().end());
    return [before, &store] {
      float most = 0.0F;
      for (std::size_t i = 0; i < before.size(); ++i) {
        most = (std::max)(most, std::abs(store.values()[i] - before[i]));
      }
      return most;
    };
  };
  const auto actor_moved = largest_step(ppo.policy().store());
  const auto critic_moved = largest_step(ppo.critic().store());
  ppo.update(s.batch(), g);
  CHECK(actor_moved() == Approx(1e-3).epsilon(0.01));
  CHECK(critic_moved() == Approx(1e-4).epsilon(0.01));
  const auto moved_next = largest_step(ppo.policy().store());
  ppo.update(s.batch(), g);
  CHECK(moved_next() < 1.1e-4F);
  CHECK(moved_next() > 0.5e-4F);
}

TEST_CASE("an alias of the observations is only a shortcut", "[rl][ppo]") {
  const samples s{40, 3, 4, 2, true};
  auto separate = s.batch();
  const std::vector<float> copy = s.observations;
  separate.critic_observations = copy;
  rng g{3};
  rng h{3};
  learner one{small(3, 4), g};
  learner two{small(3, 4), h};
  one.update(s.batch(), g);
  two.update(separate, h);
  CHECK(parameters(one) == parameters(two));
}

TEST_CASE("values are in units of reward also when the critic learns normalised ones",
          "[rl][ppo]") {
  auto c = small(2, 2);
  c.normalise_values = true;
  c.critic_rate = 1e-2;
  c.minibatch = 64;
  rng g{1};
  learner ppo{c, g};
  samples s{64, 2, 2, 4};
  for (std::size_t i = 0; i < 64; ++i) s.targets[i] = 1000.0F + 50.0F * s.observations[2 * i];
  for (int k = 0; k < 200; ++k) ppo.update(s.batch(), g);
  const std::array x{0.5F, 0.0F};
  CHECK(ppo.value(x) == Approx(1025.0F).margin(5.0));
  CHECK(ppo.next_value(x) == ppo.value(x));
}

TEST_CASE("an update does not allocate once warm", "[rl][ppo]") {
  rng g{1};
  auto c = small(3, 4);
  c.minibatch = 16;
  c.value_clip = 0.2;
  c.normalise_values = true;
  learner ppo{c, g};
  const samples s{50, 3, 4, 2, true};
  const samples fewer{33, 3, 4, 2, true};
  std::vector<float> v(50);
  for (int k = 0; k < 2; ++k) ppo.update(s.batch(), g);
  ppo.values(s.observations, v);
  muster::testing::no_alloc_scope scope;
  for (int k = 0; k < 5; ++k) {
    ppo.update(s.batch(), g);
    ppo.update(fewer.batch(), g);
    ppo.values(s.observations, v);
  }
  CHECK(scope.allocations() == 0);
}

TEST_CASE("a resumed training equals one that never stopped, bit for bit", "[rl][ppo]") {
  using kept = rl::ppo<rl::actor<>, rl::target_critic<>>;
  auto c = small<kept>(3, 4);
  c.critic.refresh_every = 3;
  c.normalise_values = true;
  c.minibatch = 16;
  const samples s{50, 3, 4, 2, true};
  rng g{1};
  kept ppo{c, g};
  for (int k = 0; k < 4; ++k) ppo.update(s.batch(), g);
  nn::checkpoint saved{"test"};
  ppo.add_to(saved, "trainer/");
  saved.add("rng", g);
  const std::string bytes = saved.bytes();
  for (int k = 0; k < 4; ++k) ppo.update(s.batch(), g);

  rng h{77};
  kept other{c, h};
  nn::checkpoint loaded{"test"};
  other.add_to(loaded, "trainer/");
  loaded.add("rng", h);
  const auto done = loaded.restore(std::as_bytes(std::span{bytes}), "memory");
  REQUIRE(done.has_value());
  for (int k = 0; k < 4; ++k) other.update(s.batch(), h);
  CHECK(parameters(ppo) == parameters(other));
  CHECK(g == h);
  const std::array x{0.1F, 0.2F, 0.3F};
  CHECK(ppo.value(x) == other.value(x));
  CHECK(ppo.next_value(x) == other.next_value(x));
}

TEST_CASE("ppo finds the arm that pays most", "[rl][ppo][learning]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    rng g{seed};
    auto c = small(1, 3);
    c.actor_rate = c.critic_rate = 5e-3;
    learner ppo{c, g};
    env::bandit arms{{.pay = {0.2F, 0.5F, 0.8F}}};
    rl::rollout memory{{.observation_size = 1}};
    const std::array x{1.0F};
    for (int k = 0; k < 40; ++k) {
      memory.clear();
      for (int i = 0; i < 128; ++i) {
        const auto d = ppo.policy().decide(x, {}, g);
        memory.add(0, {.observation = x,
                       .critic_observation = {},
                       .mask = {},
                       .action = d.action,
                       .log_prob = d.log_prob,
                       .value = ppo.value(x)});
        memory.reward(0, arms.step(d.action, g).reward);
        memory.terminate(0);
      }
      memory.finish(rl::gae_advantage{});
      ppo.update(memory.batch(), g);
    }
    std::array<float, 3> p{};
    ppo.policy().probabilities(x, {}, p);
    CHECK(p[2] > 0.9F);
    CHECK(ppo.value(x) == Approx(0.8).margin(0.1));
  }
}

namespace {

// The mean length of 100 episodes of the greedy policy after about 61,000 steps of training.
double cart_pole_score(std::uint64_t seed) {
  constexpr std::size_t lane_count = 8;
  constexpr std::size_t steps = 128;
  rng g{seed};
  learner::config c;
  for (auto* network : {&c.actor.network, &c.critic.network}) {
    *network = {.in = 4, .out = 1, .hidden = {64, 64}};
    network->hidden_activation = num::activation::tanh;
  }
  c.actor.network.out = 2;
  c.epochs = 8;
  c.minibatch = 128;
  c.entropy = 0.0;
  c.normalise_values = true;
  c.actor_rate = c.critic_rate = 1e-3;
  c.decay = {.rate = 1.0, .decay = 0.95, .every = 64};
  learner ppo{c, g};
  rl::vector_env<env::cart_pole> lanes{lane_count, env::cart_pole{}};
  lanes.reset(g.fork(1));
  rl::rollout memory{{.lanes = lane_count, .observation_size = 4, .capacity = lane_count * steps}};
  std::array<rl::choice, lane_count> chosen{};
  std::array<std::uint32_t, lane_count> actions{};
  std::array<float, lane_count> values{};
  for (int update = 0; update < 60; ++update) {
    memory.clear();
    for (std::size_t k = 0; k < steps; ++k) {
      const auto observations = lanes.observations();
      ppo.policy().decide(observations.span(), {}, g, chosen);
      ppo.values(observations.span(), values);
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
        memory.reward(i, lanes.rewards()[i]);
        if (lanes.terminated(i)) {
          memory.terminate(i);
        } else if (lanes.truncated(i)) {
          memory.truncate(i, ppo.next_value(lanes.final_observations().row(i)));
        }
      }
    }
    for (std::size_t i = 0; i < lane_count; ++i) {
      if (memory.is_open(i)) memory.truncate(i, ppo.next_value(lanes.observations().row(i)));
    }
    memory.finish(rl::gae_advantage{});
    ppo.update(memory.batch(), g);
  }
  double total = 0.0;
  env::cart_pole test;
  rng unseen = g.fork(2);
  std::array<float, 4> x{};
  for (int episode = 0; episode < 100; ++episode) {
    test.reset(unseen);
    for (bool done = false; !done; total += 1.0) {
      test.observe(x);
      done = test.step(ppo.policy().greedy(x, {}), unseen).done();
    }
  }
  return total / 100.0;
}

}  // namespace

TEST_CASE("ppo balances the pole: 475 of 500 steps, five seeds of five", "[rl][ppo][learning]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    CHECK(cart_pole_score(seed) >= 475.0);
  }
}
