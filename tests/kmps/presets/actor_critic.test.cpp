// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/actor_critic.hpp>

#include <span>
#include <type_traits>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;
namespace presets = kmps::presets;

// Each differs from the next in the one argument that its name says.
static_assert(std::is_same_v<presets::actor_critic::environment_type::mask_type,
                             env::no_neighbours<env::no_mask>>);
static_assert(std::is_same_v<presets::ac_filtered::environment_type::mask_type,
                             env::no_neighbours<env::resource_mask>>);
static_assert(std::is_same_v<presets::ac_cross::environment_type::mask_type, env::no_mask>);
static_assert(
    std::is_same_v<presets::ac_matched::environment_type, kmps::pipeline<>::environment_type>);
static_assert(std::is_same_v<presets::actor_critic::learner_type, rl::actor_critic<>>);
static_assert(
    std::is_same_v<presets::actor_critic::learner_type, presets::ac_matched::learner_type>);

TEST_CASE("the AC baseline trains and asks no neighbour", "[kmps][presets]") {
  support::check_preset<presets::actor_critic>({});
  presets::actor_critic p{support::tiny(presets::actor_critic::config{})};
  const auto w = support::tiny_work(3);
  CHECK(p.evaluate(w, seconds(6), 1).to_neighbour == 0);
}

TEST_CASE("central scheduling is a number", "[kmps][presets]") {
  const auto c = presets::central(presets::ac_matched::config{}, milliseconds(100));
  CHECK(c.environment.scheduling.central);
  CHECK(c.environment.scheduling.aggregate == milliseconds(100));
  presets::ac_matched with{support::tiny(c)}, without{support::tiny(presets::ac_matched::config{})};
  const auto w = support::tiny_work(3);
  const std::span<const trace::arrival> a{w};
  CHECK(with.evaluate(a, seconds(6), 1).decision_ms_mean >
        without.evaluate(a, seconds(6), 1).decision_ms_mean + 90.0);
}

TEST_CASE("actor-critic learns to dispatch", "[kmps][presets][learning]") {
  auto c = support::tiny(presets::ac_matched::config{});
  c.trainer.minibatch = 64;
  c.trainer.actor_rate = c.trainer.critic_rate = 2e-3;
  presets::ac_matched p{c};
  const double before = support::tiny_score(p);
  support::train_tiny(p, 25);
  const double after = support::tiny_score(p);
  const double random = support::tiny_rule_score<kmps::random_choice>(p);
  CAPTURE(before, after, random);
  CHECK(after > random + 0.02);
}
