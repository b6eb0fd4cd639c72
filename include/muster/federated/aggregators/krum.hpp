// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/detail/neighbours.hpp>
#include <muster/federated/detail/roster.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Takes over the one model that lies closest to its neighbours.
///
/// Idea      honest models lie close together; whoever is near to most of them is one of them, or
///           does no harm.
/// Source    P. Blanchard, E. El Mhamdi, R. Guerraoui, J. Stainer: Machine learning with
///           adversaries: Byzantine tolerant gradient descent, NeurIPS 2017, section 4.
/// Equation  score_k = sum of |x_k - x_j|^2 over the n - f - 2 nearest others j
///           next = x_k with the least score
/// Symbols   x_k = update.values of n clients, f = byzantine
/// Convention  equal scores go to the smaller client id. Weights are not used: they are claims.
/// Bound     with at most f clients that send anything and n >= 2 f + 3, next is within
///           sqrt(n - f - 2) D of some other's model, D = largest distance between two others.
/// Cost      n^2 / 2 distances and 12 n^2 bytes; no allocation once warm.
class krum {
 public:
  struct config {
    std::size_t byzantine = 1;  ///< f, clients that may send anything; n >= 2 f + 3
  };

  krum() = default;
  explicit krum(config c) : config_{c} {}

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    const std::size_t n = roster_.size(), f = config_.byzantine;
    if (n < 3 || (n - 3) / 2 < f) return detail::too_few("krum", 2 * f + 3, f, n);
    if (!neighbours_.measure(round.pool, roster_.values(), next.size())) {
      if (auto found = roster_.culprit(round)) return *std::move(found);
    }
    neighbours_.rank();
    const std::size_t best = neighbours_.best(n - f - 2);
    chosen_ = round.updates[roster_.place(best)].client;
    std::copy_n(roster_.values()[best], next.size(), next.begin());
    return {};
  }

  /// Whose model the last round took over.
  [[nodiscard]] client_id chosen() const noexcept { return chosen_; }

 private:
  config config_{};
  detail::roster roster_;
  detail::neighbours neighbours_;
  client_id chosen_{};
};

static_assert(aggregator<krum>);

}  // namespace muster::inline MUSTER_ABI::federated
