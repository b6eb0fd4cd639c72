// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/env/bandit.hpp>
#include <muster/env/pendulum.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/rl/ddpg.hpp>
#include <muster/rl/gae.hpp>
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
using rl::ddpg, rl::ppo_stats;

namespace {

using exact_network = nn::mlp<double, num::reference>;
using exact_box = ddpg<exact_network>;
using exact_choice = ddpg<exact_network, rl::relaxed_choice>;
using chooser = ddpg<nn::mlp<>, rl::relaxed_choice>;

template <class D>
typename D::config small(std::size_t in, std::size_t actions) {
  typename D::config c;
  c.actor = {.in = in, .out = actions, .hidden = {8}, .hidden_activation = num::activation::tanh};
  c.critic = {
      .in = in + actions, .out = 1, .hidden = {8}, .hidden_activation = num::activation::tanh};
  c.capacity = 256;
  c.warm_up = 1;
  c.minibatch = 16;
  return c;
}

template <class D>
void fill(D& d, std::size_t count, std::uint64_t seed) {
  rng g{seed};
  const auto& shape = d.replay().settings();
  const std::size_t actions = d.policy().actions();
  const auto draw = [&](std::size_t n) {
    std::vector<float> x(n);
    for (float& v : x) v = static_cast<float>(2.0 * uniform01(g) - 1.0);
    return x;
  };
  for (std::size_t i = 0; i < count; ++i) {
    const auto x = draw(shape.observation_size), y = draw(shape.observation_size);
    const auto s = draw(shape.state_size), z = draw(shape.state_size);
    const auto a = draw(shape.action_size);
    std::vector<std::uint8_t> m(shape.masked_actions, 1), k(shape.masked_actions, 1);
    if (!m.empty()) m[i % actions] = k[(i + 1) % actions] = 0;
    d.replay().add({.observation = x,
                    .state = s,
                    .mask = m,
                    .action = a,
                    .choice = static_cast<std::uint32_t>((i + 1) % actions),
                    .reward = static_cast<float>(uniform01(g)),
                    .discount = i % 4 == 0 ? 0.0F : 0.9F,
                    .next_observation = y,
                    .next_state = z,
                    .next_mask = k});
  }
}

// Both halves of an update against central differences of the loss that they report.
template <class D>
void check_gradients(const typename D::config& c) {
  const auto fresh = [&] {
    rng g{7};
    D d{c, g};
    d.policy().initialise(nn::orthogonal{1.0}, nn::orthogonal{0.5}, g);
    fill(d, 40, 3);
    d.draw(g);
    return d;
  };
  for (const bool of_actor : {true, false}) {
    const auto run = [&](D& d) {
      ppo_stats stats;
      rng g{5};
      CHECK((of_actor ? d.learn_actor(stats, g) : d.learn_critic(stats)));
      return of_actor ? stats.policy_loss : stats.value_loss;
    };
    D base = fresh();
    run(base);
    auto& store = of_actor ? base.policy().store() : base.critic_store();
    double largest = 0.0;
    for (std::size_t i = 0; i < store.grads().size(); ++i) {
      const auto loss_at = [&](double shift) {
        D d = fresh();
        (of_actor ? d.policy().store() : d.critic_store()).values()[i] += shift;
        return run(d);
      };
      constexpr double h = 1e-5;
      const double expected = (loss_at(h) - loss_at(-h)) / (2.0 * h);
      REQUIRE(store.grads()[i] == Approx(expected).margin(1e-8).epsilon(1e-4));
      largest = (std::max)(largest, std::abs(expected));
    }
    CHECK(largest > 1e-4);
  }
}

}  // namespace

TEST_CASE("gradients of ddpg equal central differences", "[rl][ddpg]") {
  SECTION("vectors") { check_gradients<exact_box>(small<exact_box>(3, 2)); }
  SECTION("vectors, a state of the critic's own, Huber, penalty") {
    auto c = small<exact_box>(3, 2);
    c.critic.in = 5 + 2;
    c.separate_state = true;
    c.huber_delta = 0.2;
    c.penalty = 0.1;
    check_gradients<exact_box>(c);
  }
  SECTION("choices, soft, with masks and noise") {
    auto c = small<exact_choice>(3, 4);
    c.masked = true;
    c.action = {.temperature = 0.7, .gumbel = true, .hard = false, .random = 0.1};
    check_gradients<exact_choice>(c);
  }
}

