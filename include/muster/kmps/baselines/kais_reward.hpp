// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/concepts/reward_rule.hpp>
#include <muster/core/job.hpp>
#include <muster/core/time.hpp>
#include <muster/env/edge_cloud_record.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// What KaiS pays its access points: few misses, even load, and all share in it.
///
/// Source    Y. Han, S. Shen, X. Wang, S. Wang, V. Leung: Tailored learning-based scheduling for
///           Kubernetes-oriented edge-cloud system, INFOCOM 2021 (KaiS); the form is that of its
///           published program.
/// Equation  u_b = e^{-f_b} + w e^{-s_b};   every decision of a slot is paid the mean of all u_b
/// Symbols   f_b = missed part of the requests of access point b that ended in the slot, 0 when
///           none did; s_b = sample deviation of the uses of cores and of memory of b's nodes,
///           all in one list; w = config::balance
/// Shared    the mean of all, because an access point that fills its neighbours' nodes should hear
///           of it: the coordination in "coordinated multi-agent actor-critic".
/// Use       of cores and memory is the mean over the slot, worked out from the record of the
///           episode; memory of replicas counts as it is at the end.
/// Given to  the last decision of an access point in the slot; slots without a decision count for
///           the decision before, discounted, as in slot_share.
/// Cost      O(requests + slots x nodes) per episode; allocates.
class kais_reward {
 public:
  struct config {
    double balance = 1.0;          ///< w; >= 0
    double gamma = 0.9;            ///< per slot
    double overload_limit = 0.85;  ///< of the measured overload, which this reward does not use
  };
  static constexpr const char* name = "kais";
  static constexpr bool self_contained = false;

  kais_reward() = default;
  explicit kais_reward(config c) : config_{c} {}
  [[nodiscard]] const config& settings() const noexcept { return config_; }

  /// u of one slot of one access point.
  [[nodiscard]] double of(const env::slot_tally& tally, double deviation) const noexcept {
    const double ended = static_cast<double>(tally.done + tally.dropped + tally.late);
    const double missed = ended > 0.0 ? (tally.dropped + tally.late) / ended : 0.0;
    return std::exp(-missed) + config_.balance * std::exp(-deviation);
  }

  template <class Env>
  void assign(const Env& e, std::span<const placed> decisions, std::span<float> rewards) const {
    const std::vector<double> deviation = deviations(e);
    const std::size_t points = e.access_points();
    std::vector<double> shared(e.bins());
    for (std::size_t b = 0; b < e.bins(); ++b) {
      for (std::size_t a = 0; a < points; ++a) {
        shared[b] += of(e.tally(b, a), deviation[b * points + a]) / static_cast<double>(points);
      }
    }
    std::vector<std::size_t> next(points, e.bins());
    for (std::size_t i = decisions.size(); i-- > 0;) {
      const placed& d = decisions[i];
      double sum = 0.0, factor = 1.0;
      for (std::size_t b = d.bin; b < next[d.access_point]; ++b, factor *= config_.gamma) {
        sum += factor * shared[b];
      }
      rewards[i] += static_cast<float>(sum);
      next[d.access_point] = d.bin;
    }
  }

  /// s of every slot and access point [bins, access points]; 0 in the last bin, which is no slot.
  template <class Env>
  [[nodiscard]] std::vector<double> deviations(const Env& e) const {
    const std::size_t bins = e.bins(), points = e.access_points();
    const std::size_t nodes = e.table().rows.size() - 1;
    const std::size_t each = nodes / points;
    const std::int64_t slot = e.settings().slot.us;
    std::vector<double> cpu(bins * nodes), memory(bins * nodes);
    for (std::size_t i = 0; i < e.records().size(); ++i) {
      const auto& r = e.records()[i];
      const bool ran = r.state == env::request_state::running || r.answered_at_all();
      if (!ran || r.target >= nodes) continue;
      const job& j = e.requests()[i];
      std::int64_t from = r.started.us;
      for (std::size_t b = e.bin_of(r.started); from < r.finished.us && b + 1 < bins; ++b) {
        const std::int64_t to = (std::min)(r.finished.us, static_cast<std::int64_t>(b + 1) * slot);
        const double part = static_cast<double>(to - from) / static_cast<double>(slot);
        cpu[b * nodes + r.target] += part * static_cast<double>(j.cpu);
        memory[b * nodes + r.target] += part * static_cast<double>(j.memory);
        from = to;
      }
    }
    std::vector<double> out(bins * points);
    std::vector<double> uses(2 * each);
    for (std::size_t b = 0; b + 1 < bins; ++b) {
      for (std::size_t a = 0; a < points; ++a) {
        for (std::size_t n = 0; n < each; ++n) {
          const std::size_t node = a * each + n;
          const auto& row = e.table().rows[node];
          uses[2 * n] = 1e3 * cpu[b * nodes + node] / static_cast<double>(row.cpu_total);
          uses[2 * n + 1] =
              (1e3 * memory[b * nodes + node] + static_cast<double>(row.memory_used)) /
              static_cast<double>(row.memory_total);
        }
        out[b * points + a] = deviation_of(uses);
      }
    }
    return out;
  }

 private:
  [[nodiscard]] static double deviation_of(std::span<const double> x) noexcept {
    double mean = 0.0, squares = 0.0;
    for (const double v : x) mean += v / static_cast<double>(x.size());
    for (const double v : x) squares += (v - mean) * (v - mean);
    return x.size() > 1 ? std::sqrt(squares / static_cast<double>(x.size() - 1)) : 0.0;
  }

  config config_{};
};

}  // namespace muster::inline MUSTER_ABI::kmps
