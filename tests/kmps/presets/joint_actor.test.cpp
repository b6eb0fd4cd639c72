// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/joint_actor.hpp>

#include <type_traits>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;
namespace presets = kmps::presets;

static_assert(std::is_same_v<presets::joint_actor::orchestrator_type, kmps::gpo_joint>);
static_assert(
    std::is_same_v<presets::joint_actor::environment_type, kmps::pipeline<>::environment_type>);

TEST_CASE("orchestration with one actor trains", "[kmps][presets]") {
  support::check_preset<presets::joint_actor>(presets::with_frames<presets::joint_actor>());
}
