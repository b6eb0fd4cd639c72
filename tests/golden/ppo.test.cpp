// SPDX-License-Identifier: Apache-2.0
// The first updates of PPO on the plain backend: how losses and the policy move. Few digits,
// because the last ones belong to the mathematical library.
#include "golden.hpp"
#include "support/catch.hpp"

#include <array>

#include <muster/num/backend/reference.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/ppo.hpp>
#include <muster/rl/rollout.hpp>

using namespace muster;

namespace {

using plain_mlp = nn::mlp<float, num::reference>;

/// Three buttons and a lamp that says which one pays; the third is forbidden in every fourth
/// state. Episodes of four decisions.
template <class Head, class Critic>
void train(golden::log& out, const char* title) {
  using learner = rl::ppo<rl::actor<plain_mlp, Head>, Critic>;
  rng g{3};
  typename learner::config c;
  c.actor.network = {2, 3, {8}};
  c.critic.network = {2, 1, {8}};
  c.epochs = 2;
  c.minibatch = 32;
  c.actor_rate = 0.01;
  c.critic_rate = 0.01;
  learner ppo{c, g};
  rl::rollout kept{{.lanes = 1,
                    .observation_size = 2,
                    .critic_observation = 0,
                    .masked_actions = 3,
                    .capacity = 0}};
  out.line("%s", title);
  for (int round = 1; round <= 6; ++round) {
    kept.clear();
    double sum = 0.0;
    for (int k = 0; k < 128; ++k) {
      const auto lamp = static_cast<std::uint32_t>(uniform_below(g, 3));
      const std::array<float, 2> seen{0.5F * static_cast<float>(lamp), 1.0F};
      const std::array<std::uint8_t, 3> mask{1, 1, static_cast<std::uint8_t>(k % 4 == 3 ? 0 : 1)};
      const rl::choice chosen = ppo.policy().decide(seen, mask, g);
      kept.add(0, {.observation = seen,
                   .critic_observation = {},
                   .mask = mask,
                   .action = chosen.action,
                   .log_prob = chosen.log_prob,
                   .value = ppo.value(seen),
                   .next_value = ppo.next_value(seen)});
      const float reward = chosen.action == lamp ? 1.0F : 0.0F;
      sum += static_cast<double>(reward);
      kept.reward(0, reward);
      kept.discount(0, 0.5F);
      if (k % 4 == 3) kept.terminate(0);
    }
    kept.finish(rl::gae_advantage{});
    const rl::ppo_stats s = ppo.update(kept.batch(), g);
    out.line(
        "  update %d  reward %.3f  policy loss %+.3f  value loss %.3f  entropy %.3f  "
        "clipped %.2f  steps %u",
        round, sum / 128.0, s.policy_loss, s.value_loss, s.entropy, s.clip_fraction, s.steps);
  }
  for (const float lamp : {0.0F, 0.5F, 1.0F}) {
    const std::array<float, 2> seen{lamp, 1.0F};
    std::array<float, 3> p{};
    ppo.policy().probabilities(seen, {}, p);
    out.line("  lamp %.1f  p %.3f %.3f %.3f", static_cast<double>(lamp), static_cast<double>(p[0]),
             static_cast<double>(p[1]), static_cast<double>(p[2]));
  }
}

}  // namespace

TEST_CASE("ppo: the first updates", "[golden][ppo]") {
  golden::log out;
  train<rl::masked_softmax_head, rl::single_critic<plain_mlp>>(out, "masked softmax, one critic");
  train<rl::relu1_l1_head, rl::target_critic<plain_mlp>>(out, "ReLU + 1 in L1, target critic");
  const std::string difference = golden::difference("ppo", out.text());
  INFO(difference);
  CHECK(difference.empty());
}
