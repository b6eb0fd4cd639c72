// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <type_traits>

#include <muster/num/tensor.hpp>
#include <muster/num/view.hpp>

/// Eigen's matrices and muster's views as two names for the same memory: nothing is copied.
///
/// Only for memory that the host can read. A map or view is valid as long as the memory it
/// was made from.
namespace muster::inline MUSTER_ABI::interop {

/// A row-major Eigen matrix over memory of somebody else; const elements give a const matrix.
template <class T>
using eigen_matrix = Eigen::Map<std::conditional_t<
    std::is_const_v<T>,
    const Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>>;

/// A column vector of Eigen over memory of somebody else.
template <class T>
using eigen_vector =
    Eigen::Map<std::conditional_t<std::is_const_v<T>,
                                  const Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, 1>,
                                  Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, 1>>>;

/// The view as a matrix: its last axis is a row, all others are stacked; one axis is one row.
template <class T>
[[nodiscard]] eigen_matrix<T> to_eigen(num::view<T> v) {
  return {v.data(), static_cast<Eigen::Index>(v.rows()), static_cast<Eigen::Index>(v.columns())};
}
template <class T>
[[nodiscard]] eigen_matrix<T> to_eigen(num::tensor<T>& t) {
  return to_eigen(t.view());
}
template <class T>
[[nodiscard]] eigen_matrix<const T> to_eigen(const num::tensor<T>& t) {
  return to_eigen(t.view());
}

/// All elements of the view in row-major order, as one column.
template <class T>
[[nodiscard]] eigen_vector<T> to_eigen_vector(num::view<T> v) {
  return {v.data(), static_cast<Eigen::Index>(v.size())};
}

namespace detail {
template <class Derived>
num::shape eigen_shape(const Eigen::DenseBase<Derived>& m) {
  static_assert(Derived::IsVectorAtCompileTime || Derived::IsRowMajor,
                "muster: interop::to_view needs a row-major matrix; declare it with "
                "Eigen::RowMajor or assign it to one");
  if constexpr (Derived::IsVectorAtCompileTime) {
    return {static_cast<std::size_t>(m.size())};
  } else {
    return {static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols())};
  }
}
}  // namespace detail

/// The elements of a row-major matrix [rows, columns], or of a vector [size], of Eigen.
/// Temporaries are not accepted: the view would outlive them.
template <class Derived>
[[nodiscard]] num::view<typename Derived::Scalar> to_view(Eigen::PlainObjectBase<Derived>& m) {
  return {m.data(), detail::eigen_shape(m)};
}
template <class Derived>
[[nodiscard]] num::view<const typename Derived::Scalar> to_view(
    const Eigen::PlainObjectBase<Derived>& m) {
  return {m.data(), detail::eigen_shape(m)};
}
template <class Derived>
void to_view(const Eigen::PlainObjectBase<Derived>&&) = delete;

}  // namespace muster::inline MUSTER_ABI::interop
