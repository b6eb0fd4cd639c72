// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/rl/actor.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// How often to act at random: `from`, times `decay` every so many decisions.
struct epsilon_decay {
  double from = 0.5;           ///< [0, 1]
  double decay = 0.995;        ///< (0, 1]
  std::uint64_t every = 6600;  ///< decisions; > 0

  [[nodiscard]] double operator()(std::uint64_t decision) const noexcept {
    return from * std::pow(decay, static_cast<double>(decision / every));
  }
};

/// A stochastic policy that also explores blindly: with probability epsilon any allowed action.
///
/// Source    KMPS's published program, which starts at 0.5 and keeps 0.995 of it per episode of
///           3,300 slots and two access points.
/// Exact     the log-probability of a decision is that of the mixture, ln(epsilon / n + (1 -
///           epsilon) p), with which it was made, so ratios to it are right.
/// Acting    `decide` (training) explores; `act` and `greedy` are those of `actor`.
template <class Network = nn::mlp<>, class Head = masked_softmax_head>
class epsilon_actor : public actor<Network, Head> {
  using base = actor<Network, Head>;

 public:
  struct config : base::config {
    epsilon_decay epsilon{};
  };

  explicit epsilon_actor(const config& c) : base{c}, epsilon_{c.epsilon} {
    MUSTER_EXPECTS(c.epsilon.from >= 0.0 && c.epsilon.from <= 1.0 && c.epsilon.every > 0,
                   "muster: rl::epsilon_actor explores with a probability; write epsilon.from in "
                   "[0, 1] and every > 0");
  }

  void decide(std::span<const float> observations, std::span<const std::uint8_t> masks, rng& g,
              std::span<choice> out) {
    const std::size_t a = base::actions();
    scratch_.resize(out.size() * a);
    base::probabilities(observations, masks, scratch_);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto p = std::span<const float>{scratch_}.subspan(i * a, a);
      const auto mask = masks.empty() ? masks : masks.subspan(i * a, a);
      std::size_t allowed = 0;
      for (std::size_t k = 0; k < a; ++k) allowed += detail::allowed(mask, k) ? 1 : 0;
      const double epsilon = epsilon_(decisions_++);
      std::uint32_t chosen = 0;
      if (uniform01(g) < epsilon) {
        std::uint64_t n = uniform_below(g, allowed);
        while (!detail::allowed(mask, chosen) || n-- != 0) ++chosen;
      } else {
        chosen = sample_action(p, mask, g);
      }
      out[i] = {chosen,
                static_cast<float>(std::log(epsilon / static_cast<double>(allowed) +
                                            (1.0 - epsilon) * static_cast<double>(p[chosen])))};
    }
  }
  [[nodiscard]] choice decide(std::span<const float> observation,
                              std::span<const std::uint8_t> mask, rng& g) {
    choice one;
    decide(observation, mask, g, {&one, 1});
    return one;
  }

  /// Exploring decisions so far, and the probability of a blind one next.
  [[nodiscard]] std::uint64_t& decisions() noexcept { return decisions_; }
  [[nodiscard]] double epsilon() const noexcept { return epsilon_(decisions_); }

  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    base::add_to(c, prefix);
    c.add(std::string{prefix} + "decisions", decisions_);
  }

 private:
  epsilon_decay epsilon_;
  std::vector<float> scratch_;
  std::uint64_t decisions_ = 0;
};

static_assert(policy<epsilon_actor<>>);

}  // namespace muster::inline MUSTER_ABI::rl
