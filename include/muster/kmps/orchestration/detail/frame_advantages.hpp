// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/kmps/orchestration/detail/frame_record.hpp>
#include <muster/kmps/orchestration/settings.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/running_moments.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// What each draw of some episodes was worth: the advantage of its frame, and its own credit.
template <class T, std::size_t Parts, bool UsesCritic>
class frame_advantages {
 public:
  using lane_type = lane_record<T, Parts>;
  static constexpr std::size_t parts = Parts;

  struct sample {
    std::uint32_t lane = 0, frame = 0;
  };

  explicit frame_advantages(const orchestration_settings& s) : settings_{s} {}

  /// Works out advantages and targets of all finished frames, and lists these in `order`. False if
  /// there is none, or if a number is not finite; then nothing that lasts was changed.
  bool gather(std::span<lane_type> lanes, orchestration_stats& stats) {
    order.clear();
    const auto& s = settings_;
    std::size_t drawn = 0, executed = 0;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      auto& l = lanes[i];
      const std::size_t frames = l.finished();
      for (std::size_t f = 0; f < frames; ++f) {
        order.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(f)});
      }
      for (std::size_t k = 0; k < frames * s.adjustments * s.choose; ++k) {
        drawn += l.done[k].drawn != 0 ? 1 : 0;
        executed += l.done[k].executed != 0 ? 1 : 0;
      }
    }
    stats.frames = order.size();
    stats.executed = drawn > 0 ? static_cast<double>(executed) / static_cast<double>(drawn) : 0.0;
    if (order.empty()) return false;
    auto seen = moments;
    for (std::size_t p = 0; p < parts; ++p) {
      for (std::size_t i = 0; i < lanes.size(); ++i) estimate(lanes[i], p);
      if constexpr (!UsesCritic) subtract_baseline(lanes, p);
      rl::running_moments spread, spread_of_credits, targets = moments[p];
      double reward = 0.0;
      bool finite = true;
      for (auto& l : lanes) {
        const std::size_t frames = l.finished();
        for (std::size_t f = 0; f < frames; ++f) {
          reward += static_cast<double>(l.rewards[p][f]);
          finite = finite && std::isfinite(l.advantages[p][f]);
        }
        const auto credits = std::span<const float>{l.credits[p]}.first(frames * s.adjustments);
        for (const float c : credits) finite = finite && std::isfinite(c);
        spread.add(std::span<const float>{l.advantages[p]}.first(frames));
        spread_of_credits.add(credits);
        targets.add(std::span<const float>{l.targets[p]}.first(frames));
      }
      stats.reward[p] = reward / static_cast<double>(order.size());
      if (!finite) {
        stats.refused = true;
        return false;
      }
      seen[p] = targets;
      of_frames_[p] = of_draws_[p] = {0.0, 1.0};
      if (s.normalise_advantages) {
        of_frames_[p] = {spread.mean(), 1.0 / (spread.sd() + 1e-8)};
        of_draws_[p] = {spread_of_credits.mean(), 1.0 / (spread_of_credits.sd() + 1e-8)};
      }
      of_draws_[p].scale *= s.credit;
    }
    if (s.normalise_values) moments = seen;
    return true;
  }

  /// Of round r of a frame, normalised.
  [[nodiscard]] double advantage(const lane_type& l, std::size_t p, std::size_t frame,
                                 std::size_t round) const noexcept {
    const float own = l.credits[p][frame * settings_.adjustments + round];
    return of_frames_[p](l.advantages[p][frame]) + of_draws_[p](own);
  }
  /// What a critic should say of a frame, in its own units.
  [[nodiscard]] double target(const lane_type& l, std::size_t p, std::size_t frame) const noexcept {
    const double x = static_cast<double>(l.targets[p][frame]);
    return settings_.normalise_values ? moments[p].normalised(x) : x;
  }
  /// What a critic said, in units of reward.
  [[nodiscard]] float restored(std::size_t p, float value) const noexcept {
    const double x = static_cast<double>(value);
    return static_cast<float>(settings_.normalise_values ? moments[p].restored(x) : x);
  }

  std::vector<sample> order;                         ///< what was gathered last
  std::array<rl::running_moments, Parts> moments{};  ///< of the targets so far

 private:
  struct linear_map {
    double offset = 0.0, scale = 1.0;
    double operator()(float x) const noexcept { return (static_cast<double>(x) - offset) * scale; }
  };

  void estimate(lane_type& l, std::size_t p) {
    const std::size_t frames = l.finished();
    l.advantages[p].resize(frames);
    l.targets[p].resize(frames);
    if (frames == 0) return;
    const auto& s = settings_;
    discounts_.assign(frames, static_cast<float>(s.gamma));
    const bool bootstrap = UsesCritic && s.continuing;
    if (!bootstrap) discounts_.back() = 0.0F;
    rl::gae(std::span<const float>{l.rewards[p]}.first(frames),
            std::span<const float>{l.values[p]}.first(frames), l.values[p][frames - 1], discounts_,
            UsesCritic ? s.lambda : 1.0, l.advantages[p], l.targets[p]);
  }
  // Without critics: what the lanes had on average from the same frame on.
  static void subtract_baseline(std::span<lane_type> lanes, std::size_t p) {
    std::size_t longest = 0;
    for (const auto& l : lanes) longest = (std::max)(longest, l.advantages[p].size());
    for (std::size_t f = 0; f < longest; ++f) {
      double sum = 0.0, count = 0.0;
      for (const auto& l : lanes) {
        if (f >= l.advantages[p].size()) continue;
        sum += static_cast<double>(l.advantages[p][f]);
        count += 1.0;
      }
      for (auto& l : lanes) {
        if (f < l.advantages[p].size()) l.advantages[p][f] -= static_cast<float>(sum / count);
      }
    }
  }

  orchestration_settings settings_;
  std::array<linear_map, Parts> of_frames_{}, of_draws_{};
  std::vector<float> discounts_;
};

}  // namespace muster::inline MUSTER_ABI::kmps::detail
