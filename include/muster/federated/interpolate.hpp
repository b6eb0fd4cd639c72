// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Mixes the common model into a client's own: the simplest personalisation.
///
/// Idea      a client that takes over a part of the common model, not all of it, keeps a part of
///           what only its own data taught it.
/// Source    the family that PFRL-DM cites as model mixtures: F. Hanzely, P. Richtarik: Federated
///           learning of a mixture of global and local models, 2020; Y. Deng, M. Kamani, M.
///           Mahdavi: Adaptive personalized federated learning, 2020, eq. 1 (with 1 - share as
///           their alpha).
/// Equation  w = (1 - share) w_local + share w_global
/// Limits    share 0 leaves the local model as it is, share 1 copies the common one, bit for bit;
///           equal models stay within one rounding.
/// Cost      O(n), no allocation.
///
/// `share` in [0, 1]; both models have the same length; the result replaces `local`.
inline void interpolate(std::span<float> local, std::span<const float> global,
                        double share) noexcept {
  MUSTER_EXPECTS(local.size() == global.size(),
                 "muster: federated::interpolate mixes models of one shape; give both the same "
                 "parameters");
  MUSTER_EXPECTS(share >= 0.0 && share <= 1.0,
                 "muster: federated::interpolate takes a share of the common model in [0, 1]");
  if (share == 0.0) return;
  for (std::size_t i = 0; i < local.size(); ++i) {
    const double mine = static_cast<double>(local[i]);
    const double common = static_cast<double>(global[i]);
    local[i] = share == 1.0 ? global[i] : static_cast<float>((1.0 - share) * mine + share * common);
  }
}

}  // namespace muster::inline MUSTER_ABI::federated
