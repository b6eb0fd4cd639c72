// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <muster/concepts/policy.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/mlp.hpp>
#include <muster/nn/parameter_store.hpp>
#include <muster/rl/detail/staging.hpp>
#include <muster/rl/heads.hpp>
#include <muster/rl/masked_categorical.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// An action and how probable it was when it was drawn.
struct choice {
  std::uint32_t action = 0;
  float log_prob = 0.0F;
};

/// A network and a head: a stochastic policy over discrete actions that can be trained.
///
/// Idea      acting and training need the same parameters in two ways. Acting runs without a
///           tape, on host memory in and out, for one row or many; training puts the
///           log-probabilities of a block on a tape.
/// Layout    observations [n, in()], masks [n, actions()] (1 = allowed; empty = all), row-major.
/// Cost      one forward pass; nothing allocates after the first call with that many rows, or
///           after `reserve`. Not to be shared between threads while acting: the scratch
///           memory is a member.
template <class Network = nn::mlp<>, class Head = masked_softmax_head>
class actor {
 public:
  using network_type = Network;
  using head_type = Head;
  using value_type = typename Network::value_type;
  using backend_type = typename Network::backend_type;
  using store_type = nn::parameter_store<value_type, backend_type>;
  using tape_type = typename Network::tape_type;
  using var_type = typename Network::var_type;

  static_assert(policy_head_for<Head, backend_type, tape_type, var_type, num::view<value_type>,
                                num::view<const value_type>, num::view<const std::uint8_t>>,
                "muster: rl::actor needs a head with log_probs(tape, logits, mask) and "
                "probabilities(backend, logits, mask, out); see rl/heads.hpp for two");

  struct config {
    typename Network::config network{};  ///< in = observation, out = number of actions
    Head head{};
  };

