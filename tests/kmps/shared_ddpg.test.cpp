// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/pipeline.hpp>
#include <muster/kmps/shared_ddpg.hpp>
#include <muster/kmps/target_scorer.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;

namespace {
using pipeline = kmps::pipeline<slot::trainer<kmps::shared_ddpg>, slot::actor<rl::score_policy<>>>;
using chained = kmps::pipeline<slot::trainer<kmps::shared_ddpg>, slot::actor<rl::score_policy<>>,
                               slot::reward<kmps::slot_share>>;
// Scores by one small network that looks at every target alike.
using scorer = kmps::pipeline<slot::trainer<kmps::shared_ddpg>,
                              slot::actor<rl::score_policy<kmps::target_scorer<>>>>;
}  // namespace

TEST_CASE("shared_ddpg: the critic sees state and target", "[kmps][shared_ddpg]") {
  pipeline::config c;
  c.trainer.follow = 0.02;
  c.trainer.action.temperature = 2.0;
  pipeline p{c};
  const auto& l = p.learner().configuration();
  CHECK(l.critic.in == p.state_size() + 19);
  CHECK(l.critic.hidden == c.critic.hidden);
  CHECK(l.actor.in == p.layout().size());
  CHECK(l.follow == 0.02);
  CHECK(l.action.temperature == 2.0);
  std::array<float, 2> v{1.0F, 1.0F};
  p.learner().values({}, v);
  CHECK(v[0] == 0.0F);
}

TEST_CASE("shared_ddpg: outcomes alone are transitions that end, chained rewards go on",
          "[kmps][shared_ddpg]") {
  pipeline p{support::tiny(pipeline::config{})};
  support::train_tiny(p, 2, 2.5);
  const auto& alone = p.learner().replay();
  REQUIRE(alone.size() > 500);
  for (const float d : alone.discounts()) REQUIRE(d == 0.0F);

  chained q{support::tiny(chained::config{})};
  support::train_tiny(q, 2, 2.5);
  const auto& chain = q.learner().replay();
  REQUIRE(chain.size() > 500);
  std::size_t over = 0;
  for (const float d : chain.discounts()) {
    REQUIRE(d <= 1.0F);
    over += d == 0.0F ? 1 : 0;
  }
  CHECK(over == 2 * 2 * 2);  // rounds x copies x access points
}

TEST_CASE("shared_ddpg trains other networks too", "[kmps][shared_ddpg]") {
  scorer p{support::tiny(scorer::config{})};
  support::train_tiny(p, 2, 2.5);
  CHECK(p.updates() == 2);
}

TEST_CASE("shared_ddpg: what is saved decides the same", "[kmps][shared_ddpg]") {
  const char* folder = std::getenv("TMPDIR");
  const std::string file =
      std::string{folder != nullptr ? folder : "/tmp"} + "/muster_shared_ddpg.safetensors";
  const auto c = support::tiny(pipeline::config{});
  pipeline a{c}, b{c};
  support::train_tiny(a, 2, 2.5);
  REQUIRE(a.save(file));
  REQUIRE(b.load(file));
  CHECK(support::tiny_score(a, 1) == support::tiny_score(b, 1));
  std::remove(file.c_str());
}
