// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/autodiff/ops/graph.hpp>
#include <muster/kmps/orchestration/embedding.hpp>
#include <muster/nn/graph.hpp>
#include <muster/nn/mlp.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// An encoder without a graph: every node by itself, groups as plain means.
///
/// Idea      takes the graph network away and nothing else: the same widths and the same interface
///           as `nn::graph_encoder`, but no message passes between nodes.
/// Source    KMPS IV-C.4, baseline 1 (dual actor, dual critic, no GNN) of Fig. 16.
/// Equation  x_n = MLP(s_n)      y_b = mean of x_n over the nodes of b      z = mean of the y_b
/// Parameters `name.0.weight`, ...
/// Cost      nodes x (width x 64 + 64 x 32 + 32 x 24) multiply-adds; `infer` does not allocate.
template <class T = float, class Backend = num::simd>
class node_projection {
 public:
  using value_type = T;
  using backend_type = Backend;
  using tape_type = autodiff::tape<T, Backend>;
  using var_type = autodiff::var<T, Backend>;

  struct config {
    std::size_t state_width = 27;             ///< numbers per node; > 0
    std::size_t embedding = 24;               ///< width of x, y and z; > 0
    std::vector<std::size_t> hidden{64, 32};  ///< hidden layers; none zero
  };

  node_projection(nn::parameter_store<T, Backend>& store, std::string_view name, const config& c)
      : net_{store, name, {c.state_width, c.embedding, c.hidden}}, backend_{store.backend()} {}

  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    net_.initialise(hidden, output, g);
  }

  /// states [nodes, state_width]
  [[nodiscard]] embedded<T, Backend> forward(tape_type& tape, var_type states,
                                             const nn::graph_view<T>& g) const {
    const auto x = net_.forward(tape, states);
    const auto y = segment_mean(x, g.access_point, g.access_points());
    return {x, y, segment_mean(y, g.cluster, g.clusters())};
  }

  [[nodiscard]] std::size_t workspace_size(const nn::graph_view<T>& g) const noexcept {
    return net_.workspace_size(g.nodes());
  }
  /// Without a tape: x [nodes, width], y [access points, width], z [clusters, width].
  void infer(num::view<const T> states, const nn::graph_view<T>& g, num::view<T> x, num::view<T> y,
             num::view<T> z, std::span<T> workspace) const {
    using index = typename nn::graph_view<T>::index_view;
    net_.infer(states, x, workspace);
    backend_.template fill<T>(y, T(0));
    backend_.template add_rows<T>(x, index{}, y, g.access_point);
    backend_.template divide_rows<T>(y, g.access_point_sizes, y, false);
    backend_.template fill<T>(z, T(0));
    backend_.template add_rows<T>(y, index{}, z, g.cluster);
    backend_.template divide_rows<T>(z, g.cluster_sizes, z, false);
  }

  [[nodiscard]] std::size_t width() const noexcept { return net_.out(); }

 private:
  nn::mlp<T, Backend> net_;
  Backend backend_;
};

}  // namespace muster::inline MUSTER_ABI::kmps
