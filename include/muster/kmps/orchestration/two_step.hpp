// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/autodiff/ops.hpp>
#include <muster/core/distributions/categorical.hpp>
#include <muster/core/rng.hpp>
#include <muster/kmps/orchestration/embedding.hpp>
#include <muster/nn/init.hpp>
#include <muster/nn/mlp.hpp>
#include <muster/nn/parameter_store.hpp>
#include <muster/rl/plackett_luce.hpp>
#include <muster/rl/ppo_loss.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// First which nodes, then what to do there: two actors, each with a critic of its own.
///
/// Idea      N nodes and 2W + 1 changes of W services make N (2W + 1) joint actions; choosing in
///           two steps needs N + 2W + 1 outputs, and the networks look at one node at a time, so
///           that they serve any number of nodes.
/// Source    KMPS III-B.2 and III-B.3, Eq. 5 and 6; widths from IV-A.4.
/// Equation  NodeActor      g_n = MLP[x_n | y_b | z], sigma = softmax over all nodes of g (Eq. 5);
///                          H different nodes are drawn (rl/plackett_luce.hpp)
///           ServiceActor   pi(l | n) = softmax MLP[x_n | y_b | z], l in -W..W
///           joint          ln p = ln p(nodes) + sum over the chosen n of ln pi(l_n | n)
///           critics        V_node(mean_n x_n | sum_n sigma_n x_n), V_service(z | sum_n sigma_n
///           pi(. | n))
/// Symbols   x, y, z = embeddings of node, access point, cluster; W = number of services
/// Choices   the paper feeds NodeCritic with the node features and sigma: here as the plain mean
///           and the mean weighted by sigma, so that the width does not depend on N and the order
///           of the nodes does not matter. ServiceCritic gets the service probabilities expected
///           under sigma, so that both are functions of the state, not of the draw.
/// Blocking  the critics read embeddings and probabilities as constants: no gradient of theirs
///           reaches an encoder or an actor.
/// Cost      N x 19,488 multiply-adds for the scores at the paper's widths, 20,256 for each node
///           whose services are asked for, of all for the critics.
template <class T = float, class Backend = num::simd>
class two_step {
 public:
  using value_type = T;
  using backend_type = Backend;
  using store_type = nn::parameter_store<T, Backend>;
  using tape_type = autodiff::tape<T, Backend>;
  using var_type = autodiff::var<T, Backend>;

  /// Log-probabilities, rewards and critics there are: of the nodes, of the services.
  static constexpr std::size_t parts = 2;

  struct config {
    std::vector<std::size_t> node_hidden{128, 64, 32};     ///< NodeActor
    std::vector<std::size_t> service_hidden{128, 64, 32};  ///< ServiceActor
    std::vector<std::size_t> critic_hidden{128, 64, 32};   ///< both critics; paper: not given
  };

  /// Of the draws of a batch, on a tape.
  struct terms {
    std::array<var_type, parts> log_probs;  ///< [rounds] each; their sum is the joint one
    var_type entropy;                       ///< of sigma, plus of pi at the drawn nodes; nats
    std::array<var_type, parts> values;     ///< [frames, 1] each; no gradient to embeddings
  };

  two_step(store_type& actors, store_type& critics, const config& c, std::size_t services,
           std::size_t width)
      : services_{services},
        width_{width},
        node_actor_{actors, "node_actor", {3 * width, 1, c.node_hidden}},
        service_actor_{actors, "service_actor", {3 * width, actions(), c.service_hidden}},
        node_critic_{critics, "node_critic", {2 * width, 1, c.critic_hidden}},
        service_critic_{critics, "service_critic", {width + actions(), 1, c.critic_hidden}} {}

  void initialise(rng& g) {
    node_actor_.initialise(nn::orthogonal{}, nn::orthogonal{0.01}, g);
    service_actor_.initialise(nn::orthogonal{}, nn::orthogonal{0.01}, g);
    node_critic_.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
    service_critic_.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  }

  /// 2W + 1.
  [[nodiscard]] std::size_t actions() const noexcept { return 2 * services_ + 1; }

  // --- deciding --------------------------------------------------------------------------------

  /// Takes over the embedding of a frame; everything below until the next `look` speaks of it.
  void look(const embedding_view<T>& e) {
    nodes_ = e.nodes.rows();
    embedding_ = e;
    const auto context = detail::grown(context_, {nodes_, 3 * width_});
    detail::context_of(e, context);
    const auto scores = detail::grown(scores_, {nodes_, 1});
    node_actor_.infer(context, scores, workspace(node_actor_, nodes_));
    known_.assign(nodes_, 0);
    static_cast<void>(detail::grown(probabilities_, {nodes_, actions()}));
  }

