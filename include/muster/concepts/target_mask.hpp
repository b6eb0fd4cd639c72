// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>

#include <muster/concepts/dispatch_view.hpp>

namespace muster::inline MUSTER_ABI {

/// Says which targets a dispatcher may choose: the filter F of the KMPS paper.
///
/// Syntax (checked here)   `M::allows(view, k)` -> whether target k may be chosen
/// Meaning
///   - looks only at the view; the cloud is allowed whenever it has the service;
///   - stateless: the environment asks through a plain function pointer.
// clang-format off
template <class M>
concept target_mask = requires(const dispatch_view& view, std::size_t k) {
  { M::allows(view, k) } noexcept -> std::same_as<bool>;
};
// clang-format on

namespace slot {
struct mask_tag;
/// Fills the role "which targets are valid" of a pipeline.
template <target_mask M>
struct mask {
  using slot = mask_tag;
  using type = M;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
