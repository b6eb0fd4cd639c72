// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/concepts/round_rule.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// A round ends at a time, with whoever came: a cadence that no straggler can slow down.
///
/// Equation  end_r = opened_r + length + u_r spread,    u_r uniform in [0, 1) from (seed, r)
/// Idea      a model that comes at that very moment is too late. With fewer than `at_least` models
///           the round goes on until there are as many, or until nobody is left who could come.
class round_deadline {
 public:
  struct config {
    duration length = seconds(20);  ///< shortest round; > 0
    duration spread{};              ///< how much longer the longest one is; >= 0
    std::size_t at_least = 1;       ///< models, late ones included; >= 1
    std::uint64_t seed = 0;         ///< of the lengths
  };
  static constexpr bool restarts = false;

  constexpr round_deadline() noexcept = default;
  constexpr explicit round_deadline(config c) noexcept : config_{c} {
    MUSTER_EXPECTS(c.length.us > 0 && c.spread.us >= 0 && c.at_least > 0,
                   "muster: federated::round_deadline needs a length above 0, a spread of 0 or "
                   "more, and at_least of 1 or more");
  }

  [[nodiscard]] constexpr bool closes(const round_progress& p) const noexcept {
    return p.now >= deadline(p.round, p.opened) && p.fresh + p.late >= config_.at_least;
  }
  [[nodiscard]] constexpr instant deadline(std::uint64_t round, instant opened) const noexcept {
    if (config_.spread.us == 0) return opened + config_.length;
    rng draw = rng{config_.seed}.fork(round);
    const auto more = uniform_below(draw, static_cast<std::uint64_t>(config_.spread.us));
    return opened + config_.length + microseconds(static_cast<std::int64_t>(more));
  }

 private:
  config config_{};
};

static_assert(round_rule<round_deadline>);

}  // namespace muster::inline MUSTER_ABI::federated
