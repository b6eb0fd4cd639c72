// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/no_gnn.hpp>

#include <type_traits>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;
namespace presets = kmps::presets;

static_assert(std::is_same_v<presets::no_gnn::orchestrator_type, kmps::gpo_without_graph>);
static_assert(std::is_same_v<presets::no_gnn::learner_type, presets::with_gpo::learner_type>);
static_assert(
    std::is_same_v<presets::no_gnn::environment_type, presets::with_gpo::environment_type>);

TEST_CASE("orchestration without a graph trains", "[kmps][presets]") {
  support::check_preset<presets::no_gnn>(presets::with_frames<presets::no_gnn>());
}
