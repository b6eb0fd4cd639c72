// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/two_scale.hpp>

#include <type_traits>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;
namespace presets = kmps::presets;

static_assert(std::is_same_v<presets::two_scale::learner_type, kmps::pipeline<>::learner_type>);
static_assert(std::is_same_v<presets::two_scale::environment_type::mask_type,
                             kmps::pipeline<>::environment_type::mask_type>);

TEST_CASE("two time scales: no long slot, all else alike", "[kmps][presets]") {
  const auto c = presets::two_scale_config();
  const kmps::pipeline<>::config d;
  CHECK(c.environment.long_slot == duration{});
  CHECK(d.environment.long_slot > duration{});
  CHECK(c.environment.slot == d.environment.slot);
  CHECK(c.environment.frame == d.environment.frame);
  support::check_preset<presets::two_scale>(c);
}