  /// Draws different nodes and for each an action 0..2W; ln p of both steps.
  std::array<float, parts> draw(rng& g, std::span<std::uint32_t> nodes,
                                std::span<std::uint32_t> actions_out) {
    const double first = rl::draw_subset(scores(), g, nodes);
    double second = 0.0;
    for (std::size_t h = 0; h < nodes.size(); ++h) {
      const auto p = service_probabilities(nodes[h]);
      actions_out[h] = static_cast<std::uint32_t>(sample_weights(p, g));
      second += std::log(static_cast<double>(p[actions_out[h]]));
    }
    return {static_cast<float>(first), static_cast<float>(second)};
  }
  /// The most probable of both, nodes by falling score; more nodes than there are begin again.
  void top(std::span<std::uint32_t> nodes, std::span<std::uint32_t> actions_out) {
    const std::size_t ranked = nodes.size() < nodes_ ? nodes.size() : nodes_;
    rl::top_subset(scores(), nodes.first(ranked));
    for (std::size_t i = ranked; i < nodes.size(); ++i) nodes[i] = nodes[i - nodes_];
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto p = service_probabilities(nodes[i]);
      std::size_t best = 0;
      for (std::size_t l = 1; l < p.size(); ++l) best = p[l] > p[best] ? l : best;
      actions_out[i] = static_cast<std::uint32_t>(best);
    }
  }

  /// sigma, Eq. 5.
  void node_probabilities(std::span<T> out) const {
    backend().softmax(num::view<const T>{scores_.data(), {1, nodes_}},
                      num::view<T>{out.data(), {1, nodes_}});
  }
  /// pi(. | n), worked out when first asked for.
  [[nodiscard]] std::span<const T> service_probabilities(std::size_t n) {
    if (known_[n] == 0) {
      services_of(n, 1);
      known_[n] = 1;
    }
    return std::span<const T>{probabilities_.data() + n * actions(), actions()};
  }
  /// Both critics, in their own units.
  [[nodiscard]] std::array<float, parts> values() {
    services_of(0, nodes_);
    known_.assign(nodes_, 1);
    const auto sigma = detail::grown(sigma_, {nodes_});
    node_probabilities(sigma.span());
    const auto in = detail::grown(critic_in_, {2 * width_ + width_ + actions()});
    backend().fill(in, T{0});
    T* const a = in.data();               // mean, weighted mean
    T* const b = in.data() + 2 * width_;  // z, expected pi
    for (std::size_t n = 0; n < nodes_; ++n) {
      const T* const x = embedding_.nodes.row(n).data();
      const T* const p = probabilities_.data() + n * actions();
      for (std::size_t i = 0; i < width_; ++i) {
        a[i] += x[i] / static_cast<T>(nodes_);
        a[width_ + i] += sigma[n] * x[i];
      }
      for (std::size_t l = 0; l < actions(); ++l) b[width_ + l] += sigma[n] * p[l];
    }
    for (std::size_t i = 0; i < width_; ++i) b[i] = embedding_.cluster[i];
    std::array<T, parts> v{};
    node_critic_.infer(num::view<const T>{a, {2 * width_}}, num::view<T>{v.data(), {1}},
                       workspace(node_critic_, 1));
    service_critic_.infer(num::view<const T>{b, {width_ + actions()}},
                          num::view<T>{v.data() + 1, {1}}, workspace(service_critic_, 1));
    return {static_cast<float>(v[0]), static_cast<float>(v[1])};
  }

  // --- learning --------------------------------------------------------------------------------

  [[nodiscard]] terms evaluate(tape_type& tape, const embedded<T, Backend>& e,
                               const round_batch& b) const {
    const std::size_t rounds = b.frames * b.rounds;
    const auto context = detail::context_of(e, b);
    const auto score = reshape(node_actor_.forward(tape, context), {b.frames, b.nodes});
    const auto log_pi = log_softmax(service_actor_.forward(tape, context));
    const auto drawn = gather_rows(log_pi, b.picked_row);  // [rounds x picks, actions]

    terms t;
    t.log_probs[0] = rl::subset_log_prob(gather_rows(score, b.round_frame), b.picked, b.left);
    t.log_probs[1] = sum(reshape(pick_columns(drawn, b.action), {rounds, b.picks}), 1);
    t.entropy = rl::mean_entropy(log_softmax(score)) + rl::mean_entropy(drawn);

    const num::shape by_node{b.frames, b.nodes, width_};
    const auto x = reshape(stop_gradient(e.nodes), by_node);
    const auto sigma = reshape(softmax(stop_gradient(score)), {b.frames, b.nodes, 1});
    const auto pi = reshape(exp(stop_gradient(log_pi)), {b.frames, b.nodes, actions()});
    t.values[0] = node_critic_.forward(tape, autodiff::concat({mean(x, 1), sum(x * sigma, 1)}, 1));
    t.values[1] = service_critic_.forward(
        tape, autodiff::concat({stop_gradient(e.clusters), sum(pi * sigma, 1)}, 1));
    return t;
  }

  /// Scores of one frame that a round draws from: one per node.
  [[nodiscard]] std::size_t choices(std::size_t nodes) const noexcept { return nodes; }
  /// Position of a pick among them.
  [[nodiscard]] std::uint32_t choice(std::uint32_t node, std::uint32_t) const noexcept {
    return node;
  }

 private:
  [[nodiscard]] const Backend& backend() const noexcept { return backend_; }
  [[nodiscard]] std::span<const T> scores() const noexcept { return {scores_.data(), nodes_}; }
  template <class Network>
  std::span<T> workspace(const Network& n, std::size_t rows) {
    return detail::grown(workspace_, {n.workspace_size(rows) + 1}).span();
  }
  void services_of(std::size_t first, std::size_t count) {
    const num::view<T> p{probabilities_.data() + first * actions(), {count, actions()}};
    service_actor_.infer(
        num::view<const T>{context_.data() + first * 3 * width_, {count, 3 * width_}}, p,
        workspace(service_actor_, count));
    backend().softmax(num::view<const T>{p}, p);
  }

  std::size_t services_, width_;
  nn::mlp<T, Backend> node_actor_, service_actor_, node_critic_, service_critic_;
  Backend backend_{};

  std::size_t nodes_ = 0;
  embedding_view<T> embedding_{};
  num::tensor<T> context_, scores_, probabilities_, sigma_, critic_in_, workspace_;
  std::vector<std::uint8_t> known_;
};

}  // namespace muster::inline MUSTER_ABI::kmps
