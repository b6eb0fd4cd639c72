// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/aggregator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/detail/server_optimiser.hpp>

namespace muster::inline MUSTER_ABI::federated {

namespace detail {
struct momentum_rule {
  static constexpr bool has_square = false;
  double rate, momentum;

  [[nodiscard]] static double first_square() noexcept { return 0.0; }
  [[nodiscard]] server_step operator()(double delta, double m, double) const noexcept {
    const double moved = momentum * m + delta;
    return {.momentum = moved, .square = 0.0, .move = rate * moved};
  }
};
}  // namespace detail

/// Keeps moving in the direction of earlier rounds: FedAvgM.
///
/// Idea      with few clients per round, each with its own kind of data, the mean jumps about; a
///           momentum on the server averages over rounds what a round cannot average over clients.
/// Source    T. Hsu, H. Qi, M. Brown: Measuring the effects of non-identical data distribution for
///           federated visual classification, 2019, section 3.4.
/// Equation  delta = sum over k of w_k x_k / sum over k of w_k - x
///           m <- momentum m + delta,   next = x + rate m
/// Symbols   x = round.global, x_k, w_k = values and weight of an update
/// Differs   the source subtracts: its delta is minus ours, and its rate is 1. Others (Reddi et
/// al.,
///           2021) scale delta by 1 - momentum, which is our rate made smaller by that factor.
///           Momentum 0 and rate 1 is weighted_mean, but for a rounding.
/// State     m, starting at 0.
/// Cost      weighted_mean, a pass over next, x and m, and a copy of m. No allocation once warm.
class server_momentum : public detail::server_optimiser<detail::momentum_rule> {
 public:
  struct config {
    double rate = 1.0;      ///< of the server; > 0
    double momentum = 0.9;  ///< [0, 1)
  };

  server_momentum() : server_momentum(config{}) {}
  explicit server_momentum(config c)
      : server_optimiser{detail::momentum_rule{.rate = c.rate, .momentum = c.momentum}} {
    MUSTER_EXPECTS(c.rate > 0.0 && c.momentum >= 0.0 && c.momentum < 1.0,
                   "muster: federated::server_momentum needs rate > 0 and momentum in [0, 1)");
  }
};

static_assert(aggregator<server_momentum>);

}  // namespace muster::inline MUSTER_ABI::federated
