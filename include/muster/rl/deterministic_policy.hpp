// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <muster/concepts/policy.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/mlp.hpp>
#include <muster/rl/action_kinds.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/detail/raw_head.hpp>
#include <muster/rl/masked_categorical.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// A network whose outputs are the action: mu(s).
///
/// Vectors   with `box_action`: `act(observation, out)` and `explore(observation, g, out)` write
///           numbers in [-1, 1].
/// Choices   with `relaxed_choice` outputs are scores, and the policy chooses like any other:
///           `greedy` and `act` take the best allowed one, `decide` explores.
template <class Network = nn::mlp<>, class Action = box_action<>>
class deterministic_policy {
 public:
  using network_type = Network;
  using head_type = Action;
  using value_type = typename Network::value_type;
  using outputs_type = actor<Network, detail::raw_head>;
  using store_type = typename outputs_type::store_type;

  struct config {
    typename Network::config network{};  ///< in = observation, out = numbers of the action
    typename Action::config action{};
  };

  explicit deterministic_policy(const config& c)
      : outputs_{{.network = c.network, .head = {}}}, action_{c.action} {}

  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    outputs_.initialise(hidden, output, g);
  }

  // --- vectors -------------------------------------------------------------------------------

  /// The action for one observation.
  void act(std::span<const float> observation, std::span<float> out) {
    outputs_.probabilities(observation, {}, out);
    action_.settle(out, {});
  }
  /// The same with noise. `begin` before each episode.
  void explore(std::span<const float> observation, rng& g, std::span<float> out) {
    outputs_.probabilities(observation, {}, out);
    action_.explore(out, {}, g);
  }
  void begin() { action_.begin(); }

  // --- choices -------------------------------------------------------------------------------

  void decide(std::span<const float> observations, std::span<const std::uint8_t> masks, rng& g,
              std::span<choice> out) requires(Action::discrete) {
    const std::size_t a = actions();
    scratch_.resize(out.size() * a);
    outputs_.probabilities(observations, {}, scratch_);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto drawn = action_.draw(std::span<const float>{scratch_}.subspan(i * a, a),
                                      masks.empty() ? masks : masks.subspan(i * a, a), g);
      out[i] = {drawn.first, static_cast<float>(std::log(drawn.second))};
    }
  }
  [[nodiscard]] choice decide(std::span<const float> observation,
                              std::span<const std::uint8_t> mask,
                              rng& g) requires(Action::discrete) {
    choice one;
    decide(observation, mask, g, {&one, 1});
    return one;
  }
  [[nodiscard]] std::uint32_t greedy(
      std::span<const float> observation,
      std::span<const std::uint8_t> mask) requires(Action::discrete) {
    scratch_.resize(actions());
    outputs_.probabilities(observation, {}, scratch_);
    return greedy_action(scratch_, mask);
  }
  [[nodiscard]] std::uint32_t act(std::span<const float> observation,
                                  std::span<const std::uint8_t> mask,
                                  rng&) requires(Action::discrete) {
    return greedy(observation, mask);
  }

  [[nodiscard]] std::size_t in() const noexcept { return outputs_.in(); }
  /// Numbers of the action, or actions to choose from.
  [[nodiscard]] std::size_t actions() const noexcept { return outputs_.actions(); }
  [[nodiscard]] const Network& network() const noexcept { return outputs_.network(); }
  /// The raw outputs, and their network's parameters.
  [[nodiscard]] outputs_type& outputs() noexcept { return outputs_; }
  [[nodiscard]] const Action& action() const noexcept { return action_; }
  [[nodiscard]] store_type& store() noexcept { return outputs_.store(); }
  [[nodiscard]] const store_type& store() const noexcept { return outputs_.store(); }
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    c.add(outputs_.store(), prefix);
  }

 private:
  outputs_type outputs_;
  Action action_;
  std::vector<float> scratch_;
};

/// Chooses by scores: a deterministic policy over numbered actions.
template <class Network = nn::mlp<>>
using score_policy = deterministic_policy<Network, relaxed_choice>;

static_assert(policy<score_policy<>>);

}  // namespace muster::inline MUSTER_ABI::rl
