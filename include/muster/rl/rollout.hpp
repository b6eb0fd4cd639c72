// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <muster/concepts/advantage.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// What a policy update reads: N decisions as structure of arrays, in host memory.
struct ppo_batch {
  std::span<const float> observations;         ///< [N, d], what the actor saw
  std::span<const float> critic_observations;  ///< [N, ds], may alias `observations`
  std::span<const std::uint8_t> masks;         ///< [N, A], 1 = allowed; empty = all allowed
  std::span<const std::uint32_t> actions;      ///< [N]
  std::span<const float> log_probs;            ///< [N], ln p of the action when it was drawn
  std::span<const float> advantages;           ///< [N]
  std::span<const float> targets;              ///< [N], what V(s) is regressed on
  std::span<const float> values;               ///< [N], V(s) when the action was drawn
  // For those who learn from transitions, not from advantages; empty where nobody kept them.
  std::span<const float> rewards{};       ///< [N], until the next decision of the lane
  std::span<const float> discounts{};     ///< [N], until that decision; 0 = terminated
  std::span<const std::uint32_t> next{};  ///< [N], which row that decision is; `no_next` = none

  static constexpr std::uint32_t no_next = ~std::uint32_t{0};
  [[nodiscard]] std::size_t size() const noexcept { return actions.size(); }
};

/// One decision at the moment it is made.
struct decision_record {
  std::span<const float> observation;
  std::span<const float> critic_observation;  ///< empty when the critic reads `observation`
  std::span<const std::uint8_t> mask;         ///< empty when nothing can be forbidden
  std::uint32_t action = 0;
  float log_prob = 0.0F;
  float value = 0.0F;  ///< V of this state
  /// V of this state as the decision before it shall see it, where a target network gives
  /// another answer; else `value`.
  std::optional<float> next_value{};
};

/// Collects decisions of several lanes (environments, agents) and hands out a batch.
///
/// Idea      lanes decide at different times and rates, so decisions are kept in the order in
///           which they come, with the lane beside them; wide columns are never moved again.
///           Only the few numbers an advantage needs are brought into order of lanes.
/// Use       `add` (decision), `reward`, and then one of: `add` again in the same lane,
///           `terminate` (no reward can follow) or `truncate` (cut from outside, with V of the
///           state in which it was cut). When every lane is closed `finish(estimator)`, then
///           `batch()`, then `clear()`.
/// Cost      O(width) per decision, O(n) to finish; allocates only beyond `capacity` decisions.
/// Determinism    the batch is in the order of `add`.
class rollout {
 public:
  struct config {
    std::size_t lanes = 1;               ///< >= 1
    std::size_t observation_size = 1;    ///< numbers the actor sees; >= 1
    std::size_t critic_observation = 0;  ///< numbers the critic sees; 0 = those of the actor
    std::size_t masked_actions = 0;      ///< entries of a mask; 0 = no masks are kept
    std::size_t capacity = 2048;         ///< decisions for which memory is reserved
    float discount = 0.99F;              ///< gamma per decision unless told otherwise; [0, 1]
  };

  explicit rollout(config c) : config_{c}, last_(c.lanes, none) {
    MUSTER_EXPECTS(c.lanes > 0 && c.observation_size > 0,
                   "muster: rl::rollout has no lanes or no observations; set both in its config");
    observations_.reserve(c.capacity * c.observation_size);
    critic_observations_.reserve(c.capacity * c.critic_observation);
    masks_.reserve(c.capacity * c.masked_actions);
    actions_.reserve(c.capacity);
    lane_of_.reserve(c.capacity);
    next_.reserve(c.capacity);
    position_.reserve(c.capacity);
    log_probs_.reserve(c.capacity);
    advantages_.reserve(c.capacity);
    targets_.reserve(c.capacity);
    sorted_advantages_.reserve(c.capacity);
    sorted_targets_.reserve(c.capacity);
    first_of_lane_.resize(c.lanes + 1);
    added_.reserve(c.capacity);
    sorted_.reserve(c.capacity);
  }

  /// Notes a decision of `lane` and returns its index. If the lane has an open decision, this
  /// one supplies the next value of that one.
  std::size_t add(std::size_t lane, const decision_record& d) {
    MUSTER_EXPECTS(lane < config_.lanes, "muster: rl::rollout has no such lane; see config.lanes");
    MUSTER_EXPECTS(d.observation.size() == config_.observation_size &&
                       d.critic_observation.size() == config_.critic_observation &&
                       d.mask.size() == config_.masked_actions,
                   "muster: rl::rollout got a record of another width; see its config");
    const std::size_t index = actions_.size();
    if (last_[lane] != none) {
      added_.next_values[last_[lane]] = d.next_value.value_or(d.value);
      next_[last_[lane]] = static_cast<std::uint32_t>(index);
    }
    append(observations_, d.observation);
    append(critic_observations_, d.critic_observation);
    append(masks_, d.mask);
    actions_.push_back(d.action);
    lane_of_.push_back(static_cast<std::uint32_t>(lane));
    next_.push_back(ppo_batch::no_next);
    log_probs_.push_back(d.log_prob);
    added_.push(0.0F, d.value, 0.0F, config_.discount, 0);
    last_[lane] = index;
    finished_ = false;
    return index;
  }

