// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/autodiff/ops.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/init.hpp>
#include <muster/nn/optim/adam.hpp>
#include <muster/nn/optim/clip_norm.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/detail/raw_head.hpp>
#include <muster/rl/detail/staging.hpp>
#include <muster/rl/running_moments.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// A reward for what was rarely seen: exploration by random network distillation.
///
/// Idea      one network is random and stays so; another learns to predict its outputs where the
///           agent has been. Where it predicts badly, the agent has not been often. Added to the
///           reward, the error leads towards the unknown, and fades as that becomes known.
/// Source    Y. Burda, H. Edwards, A. Storkey, O. Klimov: Exploration by random network
///           distillation, ICLR 2019, section 2.2 and, for the scale, 2.4. Their second value
///           function for the bonus alone is left to the caller, who may as well add it up.
/// Chosen    sd is that of the errors; they take that of their discounted sums.
/// Equation  bonus(x) = |f(x) - f'(x)|² / (F sd)
/// Symbols   f = random, f' = learned, F = number of outputs, sd = deviation of the errors so far
/// Use       `bonus` on the observations of a batch, the sum to the learner, `learn` on the batch.
///           Observations of about -1 to 1 suit the random network.
/// Cost      two forward passes per row, and a backward one to learn; nothing allocates once warm.
/// Determinism  draws from the generator only at construction.
template <class Network = nn::mlp<>>
class curiosity {
 public:
  using value_type = typename Network::value_type;
  using backend_type = typename Network::backend_type;
  using net_type = actor<Network, detail::raw_head>;

  struct config {
    typename Network::config network{};  ///< in = observation, out = features, 16 or so
    double rate = 1e-3;                  ///< learning rate of Adam; > 0
  };

  curiosity(const config& c, rng& g)
      : fixed_{{.network = c.network}},
        learned_{{.network = c.network}},
        optimiser_{learned_.store(), {.rate = c.rate}} {
    fixed_.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
    learned_.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  }

  [[nodiscard]] std::size_t in() const noexcept { return learned_.in(); }
  [[nodiscard]] std::size_t features() const noexcept { return learned_.actions(); }

  /// The bonus of each row of `observations` [n, in()] into `out` [n]: >= 0, of order one.
  void bonus(std::span<const float> observations, std::span<float> out) {
    errors(observations, out);
    for (float& x : out) x = static_cast<float>(static_cast<double>(x) / moments_.sd());
  }
  [[nodiscard]] float bonus(std::span<const float> observation) {
    float one = 0.0F;
    bonus(observation, {&one, 1});
    return one;
  }

  /// One gradient step towards knowing these rows. False if a number is not finite; then nothing
  /// has changed.
  bool learn(std::span<const float> observations) {
    const std::size_t n = observations.size() / in(), k = features();
    errors_.resize(n);
    errors(observations, errors_);
    for (const float e : errors_) {
      if (!std::isfinite(e)) return false;
    }
    x_.reserve(n * in());
    y_.reserve(n * k);
    for (std::size_t i = 0; i < n * in(); ++i) {
      x_.host()[i] = static_cast<value_type>(observations[i]);
    }
    for (std::size_t i = 0; i < n * k; ++i) y_.host()[i] = static_cast<value_type>(wanted_[i]);
    tape_.reset();
    const auto predicted = learned_.network().forward(tape_, tape_.constant(x_.commit({n, in()})));
    const auto loss = mean(square(predicted - tape_.constant(y_.commit({n, k}))));
    learned_.store().zero_grads();
    tape_.backward(loss);
    if (!nn::clip_norm(learned_.store(), (std::numeric_limits<double>::max)()).finite) return false;
    optimiser_.step(learned_.store());
    moments_.add(errors_);
    return true;
  }

  /// Names in a checkpoint (nn/checkpoint.hpp) all that must be kept.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    const std::string p{prefix};
    c.add(fixed_.store(), p + "fixed/");
    c.add(learned_.store(), p + "learned/");
    c.add(p + "curiosity_adam", learned_.store(), optimiser_);
    c.add(p + "errors", moments_.state());
  }

 private:
  // Mean squared error of each row; what was wanted stays in wanted_.
  void errors(std::span<const float> observations, std::span<float> out) {
    MUSTER_EXPECTS(!out.empty() && observations.size() == out.size() * in(),
                   "muster: rl::curiosity reads observations [n, in()]; pass whole rows");
    const std::size_t k = features();
    wanted_.resize(out.size() * k);
    predicted_.resize(out.size() * k);
    fixed_.probabilities(observations, {}, wanted_);
    learned_.probabilities(observations, {}, predicted_);
    for (std::size_t i = 0; i < out.size(); ++i) {
      double sum = 0.0;
      for (std::size_t j = i * k; j < (i + 1) * k; ++j) {
        const double off = static_cast<double>(wanted_[j]) - static_cast<double>(predicted_[j]);
        sum += off * off;
      }
      out[i] = static_cast<float>(sum / static_cast<double>(k));
    }
  }

  net_type fixed_, learned_;
  nn::adam<value_type, backend_type> optimiser_;
  running_moments moments_;
  typename Network::tape_type tape_;
  std::vector<float> wanted_, predicted_, errors_;
  detail::staging<value_type, backend_type> x_, y_;
};

}  // namespace muster::inline MUSTER_ABI::rl
