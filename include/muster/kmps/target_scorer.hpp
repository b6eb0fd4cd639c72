// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <muster/autodiff/ops.hpp>
#include <muster/concepts/network.hpp>
#include <muster/concepts/observation.hpp>
#include <muster/nn/dense.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Scores every target with the same weights: an alternative to the MLP of the paper.
///
/// Idea      what makes a node a good choice does not depend on its number. One small network
///           looks at the request, at one target, and at the mean of all; exchanging two targets
///           exchanges their scores (it is permutation-equivariant), so what is learned about one
///           node holds for all, and the number of parameters does not grow with the system.
/// Equation  h_k = relu(A x_k + B r + a)     c = mean_k h_k
///           g_k = relu(C h_k + D c + b)     score_k = w . g_k + w_0
/// Symbols   r = the request's part of the observation, x_k = the part about target k
/// Source    M. Zaheer et al.: Deep sets, NeurIPS 2017, for the equivariant layer.
/// Layout    rows [request | target 0 | target 1 | ...] -> [targets] logits
template <class T = float, class Backend = num::simd>
class target_scorer {
  using layer = nn::dense<T, Backend>;

 public:
  using value_type = T;
  using backend_type = Backend;
  using tape_type = typename layer::tape_type;
  using var_type = typename layer::var_type;

  struct config {
    observation_layout layout{.request = 1, .per_target = 1, .targets = 1};
    std::size_t first = 64;   ///< width of h; > 0
    std::size_t second = 32;  ///< width of g; > 0
  };

