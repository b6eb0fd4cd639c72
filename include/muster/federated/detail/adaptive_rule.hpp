// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <muster/core/contracts.hpp>
#include <muster/federated/detail/server_optimiser.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// The numbers of the adaptive server optimisers, by the names of their source.
struct adaptive_numbers {
  double rate, beta1, beta2, tau;

  void check() const {
    MUSTER_EXPECTS(rate > 0.0 && tau > 0.0,
                   "muster: federated: an adaptive server optimiser needs rate > 0 and tau > 0");
    MUSTER_EXPECTS(beta1 >= 0.0 && beta1 < 1.0 && beta2 >= 0.0 && beta2 < 1.0,
                   "muster: federated: an adaptive server optimiser needs beta1 and beta2 in "
                   "[0, 1)");
  }
};

/// S. Reddi et al.: Adaptive federated optimization, ICLR 2021, Algorithm 2. `Square` says how the
/// mean square follows the squares, which is all in which its three optimisers differ.
template <class Square>
struct adaptive_rule {
  static constexpr bool has_square = true;
  adaptive_numbers c;

  [[nodiscard]] double first_square() const noexcept { return c.tau * c.tau; }
  [[nodiscard]] server_step operator()(double delta, double m, double v) const noexcept {
    const double momentum = c.beta1 * m + (1.0 - c.beta1) * delta;
    const double square = Square::next(v, delta * delta, c.beta2);
    return {.momentum = momentum,
            .square = square,
            .move = c.rate * momentum / (std::sqrt(square) + c.tau)};
  }
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
