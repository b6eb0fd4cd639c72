// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <vector>
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xtensor.hpp>

#include <muster/num/tensor.hpp>
#include <muster/num/view.hpp>

/// xtensor's expressions over muster's arrays, and views of xtensor's arrays: no copies.
///
/// Only for memory that the host can read. An adaptor or view is valid as long as the memory
/// it was made from. xtensor 0.24 throws where it is used wrongly; muster does not catch that.
namespace muster::inline MUSTER_ABI::interop {

/// The view as an xtensor expression whose number of axes is known at run time.
template <class T>
[[nodiscard]] auto to_xtensor(num::view<T> v) {
  std::vector<std::size_t> extents;
  for (std::size_t axis = 0; axis < v.rank(); ++axis) extents.push_back(v.shape()[axis]);
  return xt::adapt(v.data(), v.size(), xt::no_ownership(), extents);
}
/// The same with the number of axes in the type, which is faster element by element.
template <std::size_t Rank, class T>
[[nodiscard]] auto to_xtensor(num::view<T> v) {
  MUSTER_EXPECTS(v.rank() == Rank,
                 "muster: interop::to_xtensor<Rank> got a view of another rank; reshape it or "
                 "leave Rank out");
  std::array<std::size_t, Rank> extents{};
  for (std::size_t axis = 0; axis < Rank; ++axis) extents[axis] = v.shape()[axis];
  return xt::adapt(v.data(), v.size(), xt::no_ownership(), extents);
}
template <class T>
[[nodiscard]] auto to_xtensor(num::tensor<T>& t) {
  return to_xtensor(t.view());
}
template <class T>
[[nodiscard]] auto to_xtensor(const num::tensor<T>& t) {
  return to_xtensor(t.view());
}

namespace detail {
template <class Array>
num::shape xtensor_shape(const Array& a) {
  MUSTER_EXPECTS(a.layout() == xt::layout_type::row_major || a.dimension() < 2,
                 "muster: interop::to_view needs a row-major array; evaluate it into a "
                 "xt::xarray<T> first");
  const auto n = [&](std::size_t axis) { return static_cast<std::size_t>(a.shape()[axis]); };
  switch (a.dimension()) {
    case 0:
      return {};
    case 1:
      return {n(0)};
    case 2:
      return {n(0), n(1)};
    case 3:
      return {n(0), n(1), n(2)};
    default:
      break;
  }
  MUSTER_EXPECTS(a.dimension() == 4,
                 "muster: interop::to_view takes at most 4 axes; merge some with reshape");
  return {n(0), n(1), n(2), n(3)};
}
}  // namespace detail

/// The elements of a row-major array or adaptor of at most four axes.
template <class Array>
requires requires(Array& a) {
  a.data();
  a.dimension();
  a.layout();
}
[[nodiscard]] auto to_view(Array& a) {
  return num::view<std::remove_reference_t<decltype(*a.data())>>{a.data(),
                                                                 detail::xtensor_shape(a)};
}

}  // namespace muster::inline MUSTER_ABI::interop
