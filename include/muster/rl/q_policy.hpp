// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/concepts/policy.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/mlp.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/detail/raw_head.hpp>
#include <muster/rl/masked_categorical.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// How often to act at random: a straight line from `from` to `to`, flat afterwards.
struct epsilon_line {
  double from = 1.0;           ///< at the first decision; [0, 1]
  double to = 0.05;            ///< after `over` decisions; [0, 1]
  std::uint64_t over = 10000;  ///< decisions; > 0

  [[nodiscard]] constexpr double operator()(std::uint64_t decision) const noexcept {
    if (decision >= over) return to;
    return from + (to - from) * static_cast<double>(decision) / static_cast<double>(over);
  }
};

/// A network that values each action, and the policy that takes the best one, or while
/// exploring any allowed one with probability epsilon.
///
/// Several numbers may stand for one action (rl/quantile_value.hpp): its value is their mean.
///
/// Determinism    exploring draws one number per row, and a second one where it acts at random;
///                ties go to the smaller action.
template <class Network = nn::mlp<>>
class q_policy {
  using values_type = actor<Network, detail::raw_head>;

 public:
  using network_type = Network;
  using head_type = detail::raw_head;
  using value_type = typename Network::value_type;
  using store_type = typename values_type::store_type;

  struct config {
    typename Network::config network{};  ///< in = observation, out = actions · numbers
    epsilon_line epsilon{};
    std::size_t numbers = 1;  ///< of each action, side by side; >= 1
  };

  explicit q_policy(const config& c)
      : values_{{.network = c.network}}, epsilon_{c.epsilon}, numbers_{c.numbers} {
    MUSTER_EXPECTS(numbers_ > 0 && values_.actions() % numbers_ == 0,
                   "muster: rl::q_policy needs as many outputs for each action; make network.out a "
                   "multiple of numbers");
    MUSTER_EXPECTS(c.epsilon.from >= 0.0 && c.epsilon.from <= 1.0 && c.epsilon.to >= 0.0 &&
                       c.epsilon.to <= 1.0 && c.epsilon.over > 0,
                   "muster: rl::q_policy explores with probabilities; write epsilon in [0, 1]");
  }

  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    values_.initialise(hidden, output, g);
  }

  /// Q(observation, a) of each row and action into `out` [n, actions()].
  void q(std::span<const float> observations, std::span<float> out) {
    if (numbers_ == 1) return outputs(observations, out);
    outputs_.resize(out.size() * numbers_);
    outputs(observations, outputs_);
    mean_of_each(outputs_, out);
  }
  /// All numbers of each action into `out` [n, actions(), numbers()].
  void outputs(std::span<const float> observations, std::span<float> out) {
    values_.probabilities(observations, {}, out);
  }
  /// The value of each action from its numbers.
  static void mean_of_each(std::span<const float> numbers, std::span<float> out) noexcept {
    const std::size_t n = numbers.size() / out.size();
    for (std::size_t a = 0; a < out.size(); ++a) {
      double sum = 0.0;
      for (const float x : numbers.subspan(a * n, n)) sum += static_cast<double>(x);
      out[a] = static_cast<float>(sum / static_cast<double>(n));
    }
  }

  /// An action for each row, exploring; `log_prob` is that of the mixture of both.
  void decide(std::span<const float> observations, std::span<const std::uint8_t> masks, rng& g,
              std::span<choice> out) {
    const std::size_t a = actions();
    scratch_.resize(out.size() * a);
    q(observations, scratch_);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto row = std::span<const float>{scratch_}.subspan(i * a, a);
      const auto mask = masks.empty() ? masks : masks.subspan(i * a, a);
      const double epsilon = epsilon_(decisions_++);
      const std::uint32_t best = greedy_action(row, mask);
      const std::size_t allowed = count_allowed(mask);
      std::uint32_t chosen = best;
      if (uniform01(g) < epsilon) chosen = nth_allowed(mask, uniform_below(g, allowed));
      const double p =
          epsilon / static_cast<double>(allowed) + (chosen == best ? 1.0 - epsilon : 0.0);
      out[i] = {chosen, static_cast<float>(std::log(p))};
    }
  }
  [[nodiscard]] choice decide(std::span<const float> observation,
                              std::span<const std::uint8_t> mask, rng& g) {
    choice one;
    decide(observation, mask, g, {&one, 1});
    return one;
  }
  /// The allowed action of the highest value: what was learned, without exploring.
  [[nodiscard]] std::uint32_t greedy(std::span<const float> observation,
                                     std::span<const std::uint8_t> mask) {
    scratch_.resize(actions());
    q(observation, scratch_);
    return greedy_action(scratch_, mask);
  }
  [[nodiscard]] std::uint32_t act(std::span<const float> observation,
                                  std::span<const std::uint8_t> mask, rng&) {
    return greedy(observation, mask);
  }

  [[nodiscard]] std::size_t in() const noexcept { return values_.in(); }
  [[nodiscard]] std::size_t actions() const noexcept { return values_.actions() / numbers_; }
  [[nodiscard]] std::size_t numbers() const noexcept { return numbers_; }
  [[nodiscard]] const Network& network() const noexcept { return values_.network(); }
  [[nodiscard]] store_type& store() noexcept { return values_.store(); }
  [[nodiscard]] const store_type& store() const noexcept { return values_.store(); }
  /// Exploring decisions so far; what epsilon depends on.
  [[nodiscard]] std::uint64_t& decisions() noexcept { return decisions_; }
  /// The probability of a random action at the next exploring decision.
  [[nodiscard]] double epsilon() const noexcept { return epsilon_(decisions_); }

 private:
  [[nodiscard]] std::size_t count_allowed(std::span<const std::uint8_t> mask) const noexcept {
    if (mask.empty()) return actions();
    return static_cast<std::size_t>(
        std::count_if(mask.begin(), mask.end(), [](std::uint8_t m) { return m != 0; }));
  }
  [[nodiscard]] static std::uint32_t nth_allowed(std::span<const std::uint8_t> mask,
                                                 std::uint64_t n) noexcept {
    if (mask.empty()) return static_cast<std::uint32_t>(n);
    std::uint32_t k = 0;
    for (;; ++k) {
      if (mask[k] != 0 && n-- == 0) return k;
    }
  }

  values_type values_;
  epsilon_line epsilon_;
  std::size_t numbers_;
  std::vector<float> scratch_, outputs_;
  std::uint64_t decisions_ = 0;
};

static_assert(policy<q_policy<>>);

}  // namespace muster::inline MUSTER_ABI::rl
