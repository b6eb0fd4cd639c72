// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/autodiff/ops/indexing.hpp>
#include <muster/autodiff/ops/softmax.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/num/tensor.hpp>
#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// One or more frames as an encoder leaves them on a tape: rows of `width` numbers each for all
/// nodes, all access points, and one for each frame.
template <class T, class Backend>
struct embedded {
  autodiff::var<T, Backend> nodes;          ///< x [frames x nodes, width]
  autodiff::var<T, Backend> access_points;  ///< y [frames x clusters, width]
  autodiff::var<T, Backend> clusters;       ///< z [frames, width]
};

/// The same for one frame without a tape; refers to memory of the encoder's user.
template <class T>
struct embedding_view {
  num::view<const T> nodes;                        ///< x [nodes, width]
  num::view<const T> access_points;                ///< y [clusters, width]
  num::view<const T> cluster;                      ///< z [1, width]
  std::span<const std::uint32_t> access_point_of;  ///< by node
};

/// Where the rows of several frames of one system stand, and what was decided in them.
///
/// Frame f has the nodes f N .. f N + N - 1 and `rounds` draws of `picks` nodes each; round r of it
/// is row f R + r below. All views refer to memory that lives until the tape is reset.
struct round_batch {
  std::size_t frames = 0;             ///< F
  std::size_t nodes = 0;              ///< N per frame
  std::size_t rounds = 0;             ///< R per frame
  std::size_t picks = 0;              ///< H per round
  autodiff::index_view access_point;  ///< row of y by node [F N]
  autodiff::index_view frame;         ///< row of z by node [F N]
  autodiff::index_view round_frame;   ///< frame by round [F R]
  std::span<const autodiff::index_view>
      picked;                                 ///< h-th choice by round, within its frame; H x [F R]
  std::span<const autodiff::mask_view> left;  ///< what the first h choices left; (H-1) x [F R, ..]
  autodiff::index_view picked_row;            ///< row of x by round and choice [F R H]
  autodiff::index_view action;                ///< by round and choice [F R H], 0 = -W .. 2W = W
};

namespace detail {

/// What the actors read of each node: [its own | its access point's | the cluster's] numbers.
template <class T, class Backend>
[[nodiscard]] autodiff::var<T, Backend> context_of(const embedded<T, Backend>& e,
                                                   const round_batch& b) {
  return autodiff::concat(
      {e.nodes, gather_rows(e.access_points, b.access_point), gather_rows(e.clusters, b.frame)}, 1);
}

template <class T>
void context_of(const embedding_view<T>& e, num::view<T> out) {
  const std::size_t width = e.nodes.columns();
  for (std::size_t n = 0; n < e.nodes.rows(); ++n) {
    T* const to = out.row(n).data();
    const T* const x = e.nodes.row(n).data();
    const T* const y = e.access_points.row(e.access_point_of[n]).data();
    const T* const z = e.cluster.data();
    for (std::size_t i = 0; i < width; ++i) {
      to[i] = x[i];
      to[width + i] = y[i];
      to[2 * width + i] = z[i];
    }
  }
}

/// A view into memory that grows when it must and is kept.
template <class T>
[[nodiscard]] num::view<T> grown(num::tensor<T>& memory, num::shape s) {
  if (memory.size() < s.size() || memory.empty()) memory = num::tensor<T>{num::shape{s.size()}};
  return {memory.data(), s};
}

}  // namespace detail

}  // namespace muster::inline MUSTER_ABI::kmps
