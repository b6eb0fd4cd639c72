// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/dispatch_view.hpp>
#include <muster/concepts/reward_rule.hpp>
#include <muster/core/rng.hpp>
#include <muster/kmps/observation.hpp>
#include <muster/kmps/trainer.hpp>
#include <muster/rl/actor.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// 1 for valid targets; how many there are, and the last one.
[[nodiscard]] inline std::size_t fill_mask(const dispatch_view& view, std::span<std::uint8_t> mask,
                                           std::size_t& last) {
  std::size_t count = 0;
  for (std::size_t k = 0; k < view.size(); ++k) {
    mask[k] = view.valid(k) ? 1 : 0;
    if (mask[k] != 0) {
      ++count;
      last = k;
    }
  }
  return count;
}

/// Plays episodes for a training: many environments side by side, one batch per round of
/// decisions, rewards in hindsight. Frames in between go to the orchestra.
///
/// `policy` decides; `critic` values what it decided upon, at once, or, where it is nullptr,
/// whoever learns from the sink does so later.
///
/// Of a long episode only `samples` decisions in all are kept, drawn evenly. Where decisions are
/// chained, what the left-out ones earn counts for the one kept before, discounted.
template <class Env, class Observation, class Reward, bool LocalCritic = false>
class collector {
 public:
  collector(const Observation& observation, const Reward& reward, rng& random, std::size_t width,
            std::size_t state_size, double gamma, std::size_t samples)
      : observation_{observation},
        reward_{reward},
        random_{random},
        width_{width},
        state_size_{state_size},
        gamma_{gamma},
        samples_{samples} {}

