// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <muster/autodiff/ops/normalisation.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/concepts/network.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// Centres and scales each row, then lets the network undo it where that helps.
///
/// Source     J. Ba, J. Kiros, G. Hinton: Layer normalization, 2016, Eq. 4.
/// Equation   y = gain (x - mean(x)) / sqrt(var(x) + eps) + bias, mean and variance per row,
///            the variance divided by the width (not by the width - 1)
/// Parameters `name.gain` (1 at first), `name.bias` (0 at first)
template <class T = float, class Backend = num::simd>
class layer_norm {
 public:
  using value_type = T;
  using backend_type = Backend;
  using tape_type = autodiff::tape<T, Backend>;
  using var_type = autodiff::var<T, Backend>;

  struct config {
    std::size_t width = 1;  ///< elements per row; > 0
    double epsilon = 1e-5;  ///< added to the variance; > 0
  };

  layer_norm(parameter_store<T, Backend>& store, std::string_view name, config c)
      : config_{c}, store_{store.refer()} {
    MUSTER_EXPECTS(c.width > 0 && c.epsilon > 0.0,
                   "muster: nn::layer_norm needs a width and an epsilon above zero; set config");
    gain_ = store.add(std::string{name} + ".gain", {c.width});
    bias_ = store.add(std::string{name} + ".bias", {c.width});
  }

  /// Gain 1 and bias 0; needs no generator.
  void initialise() {
    store_.backend().fill(store_.value(gain_), T{1});
    store_.backend().fill(store_.value(bias_), T{0});
  }

  [[nodiscard]] var_type forward(tape_type& tape, var_type x) const {
    const var_type gain = tape.parameter(store_.value(gain_), store_.grad(gain_));
    const var_type bias = tape.parameter(store_.value(bias_), store_.grad(bias_));
    return autodiff::layer_norm(x, gain, bias, static_cast<T>(config_.epsilon));
  }

  /// Elements of scratch memory that `infer` needs: mean and scale of each row.
  [[nodiscard]] std::size_t workspace_size(std::size_t rows) const noexcept { return 2 * rows; }

  /// x and y are [rows, width] or one row.
  void infer(num::view<const T> x, num::view<T> y, std::span<T> workspace) const {
    MUSTER_EXPECTS(x.columns() == in() && y.size() == x.size(),
                   "muster: nn::layer_norm::infer takes x and y of in() columns; reshape them");
    MUSTER_EXPECTS(workspace.size() >= workspace_size(x.rows()),
                   "muster: nn::layer_norm::infer has too little workspace; lend "
                   "workspace_size(rows)");
    const num::view<const T> gain = store_.value(gain_);
    const num::view<const T> bias = store_.value(bias_);
    const num::view<T> stats{workspace.data(), num::shape{x.rows(), 2}};
    store_.backend().layer_norm(x, gain, bias, static_cast<T>(config_.epsilon), y, stats);
  }

  [[nodiscard]] std::size_t in() const noexcept { return config_.width; }
  [[nodiscard]] std::size_t out() const noexcept { return config_.width; }
  [[nodiscard]] parameter gain() const noexcept { return gain_; }
  [[nodiscard]] parameter bias() const noexcept { return bias_; }

 private:
  config config_;
  typename parameter_store<T, Backend>::reference store_;
  parameter gain_;
  parameter bias_;
};

static_assert(network<layer_norm<>>);

}  // namespace muster::inline MUSTER_ABI::nn
