// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/no_cross_cluster.hpp>

#include <span>
#include <type_traits>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;
namespace presets = kmps::presets;

static_assert(std::is_same_v<presets::no_cross_cluster::environment_type::mask_type,
                             env::no_neighbours<env::resource_mask>>);
static_assert(
    std::is_same_v<presets::dual_buffered::environment_type, kmps::pipeline<>::environment_type>);
static_assert(std::is_same_v<presets::dual_buffered_no_cross_cluster::environment_type,
                             presets::no_cross_cluster::environment_type>);

TEST_CASE("without neighbours nothing goes to a neighbour", "[kmps][presets]") {
  support::check_preset<presets::no_cross_cluster>({});
  presets::no_cross_cluster p{support::tiny(presets::no_cross_cluster::config{})};
  kmps::pipeline<> with{support::tiny(kmps::pipeline<>::config{})};
  const auto w = support::tiny_work(3);
  const std::span<const trace::arrival> a{w};
  CHECK(p.evaluate(a, seconds(6), 1).to_neighbour == 0);
  CHECK(with.evaluate(a, seconds(6), 1).to_neighbour > 0);
}

TEST_CASE("the groups with two buffers train", "[kmps][presets]") {
  presets::dual_buffered_no_cross_cluster::config c;
  c.buffering.exchange = rl::hand_over::rendezvous;
  support::check_preset<presets::dual_buffered_no_cross_cluster>(c);
}