  /// Plays one episode in every copy, all decisions of a moment in one batch.
  template <class Policy, class Critic, class Sink, class Orchestra>
  void operator()(std::vector<Env>& copies, Policy& policy, Critic* critic, Sink& kept,
                  Orchestra& orchestra, train_progress& p) {
    const std::size_t n = copies.size();
    const std::size_t aps = copies[0].access_points();
    const std::size_t targets = copies[0].table().rows.size();
    std::uint64_t arrivals = 0;
    for (const Env& e : copies) arrivals += e.requests().size();
    const double keep =
        arrivals <= samples_ ? 1.0 : static_cast<double>(samples_) / static_cast<double>(arrivals);
    std::vector<float> observations(n * width_), states(n * state_size_), values(n), next(n);
    std::vector<std::uint8_t> masks(n * targets), keeps(n);
    std::vector<std::size_t> state_row(n);
    std::vector<rl::choice> choices(n);
    std::vector<dispatch_view> views(n);
    std::vector<std::size_t> active;
    std::vector<std::vector<log_entry>> logs(n);
    std::vector<lane_state> lanes(n * aps);
    std::vector<std::pair<std::int64_t, float>> overload(n, {-1, 0.0F});
    for (std::size_t i = 0; i < n; ++i) {
      logs[i].reserve(copies[i].requests().size());
      if (orchestra.next(i, copies[i], views[i])) active.push_back(i);
    }
    while (!active.empty()) {
      const std::size_t rows = active.size();
      std::size_t critics = 0;
      for (std::size_t row = 0; row < rows; ++row) {
        const dispatch_view& view = views[active[row]];
        std::size_t last = targets - 1;
        const std::span<std::uint8_t> mask{masks.data() + row * targets, targets};
        if (fill_mask(view, mask, last) == 0) mask[last] = 1;  // nothing valid: the cloud
        observation_.encode(view, {observations.data() + row * width_, width_});
        keeps[row] = keep >= 1.0 || uniform01(random_) < keep;
        if constexpr (!Reward::self_contained) {
          // The first decision of a chain is kept whatever the draw.
          if (!lanes[active[row] * aps + view.access_point].any) keeps[row] = 1;
        }
        state_row[row] = critics;
        if (keeps[row] == 0) continue;  // the critic is asked only about what is kept
        const std::span<float> state{states.data() + critics * state_size_, state_size_};
        if constexpr (LocalCritic) {
          std::copy_n(observations.data() + row * width_, width_, state.data());
        } else {
          global_state::encode(copies[active[row]], view, state);
        }
        ++critics;
      }
      policy.decide({observations.data(), rows * width_}, {masks.data(), rows * targets}, random_,
                    {choices.data(), rows});
      if (critic != nullptr) {
        critic->values({states.data(), critics * state_size_}, {values.data(), critics});
        if constexpr (!Reward::self_contained) {
          critic->next_values({states.data(), critics * state_size_}, {next.data(), critics});
        }
      }
      std::size_t left = 0;
      for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t i = active[row];
        const dispatch_view& view = views[i];
        const auto bin = static_cast<std::uint32_t>(copies[i].bin_of(view.now));
        if (overload[i].first != copies[i].slot()) {
          overload[i] = {copies[i].slot(),
                         overload_of(copies[i].table(), reward_.settings().overload_limit)};
        }
        const std::size_t lane = i * aps + view.access_point;
        lane_state& state = lanes[lane];
        if (keeps[row] != 0) {
          if (state.any && !Reward::self_contained) {
            kept.discount(
                lane, static_cast<float>(std::pow(gamma_, static_cast<double>(bin - state.bin))));
          }
          state.index = kept.add(
              lane,
              {.observation = {observations.data() + row * width_, width_},
               .critic_observation = {states.data() + state_row[row] * state_size_, state_size_},
               .mask = {masks.data() + row * targets, targets},
               .action = choices[row].action,
               .log_prob = choices[row].log_prob,
               .value = values[state_row[row]],
               .next_value = next[state_row[row]]});
          if constexpr (Reward::self_contained) {
            kept.terminate(lane);
          } else {
            state.any = true;
          }
          state.bin = bin;
        }
        const std::size_t index =
            keeps[row] != 0 || !Reward::self_contained ? state.index : not_kept;
        logs[i].push_back({{static_cast<std::uint32_t>(index_of(view.request.id)),
                            view.access_point, bin, overload[i].second},
                           index,
                           state.bin});
        copies[i].dispatch(choices[row].action);
        if (orchestra.next(i, copies[i], views[i])) active[left++] = i;
      }
      active.resize(left);
    }
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      if (lanes[lane].any) kept.terminate(lane);
    }
    give_rewards(copies, logs, kept, p);
  }

 private:
  static constexpr std::size_t not_kept = ~std::size_t{0};
  /// What a copy remembers of its episode.
  struct log_entry {
    placed decision;
    std::size_t index;  ///< in the rollout: its own, else that of the one kept before
    std::uint32_t kept_bin;
  };
  struct lane_state {
    std::size_t index = 0;
    std::uint32_t bin = 0;
    bool any = false;
  };

  template <class Sink>
  void give_rewards(const std::vector<Env>& copies, const std::vector<std::vector<log_entry>>& logs,
                    Sink& kept, train_progress& p) {
    std::vector<placed> decisions;
    std::vector<float> rewards;
    double sum = 0.0;
    for (std::size_t i = 0; i < copies.size(); ++i) {
      decisions.clear();
      for (const log_entry& e : logs[i]) decisions.push_back(e.decision);
      rewards.assign(decisions.size(), 0.0F);
      reward_.assign(copies[i], std::span<const placed>{decisions}, std::span<float>{rewards});
      for (std::size_t k = 0; k < rewards.size(); ++k) {
        const double passed = logs[i][k].decision.bin - logs[i][k].kept_bin;
        const double factor = passed == 0.0 ? 1.0 : std::pow(gamma_, passed);
        if (logs[i][k].index != not_kept) {
          kept.reward_at(logs[i][k].index, static_cast<float>(factor) * rewards[k]);
        }
        sum += static_cast<double>(rewards[k]);
      }
      const auto& c = copies[i].counts();
      p.throughput +=
          c.arrived == 0 ? 1.0 : static_cast<double>(c.done) / static_cast<double>(c.arrived);
      p.decisions += rewards.size();
    }
    p.throughput /= static_cast<double>(copies.size());
    p.reward = p.decisions == 0 ? 0.0 : sum / static_cast<double>(p.decisions);
  }

  const Observation& observation_;
  const Reward& reward_;
  rng& random_;
  std::size_t width_, state_size_;
  double gamma_;
  std::size_t samples_;
};

}  // namespace muster::inline MUSTER_ABI::kmps::detail
