// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/autodiff/ops/arithmetic.hpp>
#include <muster/autodiff/ops/indexing.hpp>
#include <muster/autodiff/ops/products.hpp>
#include <muster/autodiff/ops/reductions.hpp>
#include <muster/nn/mlp.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// An MLP whose input is mostly padding: it is given the entries that are not.
///
/// Idea       members of a federation differ in size but exchange one network, so the smaller
///            ones fill up their input with a constant. A constant input is part of the bias:
///            its rows of the first weight matrix are summed once per batch, not multiplied
///            once per sample. Everything is computed as if the padding had been there, and
///            its weights learn like the others.
/// Equation   y_1 = act(x_live W_live + (b + padding sum of the other rows of W))
/// Parameters those of `mlp` with `in` = `width`: `name.0.weight` [width, hidden] and so on, so
///            that members with different padding have models of one layout.
/// Cost       as an mlp of `live.size()` inputs, and one sweep over the first weight matrix per
///            call. `infer` needs `workspace_size(rows)` elements and does not allocate.
/// Copies     share the parameters.
template <class T = float, class Backend = num::simd>
class padded_mlp {
 public:
  using value_type = T;
  using backend_type = Backend;
  using tape_type = typename dense<T, Backend>::tape_type;
  using var_type = typename dense<T, Backend>::var_type;

  static_assert(Backend::host_memory,
                "muster: nn::padded_mlp sums its padding in host memory; use mlp elsewhere");

  struct config {
    std::size_t width = 1;              ///< inputs with the padding; > 0
    std::vector<std::uint32_t> live{};  ///< which of them are given, ascending; empty = all
    double padding = -1.0;              ///< what the others hold
    std::size_t out = 1;                ///< outputs; > 0
    std::vector<std::size_t> hidden;    ///< width of each hidden layer; none zero
    num::activation hidden_activation = num::activation::relu;
    num::activation output_activation = num::activation::identity;
  };

  padded_mlp(parameter_store<T, Backend>& store, std::string_view name, const config& c)
      : whole_{store, name, {c.width, c.out, c.hidden, c.hidden_activation, c.output_activation}},
        store_{store.refer()},
        padding_{static_cast<T>(c.padding)},
        first_activation_{c.hidden.empty() ? c.output_activation : c.hidden_activation} {
    std::size_t next = 0;
    for (std::uint32_t i = 0; i < c.width; ++i) {
      if (c.live.empty() || (next < c.live.size() && c.live[next] == i)) {
        live_.push_back(i);
        ++next;
      } else {
        void_.push_back(i);
      }
    }
    MUSTER_EXPECTS(
        c.live.empty() || next == c.live.size(),
        "muster: nn::padded_mlp::config::live names inputs twice, out of order or beyond "
        "width; list them ascending");
    for (const auto& layer : whole_.layers()) widest_ = (std::max)(widest_, layer.out());
  }

