// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/rl/rollout.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// A circular pool of decisions: what a collector writes while somebody else learns.
///
/// Idea      a collector that must not wait writes on as long as the learner is busy. So the pool
///           is bounded, and it is the oldest episodes that go when it is full: they are what the
///           policy does least any more.
/// Source    KMPS IV-A.4, "two circular buffer pools (each with a capacity of 10^6 samples)".
/// Overflow  a decision too many drops the oldest finished episode, all of it; if there is none,
///           the oldest decision of the running one. What is left needs nothing that was dropped,
///           since advantages look ahead only. Both are counted.
/// Use       the verbs of `rollout` for writing: `add`, `reward_at`, `discount`, `terminate`,
///           `truncate`; `end_episode` after each; no values are needed, they come when the
///           decisions are learned from. Reading: `for_each_part`, then `clear`.
/// Cost      O(width) per decision. Pages of `page` decisions are allocated when first written to
///           and kept; they never move, so no `add` copies what others have written.
class sample_ring {
 public:
  struct config {
    std::size_t lanes = 1;               ///< >= 1
    std::size_t observation_size = 1;    ///< numbers the actor sees; >= 1
    std::size_t critic_observation = 0;  ///< numbers the critic sees; 0 = those of the actor
    std::size_t masked_actions = 0;      ///< entries of a mask; 0 = no masks are kept
    std::size_t capacity = 1'000'000;    ///< decisions kept; >= 1
    std::size_t page = 4096;             ///< decisions per block of memory; >= 1
  };

  /// What is kept of one decision beside what was seen.
  struct sample {
    std::uint32_t lane = 0;
    std::uint32_t action = 0;
    float log_prob = 0.0F;
    float reward = 0.0F;
    float discount = 0.0F;   ///< until the next decision of the lane; 0 = terminated
    float bootstrap = 0.0F;  ///< V of the state in which the lane was cut; only with `end`
    bool end = false;        ///< the last decision of its lane
  };
  /// Decisions that lie side by side in memory; the views are valid until the next write.
  struct part {
    std::span<const float> observations;         ///< [n, observation_size]
    std::span<const float> critic_observations;  ///< [n, critic_observation], or as above
    std::span<const std::uint8_t> masks;         ///< [n, masked_actions]
    std::span<const sample> samples;             ///< [n]
  };

  explicit sample_ring(config c)
      : config_{c}, pages_((c.capacity + c.page - 1) / c.page), last_(c.lanes, none) {
    MUSTER_EXPECTS(c.lanes > 0 && c.observation_size > 0 && c.capacity > 0 && c.page > 0,
                   "muster: rl::sample_ring config has a zero; give lanes, observation_size, "
                   "capacity and page");
    if (c.page > c.capacity) config_.page = c.capacity;
    slots_ = pages_.size() * config_.page;
  }

  // ---- writing ------------------------------------------------------------------------------

  /// Notes a decision of `lane` and returns its number, valid until `clear`.
  std::size_t add(std::size_t lane, const decision_record& d) {
    MUSTER_EXPECTS(lane < config_.lanes,
                   "muster: rl::sample_ring has no such lane; see config.lanes");
    MUSTER_EXPECTS(d.observation.size() == config_.observation_size &&
                       d.critic_observation.size() == config_.critic_observation &&
                       d.mask.size() == config_.masked_actions,
                   "muster: rl::sample_ring got a record of another width; see its config");
    if (head_ - tail_ == config_.capacity) make_room();
    const std::size_t at = head_ % slots_ % config_.page;
    page& p = pages_[head_ % slots_ / config_.page];
    if (p.samples.empty()) allocate(p);
    std::copy(d.observation.begin(), d.observation.end(),
              p.observations.data() + at * config_.observation_size);
    std::copy(d.critic_observation.begin(), d.critic_observation.end(),
              p.states.data() + at * config_.critic_observation);
    std::copy(d.mask.begin(), d.mask.end(), p.masks.data() + at * config_.masked_actions);
    p.samples[at] = {
        static_cast<std::uint32_t>(lane), d.action, d.log_prob, 0.0F, 1.0F, 0.0F, false};
    last_[lane] = head_;
    return head_++;
  }

