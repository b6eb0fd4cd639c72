// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/pipeline.hpp>
#include <muster/kmps/shared_actor_critic.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;

namespace {
using pipeline = kmps::pipeline<slot::trainer<kmps::shared_actor_critic>>;
using chained =
    kmps::pipeline<slot::trainer<kmps::shared_actor_critic>, slot::reward<kmps::slot_share>>;
}  // namespace

TEST_CASE("shared_actor_critic hands its numbers on", "[kmps][shared_actor_critic]") {
  pipeline::config c;
  c.trainer.entropy = 0.03;
  c.trainer.minibatch = 7;
  c.trainer.critic_rate = 3e-4;
  c.trainer.huber_delta = 0.25;
  pipeline p{c};
  const auto& l = p.learner().configuration();
  CHECK(l.entropy == 0.03);
  CHECK(l.minibatch == 7);
  CHECK(l.critic_rate == 3e-4);
  CHECK(l.huber_delta == 0.25);
  CHECK(l.value_loss == rl::value_loss_kind::huber);
  CHECK(l.decay.decay == 0.96);
  CHECK(l.critic.network.in == p.state_size());
}

TEST_CASE("shared_actor_critic also learns from chained rewards", "[kmps][shared_actor_critic]") {
  chained p{support::tiny(chained::config{})};
  support::train_tiny(p, 3, 2.5);
  CHECK(p.updates() == 3);
}

TEST_CASE("shared_actor_critic: a saved pipeline goes on as if it had never stopped",
          "[kmps][shared_actor_critic]") {
  const char* folder = std::getenv("TMPDIR");
  const std::string file =
      std::string{folder != nullptr ? folder : "/tmp"} + "/muster_shared_actor_critic.safetensors";
  const auto c = support::tiny(pipeline::config{});
  pipeline whole{c}, first{c}, second{c};
  support::train_tiny(whole, 2, 2.5);
  support::train_tiny(whole, 2, 2.5);
  support::train_tiny(first, 2, 2.5);
  REQUIRE(first.save(file));
  REQUIRE(second.load(file));
  support::train_tiny(second, 2, 2.5);
  const auto a = whole.learner().policy().store().values().span();
  const auto b = second.learner().policy().store().values().span();
  CHECK(std::equal(a.begin(), a.end(), b.begin()));
  std::remove(file.c_str());
}
