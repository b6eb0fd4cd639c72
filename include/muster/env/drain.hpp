// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/drain_policy.hpp>

namespace muster::inline MUSTER_ABI::env {

/// One request per access point and slot: Algorithm 1, line 17, of the KMPS paper, read
/// literally. At slots of 250 ms an access point then passes on at most 4 requests per second.
struct drain_one {
  [[nodiscard]] constexpr std::size_t count(std::size_t waiting) const noexcept {
    return waiting < 1 ? waiting : 1;
  }
};

/// Everything that waits is placed in the slot: what the request rates of the paper need.
struct drain_all {
  [[nodiscard]] constexpr std::size_t count(std::size_t waiting) const noexcept { return waiting; }
};

/// At most N requests per access point and slot.
template <std::size_t N>
struct drain_up_to {
  [[nodiscard]] constexpr std::size_t count(std::size_t waiting) const noexcept {
    return waiting < N ? waiting : N;
  }
};

static_assert(drain_policy<drain_one> && drain_policy<drain_all> && drain_policy<drain_up_to<8>>);

}  // namespace muster::inline MUSTER_ABI::env
