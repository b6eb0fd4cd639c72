// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/kais.hpp>

#include <span>
#include <type_traits>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;
namespace presets = kmps::presets;

static_assert(std::is_same_v<presets::kais::orchestrator_type, kmps::gpg>);
static_assert(std::is_same_v<presets::kais::environment_type::dequeue_type, queue::discount>);
static_assert(std::is_same_v<presets::kais::environment_type::node_dequeue_type, queue::discount>);
static_assert(std::is_same_v<presets::kais::environment_type::mask_type, env::no_neighbours<>>);
static_assert(std::is_same_v<presets::kais_cross::environment_type::mask_type, env::resource_mask>);
static_assert(std::is_same_v<presets::kais::learner_type, presets::kais_cross::learner_type>);
static_assert(std::is_same_v<presets::kais::actor_type::head_type, rl::relu1_l1_head>);

TEST_CASE("KaiS trains, on two time scales and within its cluster", "[kmps][presets]") {
  const auto c = presets::kais_config();
  CHECK(c.environment.long_slot == duration{});
  CHECK(c.environment.frame > duration{});
  support::check_preset<presets::kais>(c);
  presets::kais p{support::tiny(c)};
  const auto w = support::tiny_work(3);
  const std::span<const trace::arrival> a{w};
  CHECK(p.evaluate(a, seconds(6), 1).to_neighbour == 0);
  presets::kais_cross q{support::tiny(presets::kais_config<presets::kais_cross>())};
  CHECK(q.evaluate(a, seconds(6), 1).to_neighbour > 0);
}

TEST_CASE("KaiS's one-step critic sees the whole system", "[kmps][presets]") {
  presets::kais p{presets::kais_config()};
  CHECK(p.state_size() > p.layout().request);
  CHECK(p.learner().critic().in() == p.state_size());
  CHECK(p.settings().advantage.lambda == 0.0);
}
