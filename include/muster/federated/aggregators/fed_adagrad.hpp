// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/detail/adaptive_rule.hpp>

namespace muster::inline MUSTER_ABI::federated {

namespace detail {
struct adagrad_square {
  [[nodiscard]] static double next(double v, double squared, double) noexcept {
    return v + squared;
  }
};
}  // namespace detail

/// Steps that only get smaller, number by number, the more that number has moved.
///
/// Source    S. Reddi et al.: Adaptive federated optimization, ICLR 2021, Algorithm 2 (FedAdagrad).
/// Equation  v <- v + delta^2,   the rest as in fed_adam
/// State     m = 0 and v = tau^2 at the start. v grows for ever: a federation whose task changes
///           wants fed_adam or fed_yogi.
/// See       fed_adam, for the rest of the equation, its symbols and where libraries differ.
class fed_adagrad : public detail::server_optimiser<detail::adaptive_rule<detail::adagrad_square>> {
 public:
  struct config {
    double rate = 0.01;  ///< about the first change of a number; > 0
    double beta1 = 0.0;  ///< memory of the mean change, none in the source's experiments; [0, 1)
    double tau = 1e-3;   ///< change below which steps shrink; > 0
  };

  fed_adagrad() : fed_adagrad(config{}) {}
  explicit fed_adagrad(config c) : server_optimiser{{{c.rate, c.beta1, 0.0, c.tau}}} {
    detail::adaptive_numbers{c.rate, c.beta1, 0.0, c.tau}.check();
  }
};

static_assert(aggregator<fed_adagrad>);

}  // namespace muster::inline MUSTER_ABI::federated