  /// Adds to the reward of a decision, open or closed; one that was dropped ignores it.
  void reward_at(std::size_t number, float amount) noexcept {
    if (number >= tail_ && number < head_) at(number).reward += amount;
  }
  /// gamma^elapsed from the lane's open decision to its next one; [0, 1].
  void discount(std::size_t lane, float factor) {
    if (sample* s = open(lane)) s->discount = factor;
  }
  /// The episode of the lane is over: no reward can follow its open decision.
  void terminate(std::size_t lane) { close(lane, 0.0F, 0.0F); }
  /// The lane is cut after its open decision, whose discount stays; `bootstrap` is V of the
  /// state it is cut in.
  void truncate(std::size_t lane, float bootstrap) {
    const sample* s = open(lane);
    close(lane, s == nullptr ? 0.0F : s->discount, bootstrap);
  }
  /// Ends the episode; every lane must be closed. An empty episode counts for nothing.
  void end_episode() {
    for ([[maybe_unused]] const std::size_t k : last_) {
      MUSTER_EXPECTS(k == none,
                     "muster: rl::sample_ring::end_episode finds an open lane; terminate or "
                     "truncate it");
    }
    if (head_ > begin_of_running()) ends_.push_back(head_);
  }
  /// Forgets everything but the counts of what was dropped; keeps the memory.
  void clear() noexcept {
    head_ = tail_ = 0;
    ends_.clear();
    first_ = 0;
    for (std::size_t& k : last_) k = none;
  }

  // ---- reading ------------------------------------------------------------------------------

  [[nodiscard]] std::size_t size() const noexcept { return head_ - tail_; }
  /// Finished episodes, the oldest first.
  [[nodiscard]] std::size_t episodes() const noexcept { return ends_.size() - first_; }
  [[nodiscard]] std::size_t episode_size(std::size_t e) const {
    return ends_[first_ + e] - begin_of(e);
  }
  /// f(part) for the decisions of finished episode e, in the order of `add`.
  template <class F>
  void for_each_part(std::size_t e, F&& f) const {
    MUSTER_EXPECTS(e < episodes(), "muster: rl::sample_ring has no such episode; see episodes()");
    for (std::size_t k = begin_of(e), end = ends_[first_ + e]; k < end;) {
      const std::size_t in_page = k % slots_ % config_.page;
      const std::size_t n = (std::min)(end - k, config_.page - in_page);
      const page& p = pages_[k % slots_ / config_.page];
      const auto rows = [&](const auto& column, std::size_t width) {
        return std::span{column}.subspan(in_page * width, n * width);
      };
      part now;
      now.observations = rows(p.observations, config_.observation_size);
      now.critic_observations = config_.critic_observation == 0
                                    ? now.observations
                                    : rows(p.states, config_.critic_observation);
      now.masks = rows(p.masks, config_.masked_actions);
      now.samples = rows(p.samples, 1);
      f(now);
      k += n;
    }
  }
  /// Decisions, and whole episodes, that overflow has dropped since construction.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  [[nodiscard]] std::uint64_t dropped_episodes() const noexcept { return dropped_episodes_; }
  [[nodiscard]] const config& settings() const noexcept { return config_; }

 private:
  static constexpr std::size_t none = ~std::size_t{0};
  struct page {
    std::vector<float> observations, states;
    std::vector<std::uint8_t> masks;
    std::vector<sample> samples;
  };

  void allocate(page& p) const {
    p.observations.resize(config_.page * config_.observation_size);
    p.states.resize(config_.page * config_.critic_observation);
    p.masks.resize(config_.page * config_.masked_actions);
    p.samples.resize(config_.page);
  }
  [[nodiscard]] sample& at(std::size_t number) noexcept {
    return pages_[number % slots_ / config_.page].samples[number % slots_ % config_.page];
  }
  /// The lane's open decision; nullptr if overflow has dropped it.
  [[nodiscard]] sample* open(std::size_t lane) {
    MUSTER_EXPECTS(lane < config_.lanes && last_[lane] != none,
                   "muster: rl::sample_ring lane has no open decision; add one first");
    return last_[lane] < tail_ ? nullptr : &at(last_[lane]);
  }
  void close(std::size_t lane, float discount, float bootstrap) {
    if (sample* s = open(lane)) {
      s->discount = discount;
      s->bootstrap = bootstrap;
      s->end = true;
    }
    last_[lane] = none;
  }
  [[nodiscard]] std::size_t begin_of(std::size_t e) const noexcept {
    return (std::max)(tail_, e == 0 ? std::size_t{0} : ends_[first_ + e - 1]);
  }
  [[nodiscard]] std::size_t begin_of_running() const noexcept { return begin_of(episodes()); }
  void make_room() noexcept {
    std::size_t to = tail_ + 1;
    if (episodes() > 0) {
      to = ends_[first_++];
      ++dropped_episodes_;
      if (2 * first_ >= ends_.size()) {  // now and then, so that the list does not grow forever
        ends_.erase(ends_.begin(), ends_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
      }
    }
    dropped_ += to - tail_;
    tail_ = to;
  }

  config config_;
  std::vector<page> pages_;
  std::size_t slots_ = 0;            // decisions that fit into all pages, >= capacity
  std::size_t head_ = 0, tail_ = 0;  // numbers of the next and of the oldest decision
  std::vector<std::size_t> ends_;    // of finished episodes, from first_ on
  std::size_t first_ = 0;
  std::vector<std::size_t> last_;  // the open decision of each lane
  std::uint64_t dropped_ = 0, dropped_episodes_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::rl