  /// Adds to the reward of the lane's open decision.
  void reward(std::size_t lane, float amount) { added_.rewards[open(lane)] += amount; }
  /// Adds to the reward of decision `index` (from `add`), open or closed: an outcome known late.
  void reward_at(std::size_t index, float amount) { added_.rewards[index] += amount; }
  /// gamma^elapsed from the lane's open decision to its next one; [0, 1]. Two decisions in one
  /// moment have 1 between them. Zero means termination: use `terminate` for that.
  void discount(std::size_t lane, float factor) { added_.discounts[open(lane)] = factor; }
  /// The episode of the lane is over: no reward can follow its open decision.
  void terminate(std::size_t lane) {
    const std::size_t k = open(lane);
    added_.discounts[k] = 0.0F;
    added_.ends[k] = 1;
    last_[lane] = none;
  }
  /// The lane is cut after its open decision; `bootstrap` is V of the state it is cut in.
  void truncate(std::size_t lane, float bootstrap) {
    const std::size_t k = open(lane);
    added_.next_values[k] = bootstrap;
    added_.ends[k] = 1;
    last_[lane] = none;
  }
  /// Whether the lane waits for a next decision, `terminate` or `truncate`.
  [[nodiscard]] bool is_open(std::size_t lane) const noexcept { return last_[lane] != none; }

  /// Computes advantages and targets of all decisions; no lane may be open.
  template <advantage_estimator Estimator>
  void finish(const Estimator& estimator) {
    for ([[maybe_unused]] const std::size_t k : last_) {
      MUSTER_EXPECTS(k == none,
                     "muster: rl::rollout::finish finds an open lane; terminate or truncate it");
    }
    sort_by_lane();
    const std::size_t n = size();
    sorted_advantages_.resize(n);
    sorted_targets_.resize(n);
    estimator.estimate(sorted_.view(), sorted_advantages_, sorted_targets_);
    advantages_.resize(n);
    targets_.resize(n);
    for (std::size_t k = 0; k < n; ++k) {
      advantages_[k] = sorted_advantages_[position_[k]];
      targets_[k] = sorted_targets_[position_[k]];
    }
    finished_ = true;
  }

  /// The decisions since the last `clear`, valid until the next change. After `finish` only.
  [[nodiscard]] ppo_batch batch() const {
    MUSTER_EXPECTS(finished_ || actions_.empty(),
                   "muster: rl::rollout::batch comes before finish; call finish(estimator) first");
    return {.observations = observations_,
            .critic_observations =
                config_.critic_observation == 0 ? observations_ : critic_observations_,
            .masks = masks_,
            .actions = actions_,
            .log_probs = log_probs_,
            .advantages = advantages_,
            .targets = targets_,
            .values = added_.values,
            .rewards = added_.rewards,
            .discounts = added_.discounts,
            .next = next_};
  }

  [[nodiscard]] std::size_t size() const noexcept { return actions_.size(); }
  [[nodiscard]] std::size_t lanes() const noexcept { return config_.lanes; }
  [[nodiscard]] std::span<const float> rewards() const noexcept { return added_.rewards; }
  /// Forgets all decisions, also open ones; keeps the memory.
  void clear() noexcept {
    observations_.clear();
    critic_observations_.clear();
    masks_.clear();
    actions_.clear();
    lane_of_.clear();
    next_.clear();
    log_probs_.clear();
    added_.clear();
    for (std::size_t& k : last_) k = none;
    finished_ = false;
  }

 private:
  static constexpr std::size_t none = ~std::size_t{0};

  struct columns {
    std::vector<float> rewards, values, next_values, discounts;
    std::vector<std::uint8_t> ends;

    void reserve(std::size_t n) {
      for (auto* c : {&rewards, &values, &next_values, &discounts}) c->reserve(n);
      ends.reserve(n);
    }
    void resize(std::size_t n) {
      for (auto* c : {&rewards, &values, &next_values, &discounts}) c->resize(n);
      ends.resize(n);
    }
    void clear() noexcept {
      for (auto* c : {&rewards, &values, &next_values, &discounts}) c->clear();
      ends.clear();
    }
    void push(float reward, float value, float next, float discount, std::uint8_t end) {
      rewards.push_back(reward);
      values.push_back(value);
      next_values.push_back(next);
      discounts.push_back(discount);
      ends.push_back(end);
    }
    [[nodiscard]] trajectory_view view() const noexcept {
      return {rewards, values, next_values, discounts, ends};
    }
  };

  template <class T>
  static void append(std::vector<T>& column, std::span<const T> row) {
    column.insert(column.end(), row.begin(), row.end());
  }
  [[nodiscard]] std::size_t open(std::size_t lane) const {
    MUSTER_EXPECTS(lane < config_.lanes && last_[lane] != none,
                   "muster: rl::rollout lane has no open decision; add one first");
    return last_[lane];
  }
  // Counting sort, stable: position_[k] is where decision k stands among the lanes end to end.
  void sort_by_lane() {
    for (std::size_t& f : first_of_lane_) f = 0;
    for (const std::uint32_t lane : lane_of_) ++first_of_lane_[lane + 1];
    for (std::size_t l = 1; l < first_of_lane_.size(); ++l) {
      first_of_lane_[l] += first_of_lane_[l - 1];
    }
    const std::size_t n = size();
    position_.resize(n);
    sorted_.resize(n);
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t to = first_of_lane_[lane_of_[k]]++;
      position_[k] = to;
      sorted_.rewards[to] = added_.rewards[k];
      sorted_.values[to] = added_.values[k];
      sorted_.next_values[to] = added_.next_values[k];
      sorted_.discounts[to] = added_.discounts[k];
      sorted_.ends[to] = added_.ends[k];
    }
  }

  config config_;
  std::vector<std::size_t> last_;  // the open decision of each lane
  std::vector<float> observations_, critic_observations_;
  std::vector<std::uint8_t> masks_;
  std::vector<std::uint32_t> actions_, lane_of_, next_;
  std::vector<float> log_probs_, advantages_, targets_;
  columns added_, sorted_;
  std::vector<float> sorted_advantages_, sorted_targets_;
  std::vector<std::size_t> position_, first_of_lane_;
  bool finished_ = false;
};

}  // namespace muster::inline MUSTER_ABI::rl
