// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/client_selection.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Each client takes part in every so-many-th round.
///
/// Equation  client i takes part in round r  iff  (r + i) mod every_i = 0
/// Idea      the offset by i spreads clients of one period over its rounds. When it is nobody's
///           turn, those whose turn comes next are taken: a round is never empty.
/// Cost      two passes over the clients.
class by_period {
 public:
  struct config {
    /// Rounds between two turns; client i has entry i mod size; not empty, each >= 1.
    std::vector<std::uint32_t> every{2};
  };

  by_period() = default;
  explicit by_period(config c) : config_{std::move(c)} {
    MUSTER_EXPECTS(
        !config_.every.empty() && !std::count(config_.every.begin(), config_.every.end(), 0U),
        "muster: federated::by_period needs periods of 1 or more");
  }

  void select(std::uint64_t round, std::span<const client_id> awake,
              std::vector<client_id>& chosen) const {
    std::uint64_t soonest = ~std::uint64_t{0};
    for (const client_id c : awake) soonest = (std::min)(soonest, rounds_until(round, c));
    for (const client_id c : awake) {
      if (rounds_until(round, c) == soonest) chosen.push_back(c);
    }
  }

 private:
  [[nodiscard]] std::uint64_t rounds_until(std::uint64_t round, client_id c) const noexcept {
    const std::uint64_t period = config_.every[index_of(c) % config_.every.size()];
    const std::uint64_t since = (round + index_of(c)) % period;
    return since == 0 ? 0 : period - since;
  }

  config config_{};
};

static_assert(client_selection<by_period>);

}  // namespace muster::inline MUSTER_ABI::federated
