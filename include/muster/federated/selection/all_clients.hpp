// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <muster/concepts/client_selection.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Everyone who is awake takes part in every round.
class all_clients {
 public:
  void select(std::uint64_t, std::span<const client_id> awake,
              std::vector<client_id>& chosen) const {
    chosen.insert(chosen.end(), awake.begin(), awake.end());
  }
};

static_assert(client_selection<all_clients>);

}  // namespace muster::inline MUSTER_ABI::federated
