// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/single_ppo.hpp>

#include <span>
#include <type_traits>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;
namespace presets = kmps::presets;

static_assert(std::is_same_v<presets::single_ppo::environment_type::mask_type,
                             env::no_neighbours<env::resource_mask>>);
static_assert(
    std::is_same_v<presets::ppo_cross::environment_type, kmps::pipeline<>::environment_type>);
static_assert(std::is_same_v<presets::single_ppo::learner_type, kmps::pipeline<>::learner_type>);

TEST_CASE("a single agent's critic reads what its actor reads", "[kmps][presets]") {
  presets::single_ppo p;
  CHECK(p.state_size() == p.layout().size());
  CHECK(p.learner().critic().in() == p.learner().policy().in());
  kmps::pipeline<> whole;
  CHECK(whole.state_size() != whole.layout().size());
}

TEST_CASE("single-agent PPO trains and asks no neighbour", "[kmps][presets]") {
  support::check_preset<presets::single_ppo>({});
  presets::single_ppo p{support::tiny(presets::single_ppo::config{})};
  const auto w = support::tiny_work(3);
  CHECK(p.evaluate(w, seconds(6), 1).to_neighbour == 0);
}
