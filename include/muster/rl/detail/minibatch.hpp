// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <muster/num/view.hpp>
#include <muster/rl/detail/staging.hpp>
#include <muster/rl/rollout.hpp>
#include <muster/rl/running_moments.hpp>

namespace muster::inline MUSTER_ABI::rl::detail {

/// Whether every number of the batch is finite.
[[nodiscard]] inline bool all_finite(const ppo_batch& b) noexcept {
  for (const std::span<const float> column :
       {b.observations, b.critic_observations, b.log_probs, b.advantages, b.targets, b.values}) {
    // x - x is 0 for every finite x and NaN otherwise; eight sums side by side, because one
    // would wait for itself at every addition.
    float sums[8] = {};
    std::size_t i = 0;
    for (; i + 8 <= column.size(); i += 8) {
      for (std::size_t j = 0; j < 8; ++j) sums[j] += column[i + j] - column[i + j];
    }
    for (; i < column.size(); ++i) sums[0] += column[i] - column[i];
    for (const float sum : sums) {
      if (!(sum == 0.0F)) return false;
    }
  }
  return true;
}

/// 1 - Var(target - value) / Var(target); 0 where targets do not vary.
[[nodiscard]] inline double explained_variance(const ppo_batch& b) noexcept {
  double mean_target = 0.0;
  double mean_rest = 0.0;
  const double n = static_cast<double>(b.size());
  for (std::size_t i = 0; i < b.size(); ++i) {
    mean_target += static_cast<double>(b.targets[i]) / n;
    mean_rest += (static_cast<double>(b.targets[i]) - static_cast<double>(b.values[i])) / n;
  }
  double target = 0.0;
  double rest = 0.0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double t = static_cast<double>(b.targets[i]);
    const double r = t - static_cast<double>(b.values[i]) - mean_rest;
    target += (t - mean_target) * (t - mean_target);
    rest += r * r;
  }
  return target > 0.0 ? 1.0 - rest / target : 0.0;
}

/// x -> (x - offset) * scale.
struct linear_map {
  double offset = 0.0;
  double scale = 1.0;
};

/// Some rows of a batch, gathered into memory of the backend; memory is kept.
template <class T, class Backend>
class minibatch {
 public:
  using input = num::view<const T>;

  void reserve(std::size_t rows, std::size_t width, std::size_t state_width, std::size_t actions) {
    observations_.reserve(rows * width);
    states_.reserve(rows * state_width);
    masks_.reserve(rows * actions);
    actions_.reserve(rows);
    log_probs_.reserve(rows);
    advantages_.reserve(rows);
    targets_.reserve(rows);
    values_.reserve(rows);
  }

  void gather(const ppo_batch& b, std::span<const std::uint32_t> rows, linear_map advantage,
              linear_map value) {
    const std::size_t n = rows.size();
    const std::size_t width = b.observations.size() / b.size();
    const std::size_t state_width = b.critic_observations.size() / b.size();
    // A critic that reads the actor's observations reads the actor's copy of them.
    const bool shared =
        b.observations.data() == b.critic_observations.data() && width == state_width;
    take(rows, b.observations, width, observations_);
    x = observations_.commit({n, width});
    states = x;
    if (!shared) {
      take(rows, b.critic_observations, state_width, states_);
      states = states_.commit({n, state_width});
    }
    mask = {};
    if (!b.masks.empty()) {
      const std::size_t actions = b.masks.size() / b.size();
      take(rows, b.masks, actions, masks_);
      mask = masks_.commit({n, actions});
    }
    take(rows, b.actions, 1, actions_);
    take(rows, b.log_probs, 1, log_probs_);
    take(rows, b.advantages, advantage, advantages_);
    take(rows, b.targets, value, targets_);
    take(rows, b.values, value, values_);
    chosen = actions_.commit({n});
    log_probs = log_probs_.commit({n});
    advantages = advantages_.commit({n});
    targets = targets_.commit({n, 1});
    old_values = values_.commit({n, 1});
  }

  // What was gathered last.
  input x, states;
  num::view<const std::uint8_t> mask;
  num::view<const std::uint32_t> chosen;
  input log_probs, advantages;  // [n]
  input targets, old_values;    // [n, 1]

 private:
  template <class U>
  static void take(std::span<const std::uint32_t> rows, std::span<const U> from, std::size_t width,
                   auto& to) {
    auto* out = to.host().data();
    using target = std::remove_reference_t<decltype(*out)>;
    for (const std::uint32_t r : rows) {
      const U* row = from.data() + r * width;
      for (std::size_t j = 0; j < width; ++j) *out++ = static_cast<target>(row[j]);
    }
  }
  static void take(std::span<const std::uint32_t> rows, std::span<const float> from, linear_map f,
                   staging<T, Backend>& to) {
    T* out = to.host().data();
    for (const std::uint32_t r : rows) {
      *out++ = static_cast<T>((static_cast<double>(from[r]) - f.offset) * f.scale);
    }
  }

  staging<T, Backend> observations_, states_, log_probs_, advantages_, targets_, values_;
  staging<std::uint8_t, Backend> masks_;
  staging<std::uint32_t, Backend> actions_;
};

}  // namespace muster::inline MUSTER_ABI::rl::detail
