// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// A learning rate that drops by a factor after every so many steps.
///
/// Equation  rate(step) = rate * decay^floor(step / every)
/// Use       with rate = 1 it is the `rate_scale` of an optimiser; steps count from 0, so the
///           first `every` steps use the full rate.
/// Source    KMPS IV-A decays every 1000 steps and leaves the factor open; 0.96 is what the
///           authors' released program uses.
/// Cost      O(log(step / every)) multiplications, no allocation.
struct staircase {
  double rate = 1.0;           ///< at step 0; > 0
  double decay = 0.96;         ///< factor per stair; (0, 1]
  std::uint64_t every = 1000;  ///< steps per stair; > 0

  [[nodiscard]] constexpr double operator()(std::uint64_t step) const noexcept {
    MUSTER_EXPECTS(every > 0, "muster: nn::staircase has stairs of no length; set every > 0");
    double value = rate;
    double factor = decay;
    for (std::uint64_t stair = step / every; stair != 0; stair /= 2, factor *= factor)
      if (stair % 2 != 0) value *= factor;
    return value;
  }
};

}  // namespace muster::inline MUSTER_ABI::nn
