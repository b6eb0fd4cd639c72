// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/autodiff/ops.hpp>
#include <muster/core/rng.hpp>
#include <muster/kmps/orchestration/embedding.hpp>
#include <muster/nn/init.hpp>
#include <muster/nn/mlp.hpp>
#include <muster/nn/parameter_store.hpp>
#include <muster/rl/plackett_luce.hpp>
#include <muster/rl/ppo_loss.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// One actor over all pairs of a node and a change, one critic: the coupled form.
///
/// Idea      what the two-step form is compared with: one softmax over N (2W + 1) actions, one
///           value, one reward (the sum of both).
/// Source    KMPS IV-C.4, baseline 2 (single actor, single critic) of Fig. 16; with an encoder
///           without a graph, the plain PPO and AC of Fig. 17.
/// Equation  p(n, l) = softmax over all pairs of MLP[x_n | y_b | z]_l
///           V(mean_n x_n | sum_n p(n) x_n | z | sum_n p(n, .)),   p(n) = sum_l p(n, l)
/// Draws     several picks of one round are different pairs, without replacement.
/// Cost      N x 20,256 multiply-adds at the paper's widths; draws O(H N W).
template <class T = float, class Backend = num::simd>
class joint {
 public:
  using value_type = T;
  using backend_type = Backend;
  using store_type = nn::parameter_store<T, Backend>;
  using tape_type = autodiff::tape<T, Backend>;
  using var_type = autodiff::var<T, Backend>;

  static constexpr std::size_t parts = 1;

  struct config {
    std::vector<std::size_t> hidden{128, 64, 32};         ///< actor
    std::vector<std::size_t> critic_hidden{128, 64, 32};  ///< critic
  };

  struct terms {
    std::array<var_type, parts> log_probs;
    var_type entropy;
    std::array<var_type, parts> values;
  };

  joint(store_type& actors, store_type& critics, const config& c, std::size_t services,
        std::size_t width)
      : services_{services},
        width_{width},
        actor_{actors, "actor", {3 * width, actions(), c.hidden}},
        critic_{critics, "critic", {3 * width + actions(), 1, c.critic_hidden}} {}

  void initialise(rng& g) {
    actor_.initialise(nn::orthogonal{}, nn::orthogonal{0.01}, g);
    critic_.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  }

  [[nodiscard]] std::size_t actions() const noexcept { return 2 * services_ + 1; }

  void look(const embedding_view<T>& e) {
    nodes_ = e.nodes.rows();
    embedding_ = e;
    const auto context = detail::grown(context_, {nodes_, 3 * width_});
    detail::context_of(e, context);
    const auto scores = detail::grown(scores_, {nodes_, actions()});
    actor_.infer(context, scores, workspace(actor_, nodes_));
  }

  std::array<float, parts> draw(rng& g, std::span<std::uint32_t> nodes,
                                std::span<std::uint32_t> actions_out) {
    const double log_prob = rl::draw_subset(scores(), g, nodes);
    split(nodes, actions_out);
    return {static_cast<float>(log_prob)};
  }
  void top(std::span<std::uint32_t> nodes, std::span<std::uint32_t> actions_out) {
    rl::top_subset(scores(), nodes);
    split(nodes, actions_out);
  }

  /// p(n): how much of the probability is on each node.
  void node_probabilities(std::span<T> out) {
    const auto p = probabilities();
    for (std::size_t n = 0; n < nodes_; ++n) {
      out[n] = T{0};
      for (std::size_t l = 0; l < actions(); ++l) out[n] += p(n, l);
    }
  }
  [[nodiscard]] std::array<float, parts> values() {
    const auto p = probabilities();
    const auto in = detail::grown(critic_in_, {3 * width_ + actions()});
    backend_.fill(in, T{0});
    T* const mean_pi = in.data() + 3 * width_;
    for (std::size_t n = 0; n < nodes_; ++n) {
      const T* const x = embedding_.nodes.row(n).data();
      T on_node{0};
      for (std::size_t l = 0; l < actions(); ++l) {
        on_node += p(n, l);
        mean_pi[l] += p(n, l);
      }
      for (std::size_t i = 0; i < width_; ++i) {
        in[i] += x[i] / static_cast<T>(nodes_);
        in[width_ + i] += on_node * x[i];
      }
    }
    for (std::size_t i = 0; i < width_; ++i) in[2 * width_ + i] = embedding_.cluster[i];
    T v{};
    critic_.infer(num::view<const T>{in}, num::view<T>{&v, {1}}, workspace(critic_, 1));
    return {static_cast<float>(v)};
  }

  [[nodiscard]] terms evaluate(tape_type& tape, const embedded<T, Backend>& e,
                               const round_batch& b) const {
    const auto context = detail::context_of(e, b);
    const auto score = reshape(actor_.forward(tape, context), {b.frames, b.nodes * actions()});
    const auto log_p = log_softmax(score);
    terms t;
    t.log_probs[0] = rl::subset_log_prob(gather_rows(score, b.round_frame), b.picked, b.left);
    t.entropy = rl::mean_entropy(log_p);

    const auto x = reshape(stop_gradient(e.nodes), {b.frames, b.nodes, width_});
    const auto p = reshape(exp(stop_gradient(log_p)), {b.frames, b.nodes, actions()});
    const auto on_node = reshape(sum(p, 2), {b.frames, b.nodes, 1});
    t.values[0] = critic_.forward(
        tape, autodiff::concat(
                  {mean(x, 1), sum(x * on_node, 1), stop_gradient(e.clusters), sum(p, 1)}, 1));
    return t;
  }

  /// Scores of one frame that a round draws from: all pairs.
  [[nodiscard]] std::size_t choices(std::size_t nodes) const noexcept { return nodes * actions(); }
  /// Position of a pick among them.
  [[nodiscard]] std::uint32_t choice(std::uint32_t node, std::uint32_t action) const noexcept {
    return node * static_cast<std::uint32_t>(actions()) + action;
  }

 private:
  [[nodiscard]] std::span<const T> scores() const noexcept {
    return {scores_.data(), nodes_ * actions()};
  }
  num::view<const T> probabilities() {
    const auto p = detail::grown(probabilities_, {1, nodes_ * actions()});
    backend_.softmax(num::view<const T>{scores_.data(), p.shape()}, p);
    return num::view<const T>{p}.reshaped({nodes_, actions()});
  }
  void split(std::span<std::uint32_t> pairs, std::span<std::uint32_t> actions_out) const {
    const auto a = static_cast<std::uint32_t>(actions());
    for (std::size_t h = 0; h < pairs.size(); ++h) {
      actions_out[h] = pairs[h] % a;
      pairs[h] /= a;
    }
  }
  template <class Network>
  std::span<T> workspace(const Network& n, std::size_t rows) {
    return detail::grown(workspace_, {n.workspace_size(rows) + 1}).span();
  }

  std::size_t services_, width_;
  nn::mlp<T, Backend> actor_, critic_;
  Backend backend_{};

  std::size_t nodes_ = 0;
  embedding_view<T> embedding_{};
  num::tensor<T> context_, scores_, probabilities_, critic_in_, workspace_;
};

}  // namespace muster::inline MUSTER_ABI::kmps
