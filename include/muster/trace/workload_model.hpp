// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/core/rng.hpp>
#include <muster/trace/bad_rows.hpp>
#include <muster/trace/detail/arrival_process.hpp>
#include <muster/trace/detail/reservoir.hpp>
#include <muster/trace/task.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// What one task asks for, without when it comes.
struct workload_row {
  float cpu = 0.0F;     ///< cores; >= 0
  float memory = 0.0F;  ///< GB; >= 0
  duration run{};       ///< >= 0
  friend constexpr bool operator==(const workload_row&, const workload_row&) = default;
};

/// A workload as distributions: what tasks ask for, and how they arrive.
///
/// Idea      the empirical distribution of a trace is a table of its rows, drawn from evenly.
///           An even sample of the rows estimates every quantile without bias, so a trace of
///           any length shrinks to a few thousand of them; a small trace is kept whole.
/// Joint     a draw takes a whole row, so that large tasks stay the ones that run long. Drawing
///           cpu, memory and run time each from a row of its own (`joint` = false) keeps the
///           three distributions and loses what ties them: the mean work E[cpu run] becomes
///           E[cpu] E[run], which in real traces is another load.
/// Arrivals  the gaps between tasks, drawn from a table, on a clock that the hourly intensity
///           speeds up and slows down: rate(t) = rate * hourly[hour of day].
/// Source    PFRL-DM (ICPP 2025), sections 3.1 and 5.1: data sets as distributions; Fig. 4:
///           hourly arrival rates. How the authors represent them is not published.
/// Not kept  weekdays, the order of rows and gaps (tasks of a job look alike and come together),
///           service types and parallel instances.
struct workload_model {
  std::string name{};                ///< for tables and messages
  bool synthetic = false;            ///< made from parameters, not from a trace
  bool joint = true;                 ///< draw whole rows
  std::uint64_t tasks = 0;           ///< how many tasks it was fitted to; 0: none, or not known
  std::vector<workload_row> rows{};  ///< at least one
  double rate = 0.0;                 ///< mean arrivals/s over a day; > 0
  duration day = seconds(86'400);    ///< what the 24 hours are parts of; > 0
  std::array<double, 24> hourly = flat_day();  ///< intensity from midnight on; >= 0, mean 1
  std::vector<double> gaps{};  ///< sorted, >= 0, mean 1: a gap is this / rate; empty: Poisson

  [[nodiscard]] static constexpr std::array<double, 24> flat_day() noexcept {
    std::array<double, 24> a{};
    for (double& h : a) h = 1.0;
    return a;
  }
  friend bool operator==(const workload_model&, const workload_model&) = default;
};

/// Means of a workload_model: exact, for what it draws.
struct workload_means {
  double cpu = 0.0;         ///< cores
  double memory = 0.0;      ///< GB
  double run = 0.0;         ///< s
  double cpu_run = 0.0;     ///< core-seconds per task, E[cpu run]
  double memory_run = 0.0;  ///< GB-seconds per task, E[memory run]
};

[[nodiscard]] inline workload_means means(std::span<const workload_row> rows,
                                          bool joint = true) noexcept {
  workload_means m;
  const auto n = static_cast<double>(rows.size());
  for (const workload_row& r : rows) {
    const double cpu = static_cast<double>(r.cpu);
    const double memory = static_cast<double>(r.memory);
    const double run = r.run.seconds();
    m.cpu += cpu / n;
    m.memory += memory / n;
    m.run += run / n;
    m.cpu_run += cpu * run / n;
    m.memory_run += memory * run / n;
  }
  if (!joint) {
    m.cpu_run = m.cpu * m.run;
    m.memory_run = m.memory * m.run;
  }
  return m;
}
[[nodiscard]] inline workload_means means(const workload_model& m) noexcept {
  return means(m.rows, m.joint);
}

/// Whether a model that comes from outside can be drawn from; the error names the field.
[[nodiscard]] inline result<void> check(const workload_model& m) {
  const auto flaw = [&m](std::string what, std::string field, std::string expected) {
    return error{std::move(what), m.name, 0, std::move(field), std::move(expected)};
  };
  const auto amount = [](double x) { return x >= 0.0 && x < 1e300; };  // false for NaN
  if (m.rows.empty()) return flaw("there is no row to draw from", "rows", "at least one");
  for (std::size_t i = 0; i < m.rows.size(); ++i) {
    const workload_row& r = m.rows[i];
    const char* column = !amount(static_cast<double>(r.cpu))      ? "cpu"
                         : !amount(static_cast<double>(r.memory)) ? "memory"
                         : r.run.us < 0                           ? "run_us"
                                                                  : nullptr;
    if (column == nullptr) continue;
    return flaw("the number is negative or not finite",
                std::string{column} + '[' + std::to_string(i) + ']', "a number >= 0");
  }
  if (!(m.rate > 0.0 && m.rate < 1e300)) {
    return flaw("the arrival rate is not positive and finite", "rate", "tasks per second > 0");
  }
  if (m.day.us < 24) return flaw("the day is too short", "day_us", "microseconds >= 24");
  const auto mean_one = [&amount](std::span<const double> values) {
    double sum = 0.0;
    for (const double v : values) sum += amount(v) ? v : -1e300;
    return std::fabs(sum / static_cast<double>(values.size()) - 1.0) < 1e-6;
  };
  if (!mean_one(m.hourly)) {
    return flaw("the hourly intensities do not fit", "hourly", "24 numbers >= 0 with mean 1");
  }
  if (!m.gaps.empty() && !mean_one(m.gaps)) {
    return flaw("the gaps do not fit", "gaps", "no gaps, or numbers >= 0 with mean 1");
  }
  if (!std::is_sorted(m.gaps.begin(), m.gaps.end())) {
    return flaw("the gaps are not sorted", "gaps", "numbers from the least to the greatest");
  }
  return {};
}

/// How a trace becomes a workload_model.
struct workload_config {
  std::string name{};        ///< of the model; stands for the file in messages
  bool joint = true;         ///< keep cpu, memory and run time of a task together
  std::size_t rows = 4096;   ///< rows kept at most; > 0
  std::size_t gaps = 1024;   ///< gaps between arrivals kept at most; > 0
  double memory_unit = 1.0;  ///< GB per unit of task::memory: 1 where the trace has GB; of one
                             ///< that has per cent of a machine, its GB / 100; > 0
  instant midnight{};        ///< a midnight on the clock of the trace
  double assume_rate = 0.0;  ///< arrivals/s, Poisson, for a trace without times; 0: refuse it
  bad_row_policy bad_rows = bad_row_policy::fail;  ///< `repair` acts as `skip`: nothing is made up
  std::uint64_t seed = 1;                          ///< of the choice of rows
};

/// Fits a workload_model to a stream of tasks, in memory that does not grow with the stream.
///
/// Equation  hourly[h] ~ arrivals in hour h / time watched in hour h, over all days;
///           gap ~ count(start of this task) - count(start of the one before), with `count` of
///           the hourly intensity, so that the daily pattern is not counted twice
/// Hours     that were watched for less than half an hour in all get the mean intensity.
/// Order     tasks are expected sorted by start; one that comes late counts as arriving together
///           with the latest before it. `fit` sorts.
/// Bad rows  NaN, infinite and negative amounts, among them a run time that the trace does not
///           tell (`unknown_time`).
/// Cost      O(1) per task; `rows` and `gaps` of the config are all the memory.
///
///     workload_fitter fitter{{.name = "wagap", .bad_rows = bad_row_policy::skip}};
///     while (more) reader.feed(chunk, [&](const task& t) { (void)fitter.add(t); });
///     auto model = fitter.finish();
class workload_fitter {
 public:
  using config = workload_config;

