// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/rl/detail/batch_copy.hpp>
#include <muster/rl/rollout.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// The batches of the last few episodes, as one.
///
/// Idea      PPO tolerates data that is a little older than the policy, because the ratio
///           compares with the probability stored when the action was drawn. A short window
///           gives larger batches; a long one would feed it what the policy no longer does.
/// Source    KMPS, conclusion ("limited replay window"); 3 episodes in the authors' program.
/// Cost      copies a batch once when it comes and all of the window when asked; memory is kept.
class replay_window {
 public:
  struct config {
    std::size_t episodes = 3;  ///< batches kept; >= 1
  };

  explicit replay_window(config c) : kept_(c.episodes) {
    MUSTER_EXPECTS(c.episodes > 0,
                   "muster: rl::replay_window keeps nothing; set config.episodes to 1 or more");
  }

  /// Takes a copy; the oldest batch makes room when the window is full. All batches must agree
  /// on having masks and on whether the critic reads the actor's observations.
  void add(const ppo_batch& batch) {
    detail::batch_copy& slot = kept_[next_];
    slot.clear();
    slot.append(batch);
    next_ = (next_ + 1) % kept_.size();
    if (count_ < kept_.size()) ++count_;
  }
  /// All kept batches from the oldest to the newest, valid until the next call.
  [[nodiscard]] ppo_batch batch() {
    all_.clear();
    for (std::size_t k = 0; k < count_; ++k) {
      all_.append(kept_[(next_ + kept_.size() - count_ + k) % kept_.size()].view());
    }
    return all_.view();
  }
  [[nodiscard]] std::size_t episodes() const noexcept { return count_; }
  void clear() noexcept { count_ = 0; }

 private:
  std::vector<detail::batch_copy> kept_;
  detail::batch_copy all_;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::rl
