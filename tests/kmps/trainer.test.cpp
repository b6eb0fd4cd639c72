// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <muster/concepts/trainer.hpp>
#include <muster/kmps/trainer.hpp>

using namespace muster;

static_assert(trainer<kmps::shared_ppo>);

TEST_CASE("the trainer's defaults are the numbers of the KMPS paper", "[kmps][trainer]") {
  const kmps::shared_ppo::config c;
  CHECK(c.gamma == 0.99);
  CHECK(c.clip == 0.2);
  CHECK(c.huber_delta == 1.0);
  CHECK(c.actor_rate == 5e-4);
  CHECK(c.critic_rate == c.actor_rate);
  // From the released program, where the paper is silent.
  CHECK(c.decay == 0.96);
  CHECK(c.decay_every == 1000);
  CHECK(c.entropy == 0.01);
  CHECK(c.epochs == 4);
  CHECK(c.max_grad_norm == 1.0);
}

TEST_CASE("the trainer hands its numbers and the networks to the learner", "[kmps][trainer]") {
  using learner = kmps::shared_ppo::learner<rl::actor<>, rl::single_critic<>>;
  kmps::shared_ppo::config t;
  t.clip = 0.1;
  t.epochs = 7;
  t.actor_rate = 1e-3;
  t.critic_rate = 2e-3;
  t.decay = 0.9;
  t.decay_every = 50;
  t.target_kl = 0.02;
  rl::actor<>::config actor;
  actor.network.in = 4;
  actor.network.out = 3;
  actor.network.hidden = {8};
  rl::single_critic<>::config critic;
  critic.network.in = 6;
  const learner::config c = kmps::shared_ppo::learner_config<learner>(t, actor, critic);
  CHECK(c.actor.network.out == 3);
  CHECK(c.critic.network.in == 6);
  CHECK(c.clip == 0.1);
  CHECK(c.epochs == 7);
  CHECK(c.actor_rate == 1e-3);
  CHECK(c.critic_rate == 2e-3);
  CHECK(c.decay(50) == Approx(0.9));
  CHECK(c.target_kl == 0.02);
  CHECK(c.max_grad_norm == 1.0);
  CHECK(c.value_loss == rl::value_loss_kind::huber);
}