  explicit workload_fitter(config c = {})
      : config_{std::move(c)},
        rows_{config_.rows, rng{config_.seed}.fork(1)},
        gaps_{config_.gaps, rng{config_.seed}.fork(2)} {
    MUSTER_EXPECTS(config_.memory_unit > 0.0 && config_.memory_unit < 1e30,
                   "muster: trace::workload_fitter needs memory_unit > 0; 1 means GB");
  }

  /// Takes the next task. An error is final only if the caller makes it so: it can go on.
  [[nodiscard]] result<void> add(const task& t) {
    const double memory = static_cast<double>(t.memory) * config_.memory_unit;
    const auto amount = [](double x) { return x >= 0.0 && x < 3e38; };  // what a float can hold
    constexpr std::int64_t far_away = std::int64_t{1} << 61;  // 73,000 years: sums cannot overflow
    const char* field = !amount(static_cast<double>(t.cpu))                 ? "cpu"
                        : !amount(memory)                                   ? "memory"
                        : t.allowance.us < 0                                ? "run time"
                        : t.start.us <= -far_away || t.start.us >= far_away ? "start"
                                                                            : nullptr;
    if (field != nullptr) {
      ++skipped_;
      if (config_.bad_rows != bad_row_policy::fail) return {};
      return error{"the number is out of range", config_.name, t.line, field,
                   "finite cpu, memory and run time >= 0, or bad_rows = skip"};
    }
    rows_.add({t.cpu, static_cast<float>(memory), t.allowance});
    if (rows_.seen() == 1) {
      first_ = last_ = t.start;
      return {};
    }
    const instant now = (std::max)(t.start, last_);
    gaps_.add({last_, now});
    ++arrivals_[clock().hour_at(since_midnight(now))];
    last_ = now;
    return {};
  }

