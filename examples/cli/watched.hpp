// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <muster/concepts/dispatcher.hpp>
#include <muster/concepts/round_dispatcher.hpp>

#include "evaluate.hpp"

namespace cli {

/// A dispatcher that tells somebody what another one decides.
template <muster::dispatcher D>
class watched {
 public:
  watched(D d, const decision_listener& listener) : inner_{std::move(d)}, listener_{&listener} {}

  [[nodiscard]] std::uint32_t choose(const muster::dispatch_view& view, muster::rng& random) {
    const std::uint32_t k = inner_.choose(view, random);
    (*listener_)(view.now.seconds(), view.access_point, view.row_of(k),
                 (view.request.deadline - view.now).seconds());
    return k;
  }
  // A central scheduler hears of the other requests of its slot.
  void begin_round(const muster::dispatch_view& view) requires muster::round_dispatcher<D> {
    inner_.begin_round(view);
  }
  void add_waiting(std::size_t access_point,
                   std::span<const muster::job> waiting) requires muster::round_dispatcher<D> {
    inner_.add_waiting(access_point, waiting);
  }
  void reset() {
    if constexpr (muster::resettable_dispatcher<D>) inner_.reset();
  }

 private:
  D inner_;
  const decision_listener* listener_;
};

}  // namespace cli
