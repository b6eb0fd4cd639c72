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