  [[nodiscard]] std::uint64_t tasks() const noexcept { return rows_.seen(); }
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }

  /// The model of what came so far.
  [[nodiscard]] result<workload_model> finish() const {
    if (rows_.seen() == 0) {
      return error{"there is no task to fit" +
                       (skipped_ > 0 ? ", and " + std::to_string(skipped_) + " were left out"
                                     : std::string{}),
                   config_.name, 0, "", "at least one task"};
    }
    workload_model m;
    m.name = config_.name;
    m.joint = config_.joint;
    m.tasks = rows_.seen();
    m.rows.assign(rows_.kept().begin(), rows_.kept().end());
    if (last_ > first_) {
      fit_hours(m);
      fit_gaps(m);
    } else if (config_.assume_rate > 0.0) {
      m.rate = config_.assume_rate;
    } else {
      return error{"all tasks start at the same instant, so nothing is known of arrivals",
                   config_.name, 0, "start", "tasks with start times, or assume_rate > 0"};
    }
    if (auto ok = check(m); !ok) return ok.failure();
    return m;
  }

 private:
  struct gap {
    instant from, to;
  };

  [[nodiscard]] static detail::daily_profile clock() noexcept {
    return {workload_model::flat_day(), 86'400.0};
  }
  [[nodiscard]] double since_midnight(instant t) const noexcept {
    return (t - config_.midnight).seconds();
  }

  void fit_hours(workload_model& m) const {
    const double from = since_midnight(first_);
    const double to = since_midnight(last_);
    double known = 0.0;
    double sum = 0.0;
    std::array<bool, 24> watched{};
    for (std::size_t h = 0; h < 24; ++h) {
      const double time = clock().time_in(h, to) - clock().time_in(h, from);
      watched[h] = time >= 1800.0;
      if (!watched[h]) continue;
      m.hourly[h] = static_cast<double>(arrivals_[h]) / time;
      sum += m.hourly[h];
      ++known;
    }
    m.rate = static_cast<double>(rows_.seen() - 1) / (to - from);
    if (!(sum > 0.0)) {
      m.hourly = workload_model::flat_day();
      return;
    }
    m.rate = sum / known;
    for (std::size_t h = 0; h < 24; ++h) {
      if (!watched[h]) m.hourly[h] = m.rate;
    }
    detail::to_mean_one(m.hourly);
  }

  void fit_gaps(workload_model& m) const {
    const detail::daily_profile profile{m.hourly, m.day.seconds()};
    for (const gap& g : gaps_.kept()) {
      const double passed =
          profile.count(since_midnight(g.to)) - profile.count(since_midnight(g.from));
      m.gaps.push_back((std::max)(passed, 0.0));
    }
    std::sort(m.gaps.begin(), m.gaps.end());
    if (!detail::to_mean_one(m.gaps)) m.gaps.clear();  // only zeros were kept
  }

  config config_;
  detail::reservoir<workload_row> rows_;
  detail::reservoir<gap> gaps_;
  std::array<std::uint64_t, 24> arrivals_{};
  instant first_{};
  instant last_{};
  std::uint64_t skipped_ = 0;
};

/// The model of tasks in memory, in any order.
[[nodiscard]] inline result<workload_model> fit(std::span<const task> tasks,
                                                workload_config c = {}) {
  const auto earlier = [](const task& a, const task& b) { return a.start < b.start; };
  if (!std::is_sorted(tasks.begin(), tasks.end(), earlier)) {
    std::vector<task> sorted(tasks.begin(), tasks.end());
    std::stable_sort(sorted.begin(), sorted.end(), earlier);
    return fit(sorted, std::move(c));
  }
  workload_fitter fitter{std::move(c)};
  for (const task& t : tasks) {
    if (auto ok = fitter.add(t); !ok) return ok.failure();
  }
  return fitter.finish();
}

}  // namespace muster::inline MUSTER_ABI::trace
