// SPDX-License-Identifier: Apache-2.0
#include <muster/pfrl_dm/mfpo.hpp>
#include <vector>

#include "pfrl_dm/small_study.hpp"
#include "support/catch.hpp"

using namespace muster;
using namespace muster::pfrl_dm;

namespace {

mfpo::config quick() {
  auto c = mfpo_config(1);
  c.client.learner.actor.network.hidden = {8};
  c.client.learner.critic.network.hidden = {8};
  c.client.episodes = 2;
  return c;
}

}  // namespace

TEST_CASE("client and server of MFPO agree on the server's rate", "[pfrl_dm][mfpo]") {
  const mfpo p{quick(), support::members(2)};
  CHECK(p.client(0).exchange().server_rate ==
        p.federation()->server().aggregator().configuration().rate);
}

TEST_CASE("policy and momentum travel; the first model has none", "[pfrl_dm][mfpo]") {
  mfpo p{quick(), support::members(3)};
  const std::size_t actor = p.client(0).learner().policy().store().count();
  CHECK(p.client(0).exchange_size() == 2 * actor);
  std::vector<float> model(2 * actor);
  p.client(0).upload(model);
  for (std::size_t i = actor; i < 2 * actor; ++i) CHECK(model[i] == 0.0F);

  p.join_all();
  REQUIRE(p.run(2));
  const auto global = p.federation()->server().model();
  float moved = 0.0F;
  for (std::size_t i = actor; i < 2 * actor; ++i) moved += std::abs(global[i]);
  CHECK(moved > 0.0F);
}

TEST_CASE("MFPO learns to place tasks", "[pfrl_dm][mfpo]") {
  auto c = quick();
  c.client.episodes = 20;
  c.client.learner.actor_rate = 1e-3;
  mfpo p{c, support::members(2)};
  p.join_all();
  double first = 0.0, last = 0.0;
  REQUIRE(p.run(1, [&](const federated::round_summary& s) { first = s.mean_score; }));
  REQUIRE(p.run(8, [&](const federated::round_summary& s) { last = s.mean_score; }));
  INFO(first << " then " << last);
  CHECK(last > first + 20.0);
}
