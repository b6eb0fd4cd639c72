// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/concepts/policy.hpp>

namespace muster::inline MUSTER_ABI::testing {

/// Checks the laws of `policy` with random observations and masks.
///
/// `width` numbers per observation in [-1, 1), `actions` of which each is allowed with
/// probability one half and at least one always. `report(const char* law, bool holds)` is
/// called at every check.
template <policy Policy, class Report>
void check_policy_laws(Policy& p, std::size_t width, std::size_t actions, std::uint64_t seed,
                       std::size_t rounds, Report&& report) {
  std::vector<float> observation(width);
  std::vector<std::uint8_t> mask(actions);
  rng g{seed};
  rng chance = g.fork(1);
  for (std::size_t k = 0; k < rounds; ++k) {
    for (float& x : observation) x = static_cast<float>(2.0 * uniform01(chance) - 1.0);
    for (std::uint8_t& m : mask) m = uniform_below(chance, 2) != 0 ? 1 : 0;
    const auto sure = static_cast<std::size_t>(uniform_below(chance, actions));
    mask[sure] = 1;
    rng again = g;
    const std::uint32_t first = p.act(observation, mask, g);
    const std::uint32_t second = p.act(observation, mask, again);
    report("the answer is an action", first < actions);
    report("the answer is allowed", first < actions && mask[first] != 0);
    report("equal arguments give equal answers", first == second && g == again);

    for (std::uint8_t& m : mask) m = 0;
    mask[sure] = 1;
    report("a single allowed action is chosen", p.act(observation, mask, g) == sure);
    report("an empty mask allows everything", p.act(observation, {}, g) < actions);
  }
}

}  // namespace muster::inline MUSTER_ABI::testing
