// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/whole.hpp>

#include <type_traits>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;
namespace presets = kmps::presets;

static_assert(std::is_same_v<presets::whole::orchestrator_type, kmps::gpo>);
static_assert(std::is_same_v<presets::whole::environment_type, kmps::pipeline<>::environment_type>);

TEST_CASE("all of KMPS trains", "[kmps][presets]") {
  auto c = presets::with_frames<presets::whole>();
  CHECK(c.environment.frame == seconds(25));
  c.buffering.exchange = rl::hand_over::rendezvous;
  support::check_preset<presets::whole>(c);
}
