// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/autodiff/ops/arithmetic.hpp>
#include <muster/autodiff/ops/graph.hpp>
#include <muster/nn/detail/row_wise.hpp>
#include <muster/nn/graph.hpp>
#include <muster/nn/mlp.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// How the messages of several rows become one.
enum class aggregation : std::uint8_t {
  sum,  ///< Eq. 4 as printed: grows with the number of neighbours, per hop
  mean  ///< the sum divided by the number of neighbours: the same size at any number
};

/// The numbers of a graph encoder; its three levels take the same ones.
struct graph_encoder_config {
  std::size_t state_width = 24;                ///< columns of the nodes' states; > 0
  std::size_t embedding = 24;                  ///< width of x, y and z; > 0
  std::vector<std::size_t> hidden = {64, 32};  ///< hidden layers of each f and h; none zero
  std::size_t hops = 3;                        ///< rounds of messages between nodes; >= 0
  num::activation hidden_activation = num::activation::relu;
  aggregation gather = aggregation::mean;
};

namespace detail {

template <class T, class Backend>
[[nodiscard]] row_wise<mlp<T, Backend>> make_transform(parameter_store<T, Backend>& store,
                                                       std::string_view name,
                                                       const graph_encoder_config& c) {
  return row_wise<mlp<T, Backend>>{mlp<T, Backend>{store,
                                                   name,
                                                   {.in = c.embedding,
                                                    .out = c.embedding,
                                                    .hidden = c.hidden,
                                                    .hidden_activation = c.hidden_activation}},
                                   store.backend()};
}

}  // namespace detail

/// The node level: messages between neighbours, several hops.
///
/// Equation   x(0) = s,  x(k)_n = h[ sum over n' in ζ(n) of f(x(k-1)_n') ] + s_n,  k = 1..hops
/// Symbols    s = states [nodes, width], ζ = neighbours, f and h = MLPs of equal in and out.
///            If the states are not as wide as the embedding, s is a linear projection of them.
/// Parameters `name.f.0.weight`, ..., `name.h.0.weight`, ..., `name.project.weight` if needed
/// Cost       hops x nodes x (f + h) multiply-adds; sums over a complete access point are its
///            total minus the node's own term, O(nodes), other edges O(edges). `infer` needs
///            `workspace_size(graph)` elements and does not allocate.
/// Copies     share the parameters: a copy serves another access point, in another thread too.
template <class T = float, class Backend = num::simd>
class message_level {
 public:
  using tape_type = autodiff::tape<T, Backend>;
  using var_type = autodiff::var<T, Backend>;

  using config = graph_encoder_config;

