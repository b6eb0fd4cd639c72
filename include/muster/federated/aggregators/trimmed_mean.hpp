// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/concepts/aggregator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/detail/over_columns.hpp>
#include <muster/federated/detail/roster.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// The mean of every number by itself, without the greatest and the least of them.
///
/// Idea      between mean and median: nearly the precision of the one, the robustness of the other
///           up to a share of liars that is known beforehand.
/// Source    D. Yin, Y. Chen, K. Ramchandran, P. Bartlett: Byzantine-robust distributed learning:
///           towards optimal statistical rates, ICML 2018, Definition 2.
/// Equation  next_j = mean of x_kj without the b least and the b greatest,  b = floor(share n)
/// Symbols   x_k = update.values, n clients
/// Convention  `share` counts per side, so 2 b clients are left out of every number. Every client
///           counts once: a weight is its own claim.
/// Bound     with f <= b clients that send anything, next_j lies between the least and the
///           greatest of the others' numbers.
/// Cost      as coordinate_median, with two searches, beyond 192 clients.
class trimmed_mean {
 public:
  struct config {
    double share = 0.1;  ///< of the clients, left out on each side; [0, 0.5)
  };

  trimmed_mean() : trimmed_mean(config{}) {}
  explicit trimmed_mean(config c) : config_{c} {
    MUSTER_EXPECTS(c.share >= 0.0 && c.share < 0.5,
                   "muster: federated::trimmed_mean needs a share in [0, 0.5); it counts per side");
  }

  /// How many of n clients are left out on each side: b.
  [[nodiscard]] std::size_t trimmed_of(std::size_t n) const noexcept {
    // A share that means a whole number, as 0.29 of 100, must not lose one to rounding.
    const auto b = static_cast<std::size_t>(config_.share * static_cast<double>(n) + 1e-9);
    return 2 * b < n ? b : (n - 1) / 2;
  }

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    if (!detail::over_columns(round.pool, detail::kernels().trimmed, roster_.values(),
                              trimmed_of(roster_.size()), keys_, next)) {
      return roster_.blame(round);
    }
    return {};
  }

 private:
  config config_;
  detail::roster roster_;
  detail::scratch<std::int32_t> keys_;
};

static_assert(aggregator<trimmed_mean>);

}  // namespace muster::inline MUSTER_ABI::federated
