// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include <muster/autodiff/ops/indexing.hpp>
#include <muster/concepts/network.hpp>
#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::nn::detail {

/// Elements rounded up to a cache line, so that what follows is aligned if the start is.
template <class T>
[[nodiscard]] constexpr std::size_t aligned_size(std::size_t n) noexcept {
  constexpr std::size_t granule = 64 / sizeof(T);
  return (n + granule - 1) / granule * granule;
}

/// A network whose result for a row has the same bits however many rows there are.
///
/// Idea   fast products take one row alone through another kernel, which adds in another order.
///        Here one row is computed as two equal ones, so that a service that holds a few rows
///        agrees with a program that holds them all. The backend has to add the terms of a row
///        in an order that does not depend on the other rows; `reference` and `simd` do.
/// Cost   `infer` works in blocks of rows that stay in the cache, which also bounds the
///        workspace.
template <class Network>
class row_wise {
 public:
  using T = typename Network::value_type;
  using tape_type = typename Network::tape_type;
  using var_type = typename Network::var_type;

  using backend_type = typename Network::backend_type;

  row_wise(Network n, const backend_type& b) : net_{std::move(n)}, backend_{b} {}

  [[nodiscard]] var_type forward(tape_type& tape, var_type x) const {
    if (x.shape()[0] != 1) return net_.forward(tape, x);
    return autodiff::slice(net_.forward(tape, autodiff::concat({x, x}, 0)), 0, 0, 1);
  }

  [[nodiscard]] std::size_t workspace_size(std::size_t rows) const noexcept {
    if (rows == 1) {
      return aligned_size<T>(2 * net_.in()) + aligned_size<T>(2 * net_.out()) +
             net_.workspace_size(2);
    }
    return net_.workspace_size((std::min)(rows, block));
  }
  /// x [rows, in], y [rows, out]
  void infer(num::view<const T> x, num::view<T> y, std::span<T> workspace) const {
    const std::size_t rows = x.rows();
    if (rows == 1) return infer_one(x, y, workspace);
    for (std::size_t first = 0; first < rows;) {
      const std::size_t left = rows - first;
      const std::size_t count = left == block + 1 ? block - 1 : (std::min)(left, block);
      net_.infer(x.slice(first, count), y.slice(first, count), workspace);
      first += count;
    }
  }

  [[nodiscard]] Network& net() noexcept { return net_; }
  [[nodiscard]] const Network& net() const noexcept { return net_; }

 private:
  static constexpr std::size_t block = 240;  // a multiple of the row counts of product kernels

  void infer_one(num::view<const T> x, num::view<T> y, std::span<T> workspace) const {
    const num::view<T> twice{workspace.data(), {2, net_.in()}};
    workspace = workspace.subspan(aligned_size<T>(2 * net_.in()));
    const num::view<T> results{workspace.data(), {2, net_.out()}};
    workspace = workspace.subspan(aligned_size<T>(2 * net_.out()));
    backend_.copy(x, twice.slice(0, 1));
    backend_.copy(x, twice.slice(1, 1));
    net_.infer(twice, results, workspace);
    backend_.copy(num::view<const T>{results.slice(0, 1)}, y);
  }

  Network net_;
  backend_type backend_;
};

}  // namespace muster::inline MUSTER_ABI::nn::detail
