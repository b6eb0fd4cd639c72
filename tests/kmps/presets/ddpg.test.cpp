// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/ddpg.hpp>

#include <span>
#include <type_traits>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;
namespace presets = kmps::presets;

static_assert(
    std::is_same_v<presets::ddpg::environment_type::mask_type, env::no_neighbours<env::no_mask>>);
static_assert(std::is_same_v<presets::ddpg_filtered::environment_type::mask_type,
                             env::no_neighbours<env::resource_mask>>);
static_assert(std::is_same_v<presets::ddpg_cross::environment_type::mask_type, env::no_mask>);
static_assert(
    std::is_same_v<presets::ddpg_matched::environment_type, kmps::pipeline<>::environment_type>);
static_assert(std::is_same_v<presets::ddpg::learner_type, presets::ddpg_matched::learner_type>);

TEST_CASE("the DDPG baseline trains and asks no neighbour", "[kmps][presets]") {
  support::check_preset<presets::ddpg>({});
  presets::ddpg p{support::tiny(presets::ddpg::config{})};
  const auto w = support::tiny_work(3);
  CHECK(p.evaluate(w, seconds(6), 1).to_neighbour == 0);
}

TEST_CASE("DDPG learns to dispatch", "[kmps][presets][learning]") {
  auto c = support::tiny(presets::ddpg_matched::config{});
  c.trainer.train_every = 8;
  c.trainer.actor_rate = 1e-3;
  c.trainer.critic_rate = 2e-3;
  presets::ddpg_matched p{c};
  const double before = support::tiny_score(p);
  support::train_tiny(p, 20);
  const double after = support::tiny_score(p);
  const double random = support::tiny_rule_score<kmps::random_choice>(p);
  CAPTURE(before, after, random);
  CHECK(after > random + 0.02);
}