  target_scorer(nn::parameter_store<T, Backend>& store, std::string_view name, const config& c)
      : layout_{c.layout},
        store_{store.refer()},
        backend_{store.backend()},
        target_{store, std::string{name} + ".target", {c.layout.per_target, c.first}},
        request_{store, std::string{name} + ".request", {c.layout.request, c.first}},
        own_{store, std::string{name} + ".own", {c.first, c.second}},
        mean_{store, std::string{name} + ".mean", {c.first, c.second}},
        score_{store, std::string{name} + ".score", {c.second, 1}} {}

  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    target_.initialise(hidden, g);
    request_.initialise(hidden, g);
    own_.initialise(hidden, g);
    mean_.initialise(hidden, g);
    score_.initialise(output, g);
  }

  [[nodiscard]] var_type forward(tape_type& tape, var_type x) const {
    const std::size_t n = x.shape().rows(), k = layout_.targets;
    const std::size_t h = target_.out(), g = own_.out();
    const var_type r = request_.forward(tape, slice(x, 1, 0, layout_.request));
    const var_type t = target_.forward(
        tape,
        reshape(slice(x, 1, layout_.request, k * layout_.per_target), {n * k, layout_.per_target}));
    const var_type first = relu(reshape(t, {n, k, h}) + reshape(r, {n, 1, h}));
    const var_type c = mean_.forward(tape, reshape(mean(first, 1), {n, h}));
    const var_type own = own_.forward(tape, reshape(first, {n * k, h}));
    const var_type second = relu(reshape(own, {n, k, g}) + reshape(c, {n, 1, g}));
    return reshape(score_.forward(tape, reshape(second, {n * k, g})), {n, k});
  }

  [[nodiscard]] std::size_t workspace_size(std::size_t rows) const noexcept {
    const std::size_t k = layout_.targets, h = target_.out(), g = own_.out();
    if (rows * k > together) {
      return padded(h) * 2 + padded(block) + padded(block * h) + padded(g) + padded(k * g);
    }
    return padded(rows * layout_.request) + padded(rows * k * layout_.per_target) +
           padded(rows * h) * 2 + padded(rows * k * h) + padded(rows * g) + padded(rows * k * g);
  }

  void infer(num::view<const T> x, num::view<T> y, std::span<T> workspace) const {
    const std::size_t n = x.rows(), k = layout_.targets;
    MUSTER_EXPECTS(
        x.columns() == in() && y.size() == n * k && workspace.size() >= workspace_size(n),
        "muster: kmps::target_scorer::infer takes x [rows, in()], y [rows, out()] and "
        "workspace_size(rows) elements");
    room free{workspace.data()};
    if (n * k <= together) {
      infer_rows(x, y, free);
    } else {
      for (std::size_t i = 0; i < n; ++i) {
        infer_one({x.data() + i * in(), {1, in()}}, {y.data() + i * k, {k, 1}}, free);
      }
    }
  }

  [[nodiscard]] std::size_t in() const noexcept { return layout_.size(); }
  [[nodiscard]] std::size_t out() const noexcept { return layout_.targets; }

 private:
  // Rows x targets that are worked out at once; more go in blocks, whose layers stay in a cache.
  static constexpr std::size_t together = 1024;
  static constexpr std::size_t block = 128;

  struct room {
    T* next;
    num::view<T> take(num::shape s) noexcept {
      const num::view<T> v{next, s};
      next += padded(s.size());
      return v;
    }
  };

  /// All targets of all rows in one product per layer.
  void infer_rows(num::view<const T> x, num::view<T> y, room free) const {
    const std::size_t n = x.rows(), k = layout_.targets;
    const std::size_t h = target_.out(), g = own_.out();
    const auto r_in = free.take({n, layout_.request});
    const auto t_in = free.take({n * k, layout_.per_target});
    const auto r = free.take({n, h}), mean_first = free.take({n, h}), t = free.take({n * k, h});
    const auto c = free.take({n, g}), own = free.take({n * k, g});
    const std::size_t wide = k * layout_.per_target;
    backend_.copy_block(x, 0, r_in, 0, n, layout_.request, in(), layout_.request, false);
    backend_.copy_block(x, layout_.request, t_in, 0, n, wide, in(), wide, false);
    request_.infer(r_in, r);
    target_.infer(t_in, t);
    add_and_relu(t.reshaped({n, k, h}), r.reshaped({n, 1, h}));
    backend_.reduce(num::reduction::mean, num::view<const T>{t.reshaped({n, k, h})}, 1, mean_first);
    mean_.infer(mean_first, c);
    own_.infer(t, own);
    add_and_relu(own.reshaped({n, k, g}), c.reshaped({n, 1, g}));
    score_.infer(own, y.reshaped({n * k, 1}));
  }
  /// One row of many targets, a block at a time; h is not kept, only C h and the sum of h.
  void infer_one(num::view<const T> x, num::view<T> y, room free) const {
    const std::size_t k = layout_.targets, h = target_.out(), g = own_.out();
    const auto r = free.take({1, h}), sum = free.take({1, h}), ones = free.take({1, block});
    const auto t = free.take({block, h}), c = free.take({1, g}), own = free.take({k, g});
    // B r + b + a is the bias of the layer A for all targets of this row.
    request_.infer({x.data(), {1, layout_.request}}, r);
    backend_.axpy(T{1}, store_.value(target_.bias()), r.reshaped({h}));
    backend_.fill(sum, T{0});
    backend_.fill(ones, T{1});
    const T* const first = x.data() + layout_.request;
    for (std::size_t b = 0; b < k; b += block) {
      const std::size_t rows = (std::min)(block, k - b);
      const num::view<T> here{t.data(), {rows, h}};
      backend_.affine(
          num::view<const T>{first + b * layout_.per_target, {rows, layout_.per_target}},
          store_.value(target_.weight()), num::view<const T>{r.reshaped({h})},
          num::activation::relu, here);
      backend_.matmul(num::view<const T>{ones.data(), {1, rows}}, num::transpose::no,
                      num::view<const T>{here}, num::transpose::no, sum, true);
      own_.infer(here, num::view<T>{own.data() + b * g, {rows, g}});
    }
    backend_.scale(sum, T{1} / static_cast<T>(k));
    mean_.infer(sum, c);
    for (std::size_t b = 0; b < k; b += block) {
      const std::size_t rows = (std::min)(block, k - b);
      const num::view<T> here{own.data() + b * g, {rows, g}};
      add_and_relu(here, c);
      score_.infer(here, num::view<T>{y.data() + b, {rows, 1}});
    }
  }

  static std::size_t padded(std::size_t n) noexcept {
    constexpr std::size_t granule = 64 / sizeof(T);
    return (n + granule - 1) / granule * granule;
  }
  void add_and_relu(num::view<T> all, num::view<T> one) const {
    backend_.apply(num::binary::add, num::view<const T>{all}, num::view<const T>{one}, all);
    backend_.apply(num::unary::relu, num::view<const T>{all}, all);
  }

  observation_layout layout_;
  typename nn::parameter_store<T, Backend>::reference store_;
  Backend backend_;
  layer target_, request_, own_, mean_, score_;
};

static_assert(network<target_scorer<>>);

}  // namespace muster::inline MUSTER_ABI::kmps
