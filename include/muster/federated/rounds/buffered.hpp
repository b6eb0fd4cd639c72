// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/concepts/round_rule.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Asynchronous federation: every K models become one, whoever sent them and however old they are.
///
/// Idea    nobody ever waits: a client whose model was taken gets the newest one and trains on.
/// With
///         K = 1 each model is mixed in as it comes. Give the aggregator a rule for staleness.
/// Source  K = 1: C. Xie, S. Koyejo, I. Gupta: Asynchronous Federated Optimization, 2019.
///         K > 1: J. Nguyen et al.: Federated Learning with Buffered Asynchronous Aggregation,
///         AISTATS 2022. There a client may be twice in a buffer; here its newer model replaces the
///         older one, but both count for K, so one client alone still ends a round.
class buffered {
 public:
  struct config {
    std::size_t k = 1;  ///< uploads; >= 1
  };
  static constexpr bool restarts = true;

  constexpr buffered() noexcept = default;
  constexpr explicit buffered(config c) noexcept : config_{c} {
    MUSTER_EXPECTS(c.k > 0, "muster: federated::buffered needs k of 1 or more");
  }

  [[nodiscard]] constexpr bool closes(const round_progress& p) const noexcept {
    return p.taken >= config_.k;
  }
  [[nodiscard]] constexpr instant deadline(std::uint64_t, instant) const noexcept { return never; }

 private:
  config config_{};
};

static_assert(round_rule<buffered>);

}  // namespace muster::inline MUSTER_ABI::federated