  message_level(parameter_store<T, Backend>& store, std::string_view name, const config& c)
      : config_{c},
        backend_{store.backend()},
        message_{detail::make_transform(store, std::string{name} + ".f", c)},
        update_{detail::make_transform(store, std::string{name} + ".h", c)} {
    if (c.state_width != c.embedding) {
      project_.emplace(
          dense<T, Backend>{
              store, std::string{name} + ".project", {.in = c.state_width, .out = c.embedding}},
          store.backend());
    }
  }

  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    message_.net().initialise(hidden, output, g);
    update_.net().initialise(hidden, output, g);
    if (project_) project_->net().initialise(output, g);
  }

  /// states [nodes, state_width] -> [nodes, embedding]
  [[nodiscard]] var_type forward(tape_type& tape, var_type states, const graph_view<T>& g) const {
    check(states.shape(), g);
    const var_type s = project_ ? project_->forward(tape, states) : states;
    var_type x = s;
    for (std::size_t hop = 0; hop < config_.hops; ++hop) {
      x = update_.forward(tape, gathered(message_.forward(tape, x), g)) + s;
    }
    return x;
  }

  [[nodiscard]] std::size_t workspace_size(const graph_view<T>& g) const noexcept {
    const std::size_t blocks = 2 + (project_ ? 1 : 0) + (g.complete && edges(g) ? 1 : 0);
    return blocks * piece(g.nodes()) + piece(g.access_points()) + step_workspace_size(g.nodes());
  }
  /// Without a tape; x [nodes, embedding]. No argument overlaps another.
  void infer(num::view<const T> states, const graph_view<T>& g, num::view<T> x,
             std::span<T> workspace) const {
    check(states.shape(), g);
    MUSTER_EXPECTS(x.rows() == g.nodes() && x.columns() == width(),
                   "muster: nn::message_level::infer writes x [nodes, embedding]");
    MUSTER_EXPECTS(workspace.size() >= workspace_size(g),
                   "muster: nn::message_level::infer has too little workspace; lend "
                   "workspace_size(graph)");
    const std::size_t n = g.nodes();
    const num::view<T> messages = cut(workspace, n);
    const num::view<T> sums = cut(workspace, n);
    const num::view<T> totals = cut(workspace, g.access_points());
    const num::view<T> across = g.complete && edges(g) ? cut(workspace, n) : num::view<T>{};
    num::view<const T> s = states;
    if (project_) {
      const num::view<T> projected = cut(workspace, n);
      project_->infer(states, projected, workspace);
      s = projected;
    }
    if (config_.hops == 0) return backend_.copy(s, x);
    num::view<const T> from = s;
    for (std::size_t hop = 0; hop < config_.hops; ++hop) {
      message(from, messages, workspace);
      gather(messages, g, sums, totals, across);
      update(sums, s, x, workspace);
      from = x;
    }
  }

  // One hop in two steps, for a service that holds a part of the nodes and gets the sums over
  // their neighbours by other means.

  [[nodiscard]] std::size_t step_workspace_size(std::size_t rows) const noexcept {
    const std::size_t a = message_.workspace_size(rows);
    const std::size_t b = update_.workspace_size(rows);
    const std::size_t c = project_ ? project_->workspace_size(rows) : 0;
    const std::size_t ab = a < b ? b : a;
    return ab < c ? c : ab;
  }
  /// What a node tells its neighbours: f(x), x and result [rows, embedding].
  void message(num::view<const T> x, num::view<T> result, std::span<T> workspace) const {
    message_.infer(x, result, workspace);
  }
  /// The next embedding: h(sums) + s, where s are the (projected) states.
  void update(num::view<const T> sums, num::view<const T> s, num::view<T> x,
              std::span<T> workspace) const {
    update_.infer(sums, x, workspace);
    backend_.axpy(T(1), s, x);
  }
  /// The states as the hops want them: a copy, or the projection.
  void project(num::view<const T> states, num::view<T> s, std::span<T> workspace) const {
    if (project_) return project_->infer(states, s, workspace);
    backend_.copy(states, s);
  }

  [[nodiscard]] std::size_t width() const noexcept { return config_.embedding; }
  [[nodiscard]] std::size_t state_width() const noexcept { return config_.state_width; }
  [[nodiscard]] std::size_t hops() const noexcept { return config_.hops; }

 private:
  [[nodiscard]] static bool edges(const graph_view<T>& g) noexcept { return g.source.size() != 0; }

  [[nodiscard]] var_type gathered(var_type messages, const graph_view<T>& g) const {
    var_type sums;
    if (g.complete) {
      const var_type totals = autodiff::segment_sum(messages, g.access_point, g.access_points());
      sums = autodiff::gather_rows(totals, g.access_point) - messages;
    }
    if (!g.complete || edges(g)) {
      const var_type across = autodiff::neighbour_sum(messages, g.source, g.target, g.nodes());
      sums = g.complete ? sums + across : across;
    }
    return config_.gather == aggregation::mean ? autodiff::divide_rows(sums, g.degree) : sums;
  }
  // The same numbers in the same order.
  void gather(num::view<const T> messages, const graph_view<T>& g, num::view<T> sums,
              num::view<T> totals, num::view<T> across) const {
    using index = typename graph_view<T>::index_view;
    if (g.complete) {
      backend_.fill(totals, T(0));
      backend_.add_rows(messages, index{}, totals, g.access_point);
      backend_.gather_rows(totals, g.access_point, sums);
      backend_.axpy(T(-1), messages, sums);
    }
    if (!g.complete || edges(g)) {
      const num::view<T> to = g.complete ? across : sums;
      backend_.fill(to, T(0));
      if (edges(g)) backend_.add_rows(messages, g.source, to, g.target);
      if (g.complete) backend_.axpy(T(1), across, sums);
    }
    if (config_.gather == aggregation::mean) {
      backend_.divide_rows(sums, g.degree, sums, false);
    }
  }

  [[nodiscard]] std::size_t piece(std::size_t rows) const noexcept {
    return detail::aligned_size<T>(rows * width());
  }
  [[nodiscard]] num::view<T> cut(std::span<T>& workspace, std::size_t rows) const {
    const num::view<T> v{workspace.data(), {rows, width()}};
    workspace = workspace.subspan(piece(rows));
    return v;
  }
  void check([[maybe_unused]] const num::shape& states,
             [[maybe_unused]] const graph_view<T>& g) const {
    MUSTER_EXPECTS(states.rank() == 2 && states[0] == g.nodes() && states[1] == state_width(),
                   "muster: nn::message_level takes states [nodes of the graph, state_width]");
  }

  config config_;
  Backend backend_;
  detail::row_wise<mlp<T, Backend>> message_, update_;
  std::optional<detail::row_wise<dense<T, Backend>>> project_;
};

