// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/trace/task.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// Adds sudden emergency requests with tight deadlines to a workload.
///
/// Idea         an accident is not more of the same load: for some seconds requests come on top
///              that are worth nothing unless answered at once. What they ask for is drawn from
///              the workload itself, so that service mix and work stay those of the trace.
/// Source       KMPS paper, abstract and section IV-C: "sudden emergency tasks". It gives neither
///              their share nor their deadlines; all defaults here are ours.
/// Equation     N = round(share n), t_k = begin + u_k length, deadline = t_k + margin + slack w
/// Symbols      n = requests of the workload, u_k uniform in [0, 1), w = work of the request that
///              was drawn
/// Not urgent   `job::urgent` stays false: whether rescheduling notices them is the question.
/// Determinism  the same workload, config and random stream give the same bytes. At equal times
///              requests of the workload come first, then emergencies as drawn; ids count from 0.
/// Cost         O((n + N) log N).
class emergency {
 public:
  struct config {
    double share = 0.05;                      ///< emergencies per request of the workload; >= 0
    instant begin = instant{} + seconds(30);  ///< >= 0
    duration length = seconds(5);             ///< they come within this time; > 0
    double slack = 3.0;                       ///< deadline: so many times the work; >= 1
    /// ... and so much for the way: two slots of 250 ms are waited and travelled away at once.
    duration margin = milliseconds(500);  ///< >= 0
    /// All at this access point; `anywhere`: at that of the request that was drawn.
    std::uint32_t access_point = anywhere;
  };
  static constexpr std::uint32_t anywhere = ~std::uint32_t{0};

  /// A workload, and which of its requests are the emergencies.
  struct workload {
    std::vector<arrival> arrivals;           ///< sorted by time, ids 0, 1, ...
    std::vector<std::uint32_t> emergencies;  ///< their numbers in `arrivals`, ascending
  };

  emergency() : emergency(config{}) {}
  explicit emergency(config c) : config_{c} {
    MUSTER_EXPECTS(c.share >= 0.0 && c.begin >= instant{} && c.length.us > 0,
                   "muster: trace::emergency needs share >= 0, begin >= 0 and length > 0");
    MUSTER_EXPECTS(
        c.slack >= 1.0 && c.margin.us >= 0,
        "muster: trace::emergency deadlines cannot be met; write slack >= 1, margin >= 0");
  }

  /// `base` is sorted by time. Without a request in it there is nothing to draw from.
  [[nodiscard]] workload add_to(std::span<const arrival> base, rng& random) const {
    MUSTER_EXPECTS(std::is_sorted(base.begin(), base.end(), earlier),
                   "muster: trace::emergency got a workload that is not sorted by time");
    const auto count =
        base.empty()
            ? std::uint64_t{0}
            : static_cast<std::uint64_t>(config_.share * static_cast<double>(base.size()) + 0.5);
    std::vector<arrival> extra;
    extra.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t k = 0; k < count; ++k) {
      arrival a = base[static_cast<std::size_t>(uniform_below(random, base.size()))];
      const auto offset =
          static_cast<std::int64_t>(uniform01(random) * static_cast<double>(config_.length.us));
      a.request.arrival = config_.begin + duration{offset};
      a.request.deadline = a.request.arrival + config_.margin +
                           from_seconds(config_.slack * a.request.work.seconds());
      a.request.urgent = false;
      if (config_.access_point != anywhere) a.access_point = config_.access_point;
      extra.push_back(a);
    }
    std::stable_sort(extra.begin(), extra.end(), earlier);

    workload w;
    w.arrivals.reserve(base.size() + extra.size());
    w.emergencies.reserve(extra.size());
    for (std::size_t i = 0, k = 0; i < base.size() || k < extra.size();) {
      const bool sudden = i == base.size() || (k < extra.size() && earlier(extra[k], base[i]));
      if (sudden) w.emergencies.push_back(static_cast<std::uint32_t>(w.arrivals.size()));
      w.arrivals.push_back(sudden ? extra[k++] : base[i++]);
      w.arrivals.back().request.id = job_id{w.arrivals.size() - 1};
    }
    return w;
  }

  [[nodiscard]] const config& settings() const noexcept { return config_; }

 private:
  static constexpr bool earlier(const arrival& a, const arrival& b) noexcept {
    return a.request.arrival < b.request.arrival;
  }

  config config_;
};

}  // namespace muster::inline MUSTER_ABI::trace
