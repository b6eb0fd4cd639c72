// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/env/cloud_vm.hpp>

namespace muster::inline MUSTER_ABI::env {

/// `cloud_vm` that forbids what the paper punishes: machines without room and, while one has
/// room, waiting. For agents that need not learn it by mistakes.
template <class Cloud = cloud_vm<>>
class masked_cloud_vm : public Cloud {
 public:
  using Cloud::Cloud;

  /// 1 for each machine with room for the first task of the queue; for waiting only if none has.
  void mask(std::span<std::uint8_t> allowed) const noexcept {
    bool room = false;
    for (std::size_t v = 0; v < Cloud::wait_action(); ++v) {
      const bool fits = Cloud::fits(v);
      allowed[v] = fits ? 1 : 0;
      room = room || fits;
    }
    allowed[Cloud::wait_action()] = room ? 0 : 1;
  }
};

static_assert(masked_environment<masked_cloud_vm<>>);

}  // namespace muster::inline MUSTER_ABI::env
