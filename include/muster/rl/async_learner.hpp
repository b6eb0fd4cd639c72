// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include <muster/concepts/advantage.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/rl/double_buffer.hpp>
#include <muster/rl/parameter_sync.hpp>
#include <muster/rl/replay_window.hpp>
#include <muster/rl/rollout.hpp>
#include <muster/rl/sample_ring.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// How collector and learner meet at the end of an episode.
enum class hand_over : std::uint8_t {
  free,        ///< the collector never waits; which episodes are learned from together is chance
  rendezvous,  ///< two threads that wait for each other at each end: repeats itself exactly
  one_thread,  ///< the same order without a second thread: equal to `rendezvous` bit for bit
};

/// Collects on the caller's thread and learns on another one.
///
/// Idea      acting needs parameters that stand still, learning changes them all the time. So the
///           collector acts with a copy, and writes into one pool while the learner reads the
///           other; finished parameters come back as numbered sets (rl/parameter_sync.hpp).
/// Source    KMPS IV-A.4, "dual-buffer asynchronous training". Left open there: the exchange
///           happens only when the learner has released its pool, otherwise the collector goes on
///           in its own, which drops its oldest episodes when it is full; the learner values a
///           decision when it learns from it, so the collector needs no critic; an update reads
///           the last `window` episodes, each with the probabilities stored when it was played.
/// Order     at the end of episode k the collector takes the newest parameters, then hands over.
///           So with `rendezvous` episode k + 1 is played with what was learned up to k - 1, while
///           k is being learned from: the price of not waiting, made exact.
/// Refused   an update that met a number that is not finite publishes nothing: all go on acting
///           with the version they have.
/// Use       per episode: collect with `policy()` into `sink()`, then `end_episode(round)`; at the
///           end `finish()`. The learner is ours until then; after `settle()` it stands still
///           until the next `end_episode` and may be read, or saved.
/// Threads   one of its own, from construction to `finish` or destruction.
/// Determinism  see `hand_over`; the random stream of an update is forked by its round.
template <class Learner, advantage_estimator Advantage>
class async_learner {
 public:
  using actor_type = typename Learner::actor_type;
  using stats_type = decltype(std::declval<Learner&>().update(ppo_batch{}, std::declval<rng&>()));

  struct config {
    sample_ring::config pool{};  ///< of each of the two
    std::size_t window = 3;      ///< episodes an update learns from; >= 1
    hand_over exchange = hand_over::free;
    std::uint64_t publish_every = 1;  ///< updates between two published versions; >= 1
  };

  /// `acting` is an actor of the learner's kind; `version` numbers the parameters as they are, and
  /// the rounds given to `end_episode` rise above it.
  async_learner(Learner& learner, const Advantage& advantage, actor_type acting, const config& c,
                const rng& streams, std::uint64_t version)
      : learner_{learner},
        advantage_{advantage},
        acting_{std::move(acting)},
        config_{c},
        streams_{streams},
        sync_{{.size = acting_.store().values().size(), .readers = 1}},
        exchange_{pool{sample_ring{c.pool}}, pool{sample_ring{c.pool}}},
        window_{{.episodes = c.window}},
        episode_{{.lanes = c.pool.lanes,
                  .observation_size = c.pool.observation_size,
                  .critic_observation = c.pool.critic_observation,
                  .masked_actions = c.pool.masked_actions,
                  .capacity = 0}} {
    MUSTER_EXPECTS(c.publish_every > 0,
                   "muster: rl::async_learner never publishes; set publish_every to 1 or more");
    sync_.publish(learner_.policy().store(), version);
    held_ = sync_.fetch(acting_.store(), {});
    if (c.exchange != hand_over::one_thread) thread_ = std::thread{[this] { serve(); }};
  }
  async_learner(const async_learner&) = delete;
  async_learner& operator=(const async_learner&) = delete;
  ~async_learner() { stop(); }

  // ---- the collecting thread ----------------------------------------------------------------

  /// Where the collector writes until `end_episode`.
  [[nodiscard]] sample_ring& sink() noexcept { return exchange_.writing().samples; }
  /// Who decides until `end_episode`, and which version it is.
  [[nodiscard]] actor_type& policy() noexcept { return acting_; }
  [[nodiscard]] parameter_stamp held() const noexcept { return held_; }

  /// Takes the newest parameters and hands the episode over, if the learner is free; only with
  /// `rendezvous` it waits for that. Returns what an update did that finished since the last
  /// call, if one did.
  std::optional<stats_type> end_episode(std::uint64_t round) {
    pool& written = exchange_.writing();
    written.samples.end_episode();
    written.round = round;
    dropped_ +=
        written.samples.dropped() - std::exchange(written.counted, written.samples.dropped());
    if (config_.exchange != hand_over::free) settle();
    held_ = sync_.fetch(acting_.store(), held_);
    if (!exchange_.publish()) return std::nullopt;
    handed_over_ = true;
    return std::exchange(exchange_.writing().learned, std::nullopt);
  }

