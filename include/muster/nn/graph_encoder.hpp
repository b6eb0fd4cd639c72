// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include <muster/nn/graph.hpp>
#include <muster/nn/graph_levels.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// Elements of an MLP: weights and biases of all its layers.
[[nodiscard]] constexpr std::size_t mlp_parameters(std::size_t in,
                                                   std::initializer_list<std::size_t> hidden,
                                                   std::size_t out) {
  std::size_t count = 0;
  for (const std::size_t width : hidden) {
    count += (in + 1) * width;
    in = width;
  }
  return count + (in + 1) * out;
}
// "Under 10,000 parameters" holds for the pair f, h of one level, not for the three levels.
static_assert(2 * mlp_parameters(24, {64, 32}, 24) == 8944);
static_assert(6 * mlp_parameters(24, {64, 32}, 24) == 26832);

/// The state of every node, access point and cluster as a vector that knows its surroundings.
///
/// Idea       three hops of messages between neighbouring nodes, then two steps upwards. One
///            encoding serves all decisions of a frame.
/// Source     C. Huang et al., KMPS, section III-B.1, Eq. 4. The paper does not define the
///            neighbours ζ: here the topology says, by default all other nodes of the access
///            point. Its "under 10,000 parameters" holds for one pair f, h (8,944); the six
///            networks have 26,832, the projection comes on top.
/// Equation   x_n = h1[ sum over n' in ζ(n) of f1(x_n') ] + s_n, three times from x = s
///            y_b = h2[ sum over n in N_b of f2(x_n) ]
///            z   = h3[ sum over b in B of f3(y_b) ]
/// Symbols    s_n state of a node, x its embedding; y_b of access point b with the nodes N_b; z
///            of the cluster with the access points B. f, h: MLPs with hidden layers 64 and 32,
///            output 24. A state of another width is first projected linearly to 24.
/// Sum        `aggregation::sum` is the printed equation. `aggregation::mean`, the default, divides
///            by the number of terms: with He's initialisation and states of size 0.6, z has
///            size 2.3 to 2.6 in every graph, where the sum gives 2.7e3 in the paper's cluster of
///            3 x 6 nodes, 1.8e8 for 20 x 50 and 1.5e12 for 1,000 nodes at one access point
///            (three hops multiply by the number of neighbours three times). Nodes with equally
///            many neighbours lose nothing: h's first weights can take up the factor.
/// Levels     `nodes()`, `access_points()` and `clusters()` are services of their own: copies of
///            them share the parameters, and where each service computes its own part, the
///            results are those of the whole, bit for bit with `reference` and `simd`.
/// Parameters `name.nodes`, `name.access_points`, `name.clusters`, each `.f` and `.h`
/// Cost       30,000 multiply-adds per node; `infer` does not allocate.
/// See        graph.hpp for graphs and batches, graph_levels.hpp for the levels.
template <class T = float, class Backend = num::simd>
class graph_encoder {
 public:
  using value_type = T;
  using backend_type = Backend;
  using tape_type = autodiff::tape<T, Backend>;
  using var_type = autodiff::var<T, Backend>;
  using config = graph_encoder_config;

  struct embeddings {
    var_type nodes;          ///< [nodes, embedding]
    var_type access_points;  ///< [access points, embedding]
    var_type clusters;       ///< [clusters, embedding]
  };

  graph_encoder(parameter_store<T, Backend>& store, std::string_view name, const config& c = {})
      : nodes_{store, std::string{name} + ".nodes", c},
        access_points_{store, std::string{name} + ".access_points", c},
        clusters_{store, std::string{name} + ".clusters", c} {}

  /// One initialiser for hidden layers, one for the last layer of each network (and the
  /// projection); biases become zero.
  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    nodes_.initialise(hidden, output, g);
    access_points_.initialise(hidden, output, g);
    clusters_.initialise(hidden, output, g);
  }
  template <class Init>
  void initialise(const Init& init, rng& g) {
    initialise(init, init, g);
  }

  /// states [nodes of the graph, state_width]. The graph must live, unchanged, until the tape
  /// is reset.
  [[nodiscard]] embeddings forward(tape_type& tape, var_type states, const graph_view<T>& g) const {
    embeddings e;
    e.nodes = nodes_.forward(tape, states, g);
    e.access_points = access_points_.forward(tape, e.nodes, g.access_point, g.access_point_sizes);
    e.clusters = clusters_.forward(tape, e.access_points, g.cluster, g.cluster_sizes);
    return e;
  }

  [[nodiscard]] std::size_t workspace_size(const graph_view<T>& g) const noexcept {
    const std::size_t a = nodes_.workspace_size(g);
    const std::size_t b = access_points_.workspace_size(g.nodes(), g.access_points());
    const std::size_t c = clusters_.workspace_size(g.access_points(), g.clusters());
    const std::size_t ab = a < b ? b : a;
    return ab < c ? c : ab;
  }
  /// Without a tape, the same numbers. Writes nodes [nodes, embedding], access_points and
  /// clusters likewise; the workspace is memory of the backend.
  void infer(num::view<const T> states, const graph_view<T>& g, num::view<T> nodes,
             num::view<T> access_points, num::view<T> clusters, std::span<T> workspace) const {
    nodes_.infer(states, g, nodes, workspace);
    access_points_.infer(nodes, g.access_point, g.access_point_sizes, access_points, workspace);
    clusters_.infer(access_points, g.cluster, g.cluster_sizes, clusters, workspace);
  }

  [[nodiscard]] const message_level<T, Backend>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] const pooling_level<T, Backend>& access_points() const noexcept {
    return access_points_;
  }
  [[nodiscard]] const pooling_level<T, Backend>& clusters() const noexcept { return clusters_; }
  [[nodiscard]] std::size_t state_width() const noexcept { return nodes_.state_width(); }
  /// Width of all three kinds of embedding.
  [[nodiscard]] std::size_t width() const noexcept { return nodes_.width(); }

 private:
  message_level<T, Backend> nodes_;
  pooling_level<T, Backend> access_points_;
  pooling_level<T, Backend> clusters_;
};

}  // namespace muster::inline MUSTER_ABI::nn