  explicit actor(const config& c) : network_{store_, "actor", c.network}, head_{c.head} {
    store_.commit();
    reserve(1);
  }

  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    network_.initialise(hidden, output, g);
  }

  /// Allocates for blocks of up to `rows` rows.
  void reserve(std::size_t rows) {
    logits_.reserve(rows * actions());
    probabilities_.reserve(rows * actions());
    workspace_.reserve(network_.workspace_size(rows));
    if constexpr (!direct) {
      input_.reserve(rows * in());
      masks_.reserve(rows * actions());
    }
  }

  /// p(action | observation) of each row into `out` [n, actions()].
  void probabilities(std::span<const float> observations, std::span<const std::uint8_t> masks,
                     std::span<float> out) {
    const std::size_t rows = check(observations, masks);
    MUSTER_EXPECTS(out.size() == rows * actions(),
                   "muster: rl::actor::probabilities writes [n, actions()]; lend that many");
    const auto p = evaluate(observations, masks, rows);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(p[i]);
  }

  /// Draws an action for one observation.
  [[nodiscard]] choice decide(std::span<const float> observation,
                              std::span<const std::uint8_t> mask, rng& g) {
    choice one;
    decide(observation, mask, g, {&one, 1});
    return one;
  }
  /// Draws an action for each row, in order of rows from the one generator.
  void decide(std::span<const float> observations, std::span<const std::uint8_t> masks, rng& g,
              std::span<choice> out) {
    const std::size_t rows = check(observations, masks);
    MUSTER_EXPECTS(out.size() == rows,
                   "muster: rl::actor::decide answers every row; lend one choice per row");
    const auto p = evaluate(observations, masks, rows);
    for (std::size_t i = 0; i < rows; ++i) {
      const auto row = p.subspan(i * actions(), actions());
      const std::uint32_t action = sample_action(row, row_of(masks, i), g);
      out[i] = {action, action_log_prob(row, action)};
    }
  }
  /// Draws an action; what makes this type a `policy`.
  [[nodiscard]] std::uint32_t act(std::span<const float> observation,
                                  std::span<const std::uint8_t> mask, rng& g) {
    return decide(observation, mask, g).action;
  }
  /// The most probable allowed action; ties go to the smaller index.
  [[nodiscard]] std::uint32_t greedy(std::span<const float> observation,
                                     std::span<const std::uint8_t> mask) {
    check(observation, mask);
    return greedy_action(evaluate(observation, mask, 1), mask);
  }

  /// ln p of all actions [n, actions()], on the tape; the mask must outlive the backward pass.
  [[nodiscard]] var_type log_probs(tape_type& tape, var_type observations,
                                   num::view<const std::uint8_t> mask) const {
    return head_.log_probs(tape, network_.forward(tape, observations), mask);
  }

  [[nodiscard]] std::size_t in() const noexcept { return network_.in(); }
  [[nodiscard]] std::size_t actions() const noexcept { return network_.out(); }
  [[nodiscard]] store_type& store() noexcept { return store_; }
  [[nodiscard]] const store_type& store() const noexcept { return store_; }
  [[nodiscard]] const Network& network() const noexcept { return network_; }
  /// Names in a checkpoint (nn/checkpoint.hpp) all that must be kept.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    c.add(store_, prefix);
  }

 private:
  // Whether the network can read the caller's memory as it is.
  static constexpr bool direct = backend_type::host_memory && std::is_same_v<value_type, float>;

  std::size_t check(std::span<const float> observations,
                    [[maybe_unused]] std::span<const std::uint8_t> masks) const {
    const std::size_t rows = observations.size() / in();
    MUSTER_EXPECTS(rows > 0 && observations.size() == rows * in(),
                   "muster: rl::actor reads observations [n, in()]; pass whole rows");
    MUSTER_EXPECTS(masks.empty() || masks.size() == rows * actions(),
                   "muster: rl::actor reads masks [n, actions()]; pass whole rows or nothing");
    return rows;
  }
  [[nodiscard]] std::span<const std::uint8_t> row_of(std::span<const std::uint8_t> masks,
                                                     std::size_t i) const {
    return masks.empty() ? masks : masks.subspan(i * actions(), actions());
  }

  std::span<const float> evaluate(std::span<const float> observations,
                                  std::span<const std::uint8_t> masks, std::size_t rows) {
    reserve(rows);
    const backend_type& backend = store_.backend();
    const num::shape wide{rows, in()};
    const num::shape narrow{rows, actions()};
    num::view<const value_type> x;
    num::view<const std::uint8_t> mask;
    if constexpr (direct) {
      x = {observations.data(), wide};
      if (!masks.empty()) mask = {masks.data(), narrow};
    } else {
      for (std::size_t i = 0; i < observations.size(); ++i) {
        input_.host()[i] = static_cast<value_type>(observations[i]);
      }
      x = input_.commit(wide);
      for (std::size_t i = 0; i < masks.size(); ++i) masks_.host()[i] = masks[i];
      if (!masks.empty()) mask = masks_.commit(narrow);
    }
    const num::view<value_type> logits = logits_.device(narrow);
    const num::view<value_type> p = probabilities_.device(narrow);
    network_.infer(x, logits, workspace_.workspace());
    head_.probabilities(backend, num::view<const value_type>{logits}, mask, p);
    if constexpr (direct) {
      return {p.data(), p.size()};
    } else {
      host_.resize(p.size());
      if constexpr (std::is_same_v<value_type, float>) {
        backend.download(num::view<const value_type>{p}, std::span<value_type>{host_});
        return host_;
      } else {
        narrow_.resize(p.size());
        backend.download(num::view<const value_type>{p}, std::span<value_type>{host_});
        for (std::size_t i = 0; i < p.size(); ++i) narrow_[i] = static_cast<float>(host_[i]);
        return narrow_;
      }
    }
  }

  store_type store_;
  Network network_;
  Head head_;
  detail::staging<value_type, backend_type> input_, logits_, probabilities_, workspace_;
  detail::staging<std::uint8_t, backend_type> masks_;
  std::vector<value_type> host_;
  std::vector<float> narrow_;
};

static_assert(policy<actor<>>);

}  // namespace muster::inline MUSTER_ABI::rl
