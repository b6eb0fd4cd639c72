// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/concepts/buffering.hpp>
#include <muster/core/rng.hpp>
#include <muster/rl/async_learner.hpp>
#include <muster/rl/rollout.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Two buffers: one episode is played while the one before is learned from.
///
/// Source    KMPS IV-A.4, "dual-buffer asynchronous training": two pools of 10^6 samples, exchanged
///           at the end of an episode; parameters go to all access points periodically. The window
///           is that of the released program (3 episodes), asked for in the paper's conclusion.
/// What      rl/async_learner.hpp around the pipeline's learner. All access points act with one
///           copy of the actor, renewed between episodes, so they cannot disagree.
/// Told      `train_progress::learning` is of the newest update that is known; in the first rounds
///           it is empty.
/// Resume    a training that goes on from a file starts with the newest parameters and an empty
///           window, not with those in flight: it learns on, but not bit for bit the same.
struct dual_buffer {
  struct config {
    std::size_t capacity = 1'000'000;  ///< decisions in each pool; >= 1
    std::size_t window = 3;            ///< episodes an update learns from; >= 1
    rl::hand_over exchange = rl::hand_over::free;
    std::uint64_t publish_every = 1;  ///< updates between two new sets of parameters; >= 1
  };
  static constexpr const char* name = "dual_buffer";

  template <class Learner, class Advantage>
  class session {
   public:
    static constexpr bool values_at_once = false;
    using actor_type = typename Learner::actor_type;

    session(Learner& learner, const Advantage& advantage, const typename actor_type::config& actor,
            const config& c, const rl::rollout::config& shape, const rng& streams,
            std::uint64_t first)
        : async_{learner, advantage, actor_type{actor}, async_config(c, shape), streams, first} {}

    [[nodiscard]] rl::sample_ring& sink() noexcept { return async_.sink(); }
    [[nodiscard]] actor_type& policy() noexcept { return async_.policy(); }
    [[nodiscard]] std::uint64_t version() const noexcept { return async_.held().version; }

    [[nodiscard]] auto learn(std::uint64_t round, rng&) { return async_.end_episode(round); }
    void settle() { async_.settle(); }
    void finish() { async_.finish(); }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return async_.dropped(); }

   private:
    using async = rl::async_learner<Learner, Advantage>;

    static typename async::config async_config(const config& c, const rl::rollout::config& shape) {
      return {.pool = {.lanes = shape.lanes,
                       .observation_size = shape.observation_size,
                       .critic_observation = shape.critic_observation,
                       .masked_actions = shape.masked_actions,
                       .capacity = c.capacity},
              .window = c.window,
              .exchange = c.exchange,
              .publish_every = c.publish_every};
    }

    async async_;
  };
};

static_assert(buffering<dual_buffer>);

}  // namespace muster::inline MUSTER_ABI::kmps
