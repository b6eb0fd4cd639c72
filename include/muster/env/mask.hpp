// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/target_mask.hpp>

namespace muster::inline MUSTER_ABI::env {

/// A replica of the service, and free cores and memory for the request; the cloud always.
///
/// Source  KMPS paper, section III-A.2: F marks nodes with "sufficient available resources".
///         Free means not held by requests that run at the start of the slot; those that wait
///         hold nothing yet. A long queue therefore never masks a node: how deep to queue is
///         what a dispatcher decides.
struct resource_mask {
  [[nodiscard]] static bool allows(const dispatch_view& view, std::size_t k) noexcept {
    const target_state s = view[k];
    if (s.replicas == 0) return false;
    return s.kind == target_kind::cloud ||
           (s.cpu_free >= static_cast<double>(view.request.cpu) &&
            s.memory_free >= static_cast<double>(view.request.memory));
  }
};

/// A replica of the service is enough: what the published code of the KMPS authors does.
struct replica_mask {
  [[nodiscard]] static bool allows(const dispatch_view& view, std::size_t k) noexcept {
    return view[k].replicas > 0;
  }
};

/// Every target, also one without the service: a request sent there waits in vain. For
/// comparisons of what the filter is worth.
struct no_mask {
  [[nodiscard]] static bool allows(const dispatch_view&, std::size_t) noexcept { return true; }
};

/// What Mask allows, but nothing in the clusters of others: no cross-cluster scheduling.
template <target_mask Mask = resource_mask>
struct no_neighbours {
  [[nodiscard]] static bool allows(const dispatch_view& view, std::size_t k) noexcept {
    return view.kind(k) != target_kind::neighbour && Mask::allows(view, k);
  }
};

static_assert(target_mask<no_neighbours<>>);
static_assert(target_mask<resource_mask> && target_mask<replica_mask> && target_mask<no_mask>);

}  // namespace muster::inline MUSTER_ABI::env
