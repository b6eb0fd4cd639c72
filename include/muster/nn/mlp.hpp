// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/nn/dense.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// Dense layers in a row: a multi-layer perceptron.
///
/// Parameters `name.0.weight`, `name.0.bias`, `name.1.weight`, ...
/// Cost       `infer` needs `workspace_size(rows)` elements lent by the caller, uses no tape
///            and does not allocate; `forward` puts one operation per layer on the tape.
/// Copies     share the parameters.
template <class T = float, class Backend = num::simd>
class mlp {
 public:
  using value_type = T;
  using backend_type = Backend;
  using tape_type = typename dense<T, Backend>::tape_type;
  using var_type = typename dense<T, Backend>::var_type;

  struct config {
    std::size_t in = 1;               ///< inputs; > 0
    std::size_t out = 1;              ///< outputs; > 0
    std::vector<std::size_t> hidden;  ///< width of each hidden layer; may be empty, none zero
    num::activation hidden_activation = num::activation::relu;
    num::activation output_activation = num::activation::identity;
  };

  mlp(parameter_store<T, Backend>& store, std::string_view name, const config& c) {
    layers_.reserve(c.hidden.size() + 1);
    std::size_t in = c.in;
    for (std::size_t i = 0; i <= c.hidden.size(); ++i) {
      const bool last = i == c.hidden.size();
      const std::size_t out = last ? c.out : c.hidden[i];
      layers_.emplace_back(store, std::string{name} + '.' + std::to_string(i),
                           typename dense<T, Backend>::config{
                               in, out, last ? c.output_activation : c.hidden_activation});
      if (!last && out > widest_) widest_ = out;
      in = out;
    }
  }

  /// The same initialiser for every layer, drawn in order.
  template <class Init>
  void initialise(const Init& init, rng& g) {
    initialise(init, init, g);
  }
  /// Another one for the last layer, for example orthogonal{0.01} for a policy.
  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    for (std::size_t i = 0; i + 1 < layers_.size(); ++i) layers_[i].initialise(hidden, g);
    layers_.back().initialise(output, g);
  }

  [[nodiscard]] var_type forward(tape_type& tape, var_type x) const {
    for (const auto& layer : layers_) x = layer.forward(tape, x);
    return x;
  }

  /// Elements of scratch memory that `infer` needs for so many rows.
  [[nodiscard]] std::size_t workspace_size(std::size_t rows) const noexcept {
    const std::size_t hidden = layers_.size() - 1;
    return (hidden < 2 ? hidden : 2) * slot(rows);
  }

  /// x is [rows, in] or one row, y [rows, out] or one row. The workspace is memory of the
  /// backend; its content before and after means nothing.
  void infer(num::view<const T> x, num::view<T> y, std::span<T> workspace) const {
    const std::size_t rows = x.rows();
    MUSTER_EXPECTS(x.rank() <= 2 && x.columns() == in() && y.columns() == out() && y.rows() == rows,
                   "muster: nn::mlp::infer takes x [rows, in()] and y [rows, out()]; reshape them");
    MUSTER_EXPECTS(workspace.size() >= workspace_size(rows),
                   "muster: nn::mlp::infer has too little workspace; lend workspace_size(rows)");
    T* here = workspace.data();
    T* next = workspace.data() + (layers_.size() > 2 ? slot(rows) : 0);
    for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
      const num::view<T> hidden{
          here, x.rank() < 2 ? num::shape{layers_[i].out()} : num::shape{rows, layers_[i].out()}};
      layers_[i].infer(x, hidden);
      x = hidden;
      T* const free = next;
      next = here;
      here = free;
    }
    layers_.back().infer(x, y);
  }

  [[nodiscard]] std::size_t in() const noexcept { return layers_.front().in(); }
  [[nodiscard]] std::size_t out() const noexcept { return layers_.back().out(); }
  [[nodiscard]] std::span<const dense<T, Backend>> layers() const noexcept { return layers_; }

 private:
  // Rounded up to a cache line, so that both halves of the workspace are aligned if the whole is.
  [[nodiscard]] std::size_t slot(std::size_t rows) const noexcept {
    constexpr std::size_t granule = 64 / sizeof(T);
    return (rows * widest_ + granule - 1) / granule * granule;
  }

  std::vector<dense<T, Backend>> layers_;
  std::size_t widest_ = 0;
};

static_assert(network<mlp<>>);

}  // namespace muster::inline MUSTER_ABI::nn