TEST_CASE("the target by hand", "[rl][ddpg]") {
  // Linear networks without bias: mu'(s) = tanh(2 s), Q'(s, a) = 3 s + 5 a; Q = 0.
  auto c = small<exact_box>(1, 1);
  c.actor.hidden = c.critic.hidden = {};
  c.minibatch = 1;
  rng g{1};
  exact_box d{c, g};
  for (auto* s : {&d.policy().store(), &d.critic_store()}) {
    for (double& v : s->values().span()) v = 0.0;
  }
  d.frozen_policy_store().copy_values(d.policy().store());
  d.frozen_critic_store().copy_values(d.critic_store());
  d.frozen_policy_store().values()[0] = 2.0;
  d.frozen_critic_store().values()[0] = 3.0;
  d.frozen_critic_store().values()[1] = 5.0;
  const std::array x{0.7F}, a{0.1F}, next{0.25F};
  d.replay().add(
      {.observation = x, .action = a, .reward = 2.0F, .discount = 0.5F, .next_observation = next});
  ppo_stats stats;
  d.draw(g);
  REQUIRE(d.learn_critic(stats));
  const double y = 2.0 + 0.5 * (0.75 + 5.0 * std::tanh(0.5));
  CHECK(stats.value_loss == Approx(0.5 * y * y));
}

TEST_CASE("the copies follow", "[rl][ddpg]") {
  auto c = small<exact_box>(3, 2);
  c.follow = 0.25;
  rng g{1};
  exact_box d{c, g};
  fill(d, 40, 3);
  const double before = d.frozen_critic_store().values()[3];
  CHECK(before == d.critic_store().values()[3]);
  ppo_stats stats;
  d.learn(stats, g);
  const double after = d.critic_store().values()[3];
  CHECK(after != before);
  CHECK(d.frozen_critic_store().values()[3] == Approx(0.75 * before + 0.25 * after));
  CHECK(d.frozen_policy_store().values()[3] != d.policy().store().values()[3]);
  CHECK(stats.steps == 1);
}

TEST_CASE("ddpg refuses what is not finite", "[rl][ddpg]") {
  auto c = small<chooser>(1, 2);
  rng g{1};
  chooser d{c, g};
  const auto all = [&] {
    std::vector<float> v;
    for (auto* s : {&d.policy().store(), &d.critic_store(), &d.frozen_policy_store(),
                    &d.frozen_critic_store()}) {
      v.insert(v.end(), s->values().span().begin(), s->values().span().end());
    }
    return v;
  };
  const auto before = all();
  const std::array x{1.0F};
  rl::transition t{.observation = x};
  t.reward = std::numeric_limits<float>::infinity();
  t.discount = 0.0F;
  CHECK(d.observe(t, g).refused);
  CHECK(all() == before);
}

TEST_CASE("ddpg does not allocate once warm", "[rl][ddpg]") {
  auto c = small<chooser>(3, 4);
  c.masked = true;
  rng g{1};
  chooser d{c, g};
  fill(d, 40, 3);
  ppo_stats stats;
  const std::array x{0.1F, 0.2F, 0.3F};
  const std::array<std::uint8_t, 4> mask{1, 0, 1, 1};
  for (int k = 0; k < 3; ++k) d.learn(stats, g);
  (void)d.policy().decide(x, mask, g);
  testing::no_alloc_scope scope;
  for (int k = 0; k < 20; ++k) {
    (void)d.policy().decide(x, mask, g);
    d.learn(stats, g);
  }
  CHECK(scope.allocations() == 0);
}

TEST_CASE("a resumed ddpg learns as before", "[rl][ddpg]") {
  auto c = small<chooser>(3, 4);
  rng g{1};
  chooser whole{c, g};
  fill(whole, 60, 5);
  ppo_stats stats;
  for (int k = 0; k < 4; ++k) whole.learn(stats, g);
  nn::checkpoint saved{"test"};
  whole.add_to(saved, "trainer/");
  saved.add("rng", g);
  const std::string bytes = saved.bytes();
  for (int k = 0; k < 4; ++k) whole.learn(stats, g);
  rng h{7};
  chooser other{c, h};
  nn::checkpoint loaded{"test"};
  other.add_to(loaded, "trainer/");
  loaded.add("rng", h);
  REQUIRE(loaded.restore(std::as_bytes(std::span{bytes}), "memory").has_value());
  fill(other, 60, 5);
  for (int k = 0; k < 4; ++k) other.learn(stats, h);
  const auto a = whole.policy().store().values().span(), b = other.policy().store().values().span();
  CHECK(std::equal(a.begin(), a.end(), b.begin()));
}

