// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/autodiff/ops/arithmetic.hpp>
#include <muster/autodiff/ops/indexing.hpp>
#include <muster/autodiff/ops/products.hpp>
#include <muster/autodiff/ops/softmax.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// Every query takes a mean of the values, weighted by how well their keys match it.
///
/// Idea       a head projects queries, keys and values, and compares what is left of them;
///            several heads compare in several ways at once.
/// Source     A. Vaswani et al.: Attention is all you need, NeurIPS 2017, section 3.2.2; printed
///            again as Eqs. 18-20 of PFRL-DM. No biases, no dropout, no mask.
/// Equation   head_i = softmax(scale Q W_i^Q (K W_i^K)^T) V W_i^V,  softmax along each row
///            y = concat(head_1, ..., head_h) W^O = sum over i of head_i W_i^O,
///            W_i^O being the rows of W^O that meet head i
/// Symbols    Q [queries, in], K and V [keys, in], y [queries, out]; h = config.heads, d_k =
///            config.key_width, scale = 1 / sqrt(d_k) unless the config says another
/// Order      exchanging queries exchanges rows of y; keys and values may change places together.
/// Parameters `name.0.query`, `name.0.key` [in, d_k], `name.0.value` [in, value_width],
///            `name.1.query`, ..., `name.output` [heads * value_width, out]
/// Cost       per head (queries + keys) * in * d_k + keys * in * value_width multiply-adds for the
///            projections, queries * keys * (d_k + value_width) for the comparison. `infer` uses
///            no tape and does not allocate; both compute the same bits.
/// Copies     share the parameters.
template <class T = float, class Backend = num::simd>
class multi_head_attention {
 public:
  using value_type = T;
  using backend_type = Backend;
  using tape_type = autodiff::tape<T, Backend>;
  using var_type = autodiff::var<T, Backend>;

  struct config {
    std::size_t in = 1;            ///< width of queries, keys and values; > 0
    std::size_t heads = 4;         ///< > 0
    std::size_t key_width = 64;    ///< d_k of each head; > 0
    std::size_t value_width = 64;  ///< of each head; > 0
    std::size_t out = 1;           ///< > 0
    double scale = 0.0;            ///< factor of the comparison; finite, 0 means 1 / sqrt(d_k)
  };

  multi_head_attention(parameter_store<T, Backend>& store, std::string_view name, const config& c)
      : config_{c}, store_{store.refer()} {
    MUSTER_EXPECTS(
        c.in > 0 && c.heads > 0 && c.key_width > 0 && c.value_width > 0 && c.out > 0,
        "muster: nn::multi_head_attention has no heads or a width of zero; set each in config");
    MUSTER_EXPECTS(std::isfinite(c.scale),
                   "muster: nn::multi_head_attention needs a finite scale; 0 means 1 / sqrt(d_k)");
    if (c.scale == 0.0) config_.scale = 1.0 / std::sqrt(static_cast<double>(c.key_width));
    heads_.reserve(c.heads);
    for (std::size_t i = 0; i < c.heads; ++i) {
      const std::string own = std::string{name} + '.' + std::to_string(i);
      const parameter query = store.add(own + ".query", {c.in, c.key_width});
      const parameter key = store.add(own + ".key", {c.in, c.key_width});
      heads_.push_back({query, key, store.add(own + ".value", {c.in, c.value_width})});
    }
    output_ = store.add(std::string{name} + ".output", {c.heads * c.value_width, c.out});
  }

  /// Fills every matrix by `init(values, in, out, g)`, in the order of their names above.
  template <class Init>
  void initialise(const Init& init, rng& g) {
    std::vector<T> host;
    const auto fill = [&](parameter p) {
      const num::view<T> w = store_.value(p);
      host.resize(w.size());
      init(std::span<T>{host}, w.rows(), w.columns(), g);
      store_.backend().upload(std::span<const T>{host}, w);
    };
    for (const head& h : heads_) {
      fill(h.query);
      fill(h.key);
      fill(h.value);
    }
    fill(output_);
  }

