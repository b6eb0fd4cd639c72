// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/num/backend.hpp>
#include <muster/num/detail/reference_elementwise.hpp>
#include <muster/num/detail/reference_graph.hpp>
#include <muster/num/detail/reference_indexing.hpp>
#include <muster/num/detail/reference_memory.hpp>
#include <muster/num/detail/reference_optimise.hpp>
#include <muster/num/detail/reference_products.hpp>
#include <muster/num/detail/reference_rows.hpp>

namespace muster::inline MUSTER_ABI::num {

/// The backend a reader can check: every operation as the plain loop of its definition.
///
/// Idea          other backends derive from it and replace what they do faster, so an
///               operation without a special kernel still works everywhere, and all of them
///               are compared with this text.
/// Cost          no allocation, no blocking: a product of 256x256x128 takes milliseconds.
/// Determinism   bitwise with -ffp-contract=off: products add in the order of the inner
///               index, other sums in a fixed pairwise order. `exp` and friends are those of
///               the C library.
/// See           backend.hpp for the meaning shared by all backends.
class reference : public detail::reference_memory,
                  public detail::reference_products,
                  public detail::reference_elementwise,
                  public detail::reference_rows,
                  public detail::reference_indexing,
                  public detail::reference_graph,
                  public detail::reference_optimise {
 public:
  static constexpr determinism guarantee = determinism::bitwise;
  static constexpr bool host_memory = true;
};

static_assert(backend<reference, float> && backend<reference, double>);

}  // namespace muster::inline MUSTER_ABI::num
