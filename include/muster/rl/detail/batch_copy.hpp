// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/rl/rollout.hpp>

namespace muster::inline MUSTER_ABI::rl::detail {

/// Owns the columns of a batch that is made of others laid end to end. Keeps its memory.
class batch_copy {
 public:
  void clear() noexcept {
    for (auto* c : {&observations_, &states_, &log_probs_, &advantages_, &targets_, &values_,
                    &rewards_, &discounts_}) {
      c->clear();
    }
    masks_.clear();
    actions_.clear();
    next_.clear();
  }
  void append(const ppo_batch& b) {
    // Rows are numbered anew behind those that are there.
    const auto shift = static_cast<std::uint32_t>(actions_.size());
    for (const std::uint32_t k : b.next) {
      next_.push_back(k == ppo_batch::no_next ? k : k + shift);
    }
    add(rewards_, b.rewards);
    add(discounts_, b.discounts);
    add(observations_, b.observations);
    // A critic that reads the actor's observations goes on doing so: no second copy.
    if (b.critic_observations.data() != b.observations.data()) add(states_, b.critic_observations);
    add(masks_, b.masks);
    add(actions_, b.actions);
    add(log_probs_, b.log_probs);
    add(advantages_, b.advantages);
    add(targets_, b.targets);
    add(values_, b.values);
  }
  [[nodiscard]] ppo_batch view() const noexcept {
    return {.observations = observations_,
            .critic_observations = states_.empty() ? observations_ : states_,
            .masks = masks_,
            .actions = actions_,
            .log_probs = log_probs_,
            .advantages = advantages_,
            .targets = targets_,
            .values = values_,
            .rewards = rewards_,
            .discounts = discounts_,
            .next = next_};
  }

 private:
  template <class T>
  static void add(std::vector<T>& column, std::span<const T> part) {
    column.insert(column.end(), part.begin(), part.end());
  }

  std::vector<float> observations_, states_, log_probs_, advantages_, targets_, values_;
  std::vector<float> rewards_, discounts_;
  std::vector<std::uint8_t> masks_;
  std::vector<std::uint32_t> actions_, next_;
};

}  // namespace muster::inline MUSTER_ABI::rl::detail
