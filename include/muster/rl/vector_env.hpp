// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/environment.hpp>
#include <muster/core/contracts.hpp>
#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Many copies of one environment stepped together, results as structure of arrays.
///
/// Idea      a policy network costs little more for sixteen rows than for one; so collect the
///           observations of all lanes in one block and step all lanes with one answer.
/// Reset     a lane that is done is reset within the same `step`: `observations()` then shows
///           the first observation of the next episode and `final_observations()` the last
///           one of the old, which a truncated episode needs for its bootstrap value.
/// Cost      no allocation after construction.
/// Determinism    lane i draws from g.fork(i) of the generator given to `reset`, so results do
///           not depend on the order in which lanes run or on how many threads run them.
template <environment Env>
class vector_env {
 public:
  /// Takes the lanes as they are; all must have equal sizes. At least one.
  explicit vector_env(std::vector<Env> lanes) : lanes_{std::move(lanes)} {
    MUSTER_EXPECTS(!lanes_.empty(), "muster: rl::vector_env has no lanes; give at least one");
    width_ = lanes_[0].observation_size();
    actions_ = lanes_[0].action_count();
    const std::size_t n = lanes_.size();
    observations_.resize(n * width_);
    final_observations_.resize(n * width_);
    if constexpr (masked_environment<Env>) masks_.resize(n * actions_);
    rewards_.resize(n);
    terminated_.resize(n);
    truncated_.resize(n);
    returns_.resize(n);
    finished_returns_.resize(n);
    lengths_.resize(n);
    generators_.resize(n);
  }
  /// `count` copies of one environment.
  vector_env(std::size_t count, const Env& prototype)
      : vector_env{std::vector<Env>(count, prototype)} {}

  /// Starts an episode in every lane. `g` is forked, not advanced.
  void reset(const rng& g) noexcept {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      generators_[i] = g.fork(i);
      rewards_[i] = 0.0F;
      terminated_[i] = truncated_[i] = 0;
      start(i);
    }
  }

  /// One step of every lane, actions[i] for lane i.
  void step(std::span<const std::uint32_t> actions) noexcept {
    check(actions);
    for (std::size_t i = 0; i < lanes_.size(); ++i) advance(i, actions[i]);
  }
  /// The same on a pool with `for_each(n, f)`; equal results for any number of threads.
  template <class Pool>
  void step(std::span<const std::uint32_t> actions, Pool& pool) {
    check(actions);
    pool.for_each(lanes_.size(), [&](std::size_t i) { advance(i, actions[i]); });
  }

  [[nodiscard]] std::size_t size() const noexcept { return lanes_.size(); }
  [[nodiscard]] std::size_t observation_size() const noexcept { return width_; }
  [[nodiscard]] std::size_t action_count() const noexcept { return actions_; }
  [[nodiscard]] Env& lane(std::size_t i) noexcept { return lanes_[i]; }

  /// [lanes, observation_size], for the next action.
  [[nodiscard]] num::view<const float> observations() const noexcept {
    return {observations_.data(), {lanes_.size(), width_}};
  }
  /// [lanes, observation_size]; row i is meaningful only where done(i).
  [[nodiscard]] num::view<const float> final_observations() const noexcept {
    return {final_observations_.data(), {lanes_.size(), width_}};
  }
  /// [lanes, action_count], or empty if the environment forbids nothing.
  [[nodiscard]] num::view<const std::uint8_t> masks() const noexcept {
    if constexpr (masked_environment<Env>) {
      return {masks_.data(), {lanes_.size(), actions_}};
    } else {
      return {};
    }
  }
  [[nodiscard]] std::span<const float> rewards() const noexcept { return rewards_; }
  [[nodiscard]] bool terminated(std::size_t i) const noexcept { return terminated_[i] != 0; }
  [[nodiscard]] bool truncated(std::size_t i) const noexcept { return truncated_[i] != 0; }
  [[nodiscard]] bool done(std::size_t i) const noexcept { return terminated(i) || truncated(i); }
  /// Sum of rewards of the episode that lane i finished in the last step where done(i).
  [[nodiscard]] double finished_return(std::size_t i) const noexcept {
    return finished_returns_[i];
  }
  /// Steps of the running episode of lane i.
  [[nodiscard]] std::uint64_t length(std::size_t i) const noexcept { return lengths_[i]; }

 private:
  void check([[maybe_unused]] std::span<const std::uint32_t> actions) const noexcept {
    MUSTER_EXPECTS(actions.size() == lanes_.size(),
                   "muster: rl::vector_env::step needs one action per lane; pass size() actions");
  }
  [[nodiscard]] std::span<float> row(std::vector<float>& block, std::size_t i) noexcept {
    return std::span{block}.subspan(i * width_, width_);
  }
  void look(std::size_t i) noexcept {
    lanes_[i].observe(row(observations_, i));
    if constexpr (masked_environment<Env>) {
      lanes_[i].mask(std::span{masks_}.subspan(i * actions_, actions_));
    }
  }
  void start(std::size_t i) noexcept {
    lanes_[i].reset(generators_[i]);
    returns_[i] = 0.0;
    lengths_[i] = 0;
    look(i);
  }
  void advance(std::size_t i, std::uint32_t action) noexcept {
    const step_outcome outcome = lanes_[i].step(action, generators_[i]);
    rewards_[i] = outcome.reward;
    terminated_[i] = outcome.terminated ? 1 : 0;
    truncated_[i] = outcome.truncated ? 1 : 0;
    returns_[i] += static_cast<double>(outcome.reward);
    ++lengths_[i];
    if (outcome.done()) {
      lanes_[i].observe(row(final_observations_, i));
      finished_returns_[i] = returns_[i];
      start(i);
    } else {
      look(i);
    }
  }

  std::vector<Env> lanes_;
  std::size_t width_ = 0;
  std::size_t actions_ = 0;
  std::vector<float> observations_, final_observations_;
  std::vector<std::uint8_t> masks_;
  std::vector<float> rewards_;
  std::vector<std::uint8_t> terminated_, truncated_;  // not vector<bool>: lanes write in parallel
  std::vector<double> returns_, finished_returns_;
  std::vector<std::uint64_t> lengths_;
  std::vector<rng> generators_;
};

}  // namespace muster::inline MUSTER_ABI::rl
