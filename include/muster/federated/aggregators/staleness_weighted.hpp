// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/aggregators/staleness_decay.hpp>
#include <muster/federated/aggregators/weighted_mean.hpp>
#include <muster/federated/detail/has_state.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Lets late updates count less, then aggregates as `Inner` does.
///
/// Idea      a late model still knows something, but it answers a question of some rounds ago.
/// Source    C. Xie, S. Koyejo, I. Gupta: Asynchronous federated optimization, 2019, for the
/// decays;
///           MA-FL asks for a decay with the rounds an update is late and gives no formula.
/// Equation  w_k <- w_k decay(s_k);   next = Inner of the updates with these weights
/// Symbols   w_k, s_k = weight and staleness of an update
/// Limits    for an Inner that does not look at weights, like the median, it changes nothing. One
///           client alone gets its model through whatever its age: see blend.
/// Cost      Inner, and a copy of the list of updates. No allocation once warm.
template <aggregator Inner = weighted_mean, staleness_decay Decay = polynomial_decay>
class staleness_weighted {
 public:
  struct config {
    Decay decay{};
    typename Inner::config inner{};
  };

  staleness_weighted() = default;
  explicit staleness_weighted(config c) : decay_{c.decay}, inner_{std::move(c.inner)} {}

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    updates_.assign(round.updates.begin(), round.updates.end());
    for (model_update& u : updates_) u.weight *= decay_(u.staleness);
    return inner_.aggregate({updates_, round.global, round.pool}, next);
  }

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
  Decay decay_{};
  Inner inner_;
  std::vector<model_update> updates_;
};

static_assert(aggregator<staleness_weighted<>>);

}  // namespace muster::inline MUSTER_ABI::federated