  /// On the tape; may be called with one var three times (self-attention).
  [[nodiscard]] var_type forward(tape_type& tape, var_type q, var_type k, var_type v) const {
    const auto on = [&](parameter p) { return tape.parameter(store_.value(p), store_.grad(p)); };
    const var_type output = on(output_);
    var_type y;
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      const var_type queries = matmul(q, on(heads_[i].query));
      const var_type keys = matmul(k, on(heads_[i].key));
      const var_type values = matmul(v, on(heads_[i].value));
      const auto compared = matmul(queries, keys, num::transpose::no, num::transpose::yes);
      const var_type mean = matmul(softmax(compared * scale()), values);
      const var_type part =
          matmul(mean, slice(output, 0, i * config_.value_width, config_.value_width));
      y = i == 0 ? part : y + part;
    }
    return y;
  }

  /// Elements of scratch memory that `infer` needs.
  [[nodiscard]] std::size_t workspace_size(std::size_t queries, std::size_t keys) const noexcept {
    return queries * (config_.key_width + keys + config_.value_width + config_.out) +
           keys * (config_.key_width + config_.value_width);
  }

  /// Without a tape: q [queries, in], k and v [keys, in], y [queries, out]. Where `weights`
  /// [heads, queries, keys] is lent, it receives what each query gives to each key; its rows sum
  /// to 1. Outputs overlap no input.
  void infer(num::view<const T> q, num::view<const T> k, num::view<const T> v, num::view<T> y,
             std::span<T> workspace, num::view<T> weights = {}) const {
    const std::size_t n = q.rows();
    const std::size_t m = k.rows();
    MUSTER_EXPECTS(q.rank() == 2 && k.rank() == 2 && v.rank() == 2 && q.columns() == in() &&
                       k.columns() == in() && v.columns() == in() && v.rows() == m && m > 0 &&
                       y.rank() == 2 && y.rows() == n && y.columns() == out(),
                   "muster: nn::multi_head_attention::infer takes q [queries, in()], k and v "
                   "[keys, in()], y [queries, out()] and at least one key; reshape them");
    MUSTER_EXPECTS(workspace.size() >= workspace_size(n, m),
                   "muster: nn::multi_head_attention::infer has too little workspace; lend "
                   "workspace_size(queries, keys)");
    MUSTER_EXPECTS(weights.empty() || weights.size() == heads() * n * m,
                   "muster: nn::multi_head_attention::infer writes weights [heads(), queries, "
                   "keys]; lend that or nothing");
    const Backend& backend = store_.backend();
    T* next = workspace.data();
    const auto take = [&](std::size_t rows, std::size_t columns) {
      const num::view<T> taken{next, {rows, columns}};
      next += rows * columns;
      return taken;
    };
    const num::view<T> queries = take(n, config_.key_width);
    const num::view<T> keys = take(m, config_.key_width);
    const num::view<T> values = take(m, config_.value_width);
    const num::view<T> own_weights = take(n, m);
    const num::view<T> mean = take(n, config_.value_width);
    const num::view<T> part = take(n, config_.out);
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      const auto product = [&](num::view<const T> a, num::view<const T> b, num::view<T> c,
                               num::transpose tb = num::transpose::no) {
        backend.matmul(a, num::transpose::no, b, tb, c, false);
      };
      const num::view<T> given =
          weights.empty() ? own_weights : num::view<T>{weights.data() + i * n * m, {n, m}};
      product(q, store_.value(heads_[i].query), queries);
      product(k, store_.value(heads_[i].key), keys);
      product(v, store_.value(heads_[i].value), values);
      product(queries, keys, given, num::transpose::yes);
      backend.scale(given, scale());
      backend.softmax(given, given);
      product(given, values, mean);
      const num::view<const T> output = num::view<const T>{store_.value(output_)}.slice(
          i * config_.value_width, config_.value_width);
      product(mean, output, i == 0 ? y : part);
      if (i > 0) backend.apply(num::binary::add, y, part, y);
    }
  }

  [[nodiscard]] std::size_t in() const noexcept { return config_.in; }
  [[nodiscard]] std::size_t out() const noexcept { return config_.out; }
  [[nodiscard]] std::size_t heads() const noexcept { return config_.heads; }
  [[nodiscard]] T scale() const noexcept { return static_cast<T>(config_.scale); }
  /// W_i^Q, W_i^K and W_i^V of one head.
  [[nodiscard]] parameter query(std::size_t i) const { return heads_[i].query; }
  [[nodiscard]] parameter key(std::size_t i) const { return heads_[i].key; }
  [[nodiscard]] parameter value(std::size_t i) const { return heads_[i].value; }
  /// W^O.
  [[nodiscard]] parameter output() const noexcept { return output_; }

 private:
  struct head {
    parameter query, key, value;
  };

  config config_;
  typename parameter_store<T, Backend>::reference store_;
  std::vector<head> heads_;
  parameter output_;
};

}  // namespace muster::inline MUSTER_ABI::nn