TEST_CASE("ddpg over choices learns which arm pays for which sign", "[rl][ddpg][learning]") {
  // Three arms; what is seen says which one pays: below -1/3 the first, above 1/3 the last. The
  // middle arm is forbidden in a quarter of the rounds, then the first pays in its place.
  for (const bool hard : {true, false}) {
    rng g{3};
    chooser::config c;
    c.actor = {.in = 1, .out = 3, .hidden = {32}};
    c.critic = {.in = 4, .out = 1, .hidden = {32}};
    c.masked = true;
    c.action.hard = hard;
    c.warm_up = 200;
    c.minibatch = 32;
    c.capacity = 4000;
    c.actor_rate = 1e-3;
    c.critic_rate = 2e-3;
    c.penalty = 1e-3;
    chooser d{c, g};
    rl::rollout memory{{.observation_size = 1, .masked_actions = 3}};
    const auto pays = [](float x, bool forbidden) {
      if (x > 1.0F / 3.0F) return 2U;
      return x < -1.0F / 3.0F || forbidden ? 0U : 1U;
    };
    const auto round = [&](float& x, std::array<std::uint8_t, 3>& mask) {
      x = static_cast<float>(2.0 * uniform01(g) - 1.0);
      mask = {1, static_cast<std::uint8_t>(uniform_below(g, 4) == 0 ? 0 : 1), 1};
    };
    float x = 0.0F;
    std::array<std::uint8_t, 3> mask{};
    for (int k = 0; k < 40; ++k) {
      memory.clear();
      for (int i = 0; i < 100; ++i) {
        round(x, mask);
        const auto a = d.policy().decide({&x, 1}, mask, g).action;
        memory.add(0,
                   {.observation = {&x, 1}, .critic_observation = {}, .mask = mask, .action = a});
        memory.reward(0, a == pays(x, mask[1] == 0) ? 1.0F : 0.0F);
        memory.terminate(0);
      }
      memory.finish(rl::gae_advantage{});
      CHECK_FALSE(d.update(memory.batch(), g).refused);
    }
    int right = 0;
    for (int i = 0; i < 1000; ++i) {
      round(x, mask);
      right += d.policy().greedy({&x, 1}, mask) == pays(x, mask[1] == 0) ? 1 : 0;
    }
    // With the middle arm forbidden, first and last are told apart only near the border.
    CAPTURE(hard);
    CHECK(right >= 900);
  }
}

namespace {

// Mean return of 20 unseen episodes of 200 steps after `episodes` episodes of training.
double pendulum_score(std::uint64_t seed, int episodes) {
  using box = rl::box_action<rl::gaussian_noise>;
  rng g{seed};
  ddpg<nn::mlp<>, box>::config c;
  c.actor = {.in = 3, .out = 1, .hidden = {64, 64}};
  c.critic = {.in = 4, .out = 1, .hidden = {64, 64}};
  c.action.noise.sigma = 0.1;
  c.actor_rate = 1e-3;
  c.capacity = 20000;
  ddpg<nn::mlp<>, box> d{c, g};
  env::pendulum e;
  std::array<float, 3> x{}, y{};
  std::array<float, 1> a{};
  for (int k = 0; k < episodes; ++k) {
    e.reset(g);
    d.policy().begin();
    for (bool done = false; !done;) {
      e.observe(x);
      d.policy().explore(x, g, a);
      if (d.replay().size() < c.warm_up) a[0] = static_cast<float>(2.0 * uniform01(g) - 1.0);
      const auto outcome = e.step(a, g);
      e.observe(y);
      done = outcome.done();
      rl::transition t{.observation = x};
      t.action = a;
      t.reward = 0.1F * outcome.reward;
      t.discount = 0.98F;  // the limit of steps is no end
      t.next_observation = y;
      d.observe(t, g);
    }
  }
  double total = 0.0;
  rng unseen = g.fork(2);
  for (int k = 0; k < 20; ++k) {
    e.reset(unseen);
    for (bool done = false; !done;) {
      e.observe(x);
      d.policy().act(x, a);
      const auto outcome = e.step(a, unseen);
      total += static_cast<double>(outcome.reward);
      done = outcome.done();
    }
  }
  return total / 20.0;
}

}  // namespace

TEST_CASE("ddpg swings the pendulum up: -250 or better, two seeds of two", "[rl][ddpg][learning]") {
  // Doing nothing costs about 1,200; the best controllers about 150.
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const double score = pendulum_score(seed, 60);
    CAPTURE(seed, score);
    CHECK(score >= -250.0);
  }
}
