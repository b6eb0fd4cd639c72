// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/rl/rollout.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// One step of the past: what was seen, what was done, what came of it.
struct transition {
  std::span<const float> observation;
  std::span<const float> state{};             ///< what a central critic saw; empty = none is kept
  std::span<const std::uint8_t> mask{};       ///< allowed actions; empty = none is kept
  std::span<const float> action{};            ///< a vector action; empty where actions are numbers
  std::uint32_t choice = 0;                   ///< a numbered action; 0 where actions are vectors
  float reward = 0.0F;                        ///< until the next observation
  float discount = 0.99F;                     ///< gamma^elapsed; 0 = terminated
  std::span<const float> next_observation{};  ///< not read, may be empty, where discount is 0
  std::span<const float> next_state{};        ///< likewise
  std::span<const std::uint8_t> next_mask{};  ///< likewise
};

/// A ring of transitions from which samples are drawn uniformly.
///
/// Idea      neighbouring steps of one episode are alike, and a gradient of them follows the
///           moment; drawn at random from a long past they are nearly independent, and each is
///           used many times.
/// Source    L.-J. Lin: Self-improving reactive agents based on reinforcement learning, planning
///           and teaching, 1992; V. Mnih et al.: Human-level control through deep reinforcement
///           learning, Nature 518, 2015, Algorithm 1.
/// Layout    structure of arrays, row i of every column is one transition; the oldest row is
///           overwritten when the ring is full. Rows after a terminated step are zeros.
/// Cost      (2 (observation + state) + action + 3) x 4 + 2 masks bytes per row, which are
///           reserved at the start and touched as they fill; `add` and `sample` never allocate.
/// Determinism    `sample` draws with replacement, one number per row.
class replay_buffer {
 public:
  struct config {
    std::size_t capacity = 1 << 16;    ///< rows; >= 1
    std::size_t observation_size = 1;  ///< >= 1
    std::size_t state_size = 0;        ///< numbers a central critic sees; 0 = the observation
    std::size_t action_size = 0;       ///< numbers of a vector action; 0 = actions are numbered
    std::size_t masked_actions = 0;    ///< entries of a mask; 0 = no masks are kept
  };

  explicit replay_buffer(config c) : config_{c} {
    MUSTER_EXPECTS(c.capacity > 0 && c.observation_size > 0,
                   "muster: rl::replay_buffer holds nothing; set capacity and observation_size");
    for (auto* column : {&observations_, &next_observations_}) {
      column->reserve(c.capacity * c.observation_size);
    }
    for (auto* column : {&states_, &next_states_}) column->reserve(c.capacity * c.state_size);
    for (auto* column : {&masks_, &next_masks_}) column->reserve(c.capacity * c.masked_actions);
    vectors_.reserve(c.capacity * c.action_size);
    choices_.reserve(c.capacity);
    rewards_.reserve(c.capacity);
    discounts_.reserve(c.capacity);
  }

  /// Takes a copy; overwrites the oldest row when the ring is full.
  void add(const transition& t) {
    const std::size_t m = config_.masked_actions;
    MUSTER_EXPECTS(t.observation.size() == config_.observation_size &&
                       t.state.size() == config_.state_size &&
                       t.action.size() == config_.action_size && t.mask.size() == m,
                   "muster: rl::replay_buffer got a transition of another width; see its config");
    MUSTER_EXPECTS(t.discount == 0.0F ||
                       (t.next_observation.size() == config_.observation_size &&
                        t.next_state.size() == config_.state_size && t.next_mask.size() == m),
                   "muster: rl::replay_buffer needs what was seen next; or a discount of 0");
    write(observations_, t.observation, config_.observation_size);
    write(states_, t.state, config_.state_size);
    write(masks_, t.mask, m);
    write(vectors_, t.action, config_.action_size);
    write(choices_, std::span{&t.choice, 1}, 1);
    write(rewards_, std::span{&t.reward, 1}, 1);
    write(discounts_, std::span{&t.discount, 1}, 1);
    const bool over = t.discount == 0.0F;
    write(next_observations_, over ? std::span<const float>{} : t.next_observation,
          config_.observation_size);
    write(next_states_, over ? std::span<const float>{} : t.next_state, config_.state_size);
    write(next_masks_, over ? std::span<const std::uint8_t>{} : t.next_mask, m);
    next_row_ = (next_row_ + 1) % config_.capacity;
    ++added_;
  }

