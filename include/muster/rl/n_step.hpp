// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include <muster/concepts/advantage.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Advantages from returns of n steps: n rewards, then the critic's word for the rest.
///
/// Idea      n = 1 trusts the critic at once, a large n waits for the facts; `gae` mixes all n.
/// Source    R. Sutton, A. Barto: Reinforcement learning, 2nd edition, 2018, eq. 7.1; V. Mnih et
///           al.: Asynchronous methods for deep reinforcement learning, ICML 2016, uses it.
/// Equation  G_k = r_k + g_k (r_{k+1} + g_{k+1} (... + g_{k+n-1} V(s_{k+n})))
///           target_k = G_k, A_k = G_k - V(s_k); an episode that ends within the n steps ends
///           the sum: by 0 where it terminated, by the next value where it was cut
/// Symbols   g_k = discounts[k], n = config::steps
/// Cost      O(n) per decision, no allocation; sums run in double, from the last reward back.
class n_step {
 public:
  struct config {
    std::size_t steps = 5;  ///< n; >= 1
  };

  constexpr n_step() noexcept = default;
  constexpr explicit n_step(config c) noexcept : config_{c} {
    MUSTER_EXPECTS(c.steps > 0, "muster: rl::n_step looks nowhere; set steps to 1 or more");
  }

  void estimate(const trajectory_view& t, std::span<float> advantages,
                std::span<float> targets) const noexcept {
    const std::size_t n = t.rewards.size();
    MUSTER_EXPECTS(t.values.size() == n && t.next_values.size() == n && t.discounts.size() == n &&
                       t.ends.size() == n && advantages.size() == n && targets.size() == n,
                   "muster: rl::n_step needs spans of one length; pass one entry per decision");
    for (std::size_t k = 0; k < n; ++k) {
      std::size_t last = k;
      while (last + 1 < n && last + 1 < k + config_.steps && t.ends[last] == 0) ++last;
      // A terminated step must not read a next value at all: it may be anything, even NaN.
      double sum = t.discounts[last] != 0.0F ? static_cast<double>(t.next_values[last]) : 0.0;
      for (std::size_t i = last + 1; i-- > k;) {
        sum = static_cast<double>(t.rewards[i]) + static_cast<double>(t.discounts[i]) * sum;
      }
      targets[k] = static_cast<float>(sum);
      advantages[k] = static_cast<float>(sum - static_cast<double>(t.values[k]));
    }
  }

 private:
  config config_{};
};

static_assert(advantage_estimator<n_step>);

}  // namespace muster::inline MUSTER_ABI::rl
