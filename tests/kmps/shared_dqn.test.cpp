// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/pipeline.hpp>
#include <muster/kmps/shared_dqn.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;

namespace {
using pipeline = kmps::pipeline<slot::trainer<kmps::shared_dqn>, slot::actor<rl::q_policy<>>>;
using chained = kmps::pipeline<slot::trainer<kmps::shared_dqn>, slot::actor<rl::q_policy<>>,
                               slot::reward<kmps::slot_share>>;
}  // namespace

TEST_CASE("shared_dqn hands its numbers on", "[kmps][shared_dqn]") {
  pipeline::config c;
  c.trainer.double_q = false;
  c.trainer.epsilon = {.from = 0.5, .to = 0.1, .over = 7};
  pipeline p{c};
  const auto& l = p.learner().configuration();
  CHECK_FALSE(l.double_q);
  CHECK(l.masked);
  CHECK(l.network.in == p.layout().size());
  CHECK(l.network.out == 19);
  CHECK(p.learner().policy().epsilon() == 0.5);
  std::array<float, 2> v{1.0F, 1.0F};
  p.learner().next_values({}, v);
  CHECK(v[1] == 0.0F);
}

TEST_CASE("shared_dqn learns from chained rewards, explores less and less", "[kmps][shared_dqn]") {
  auto c = support::tiny(chained::config{});
  c.trainer.epsilon.over = 1000;
  chained p{c};
  support::train_tiny(p, 2, 2.5);
  CHECK(p.learner().replay().size() > 500);
  CHECK(p.learner().policy().epsilon() == 0.05);
  CHECK(p.learner().optimiser().steps() > 0);
}

TEST_CASE("shared_dqn: what is saved decides the same", "[kmps][shared_dqn]") {
  const char* folder = std::getenv("TMPDIR");
  const std::string file =
      std::string{folder != nullptr ? folder : "/tmp"} + "/muster_shared_dqn.safetensors";
  const auto c = support::tiny(pipeline::config{});
  pipeline a{c}, b{c};
  support::train_tiny(a, 2, 2.5);
  REQUIRE(a.save(file));
  REQUIRE(b.load(file));
  CHECK(b.learner().policy().decisions() == a.learner().policy().decisions());
  CHECK(support::tiny_score(a, 1) == support::tiny_score(b, 1));
  std::remove(file.c_str());
}
