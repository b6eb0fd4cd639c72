// SPDX-License-Identifier: Apache-2.0
#pragma once

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
    return padded(rows * layout_.request) + padded(rows * k * layout_.per_target) +
           padded(rows * h) * 2 + padded(rows * k * h) + padded(rows * g) + padded(rows * k * g);
  }

  void infer(num::view<const T> x, num::view<T> y, std::span<T> workspace) const {
    const std::size_t n = x.rows(), k = layout_.targets;
    const std::size_t h = target_.out(), g = own_.out();
    MUSTER_EXPECTS(
        x.columns() == in() && y.size() == n * k && workspace.size() >= workspace_size(n),
        "muster: kmps::target_scorer::infer takes x [rows, in()], y [rows, out()] and "
        "workspace_size(rows) elements");
    T* free = workspace.data();
    const auto take = [&](num::shape s) {
      const num::view<T> v{free, s};
      free += padded(s.size());
      return v;
    };
    const auto r_in = take({n, layout_.request});
    const auto t_in = take({n * k, layout_.per_target});
    const auto r = take({n, h}), mean_first = take({n, h}), t = take({n * k, h});
    const auto c = take({n, g}), own = take({n * k, g});
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

  [[nodiscard]] std::size_t in() const noexcept { return layout_.size(); }
  [[nodiscard]] std::size_t out() const noexcept { return layout_.targets; }

 private:
  static std::size_t padded(std::size_t n) noexcept {
    constexpr std::size_t granule = 64 / sizeof(T);
    return (n + granule - 1) / granule * granule;
  }
  void add_and_relu(num::view<T> all, num::view<T> one) const {
    backend_.apply(num::binary::add, num::view<const T>{all}, num::view<const T>{one}, all);
    backend_.apply(num::unary::relu, num::view<const T>{all}, all);
  }

  observation_layout layout_;
  Backend backend_;
  layer target_, request_, own_, mean_, score_;
};

static_assert(network<target_scorer<>>);

}  // namespace muster::inline MUSTER_ABI::kmps
