// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/concepts/frame_view.hpp>
#include <muster/core/contracts.hpp>
#include <muster/kmps/orchestration/embedding.hpp>
#include <muster/kmps/orchestration/node_state.hpp>
#include <muster/nn/graph.hpp>
#include <muster/num/tensor.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Encodes each frame once, and keeps the result for all decisions of that frame.
///
/// Idea      the encoder is the dear part, and what it sees changes once per frame: "the embedding
///           is computed once and reused for all service adjustment decisions in this frame"
///           (KMPS III-B.1). A result knows its frame, so that an old one is noticed.
/// Cost      one pass of the encoder per `encode`; allocates while systems grow, else nothing.
template <class Encoder>
class frame_encoder {
 public:
  using T = typename Encoder::value_type;

  /// Reads the view and runs the encoder; `states()` and `result()` are of this frame from now on.
  void encode(const Encoder& encoder, const node_state& state, const frame_view& view) {
    shape_to(view);
    const std::size_t columns = node_state::width(view.table->services);
    const std::size_t width = encoder.width();
    const auto s = detail::grown(states_, {view.nodes(), columns});
    state.encode(view, s.span());
    const auto x = detail::grown(x_, {graph_.nodes(), width});
    const auto y = detail::grown(y_, {graph_.access_points(), width});
    const auto z = detail::grown(z_, {graph_.clusters(), width});
    const nn::graph_view<T> g = graph_.view();
    const auto workspace = detail::grown(workspace_, {encoder.workspace_size(g) + 1});
    encoder.infer(num::view<const T>{s}, g, x, y, z, workspace.span());
    result_ = {x, y, z, g.access_point.span()};
    seen_ = s;
    frame_ = view.number;
    now_ = view.now;
    ++encodes_;
  }

  /// Whether `result` is of another frame than this one, or of none.
  [[nodiscard]] bool is_stale(const frame_view& view) const noexcept {
    return encodes_ == 0 || frame_ != view.number || now_ != view.now;
  }
  /// Node states as the encoder read them, [nodes, width].
  [[nodiscard]] num::view<const T> states() const noexcept { return seen_; }
  [[nodiscard]] const embedding_view<T>& result() const noexcept { return result_; }
  /// Passes of the encoder so far.
  [[nodiscard]] std::uint64_t encodes() const noexcept { return encodes_; }

  /// Who belongs to whom in the system of the last frame.
  [[nodiscard]] const nn::topology& topology() const noexcept { return topology_; }
  /// Forgets which frame was encoded; the next one is never taken for it.
  void reset() noexcept { frame_ = ~std::uint64_t{0}; }

 private:
  void shape_to(const frame_view& view) {
    if (clusters_ == view.clusters && nodes_each_ == view.nodes_per_cluster) return;
    clusters_ = view.clusters;
    nodes_each_ = view.nodes_per_cluster;
    // Each access point is a cluster of the system; z is one embedding of them all.
    topology_ = nn::topology::uniform(clusters_, nodes_each_);
    graph_.assign(topology_);
  }

  std::uint32_t clusters_ = 0, nodes_each_ = 0;
  nn::topology topology_;
  nn::graph<T> graph_;
  num::tensor<T> states_, x_, y_, z_, workspace_;
  num::view<const T> seen_;
  embedding_view<T> result_{};
  std::uint64_t frame_ = ~std::uint64_t{0}, encodes_ = 0;
  instant now_{};
};

}  // namespace muster::inline MUSTER_ABI::kmps
