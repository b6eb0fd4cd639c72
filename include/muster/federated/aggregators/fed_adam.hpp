// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/detail/adaptive_rule.hpp>

namespace muster::inline MUSTER_ABI::federated {

namespace detail {
struct adam_square {
  [[nodiscard]] static double next(double v, double squared, double beta2) noexcept {
    return beta2 * v + (1.0 - beta2) * squared;
  }
};
}  // namespace detail

/// Adam on the server: every number of the model moves by about `rate` per round, however much or
/// little clients change it.
///
/// Source    S. Reddi, Z. Charles, M. Zaheer, Z. Garrett, K. Rush, J. Konečný, S. Kumar,
///           H. McMahan: Adaptive federated optimization, ICLR 2021, Algorithm 2 (FedAdam).
/// Equation  delta = sum over k of w_k x_k / sum over k of w_k - x
///           m <- beta1 m + (1 - beta1) delta,   v <- beta2 v + (1 - beta2) delta^2
///           next = x + rate m / (sqrt(v) + tau)
/// Symbols   x = round.global, x_k, w_k = values and weight of an update
/// Differs   from libraries that correct the bias of m and v: the source does not, nor do we; v
///           starts at tau^2 as there. tau stands outside the root; it says how small changes are
///           taken for noise, and is much larger than Adam's epsilon for single steps.
/// State     m = 0 and v = tau^2 at the start.
/// Cost      weighted_mean, a pass over next, x, m and v, and a copy of m and v. No allocation once
///           warm.
/// See       fed_yogi, fed_adagrad: the same but for v.
class fed_adam : public detail::server_optimiser<detail::adaptive_rule<detail::adam_square>> {
 public:
  struct config {
    double rate = 0.01;   ///< about the change of a number per round; > 0
    double beta1 = 0.9;   ///< memory of the mean change; [0, 1)
    double beta2 = 0.99;  ///< memory of its square; [0, 1)
    double tau = 1e-3;    ///< change below which steps shrink; > 0
  };

  fed_adam() : fed_adam(config{}) {}
  explicit fed_adam(config c) : server_optimiser{{{c.rate, c.beta1, c.beta2, c.tau}}} {
    detail::adaptive_numbers{c.rate, c.beta1, c.beta2, c.tau}.check();
  }
};

static_assert(aggregator<fed_adam>);

}  // namespace muster::inline MUSTER_ABI::federated
