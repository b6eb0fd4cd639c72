// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/concepts/reward_rule.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>
#include <muster/env/edge_cloud_record.hpp>
#include <muster/kmps/reward.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The outcome of a request, less what its running cost the others: the default.
///
/// Idea      with full queues, an access point that looks after its own requests only puts patient
///           ones ahead of urgent ones. The loss shows in other requests, hundreds of decisions
///           later, where no advantage estimate finds it. In hindsight the queue itself tells: a
///           request ran, so all behind it waited longer, until a replica was idle again; if some
///           of them were missed by little, it may have been by this one.
/// Equation  D_i = w1 [on time] + w2 [missed] + w3 o - (w1 - w2) X_i [ran]
///           X_i = 1 - exp(-sum_j tau_i / T)   over requests j of the same service on the same
///           target that were discarded after i started, before a replica was next found idle,
///           and had been expected to be late by at most T
/// Symbols   tau_i = its execution time / replicas, by which all behind it would have been earlier;
///           o = overload, T = config::within. A single j can be saved only once, hence the
///           saturation at one request.
/// Source    D. Wolpert, K. Tumer: Optimal payoff functions for members of collectives, 2001: a
///           difference reward, the world's payoff with an agent less that without it. The
///           estimate X from the history of one queue is ours.
/// Complete  each reward holds what its decision does to others, so decisions are not chained:
///           the advantage is D_i - V(s_i).
class difference_reward {
 public:
  struct config : reward_weights {
    duration within = seconds(1);  ///< T: what counts as missed by little; > 0
  };
  static constexpr const char* name = "difference";
  static constexpr bool self_contained = true;

  difference_reward() = default;
  explicit difference_reward(config c) : config_{c} {
    MUSTER_EXPECTS(c.within.us > 0, "muster: kmps::difference_reward needs within > 0");
  }
  [[nodiscard]] const config& settings() const noexcept { return config_; }

  template <class Env>
  void assign(const Env& e, std::span<const placed> decisions, std::span<float> rewards) const {
    const std::vector<float> cost = costs(e);
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      const placed& d = decisions[i];
      const bool good = e.records()[d.request].state == env::request_state::on_time;
      rewards[i] += static_cast<float>((good ? config_.on_time : config_.missed) +
                                       config_.overload * static_cast<double>(d.overload) -
                                       (config_.on_time - config_.missed) *
                                           static_cast<double>(cost[d.request]));
    }
  }

  /// X of every request of a finished episode; 0 for those that did not run.
  template <class Env>
  [[nodiscard]] std::vector<float> costs(const Env& e) const {
    const auto records = e.records();
    const auto requests = e.requests();
    const std::size_t services = e.table().services;
    struct moment {
      std::uint32_t cell;
      std::uint32_t request;
      instant at;
      bool ran;
    };
    std::vector<moment> moments;
    moments.reserve(records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto& r = records[i];
      const bool ran = r.state == env::request_state::running || r.answered_at_all();
      const bool lost = r.state == env::request_state::expired_at_target ||
                        r.state == env::request_state::hopeless_at_target;
      if (!ran && !lost) continue;
      moments.push_back(
          {static_cast<std::uint32_t>(r.target * services + index_of(requests[i].service)),
           static_cast<std::uint32_t>(i), ran ? r.started : r.finished, ran});
    }
    std::sort(moments.begin(), moments.end(), [](const moment& a, const moment& b) {
      if (a.cell != b.cell) return a.cell < b.cell;
      return a.at != b.at ? a.at < b.at : a.request < b.request;
    });
    std::vector<float> cost(records.size(), 0.0F);
    double lost = 0.0;
    for (std::size_t m = moments.size(); m-- > 0;) {
      const moment& here = moments[m];
      if (m + 1 < moments.size() && moments[m + 1].cell != here.cell) lost = 0.0;
      const auto& r = records[here.request];
      if (!here.ran) {
        const duration late = r.expected - requests[here.request].deadline;
        if (late <= config_.within) lost += 1.0;
        continue;
      }
      const double replicas = (std::max)(1U, e.table().cells[here.cell].replicas);
      const double tau = (r.finished - r.started).seconds() / replicas;
      cost[here.request] =
          static_cast<float>(1.0 - std::exp(-lost * tau / config_.within.seconds()));
      // Started on arrival: a replica was idle, so what ran before did not delay what follows.
      if (r.started == r.dispatched + r.travel) lost = 0.0;
    }
    return cost;
  }

 private:
  config config_{};
};

}  // namespace muster::inline MUSTER_ABI::kmps