/// One level up: the embedding of a group from the embeddings of its members.
///
/// Equation   y_b = h[ sum over n in N_b of f(x_n) ]
/// Parameters `name.f.0.weight`, ..., `name.h.0.weight`, ...
/// Cost       members x f + groups x h multiply-adds; `infer` does not allocate.
/// Copies     share the parameters.
template <class T = float, class Backend = num::simd>
class pooling_level {
 public:
  using tape_type = autodiff::tape<T, Backend>;
  using var_type = autodiff::var<T, Backend>;
  using index_view = num::view<const std::uint32_t>;
  using config = graph_encoder_config;

  pooling_level(parameter_store<T, Backend>& store, std::string_view name, const config& c)
      : config_{c},
        backend_{store.backend()},
        message_{detail::make_transform(store, std::string{name} + ".f", c)},
        update_{detail::make_transform(store, std::string{name} + ".h", c)} {}

  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    message_.net().initialise(hidden, output, g);
    update_.net().initialise(hidden, output, g);
  }

  /// members [n, embedding], the group of each [n], members of each group [groups], at least 1.
  [[nodiscard]] var_type forward(tape_type& tape, var_type members, index_view group,
                                 num::view<const T> sizes) const {
    var_type y = autodiff::segment_sum(message_.forward(tape, members), group, sizes.size());
    if (config_.gather == aggregation::mean) y = autodiff::divide_rows(y, sizes);
    return update_.forward(tape, y);
  }

  [[nodiscard]] std::size_t workspace_size(std::size_t members, std::size_t groups) const noexcept {
    const std::size_t a = message_.workspace_size(members);
    const std::size_t b = update_.workspace_size(groups);
    return piece(members) + piece(groups) + (a < b ? b : a);
  }
  /// Without a tape; y [groups, embedding].
  void infer(num::view<const T> members, index_view group, num::view<const T> sizes, num::view<T> y,
             std::span<T> workspace) const {
    MUSTER_EXPECTS(members.rows() == group.size() && y.rows() == sizes.size() &&
                       members.columns() == width() && y.columns() == width(),
                   "muster: nn::pooling_level::infer takes members [n, embedding], group [n], "
                   "sizes [groups] and writes y [groups, embedding]");
    MUSTER_EXPECTS(workspace.size() >= workspace_size(group.size(), sizes.size()),
                   "muster: nn::pooling_level::infer has too little workspace; lend "
                   "workspace_size(members, groups)");
    const num::view<T> messages{workspace.data(), {group.size(), width()}};
    workspace = workspace.subspan(piece(group.size()));
    const num::view<T> sums{workspace.data(), {sizes.size(), width()}};
    workspace = workspace.subspan(piece(sizes.size()));
    message_.infer(members, messages, workspace);
    backend_.fill(sums, T(0));
    if (group.size() != 0) backend_.add_rows(messages, index_view{}, sums, group);
    if (config_.gather == aggregation::mean) {
      backend_.divide_rows(sums, sizes, sums, false);
    }
    update_.infer(sums, y, workspace);
  }

  [[nodiscard]] std::size_t width() const noexcept { return config_.embedding; }

 private:
  [[nodiscard]] std::size_t piece(std::size_t rows) const noexcept {
    return detail::aligned_size<T>(rows * width());
  }

  config config_;
  Backend backend_;
  detail::row_wise<mlp<T, Backend>> message_, update_;
};

}  // namespace muster::inline MUSTER_ABI::nn