  /// Waits until the learner has nothing to do; that lasts until the next `end_episode`.
  void settle() {
    if (config_.exchange == hand_over::one_thread) {
      if (std::exchange(handed_over_, false)) learn_from(*exchange_.wait());
    } else {
      exchange_.wait_released();
    }
  }

  /// Learns from all that is left and ends the thread; then the learner is the caller's again.
  /// Returns what the last update did, if `end_episode` has not told yet.
  std::optional<stats_type> finish() {
    settle();
    if (exchange_.writing().samples.size() > 0 && exchange_.publish()) {
      handed_over_ = true;
      settle();
    }
    stop();
    held_ = sync_.fetch(acting_.store(), held_);
    return std::exchange(exchange_.resting().learned, std::nullopt);
  }

  /// Decisions that a full pool has dropped.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  /// Episodes that were too old when the learner came to them: more than `window` had gathered.
  [[nodiscard]] std::uint64_t passed_over() const noexcept { return passed_over_.load(); }

 private:
  struct pool {
    sample_ring samples;
    std::uint64_t round = 0;              // of its newest episode
    std::uint64_t counted = 0;            // drops that are in dropped_ already
    std::optional<stats_type> learned{};  // what the update from it did
  };

  void stop() {
    exchange_.close();
    if (thread_.joinable()) thread_.join();
  }

  // ---- the learning thread ------------------------------------------------------------------

  void serve() {
    while (pool* p = exchange_.wait()) learn_from(*p);
  }
  void learn_from(pool& p) {
    const std::size_t n = p.samples.episodes();
    const std::size_t first = n > config_.window ? n - config_.window : 0;
    passed_over_.fetch_add(first);
    for (std::size_t e = first; e < n; ++e) {
      take(p.samples, e);
      episode_.finish(advantage_);
      window_.add(episode_.batch());
    }
    p.samples.clear();
    rng stream = streams_.fork(p.round);
    const stats_type stats = learner_.update(window_.batch(), stream);
    if (!stats.refused && ++updates_ % config_.publish_every == 0) {
      sync_.publish(learner_.policy().store(), p.round);
    }
    p.learned = stats;
    exchange_.release();
  }
  /// One episode out of the pool, valued.
  void take(const sample_ring& from, std::size_t e) {
    episode_.clear();
    bool chained = false;
    from.for_each_part(e, [&](const sample_ring::part& part) {
      for (const auto& s : part.samples) chained = chained || !s.end;
    });
    from.for_each_part(e, [&](const sample_ring::part& part) {
      const std::size_t n = part.samples.size();
      values_.resize((std::max)(n, values_.size()));
      next_values_.resize(values_.size());
      learner_.values(part.critic_observations, std::span{values_}.first(n));
      if (chained) learner_.next_values(part.critic_observations, std::span{next_values_}.first(n));
      const auto& shape = from.settings();
      const auto row = [](const auto& column, std::size_t width, std::size_t i) {
        return column.subspan(i * width, width);
      };
      for (std::size_t i = 0; i < n; ++i) {
        const sample_ring::sample& s = part.samples[i];
        decision_record d;
        d.observation = row(part.observations, shape.observation_size, i);
        if (shape.critic_observation > 0) {
          d.critic_observation = row(part.critic_observations, shape.critic_observation, i);
        }
        d.mask = row(part.masks, shape.masked_actions, i);
        d.action = s.action;
        d.log_prob = s.log_prob;
        d.value = values_[i];
        if (chained) d.next_value = next_values_[i];
        episode_.add(s.lane, d);
        episode_.reward(s.lane, s.reward);
        episode_.discount(s.lane, s.discount);
        if (s.end && s.discount == 0.0F) episode_.terminate(s.lane);
        if (s.end && s.discount != 0.0F) episode_.truncate(s.lane, s.bootstrap);
      }
    });
  }

  Learner& learner_;
  const Advantage& advantage_;
  actor_type acting_;
  config config_;
  rng streams_;
  parameter_sync<typename actor_type::value_type> sync_;
  double_buffer<pool> exchange_;
  parameter_stamp held_{};
  bool handed_over_ = false;  // with one_thread: a pool waits to be learned from
  std::uint64_t dropped_ = 0;
  // Of the learning thread:
  replay_window window_;
  rollout episode_;
  std::vector<float> values_, next_values_;
  std::uint64_t updates_ = 0;
  std::atomic<std::uint64_t> passed_over_{0};
  std::thread thread_;
};

}  // namespace muster::inline MUSTER_ABI::rl