  /// Every decision of a batch whose continuation is known, as a transition with a numbered
  /// action; decisions cut off from outside are left out. Returns how many were added.
  std::size_t add(const ppo_batch& b) {
    MUSTER_EXPECTS(b.next.size() == b.size() && b.rewards.size() == b.size(),
                   "muster: rl::replay_buffer needs a batch with rewards, discounts and next; take "
                   "it from rl::rollout");
    const std::size_t d = config_.observation_size, s = config_.state_size;
    const std::size_t m = config_.masked_actions;
    std::size_t count = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
      const bool over = b.discounts[i] == 0.0F;
      const std::size_t n = b.next[i];
      if (!over && b.next[i] == ppo_batch::no_next) continue;
      transition t{.observation = b.observations.subspan(i * d, d)};
      t.state = b.critic_observations.subspan(s == 0 ? 0 : i * s, s);
      if (m != 0) t.mask = b.masks.subspan(i * m, m);
      t.choice = b.actions[i];
      t.reward = b.rewards[i];
      t.discount = b.discounts[i];
      if (!over) {
        t.next_observation = b.observations.subspan(n * d, d);
        t.next_state = b.critic_observations.subspan(s == 0 ? 0 : n * s, s);
        if (m != 0) t.next_mask = b.masks.subspan(n * m, m);
      }
      add(t);
      ++count;
    }
    return count;
  }

  /// Row numbers, uniform over what is held; at least one transition must be.
  void sample(rng& g, std::span<std::uint32_t> rows) const noexcept {
    MUSTER_EXPECTS(size() > 0, "muster: rl::replay_buffer is empty; add before sampling");
    for (std::uint32_t& r : rows) r = static_cast<std::uint32_t>(uniform_below(g, size()));
  }

  [[nodiscard]] std::size_t size() const noexcept { return rewards_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return config_.capacity; }
  /// Transitions ever added.
  [[nodiscard]] std::uint64_t added() const noexcept { return added_; }
  [[nodiscard]] const config& settings() const noexcept { return config_; }

  // Columns, [size(), width].
  [[nodiscard]] std::span<const float> observations() const noexcept { return observations_; }
  [[nodiscard]] std::span<const float> next_observations() const noexcept {
    return next_observations_;
  }
  /// What the critic sees: the observations where no states are kept.
  [[nodiscard]] std::span<const float> states() const noexcept {
    return config_.state_size == 0 ? observations_ : states_;
  }
  [[nodiscard]] std::span<const float> next_states() const noexcept {
    return config_.state_size == 0 ? next_observations_ : next_states_;
  }
  [[nodiscard]] std::span<const std::uint8_t> masks() const noexcept { return masks_; }
  [[nodiscard]] std::span<const std::uint8_t> next_masks() const noexcept { return next_masks_; }
  [[nodiscard]] std::span<const float> actions() const noexcept { return vectors_; }
  [[nodiscard]] std::span<const std::uint32_t> choices() const noexcept { return choices_; }
  [[nodiscard]] std::span<const float> rewards() const noexcept { return rewards_; }
  [[nodiscard]] std::span<const float> discounts() const noexcept { return discounts_; }

  /// Forgets everything; keeps the memory.
  void clear() noexcept {
    for (auto* c : {&observations_, &next_observations_, &states_, &next_states_, &vectors_,
                    &rewards_, &discounts_}) {
      c->clear();
    }
    masks_.clear();
    next_masks_.clear();
    choices_.clear();
    next_row_ = 0;
  }

 private:
  // Row next_row_ of a column: appended while the ring fills, overwritten afterwards.
  template <class T>
  void write(std::vector<T>& column, std::span<const T> row, std::size_t width) {
    if (column.size() == next_row_ * width) column.resize((next_row_ + 1) * width);
    T* to = column.data() + next_row_ * width;
    for (std::size_t j = 0; j < width; ++j) to[j] = j < row.size() ? row[j] : T{};
  }

  config config_;
  std::size_t next_row_ = 0;
  std::uint64_t added_ = 0;
  std::vector<float> observations_, next_observations_, states_, next_states_, vectors_;
  std::vector<float> rewards_, discounts_;
  std::vector<std::uint8_t> masks_, next_masks_;
  std::vector<std::uint32_t> choices_;
};

}  // namespace muster::inline MUSTER_ABI::rl
