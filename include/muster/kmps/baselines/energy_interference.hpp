// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <muster/concepts/dispatcher.hpp>
#include <muster/core/contracts.hpp>
#include <muster/kmps/detail/best_target.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The target with the least weighted sum of energy, carbon and interference.
///
/// Idea         a request costs energy where it runs, more where it wakes an idle machine; the
///              same energy costs more carbon on one grid than on another; and on a machine full
///              of requests, above all of its own kind, it runs worse and makes them run worse.
/// Source       the three objectives of K. Kaur, S. Garg, G. Kaddoum, S. Ahmed, M. Atiquzzaman:
///              KEIDS, IEEE Internet of Things Journal 7(5), 2020, reference [30] of the KMPS
///              paper. They solve one integer program for all containers; the terms and numbers
///              here are our rule-based model of it, one request at a time.
/// Equation     E_k = ((P_peak - P_idle) cpu / cores + P_idle [k is idle]) w / speed_k + links,
///              C_k = intensity_k E_k,
///              I_k = min(1, (all_k + (a - 1) own_k) / (a cores_k)),
///              pick = argmin (w_E E_k / max E + w_C C_k / max C + w_I I_k) / (w_E + w_C + w_I)
/// Symbols      w = work of the request, all_k = requests running and queued, own_k = those of
///              its service, a = `alike`; maxima over the valid targets
/// Not modelled migration, the central solver and its delay, measured power.
/// Cost         two passes over the targets, no allocation.
/// Determinism  equal sums go to the smaller target number; no valid target: the cloud.
class energy_interference {
 public:
  struct config {
    double energy_weight = 1.0;        ///< w_E >= 0; not all three 0
    double carbon_weight = 1.0;        ///< w_C >= 0
    double interference_weight = 1.0;  ///< w_I >= 0
    double idle_power = 60.0;          ///< W per machine without load; >= 0
    double peak_power = 120.0;         ///< W with all cores in use; >= idle_power
    double message_energy = 0.05;      ///< J per message over a link; two are counted; >= 0
    double wan_energy_factor = 4.0;    ///< a message to the cloud costs so many times more
    double alike = 2.0;                ///< a: how much more requests of its own service count; >= 1
    /// Grams of CO2 per kWh by global target number, > 0; those beyond the end: `usual_carbon`.
    std::vector<double> carbon{};
    double usual_carbon = 400.0;  ///< g/kWh; > 0
  };
  static constexpr const char* name = "energy_interference";

  energy_interference() : energy_interference(config{}) {}
  explicit energy_interference(config c) : config_{std::move(c)} {
    const config& d = config_;
    MUSTER_EXPECTS(d.energy_weight >= 0.0 && d.carbon_weight >= 0.0 &&
                       d.interference_weight >= 0.0 &&
                       d.energy_weight + d.carbon_weight + d.interference_weight > 0.0,
                   "muster: kmps::energy_interference needs weights >= 0, not all 0");
    MUSTER_EXPECTS(d.peak_power >= d.idle_power && d.idle_power >= 0.0 && d.alike >= 1.0,
                   "muster: kmps::energy_interference needs 0 <= idle_power <= peak_power and "
                   "alike >= 1");
  }

  /// What the request would cost at target k, J.
  [[nodiscard]] double energy(const dispatch_view& view, const target_state& s) const noexcept {
    const bool cloud = s.kind == target_kind::cloud;
    const double cores = cloud ? machine_cores(view) : s.cpu_total;
    const bool asleep = s.running == 0 && s.queue_length == 0;
    const double watts =
        (config_.peak_power - config_.idle_power) * static_cast<double>(view.request.cpu) / cores +
        (asleep ? config_.idle_power : 0.0);
    const double link = 2.0 * config_.message_energy * (cloud ? config_.wan_energy_factor : 1.0);
    return watts * view.request.work.seconds() / s.speed + link;
  }
  /// The same in grams of CO2.
  [[nodiscard]] double carbon(const dispatch_view& view, const target_state& s,
                              std::size_t k) const noexcept {
    const std::size_t row = view.row_of(k);
    const double intensity =
        row < config_.carbon.size() ? config_.carbon[row] : config_.usual_carbon;
    return energy(view, s) / 3.6e6 * intensity;
  }
  /// 0 alone on the machine, 1 where every core is taken by its own kind.
  [[nodiscard]] double interference(const target_state& s) const noexcept {
    const double all = static_cast<double>(s.running + s.queue_length);
    const double own = static_cast<double>(s.busy + s.waiting);
    const double room = config_.alike * s.cpu_total;
    return room > 0.0 ? (std::min)(1.0, (all + (config_.alike - 1.0) * own) / room) : 1.0;
  }

  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng&) const noexcept {
    double most_energy = 0.0, most_carbon = 0.0;
    for (std::size_t k = 0; k < view.size(); ++k) {
      if (!view.valid(k)) continue;
      const target_state s = view[k];
      most_energy = (std::max)(most_energy, energy(view, s));
      most_carbon = (std::max)(most_carbon, carbon(view, s, k));
    }
    const auto part = [](double x, double most) { return most > 0.0 ? x / most : 0.0; };
    const std::size_t best =
        detail::best_target(view, view.size(), [&](const target_state& s, std::size_t k) {
          return config_.energy_weight * part(energy(view, s), most_energy) +
                 config_.carbon_weight * part(carbon(view, s, k), most_carbon) +
                 config_.interference_weight * interference(s);
        });
    return static_cast<std::uint32_t>(best == detail::none ? view.cloud() : best);
  }

 private:
  // The cloud is a pool; one machine of it is taken to be like the first edge node.
  [[nodiscard]] static double machine_cores(const dispatch_view& view) noexcept {
    return static_cast<double>(view.table->rows[0].cpu_total) * 1e-3;
  }

  config config_;
};

static_assert(dispatcher<energy_interference>);

}  // namespace muster::inline MUSTER_ABI::kmps
