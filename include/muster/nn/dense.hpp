// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/autodiff/ops/products.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/concepts/network.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// A fully connected layer with its activation fused in.
///
/// Equation   y = act(x W + b),   x [rows, in], W [in, out], b [out]
/// Parameters `name.weight`, `name.bias`
/// Cost       rows * in * out multiply-adds; `infer` uses no tape and does not allocate,
///            `forward` puts one operation on the tape.
/// Copies     share the parameters: a copy is a second name for the same layer.
template <class T = float, class Backend = num::simd>
class dense {
 public:
  using value_type = T;
  using backend_type = Backend;
  using tape_type = autodiff::tape<T, Backend>;
  using var_type = autodiff::var<T, Backend>;

  struct config {
    std::size_t in = 1;   ///< inputs; > 0
    std::size_t out = 1;  ///< outputs; > 0
    num::activation activation = num::activation::identity;
  };

  dense(parameter_store<T, Backend>& store, std::string_view name, config c)
      : config_{c}, store_{store.refer()} {
    MUSTER_EXPECTS(c.in > 0 && c.out > 0,
                   "muster: nn::dense has no inputs or no outputs; set config.in and config.out");
    weight_ = store.add(std::string{name} + ".weight", {c.in, c.out});
    bias_ = store.add(std::string{name} + ".bias", {c.out});
  }

  /// Fills the weights by `init(values, in, out, g)` and the bias with zeros.
  template <class Init>
  void initialise(const Init& init, rng& g) {
    std::vector<T> host(config_.in * config_.out);
    init(std::span<T>{host}, config_.in, config_.out, g);
    const Backend& backend = store_.backend();
    backend.upload(std::span<const T>{host}, store_.value(weight_));
    backend.fill(store_.value(bias_), T{0});
  }

  /// On the tape: gradients reach the store's `grads()` when the tape runs backward.
  [[nodiscard]] var_type forward(tape_type& tape, var_type x) const {
    const var_type w = tape.parameter(store_.value(weight_), store_.grad(weight_));
    const var_type b = tape.parameter(store_.value(bias_), store_.grad(bias_));
    return autodiff::affine(x, w, b, config_.activation);
  }

  /// Needs none; asked for by the concept `network`.
  [[nodiscard]] std::size_t workspace_size(std::size_t) const noexcept { return 0; }

  /// Without a tape: x is [rows, in] or one row, y [rows, out] or one row; they must not overlap.
  void infer(num::view<const T> x, num::view<T> y, std::span<T> = {}) const {
    MUSTER_EXPECTS(
        x.rank() <= 2 && x.columns() == in() && y.columns() == out() && y.rows() == x.rows(),
        "muster: nn::dense::infer takes x [rows, in()] and y [rows, out()]; reshape them");
    const num::view<const T> w = store_.value(weight_);
    const num::view<const T> b = store_.value(bias_);
    store_.backend().affine(x, w, b, config_.activation, y);
  }

  [[nodiscard]] std::size_t in() const noexcept { return config_.in; }
  [[nodiscard]] std::size_t out() const noexcept { return config_.out; }
  [[nodiscard]] num::activation activation() const noexcept { return config_.activation; }
  [[nodiscard]] parameter weight() const noexcept { return weight_; }
  [[nodiscard]] parameter bias() const noexcept { return bias_; }

 private:
  config config_;
  typename parameter_store<T, Backend>::reference store_;
  parameter weight_;
  parameter bias_;
};

static_assert(network<dense<>>);

}  // namespace muster::inline MUSTER_ABI::nn
