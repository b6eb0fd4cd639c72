// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>
#include <span>

#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// How long a gradient is, and by what to scale it.
struct gradient_norm {
  double norm = 0.0;   ///< Euclidean length over all parameters
  double scale = 1.0;  ///< for `optimiser.step(store, rate_scale, scale)`; NaN unless finite
  bool finite = true;  ///< false: some gradient is NaN or infinite, or the norm overflows
};

/// Limits the length of the whole gradient to `max_norm`, keeping its direction.
///
/// Equation  scale = min(1, max_norm / norm),   norm = sqrt(sum over all parameters of g^2)
/// Use       the gradients are not touched: the scale goes to the optimiser, which saves a
///           sweep. A gradient that is not finite is reported and must not be applied:
///           `if (const auto g = clip_norm(store, 1.0); g.finite) opt.step(store, rate, g.scale);`
///           To enforce it, the scale is then NaN, which optimisers refuse as a broken
///           precondition.
/// Source    R. Pascanu, T. Mikolov, Y. Bengio: On the difficulty of training recurrent neural
///           networks, ICML 2013, Algorithm 1. Without the 1e-6 that PyTorch adds to the norm.
/// Cost      one reduction and the download of one number, in the backend's order of sums.
template <class T, class Backend>
[[nodiscard]] gradient_norm clip_norm(const parameter_store<T, Backend>& store, double max_norm) {
  MUSTER_EXPECTS(max_norm > 0.0,
                 "muster: nn::clip_norm needs max_norm > 0; leave it out to clip "
                 "nothing");
  const Backend& backend = store.backend();
  backend.sum_squares(num::view<const T>{store.grads()}, store.scratch());
  T sum{};
  backend.download(num::view<const T>{store.scratch()}, std::span<T>{&sum, 1});
  const double norm = std::sqrt(static_cast<double>(sum));
  if (!std::isfinite(norm)) return {norm, std::numeric_limits<double>::quiet_NaN(), false};
  return {norm, norm > max_norm ? max_norm / norm : 1.0, true};
}

}  // namespace muster::inline MUSTER_ABI::nn
