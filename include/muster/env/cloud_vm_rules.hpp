// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/core/rng.hpp>
#include <muster/env/cloud_vm.hpp>

namespace muster::inline MUSTER_ABI::env {

namespace detail {

/// The machine with room that has the largest score, or to wait.
template <class Cloud, class Score>
[[nodiscard]] std::uint32_t best_scored(const Cloud& c, Score score) noexcept {
  const auto n = static_cast<std::uint32_t>(c.machine_count());
  std::uint32_t best = c.wait_action();
  double highest = 0.0;
  for (std::uint32_t v = 0; v < n; ++v) {
    if (!c.fits(v)) continue;
    const double s = score(v);
    if (best == c.wait_action() || s > highest) {
      best = v;
      highest = s;
    }
  }
  return best;
}

}  // namespace detail

// Placement rules without learning: yardsticks for agents of `cloud_vm`. All of them wait only
// when no machine has room, are never denied, and know nothing about run times. Ties go to the
// smaller machine number.

/// The first machine with room.
struct first_fit {
  template <class Cloud>
  [[nodiscard]] std::uint32_t choose(const Cloud& c, rng&) const noexcept {
    const auto n = static_cast<std::uint32_t>(c.machine_count());
    for (std::uint32_t v = 0; v < n; ++v) {
      if (c.fits(v)) return v;
    }
    return c.wait_action();
  }
};

/// The machine with room that has the fewest free vCPUs: keeps large gaps for large tasks.
struct best_fit {
  template <class Cloud>
  [[nodiscard]] std::uint32_t choose(const Cloud& c, rng&) const noexcept {
    return detail::best_scored(c,
                               [&](std::size_t v) { return -static_cast<double>(c.free_cpu(v)); });
  }
};

/// The machine with room of which the smallest share is in use.
struct least_loaded {
  template <class Cloud>
  [[nodiscard]] std::uint32_t choose(const Cloud& c, rng&) const noexcept {
    return detail::best_scored(c, [&](std::size_t v) { return -c.utilisation(v); });
  }
};

/// Any machine with room, all equally likely. One number per placement.
struct random_fit {
  template <class Cloud>
  [[nodiscard]] std::uint32_t choose(const Cloud& c, rng& g) const noexcept {
    const auto n = static_cast<std::uint32_t>(c.machine_count());
    std::uint64_t room = 0;
    for (std::uint32_t v = 0; v < n; ++v) room += c.fits(v) ? 1U : 0U;
    if (room == 0) return c.wait_action();
    std::uint64_t skip = uniform_below(g, room);
    std::uint32_t v = 0;
    while (!c.fits(v) || skip-- != 0) ++v;
    return v;
  }
};

/// Plays one episode from its start: a quick way from a rule to `metrics()`.
template <class Cloud, class Rule>
double play(Cloud& c, const Rule& rule, rng& g) noexcept {
  c.reset(g);
  double total = 0.0;
  while (!c.over()) total += static_cast<double>(c.step(rule.choose(c, g), g).reward);
  return total;
}

}  // namespace muster::inline MUSTER_ABI::env
