// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/concepts/environment.hpp>

namespace muster::inline MUSTER_ABI::testing {

namespace detail {

template <class Env>
[[nodiscard]] std::vector<std::uint8_t> allowed_actions(const Env& e) {
  std::vector<std::uint8_t> mask(e.action_count(), 1);
  if constexpr (masked_environment<Env>) e.mask(mask);
  return mask;
}

[[nodiscard]] inline std::uint32_t any_allowed(std::span<const std::uint8_t> mask, rng& g) {
  std::uint64_t count = 0;
  for (const std::uint8_t m : mask) count += m != 0 ? 1 : 0;
  std::uint64_t wanted = count == 0 ? 0 : uniform_below(g, count);
  for (std::size_t a = 0; a < mask.size(); ++a) {
    if (mask[a] != 0 && wanted-- == 0) return static_cast<std::uint32_t>(a);
  }
  return 0;
}

}  // namespace detail

/// Checks the laws of `environment` (and of `masked_environment`) by `rounds` random steps.
///
/// `report(const char* law, bool holds)` is called at every check, so that a test framework
/// can count them; nothing else is printed.
template <environment Env, class Report>
void check_environment_laws(const Env& prototype, std::uint64_t seed, std::size_t rounds,
                            Report&& report) {
  Env one = prototype;
  Env two = prototype;
  const std::size_t width = one.observation_size();
  const std::size_t actions = one.action_count();
  report("an environment has observations and actions", width > 0 && actions > 0);

  const float untouched = 12345.0F;
  std::vector<float> a(width + 1, untouched);
  std::vector<float> b(width + 1, untouched);
  rng ga{seed};
  rng gb{seed};
  rng chooser = rng{seed}.fork(1);
  one.reset(ga);
  two.reset(gb);
  for (std::size_t k = 0; k < rounds; ++k) {
    one.observe(std::span{a}.first(width));
    two.observe(std::span{b}.first(width));
    report("equal generators and actions give equal observations", a == b);
    report("observe writes within its span", a[width] == untouched);
    bool finite = true;
    for (const float x : a) finite = finite && std::isfinite(x);
    report("observations are finite", finite);
    one.observe(std::span{b}.first(width));
    report("observe has no side effect", a == b);

    const std::vector<std::uint8_t> mask = detail::allowed_actions(one);
    bool any = false;
    for (const std::uint8_t m : mask) any = any || m != 0;
    report("at least one action is allowed", any);
    if (!any) return;

    const std::uint32_t action = detail::any_allowed(mask, chooser);
    const step_outcome x = one.step(action, ga);
    const step_outcome y = two.step(action, gb);
    report("equal generators and actions give equal outcomes",
           x.reward == y.reward && x.terminated == y.terminated && x.truncated == y.truncated);
    report("equal episodes draw equally often", ga == gb);
    report("rewards are finite", std::isfinite(x.reward));
    report("an episode ends in one way only", !(x.terminated && x.truncated));
    report("sizes never change", one.observation_size() == width && one.action_count() == actions);
    if (x.done()) {
      one.reset(ga);
      two.reset(gb);
    }
  }
}

}  // namespace muster::inline MUSTER_ABI::testing
