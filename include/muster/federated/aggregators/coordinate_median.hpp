// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/detail/over_columns.hpp>
#include <muster/federated/detail/roster.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// The median of every number by itself.
///
/// Idea      as long as fewer than half of the clients lie, the middle one is told the truth, or
///           stands between two that are.
/// Source    D. Yin, Y. Chen, K. Ramchandran, P. Bartlett: Byzantine-robust distributed learning:
///           towards optimal statistical rates, ICML 2018, Definition 1.
/// Equation  next_j = median over k of x_kj
/// Symbols   x_k = update.values
/// Convention  of an even number of clients, the mean of the two in the middle. Every client counts
///           once: a weight is its own claim, and whoever lies about the model lies about that too.
/// Bound     with f < n / 2 clients that send anything, next_j lies between the least and the
///           greatest of the others' numbers.
/// Cost      one pass over the updates; per number, a sorting network over up to 96 clients, then
///           a search that is linear in them, 16 (or 8) numbers side by side. Scratch of 256 bytes
///           per client and thread. No allocation once warm.
class coordinate_median {
 public:
  struct config {};

  coordinate_median() = default;
  explicit coordinate_median(config) {}

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    if (!detail::over_columns(round.pool, detail::kernels().median, roster_.values(), 0, keys_,
                              next)) {
      return roster_.blame(round);
    }
    return {};
  }

 private:
  detail::roster roster_;
  detail::scratch<std::int32_t> keys_;
};

static_assert(aggregator<coordinate_median>);

}  // namespace muster::inline MUSTER_ABI::federated
