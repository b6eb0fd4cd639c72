// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/concepts/round_rule.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// A round ends with the K-th model that was trained from the newest one.
///
/// Idea      nobody waits for the slow: their models are late, and join the next round.
/// Source    X. Yong, L. Yan et al.: PFRL-DM, Section 4.5 and Algorithm 1, line 12. Left open
/// there: what
///           becomes of the others' models.
/// Late      models count for the mean of the round in which they come, not for its K. If they
///           did, K = N/2 would end the next round with the N/2 late ones before anybody has
///           learned anything from the last one: two halves would take turns, each a round old.
/// Fewer     if fewer than K can come, for example because some left, all who can are enough.
class first_k {
 public:
  struct config {
    std::size_t k = 1;  ///< models; >= 1
  };
  static constexpr bool restarts = false;

  constexpr first_k() noexcept = default;
  constexpr explicit first_k(config c) noexcept : config_{c} {
    MUSTER_EXPECTS(c.k > 0, "muster: federated::first_k needs k of 1 or more");
  }

  [[nodiscard]] constexpr bool closes(const round_progress& p) const noexcept {
    return p.fresh >= config_.k || p.waiting == 0;
  }
  [[nodiscard]] constexpr instant deadline(std::uint64_t, instant) const noexcept { return never; }

 private:
  config config_{};
};

static_assert(round_rule<first_k>);

}  // namespace muster::inline MUSTER_ABI::federated
