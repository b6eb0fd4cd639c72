// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <muster/kmps/in_turn.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/ppo.hpp>

using namespace muster;

namespace {

using learner_type = rl::ppo<>;
using session = kmps::in_turn::session<learner_type, rl::gae_advantage>;
static_assert(session::values_at_once);

learner_type::config networks() {
  learner_type::config c;
  c.actor.network.in = 1;
  c.actor.network.out = 2;
  c.actor.network.hidden = {4};
  c.critic.network.in = 1;
  c.critic.network.out = 1;
  c.critic.network.hidden = {4};
  c.epochs = 1;
  c.minibatch = 10;
  return c;
}
constexpr rl::rollout::config shape{
    .lanes = 1, .observation_size = 1, .critic_observation = 0, .masked_actions = 0, .capacity = 0};

void play(session& s, std::size_t n, float reward) {
  for (std::size_t k = 0; k < n; ++k) {
    const std::array x{static_cast<float>(k)};
    s.sink().add(0, {x, {}, {}, static_cast<std::uint32_t>(k % 2), std::log(0.5F), 0.0F});
    s.sink().reward(0, reward);
    s.sink().terminate(0);
  }
}

}  // namespace

TEST_CASE("in_turn: one update per episode, from that episode", "[kmps][in_turn]") {
  rng g{1};
  learner_type learner{networks(), g};
  const rl::gae_advantage advantage;
  session s{learner, advantage, networks().actor, {}, shape, g, 4};
  CHECK(&s.policy() == &learner.policy());
  CHECK(s.version() == 4);
  for (std::uint64_t round = 5; round < 8; ++round) {
    play(s, 20, 1.0F);
    const auto stats = s.learn(round, g);
    REQUIRE(stats);
    CHECK(stats->steps == 2);
    CHECK(s.version() == round);
    CHECK(s.sink().size() == 0);
  }
}

TEST_CASE("in_turn: a window learns from the episodes before as well", "[kmps][in_turn]") {
  rng g{1};
  learner_type learner{networks(), g};
  const rl::gae_advantage advantage;
  session s{learner, advantage, networks().actor, {.window = 3}, shape, g, 0};
  std::vector<std::uint32_t> steps;
  for (std::uint64_t round = 1; round < 6; ++round) {
    play(s, 10, 1.0F);
    steps.push_back(s.learn(round, g)->steps);
  }
  CHECK(steps == std::vector<std::uint32_t>{1, 2, 3, 3, 3});
}

TEST_CASE("in_turn: a refused update is no new version", "[kmps][in_turn]") {
  rng g{1};
  learner_type learner{networks(), g};
  const rl::gae_advantage advantage;
  session s{learner, advantage, networks().actor, {}, shape, g, 0};
  play(s, 4, std::numeric_limits<float>::infinity());
  CHECK(s.learn(1, g)->refused);
  CHECK(s.version() == 0);
}
