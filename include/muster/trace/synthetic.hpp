// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/distributions.hpp>
#include <muster/core/rng.hpp>
#include <muster/trace/detail/alibaba_2018_statistics.hpp>
#include <muster/trace/task.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// Makes tasks that look like the Alibaba 2018 batch tasks, where no trace is at hand.
///
/// Synthetic: no row of it happened. Every task has line 0, which no row read from a file has.
/// Source    statistics of 39,931 rows of cluster-trace-v2018, table batch_task.
/// Idea      each hour has an intensity of its own, correlated with the hour before; within it
///           jobs come as a Poisson process, and all tasks of a job start in one second. Type,
///           then cores, memory and allowance given the type, are drawn independently.
/// Equation  log intensity = phi (last) + normal noise, with mean intensity 1
///           quantiles of batch size and allowance: piecewise linear in log(1 + x) between
///           counted points of the distribution function, rounded up to whole numbers
/// Kept      type mix with the rare ones (type 2 never occurs), cores and memory by type,
///           allowance by type with its zeros and its tail, hourly rate and burstiness.
/// Not kept  dependencies between tasks, likeness of tasks of one job, the time of day (weak in
///           the source), rows whose end is unknown (0.3 %).
class synthetic {
 public:
  struct config {
    std::size_t rows = 20'000;                    ///< tasks to make
    double hourly_spread = 0.30;                  ///< standard deviation of the log intensity; >= 0
    double hourly_memory = 0.40;                  ///< correlation from hour to hour, phi; in [0, 1)
    instant start = instant{} + seconds(86'400);  ///< when the first hour begins
  };

  synthetic() : synthetic(config{}) {}
  explicit synthetic(config c) : config_{c} {
    MUSTER_EXPECTS(c.hourly_spread >= 0.0 && c.hourly_memory >= 0.0 && c.hourly_memory < 1.0,
                   "muster: trace::synthetic needs hourly_spread >= 0 and hourly_memory in [0, 1)");
  }

  /// `config.rows` tasks sorted by start. The generator moves on; fork one per trace.
  [[nodiscard]] std::vector<task> tasks(rng& g) const {
    std::vector<task> made;
    made.reserve(config_.rows);
    const double sd = config_.hourly_spread;
    const double phi = config_.hourly_memory;
    const double fresh = sd * std::sqrt(1.0 - phi * phi);
    double level = normal{0.0, sd}(g);
    double hour = 0.0;  // seconds since config.start
    while (made.size() < config_.rows) {
      const double rate = detail::alibaba_jobs_per_hour * std::exp(level - sd * sd / 2.0) / 3600.0;
      const exponential gap{rate};
      for (double t = gap(g); t < 3600.0 && made.size() < config_.rows; t += gap(g)) {
        const instant second =
            config_.start + seconds(static_cast<std::int64_t>(std::floor(hour + t)));
        const double size = quantile(detail::alibaba_batch, uniform01(g));
        for (double k = 0; k < size && made.size() < config_.rows; ++k) {
          made.push_back(one(second, g));
        }
      }
      hour += 3600.0;
      level = phi * level + normal{0.0, fresh}(g);
    }
    return made;
  }

 private:
  [[nodiscard]] static task one(instant second, rng& g) noexcept {
    double rows = 0.0;
    for (const auto& t : detail::alibaba_types) rows += t.rows;
    double u = uniform01(g) * rows;
    std::size_t i = 0;
    while (i + 1 < detail::alibaba_types.size() && u >= detail::alibaba_types[i].rows) {
      u -= detail::alibaba_types[i++].rows;
    }
    const detail::alibaba_type& type = detail::alibaba_types[i];
    task t;
    t.start = second;
    t.type = type.type;
    t.cpu = static_cast<float>(draw(type.cpu, g) / 100.0);
    t.memory = static_cast<float>(draw(type.memory, g));
    t.allowance = seconds(static_cast<std::int64_t>(quantile(type.allowance, uniform01(g))));
    return t;
  }

  [[nodiscard]] static double draw(std::span<const detail::share_of> shares, rng& g) noexcept {
    double all = 0.0;
    for (const auto& s : shares) all += s.share;
    double u = uniform01(g) * all;
    for (const auto& s : shares) {
      if (u < s.share) return s.value;
      u -= s.share;
    }
    return shares.front().value;
  }

  // The smallest whole number whose distribution function reaches u.
  [[nodiscard]] static double quantile(std::span<const detail::cdf_point> cdf, double u) noexcept {
    if (u < cdf.front().below) return cdf.front().value;
    for (std::size_t i = 1; i < cdf.size(); ++i) {
      if (u >= cdf[i].below) continue;
      const double low = std::log1p(cdf[i - 1].value);
      const double high = std::log1p(cdf[i].value);
      const double x =
          low + (high - low) * (u - cdf[i - 1].below) / (cdf[i].below - cdf[i - 1].below);
      const double whole = std::ceil(std::expm1(x));
      // Above the point below, whatever the rounding of log and exp.
      return whole <= cdf[i - 1].value ? cdf[i - 1].value + 1.0
             : whole > cdf[i].value    ? cdf[i].value
                                       : whole;
    }
    return cdf.back().value;
  }

  config config_;
};

}  // namespace muster::inline MUSTER_ABI::trace
