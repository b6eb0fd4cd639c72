// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/detail/adaptive_rule.hpp>

namespace muster::inline MUSTER_ABI::federated {

namespace detail {
struct yogi_square {
  [[nodiscard]] static double next(double v, double squared, double beta2) noexcept {
    const double sign = v > squared ? 1.0 : v < squared ? -1.0 : 0.0;
    return v - (1.0 - beta2) * squared * sign;
  }
};
}  // namespace detail

/// Adam on the server that forgets large changes slowly.
///
/// Idea      Adam's v falls by a factor per round, so a few quiet rounds let the steps grow; here v
///           falls by no more than the new square, and steps grow with care.
/// Source    S. Reddi et al.: Adaptive federated optimization, ICLR 2021, Algorithm 2 (FedYogi),
///           after M. Zaheer et al.: Adaptive methods for nonconvex optimization, NeurIPS 2018.
/// Equation  v <- v - (1 - beta2) delta^2 sign(v - delta^2),   the rest as in fed_adam
/// State     m = 0 and v = tau^2 at the start.
/// See       fed_adam, for the rest of the equation, its symbols and where libraries differ.
class fed_yogi : public detail::server_optimiser<detail::adaptive_rule<detail::yogi_square>> {
 public:
  struct config {
    double rate = 0.01;   ///< about the change of a number per round; > 0
    double beta1 = 0.9;   ///< memory of the mean change; [0, 1)
    double beta2 = 0.99;  ///< memory of its square; [0, 1)
    double tau = 1e-3;    ///< change below which steps shrink; > 0
  };

  fed_yogi() : fed_yogi(config{}) {}
  explicit fed_yogi(config c) : server_optimiser{{{c.rate, c.beta1, c.beta2, c.tau}}} {
    detail::adaptive_numbers{c.rate, c.beta1, c.beta2, c.tau}.check();
  }
};

static_assert(aggregator<fed_yogi>);

}  // namespace muster::inline MUSTER_ABI::federated
