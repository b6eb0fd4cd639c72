// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/aggregators/weighted_mean.hpp>
#include <muster/federated/detail/blocks.hpp>
#include <muster/federated/detail/distance_meter.hpp>
#include <muster/federated/detail/has_state.hpp>
#include <muster/federated/detail/roster.hpp>
#include <muster/federated/detail/scratch.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Limits how far one client may pull, then aggregates as `Inner` does.
///
/// Idea      whoever wants to move the mean far must send something far away; nobody honest does
///           in one round.
/// Source    Z. Sun, P. Kairouz, A. Suresh, H. McMahan: Can you really backdoor federated
///           learning?, 2019, section 4 (norm thresholding).
/// Equation  y_k = x + min(1, norm / |x_k - x|) (x_k - x);   next = Inner(y_1, y_2, ...)
/// Symbols   x = round.global, x_k = update.values
/// Bound     with the mean inside, next is within `norm` of x, whatever anyone sends.
/// Cost      a pass to measure, and one over those that are clipped. Keeps room for a copy of all
///           updates; memory is used for those that are clipped.
template <aggregator Inner = weighted_mean>
class norm_clipping {
 public:
  struct config {
    double norm = 1.0;  ///< longest change, Euclidean over all numbers of the model; > 0
    typename Inner::config inner{};
  };

  norm_clipping() : norm_clipping(config{}) {}
  explicit norm_clipping(config c) : norm_{c.norm}, inner_{std::move(c.inner)} {
    MUSTER_EXPECTS(c.norm > 0.0, "muster: federated::norm_clipping needs norm > 0");
  }

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    const std::size_t n = roster_.size(), size = next.size();
    distances_.resize(n);
    meter_.measure(round.pool, roster_.values(), round.global, distances_);
    for (const double d : distances_) {
      if (!std::isfinite(d)) return roster_.blame(round);
    }
    updates_.assign(round.updates.begin(), round.updates.end());
    const std::span<float> copies = copies_.take(n * size);
    clipped_ = 0;
    for (std::size_t k = 0; k < n; ++k) {
      if (!(distances_[k] > norm_)) continue;
      const double kept = norm_ / distances_[k];
      const std::array from{round.global.data(), roster_.values()[k]};
      const std::array weights{1.0 - kept, kept};
      const std::span<float> copy = copies.subspan(clipped_++ * size, size);
      detail::mean_into(round.pool, from, weights, copy);
      updates_[roster_.place(k)].values = copy;
    }
    return inner_.aggregate({updates_, round.global, round.pool}, next);
  }

  /// How many clients were clipped in the last round.
  [[nodiscard]] std::size_t clipped() const noexcept { return clipped_; }
  [[nodiscard]] const Inner& inner() const noexcept { return inner_; }

  [[nodiscard]] std::span<const float> personal(std::size_t i) const requires
      personalising_aggregator<Inner> {
    return inner_.personal(i);
  }
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) requires detail::has_state<Inner> {
    inner_.add_to(c, prefix);
  }

 private:
  double norm_;
  Inner inner_;
  detail::roster roster_;
  detail::distance_meter meter_;
  detail::scratch<float> copies_;
  std::vector<double> distances_;
  std::vector<model_update> updates_;
  std::size_t clipped_ = 0;
};

static_assert(aggregator<norm_clipping<>>);

}  // namespace muster::inline MUSTER_ABI::federated
