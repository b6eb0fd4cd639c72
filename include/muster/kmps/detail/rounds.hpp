// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/concepts/dispatch_view.hpp>
#include <muster/concepts/round_dispatcher.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// Tells a dispatcher that plans whole rounds what waits, at the first decision of each slot.
/// Costs nothing for other dispatchers, and for environments that do not show their queues.
class rounds {
 public:
  /// Call with every decision, before `choose`.
  template <class Env, class D>
  void announce(const Env& environment, D& d, const dispatch_view& view) {
    if constexpr (round_dispatcher<D> && requires {
                    environment.slot();
                    environment.queue_at(std::size_t{0});
                    environment.access_points();
                  }) {
      if (environment.slot() == slot_) return;
      slot_ = environment.slot();
      d.begin_round(view);
      for (std::size_t a = 0; a < environment.access_points(); ++a) {
        d.add_waiting(a, environment.queue_at(a));
      }
    }
  }

 private:
  std::int64_t slot_ = -1;
};

}  // namespace muster::inline MUSTER_ABI::kmps::detail