  /// As for an mlp: draws for all `width` inputs, so that the padding does not change the values.
  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    whole_.initialise(hidden, output, g);
  }

  /// x is [rows, in()].
  [[nodiscard]] var_type forward(tape_type& tape, var_type x) const {
    const auto& first = whole_.layers().front();
    const var_type w = tape.parameter(store_.value(first.weight()), store_.grad(first.weight()));
    var_type bias = tape.parameter(store_.value(first.bias()), store_.grad(first.bias()));
    if (!void_.empty()) {
      bias = bias + autodiff::sum(autodiff::gather_rows(w, indices(void_)), 0) * padding_;
    }
    x = autodiff::affine(x, autodiff::gather_rows(w, indices(live_)), bias, first_activation_);
    for (std::size_t i = 1; i < whole_.layers().size(); ++i) {
      x = whole_.layers()[i].forward(tape, x);
    }
    return x;
  }

  [[nodiscard]] std::size_t workspace_size(std::size_t rows) const noexcept {
    return live_.size() * first_out() + rounded(first_out()) + 2 * rounded(rows * widest_);
  }

  /// x is [rows, in()] or one row, y [rows, out()] or one row.
  void infer(num::view<const T> x, num::view<T> y, std::span<T> workspace) const {
    const std::size_t rows = x.rows();
    MUSTER_EXPECTS(x.rank() <= 2 && x.columns() == in() && y.columns() == out() && y.rows() == rows,
                   "muster: nn::padded_mlp::infer takes x [rows, in()] and y [rows, out()]; pass "
                   "the live entries only");
    MUSTER_EXPECTS(workspace.size() >= workspace_size(rows),
                   "muster: nn::padded_mlp::infer has too little workspace; lend "
                   "workspace_size(rows)");
    T* const bias = workspace.data();
    T* const weight = bias + rounded(first_out());
    T* here = weight + live_.size() * first_out();
    T* next = here + rounded(rows * widest_);
    pack({weight, live_.size() * first_out()}, {bias, first_out()});
    const bool flat = x.rank() < 2;
    const auto& layers = whole_.layers();
    num::view<T> h = y;
    if (layers.size() > 1) {
      h = {here, flat ? num::shape{first_out()} : num::shape{rows, first_out()}};
    }
    store_.backend().affine(x, num::view<const T>{weight, {live_.size(), first_out()}},
                            num::view<const T>{bias, {first_out()}}, first_activation_, h);
    for (std::size_t i = 1; i < layers.size(); ++i) {
      num::view<T> to = y;
      if (i + 1 < layers.size()) {
        to = {next, flat ? num::shape{layers[i].out()} : num::shape{rows, layers[i].out()}};
      }
      layers[i].infer(h, to);
      h = to;
      std::swap(here, next);
    }
  }

  /// The first layer without its padding: rows of the live inputs [in(), first_out()] and the
  /// bias with the padding in it.
  void pack(std::span<T> weight, std::span<T> bias) const {
    const auto& first = whole_.layers().front();
    const T* const w = store_.value(first.weight()).data();
    const T* const b = store_.value(first.bias()).data();
    const std::size_t n = first_out();
    for (std::size_t j = 0; j < n; ++j) bias[j] = T{0};
    for (const std::uint32_t i : void_) {
      for (std::size_t j = 0; j < n; ++j) bias[j] += w[i * n + j];
    }
    for (std::size_t j = 0; j < n; ++j) bias[j] = b[j] + padding_ * bias[j];
    for (std::size_t k = 0; k < live_.size(); ++k) {
      for (std::size_t j = 0; j < n; ++j) weight[k * n + j] = w[live_[k] * n + j];
    }
  }

  /// Inputs that are given; the padding is not among them.
  [[nodiscard]] std::size_t in() const noexcept { return live_.size(); }
  [[nodiscard]] std::size_t out() const noexcept { return whole_.out(); }
  [[nodiscard]] std::size_t first_out() const noexcept { return whole_.layers().front().out(); }
  [[nodiscard]] num::activation first_activation() const noexcept { return first_activation_; }
  /// The same network as one that is given the padding too; shares the parameters.
  [[nodiscard]] const mlp<T, Backend>& whole() const noexcept { return whole_; }
  [[nodiscard]] const typename parameter_store<T, Backend>::reference& parameters() const noexcept {
    return store_;
  }

 private:
  [[nodiscard]] static num::index_view indices(const std::vector<std::uint32_t>& v) noexcept {
    return {v.data(), {v.size()}};
  }
  [[nodiscard]] static std::size_t rounded(std::size_t n) noexcept {
    constexpr std::size_t granule = 64 / sizeof(T);
    return (n + granule - 1) / granule * granule;
  }

  mlp<T, Backend> whole_;
  typename parameter_store<T, Backend>::reference store_;
  T padding_;
  num::activation first_activation_;
  std::vector<std::uint32_t> live_, void_;
  std::size_t widest_ = 0;
};

static_assert(network<padded_mlp<>>);

}  // namespace muster::inline MUSTER_ABI::nn
