// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <muster/concepts/buffering.hpp>
#include <muster/core/rng.hpp>
#include <muster/rl/replay_window.hpp>
#include <muster/rl/rollout.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// One buffer: an episode is played, then learned from, then the next: the default.
///
/// Idea      nothing is stale and everything repeats itself; the price is that nobody plays while
///           the network learns. What the paper compares its two buffers with (baselines 2 and 3).
/// Window    with `window` above 1 an update reads the episodes before as well, with the
///           probabilities stored when they were played (rl/replay_window.hpp). It starts empty at
///           each call of `train`.
struct in_turn {
  struct config {
    std::size_t window = 1;  ///< episodes an update learns from; >= 1
  };
  static constexpr const char* name = "in_turn";

  template <class Learner, class Advantage>
  class session {
   public:
    static constexpr bool values_at_once = true;
    using actor_type = typename Learner::actor_type;

    session(Learner& learner, const Advantage& advantage, const typename actor_type::config&,
            const config& c, const rl::rollout::config& shape, const rng&, std::uint64_t first)
        : learner_{learner},
          advantage_{advantage},
          kept_{shape},
          window_{{.episodes = c.window}},
          windowed_{c.window > 1},
          version_{first} {}

    [[nodiscard]] rl::rollout& sink() noexcept { return kept_; }
    [[nodiscard]] actor_type& policy() noexcept { return learner_.policy(); }
    [[nodiscard]] std::uint64_t version() const noexcept { return version_; }

    [[nodiscard]] auto learn(std::uint64_t round, rng& random) {
      kept_.finish(advantage_);
      rl::ppo_batch batch = kept_.batch();
      if (windowed_) {
        window_.add(batch);
        batch = window_.batch();
      }
      std::optional stats{learner_.update(batch, random)};
      kept_.clear();
      if (!stats->refused) version_ = round;
      return stats;
    }
    void settle() noexcept {}
    void finish() noexcept {}
    [[nodiscard]] std::uint64_t dropped() const noexcept { return 0; }

   private:
    Learner& learner_;
    const Advantage& advantage_;
    rl::rollout kept_;
    rl::replay_window window_;
    bool windowed_;
    std::uint64_t version_;
  };
};

static_assert(buffering<in_turn>);

}  // namespace muster::inline MUSTER_ABI::kmps
