// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <muster/concepts/aggregator.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// Takes names like nn::checkpoint, and does nothing: to ask whether a type has a state.
struct any_checkpoint {
  template <class... What>
  void add(std::string_view, What&&...) {}
};

/// An aggregator that carries something from round to round, which `add_to` names in a checkpoint.
template <class A>
concept has_state = aggregator<A> && requires(A& a, any_checkpoint& c) {
  a.add_to(c, std::string_view{});
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
