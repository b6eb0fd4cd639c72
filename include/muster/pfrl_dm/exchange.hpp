// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

#include <muster/concepts/federated_client.hpp>
#include <muster/nn/flat_parameters.hpp>

namespace muster::inline MUSTER_ABI {
namespace pfrl_dm {

/// Decides which numbers of a learner travel, and what becomes of those that come.
///
/// Syntax (checked here)   built from the learner, which stays in place;
///                         `size`, `boundaries`, `read(out)`, `write(learner, model, kind)`
/// Meaning  `read` copies `size()` numbers out; `write` takes as many over. A size of zero: this
///          client trains alone.
template <class X, class Learner>
concept exchange_for = std::movable<X> && std::constructible_from<X, const Learner&> &&
    requires(const X& x, Learner& learner, std::span<float> out, std::span<const float> model,
             download_kind kind) {
  { x.size() } -> std::same_as<std::size_t>;
  { x.boundaries() } -> std::same_as<std::span<const std::size_t>>;
  x.read(out);
  x.write(learner, model, kind);
};

/// Nothing travels: independent learners.
struct nothing {
  template <class Learner>
  explicit nothing(const Learner&) noexcept {}
  [[nodiscard]] std::size_t size() const noexcept { return 0; }
  [[nodiscard]] std::span<const std::size_t> boundaries() const noexcept { return {}; }
  void read(std::span<float>) const noexcept {}
  template <class Learner>
  void write(Learner&, std::span<const float>, download_kind) const noexcept {}
};

/// What becomes of the local critic when a new public one arrives: it takes over what the public
/// critic had learned here since the last round, and forgets what it had learned itself.
///
/// Source    PFRL-DM, Algorithm 1, line 7.
struct follow_public {
  static constexpr bool keeps_local = false;
};
/// The other choice: the local critic stays as it is, and never leaves home.
struct keep_local {
  static constexpr bool keeps_local = true;
};

/// Only the public critic travels: the exchange of PFRL-DM.
///
/// Source    X. Yong, L. Yan, Z. Li: Heterogeneity-aware task scheduling based on personalized
///           federated reinforcement learning (PFRL-DM), 2025, Algorithm 1. There the first round
///           has number 0 in the loop and 1 in the test; here it is whichever comes first.
/// Needs     a learner whose critic is an rl::dual_critic: `critic_1` is local, `critic_2` public.
/// Privacy   policy and local critic are not among the numbers, so no server can see them.
template <class Replacement = follow_public>
class public_critic {
 public:
  template <class Learner>
  explicit public_critic(const Learner& learner)
      : local_{learner.critic().store(), "critic_1."},
        public_{learner.critic().store(), "critic_2."} {}

  [[nodiscard]] std::size_t size() const noexcept { return public_.size(); }
  /// Where each array of numbers begins, for aggregators that look at layers.
  [[nodiscard]] std::span<const std::size_t> boundaries() const noexcept {
    return public_.boundaries();
  }
  void read(std::span<float> out) const { public_.read(out); }
  template <class Learner>
  void write(Learner&, std::span<const float> model, download_kind kind) const {
    if (kind == download_kind::first) {
      local_.write(model);
    } else if constexpr (!Replacement::keeps_local) {
      local_.copy(public_);
    }
    public_.write(model);
  }

 private:
  nn::flat_parameters<float, num::simd> local_, public_;
};

/// All critics travel.
class whole_critic {
 public:
  template <class Learner>
  explicit whole_critic(const Learner& learner) : all_{learner.critic().store()} {}

  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  [[nodiscard]] std::span<const std::size_t> boundaries() const noexcept {
    return all_.boundaries();
  }
  void read(std::span<float> out) const { all_.read(out); }
  template <class Learner>
  void write(Learner&, std::span<const float> model, download_kind) const {
    all_.write(model);
  }

 private:
  nn::flat_parameters<float, num::simd> all_;
};

/// The policy travels, and after it what `Critic` sends. With `public_critic<>` it is what PFRL-DM
/// would be if it kept no policy at home; the server then sees them all.
template <class Critic>
class with_policy {
 public:
  template <class Learner>
  explicit with_policy(const Learner& learner)
      : actor_{learner.policy().store()}, critic_{learner} {
    boundaries_.assign(actor_.boundaries().begin(), actor_.boundaries().end());
    for (const std::size_t b : critic_.boundaries().subspan(1)) {
      boundaries_.push_back(actor_.size() + b);
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return boundaries_.back(); }
  [[nodiscard]] std::span<const std::size_t> boundaries() const noexcept { return boundaries_; }
  void read(std::span<float> out) const {
    actor_.read(out.first(actor_.size()));
    critic_.read(out.subspan(actor_.size()));
  }
  template <class Learner>
  void write(Learner& learner, std::span<const float> model, download_kind kind) const {
    actor_.write(model.first(actor_.size()));
    critic_.write(learner, model.subspan(actor_.size()), kind);
  }

 private:
  nn::flat_parameters<float, num::simd> actor_;
  Critic critic_;
  std::vector<std::size_t> boundaries_;
};

/// Policy and critic both travel: FedAvg of a whole learner.
using actor_and_critic = with_policy<whole_critic>;

/// What travels is up to `Exchange`; after each download the learner's correction is told that what
/// it holds now is the common model. Needs a learner with such a correction (rl/fed_kl.hpp).
template <class Exchange>
class anchored : public Exchange {
 public:
  using Exchange::Exchange;

  template <class Learner>
  void write(Learner& learner, std::span<const float> model, download_kind kind) const {
    Exchange::write(learner, model, kind);
    learner.correction().anchor(learner.configuration().actor, learner.policy());
  }
};

/// The policy and the momentum of rl::momentum_policy_gradient, [theta | u]: MFPO. A baseline, if
/// there is one, stays at home.
class policy_and_momentum {
 public:
  template <class Learner>
  explicit policy_and_momentum(const Learner& learner)
      : policy_{learner.policy().store()}, momentum_{learner.momentum()} {
    boundaries_.assign(policy_.boundaries().begin(), policy_.boundaries().end());
    for (const std::size_t b : momentum_.boundaries().subspan(1)) {
      boundaries_.push_back(policy_.size() + b);
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return boundaries_.back(); }
  [[nodiscard]] std::span<const std::size_t> boundaries() const noexcept { return boundaries_; }
  void read(std::span<float> out) const {
    policy_.read(out.first(policy_.size()));
    momentum_.read(out.subspan(policy_.size()));
  }
  template <class Learner>
  void write(Learner& learner, std::span<const float> model, download_kind kind) const {
    policy_.write(model.first(policy_.size()));
    momentum_.write(model.subspan(policy_.size()));
    // The first model has no momentum yet.
    if (kind == download_kind::first) return learner.forget();
    learner.resume(server_rate);
  }

  /// Of the server's step along the mean momentum; the same there
  /// (federated/aggregators/mfpo_server.hpp).
  double server_rate = 1.0e-4;

 private:
  nn::flat_parameters<float, num::simd> policy_, momentum_;
  std::vector<std::size_t> boundaries_;
};

}  // namespace pfrl_dm

namespace slot {
struct exchange_tag;
/// Fills the role "what travels between client and server" of a federation of learners.
template <class X>
struct exchange {
  using slot = exchange_tag;
  using type = X;
};
struct learner_tag;
/// Fills the role "how a client learns from an episode".
template <class L>
struct learner {
  using slot = learner_tag;
  using type = L;
};
}  // namespace slot
}  // namespace muster::inline MUSTER_ABI
