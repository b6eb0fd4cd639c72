// SPDX-License-Identifier: Apache-2.0
#include <muster/core/thread_pool.hpp>
#include <muster/env/matrix_game.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/mappo.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using env::matrix_game;

namespace {

using team = rl::mappo<>;

team::config two_agents(bool shared) {
  team::config c;
  c.ppo.actor.network = {.in = 2, .out = 3, .hidden = {16}};
  c.ppo.critic.network = {.in = 1, .out = 1, .hidden = {16}};
  c.ppo.actor_rate = c.ppo.critic_rate = 5e-3;
  c.ppo.minibatch = 128;
  c.agents = 2;
  c.share_parameters = shared;
  return c;
}

struct played {
  std::array<rl::rollout, 2> memory;
  explicit played(std::size_t games)
      : memory{rl::rollout{{.observation_size = 2, .critic_observation = 1, .capacity = games}},
               rl::rollout{{.observation_size = 2, .critic_observation = 1, .capacity = games}}} {}
  [[nodiscard]] std::array<rl::ppo_batch, 2> batches() const {
    return {memory[0].batch(), memory[1].batch()};
  }
};

// Plays, remembering what each agent saw and did; returns the mean reward.
double play(team& agents, matrix_game& game, played& to, int games, rng& g) {
  double total = 0.0;
  std::array<float, 2> x{};
  std::array<float, 1> state{};
  std::array<std::uint32_t, 2> actions{};
  for (auto& m : to.memory) m.clear();
  for (int k = 0; k < games; ++k) {
    game.reset(g);
    game.observe_state(state);
    for (std::size_t i = 0; i < 2; ++i) {
      game.observe(i, x);
      auto& learner = agents.learner(i);
      const auto d = learner.policy().decide(x, {}, g);
      actions[i] = d.action;
      to.memory[i].add(0, {.observation = x,
                           .critic_observation = state,
                           .mask = {},
                           .action = d.action,
                           .log_prob = d.log_prob,
                           .value = learner.value(state)});
    }
    const auto outcome = game.step(actions, g);
    total += static_cast<double>(outcome.reward);
    for (auto& m : to.memory) {
      m.reward(0, outcome.reward);
      m.terminate(0);
    }
  }
  for (auto& m : to.memory) m.finish(rl::gae_advantage{});
  return total / games;
}

double greedy_reward(team& agents, matrix_game& game) {
  std::array<float, 2> x{};
  std::array<std::uint32_t, 2> actions{};
  for (std::size_t i = 0; i < 2; ++i) {
    game.observe(i, x);
    actions[i] = agents.learner(i).policy().greedy(x, {});
  }
  rng unused;
  return static_cast<double>(game.step(actions, unused).reward);
}

template <class Update>
double train(team& agents, matrix_game& game, rng& g, int rounds, Update&& update) {
  played memory{128};
  for (int k = 0; k < rounds; ++k) {
    play(agents, game, memory, 128, g);
    const auto batches = memory.batches();
    update(std::span<const rl::ppo_batch>{batches});
  }
  return greedy_reward(agents, game);
}

std::vector<float> parameters(team& agents) {
  std::vector<float> all;
  for (auto& l : agents.learners()) {
    const auto v = l.policy().store().values().span();
    all.insert(all.end(), v.begin(), v.end());
  }
  return all;
}

}  // namespace

TEST_CASE("two agents agree on one of two optima", "[rl][mappo][learning]") {
  for (const bool shared : {true, false}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      INFO("shared " << shared << " seed " << seed);
      rng g{seed};
      team agents{two_agents(shared), g};
      CHECK(agents.shares_parameters() == shared);
      matrix_game game{matrix_game::penalty(0.0F)};
      CHECK(train(agents, game, g, 60, [&](auto b) { agents.update(b, g); }) == 10.0);
    }
  }
}

TEST_CASE("separate learners give the same on any number of threads", "[rl][mappo]") {
  const auto run = [](auto&& update) {
    rng g{3};
    team agents{two_agents(false), g};
    matrix_game game;
    train(agents, game, g, 5, [&](auto b) { update(agents, b, g); });
    return parameters(agents);
  };
  thread_pool pool{2};
  const auto one = run([](team& t, auto b, rng& g) { t.update(b, g); });
  const auto two = run([&](team& t, auto b, rng& g) { t.update(b, g, pool); });
  CHECK(one == two);
}

TEST_CASE("shared parameters learn from all agents, separate ones from their own", "[rl][mappo]") {
  rng g{5};
  team shared{two_agents(true), g};
  team separate{two_agents(false), g};
  CHECK(&shared.learner(0) == &shared.learner(1));
  CHECK(&separate.learner(0) != &separate.learner(1));
  matrix_game game;
  played memory{128};
  play(shared, game, memory, 128, g);
  const auto batches = memory.batches();
  const auto stats = shared.update(batches, g);
  REQUIRE(stats.size() == 1);
  CHECK(stats[0].steps == 4 * 2);  // 256 samples in minibatches of 128, four epochs
  const auto both = separate.update(batches, g);
  REQUIRE(both.size() == 2);
  CHECK(both[0].steps == 4);
  CHECK(both[1].steps == 4);
}

TEST_CASE("a team can be saved and restored", "[rl][mappo]") {
  rng g{6};
  team one{two_agents(false), g};
  team two{two_agents(false), g};
  CHECK(parameters(one) != parameters(two));
  nn::checkpoint from{"team"};
  one.add_to(from);
  nn::checkpoint to{"team"};
  two.add_to(to);
  const std::string bytes = from.bytes();
  REQUIRE(to.restore(std::as_bytes(std::span{bytes}), "memory").has_value());
  CHECK(parameters(one) == parameters(two));
}
