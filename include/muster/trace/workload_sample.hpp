// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/core/distributions.hpp>
#include <muster/core/result.hpp>
#include <muster/core/rng.hpp>
#include <muster/trace/detail/arrival_process.hpp>
#include <muster/trace/task.hpp>
#include <muster/trace/workload_model.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// What a client's machines have in all.
struct cluster_capacity {
  double cores = 0.0;   ///< 0: not counted
  double memory = 0.0;  ///< GB; 0: not counted
};

/// Seconds that one mean task keeps the whole of the scarcer resource busy.
///
/// Equation  max(E[cpu run] / cores, E[memory run] / GB), over the resources that are counted
[[nodiscard]] inline double busy_seconds(const workload_means& m, cluster_capacity c) noexcept {
  const double cpu = c.cores > 0.0 ? m.cpu_run / c.cores : 0.0;
  const double memory = c.memory > 0.0 ? m.memory_run / c.memory : 0.0;
  return (std::max)(cpu, memory);
}

/// The load a model puts on machines: 1 would keep the scarcer resource busy all the time.
[[nodiscard]] inline double offered_load(const workload_model& m, cluster_capacity c) noexcept {
  return m.rate * busy_seconds(means(m), c);
}

/// How a workload is cut to the size of a simulated client. The defaults change nothing.
struct workload_scaling {
  double cpu_scale = 1.0;       ///< factor on cores; > 0
  double cpu_step = 0.0;        ///< cores are rounded up to multiples of it, at least one; 0: not
  double cpu_most = 0.0;        ///< larger requests become this, in cores; 0: no limit
  double memory_scale = 1.0;    ///< factor on memory; > 0
  double memory_most = 0.0;     ///< larger requests become this, in GB; 0: no limit
  double mean_run = 0.0;        ///< wanted mean run time, s, after slots and limit; 0: as it is
  duration run_most{};          ///< longer run times become this; 0: no limit
  duration slot{};              ///< run times are rounded up to whole slots, at least one; 0: not
  duration day{};               ///< wanted length of a day; 0: it changes as run times do
  double load = 0.0;            ///< wanted load, see `offered_load`; 0: as it is
  cluster_capacity capacity{};  ///< needed with `load`
};

namespace detail {

// Run times under a change of the unit of time, with the limits on top.
[[nodiscard]] inline duration scaled_run(duration run, double factor,
                                         const workload_scaling& s) noexcept {
  duration d = from_seconds((std::min)(run.seconds() * factor, 4e12));
  if (s.slot.us > 0) {
    const std::int64_t slots = d.us / s.slot.us + (d.us % s.slot.us != 0 ? 1 : 0);
    d = s.slot * (std::max)(slots, std::int64_t{1});
  }
  return s.run_most.us > 0 ? (std::min)(d, s.run_most) : d;
}

}  // namespace detail

/// The model for a client of another size.
///
/// Equation  rate = load / busy_seconds, that is load * cores / E[cpu run] where cores are
///           scarcer; the mean of the product, because large tasks tend to run long
/// Idea      wanting another mean run time is a change of the unit of time: run times, gaps and
///           the length of the day shrink by one factor, so a trace of weeks keeps its days when
///           a slot stands for minutes. Where run times were far from ten slots, that makes a day
///           of three slots or of a hundred thousand: `day` sets it. The factor is found by
///           bisection over the rows, since slots and the limit bend the mean; where many rows are
///           equal it makes steps, and the nearest is taken. The load is set last and changes the
///           rate only.
/// Errors    a mean run time or load that no factor reaches.
///
///     // a client of 176 cores whose scheduler knows whole cores and slots of a minute
///     auto client = scaled(model, {.cpu_step = 1, .cpu_most = 64, .memory_most = 512,
///                                  .mean_run = 600, .run_most = seconds(3600),
///                                  .slot = seconds(60), .load = 0.7, .capacity = {176, 1408}});
[[nodiscard]] inline result<workload_model> scaled(workload_model m, const workload_scaling& s) {
  MUSTER_EXPECTS(s.cpu_scale > 0.0 && s.memory_scale > 0.0 && s.cpu_step >= 0.0 &&
                     s.cpu_most >= 0.0 && s.memory_most >= 0.0 && s.mean_run >= 0.0 &&
                     s.load >= 0.0 && s.slot.us >= 0 && s.run_most.us >= 0 && s.day.us >= 0,
                 "muster: trace::workload_scaling has a negative amount; write scales > 0 and "
                 "the rest >= 0, where 0 changes nothing");
  MUSTER_EXPECTS(s.load == 0.0 || s.capacity.cores > 0.0 || s.capacity.memory > 0.0,
                 "muster: trace::workload_scaling has a load but no capacity; write cores > 0");
  const auto mean_with = [&](double factor) {
    double sum = 0.0;
    for (const workload_row& r : m.rows) sum += detail::scaled_run(r.run, factor, s).seconds();
    return sum / static_cast<double>(m.rows.size());
  };
  double factor = 1.0;
  if (s.mean_run > 0.0) {
    double low = -40.0;  // of the exponent of 2; the mean grows with the factor
    double high = 40.0;
    const double least = mean_with(std::exp2(low));
    const double most = mean_with(std::exp2(high));
    if (!(least <= s.mean_run && s.mean_run <= most)) {
      return error{"no change of the unit of time gives the mean run time", m.name, 0, "mean_run",
                   "between " + std::to_string(least) + " and " + std::to_string(most) + " s"};
    }
    for (int i = 0; i < 60; ++i) {
      const double middle = (low + high) / 2.0;
      (mean_with(std::exp2(middle)) < s.mean_run ? low : high) = middle;
    }
    const double below = s.mean_run - mean_with(std::exp2(low));
    const double above = mean_with(std::exp2(high)) - s.mean_run;
    factor = std::exp2(below < above ? low : high);
  }
  for (workload_row& r : m.rows) {
    double cpu = static_cast<double>(r.cpu) * s.cpu_scale;
    double memory = static_cast<double>(r.memory) * s.memory_scale;
    // A little less, since 0.1F is more than 0.1 and must not become two steps of it.
    if (s.cpu_step > 0.0) cpu = s.cpu_step * (std::max)(std::ceil(cpu / s.cpu_step - 1e-6), 1.0);
    if (s.cpu_most > 0.0) cpu = (std::min)(cpu, s.cpu_most);
    if (s.memory_most > 0.0) memory = (std::min)(memory, s.memory_most);
    r = {static_cast<float>(cpu), static_cast<float>(memory), detail::scaled_run(r.run, factor, s)};
  }
  m.rate /= factor;
  const double day = (std::min)(m.day.seconds() * factor, 9e12);
  m.day = s.day.us > 0 ? s.day : (std::max)(from_seconds(day), microseconds(24));
  if (s.load > 0.0) {
    const double busy = busy_seconds(means(m), s.capacity);
    if (!(busy > 0.0)) {
      return error{"the tasks need nothing of what is counted, so no rate makes a load", m.name, 0,
                   "load", "rows with cpu (or memory) and run time above 0"};
    }
    m.rate = s.load / busy;
  }
  if (auto ok = check(m); !ok) return ok.failure();
  return m;
}

/// Draws `n` tasks, sorted by start, from midnight on.
///
/// Equation  start of task k = at((gap_1 + ... + gap_k) / rate), with `at` of the hourly clock
/// Cost      O(n); two random numbers per task, four where the model is not joint.
/// Note      type 0, one instance, and line 0: a draw is not a row that was read.
[[nodiscard]] inline std::vector<task> sample(const workload_model& m, std::size_t n, rng& g) {
  MUSTER_EXPECTS(check(m), "muster: trace::sample cannot draw from this model; ask check(model)");
  const detail::daily_profile clock{m.hourly, m.day.seconds()};
  const auto row = [&]() -> const workload_row& {
    return m.rows[static_cast<std::size_t>(uniform_below(g, m.rows.size()))];
  };
  std::vector<task> made(n);
  double passed = 0.0;  // in mean gaps
  for (task& t : made) {
    passed += m.gaps.empty() ? exponential{}(g)
                             : m.gaps[static_cast<std::size_t>(uniform_below(g, m.gaps.size()))];
    t.start = instant{} + from_seconds((std::min)(clock.at(passed / m.rate), 9e12));
    const workload_row& r = row();
    t.cpu = r.cpu;
    t.memory = m.joint ? r.memory : row().memory;
    t.allowance = m.joint ? r.run : row().run;
  }
  return made;
}

/// The two parts of a workload; no task is in both.
struct task_split {
  std::vector<task> train, test;
};

namespace detail {

// `wanted` of the tasks, all subsets equally likely, in their order; the rest goes to `rest`.
// Selection sampling: D. Knuth, The Art of Computer Programming 2, section 3.4.2, algorithm S.
inline void choose(std::span<const task> tasks, std::size_t wanted, rng& g,
                   std::vector<task>& chosen, std::vector<task>* rest = nullptr) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (uniform_below(g, tasks.size() - i) < wanted) {
      chosen.push_back(tasks[i]);
      --wanted;
    } else if (rest != nullptr) {
      rest->push_back(tasks[i]);
    }
  }
}

}  // namespace detail

/// Splits tasks, sorted by start, into round(share n) to train with and the others to test with.
///
/// Idea      who goes where is drawn at random, not cut by time: rows that follow each other are
///           alike, and a cut would test on another distribution than it trains on.
/// Arrivals  a random 60 % of a stream has 60 % of its rate and blurred bursts: another load.
///           So arrivals are cut by time: the training tasks take the first starts, in order;
///           the test tasks take the others, on a clock that begins at the last training
///           arrival. Both parts keep the rate and the gaps of the whole, and share none.
/// Source    PFRL-DM (ICPP 2025), section 3.1: 3500 tasks, 60 % to train and 40 % to test.
[[nodiscard]] inline task_split split(std::span<const task> tasks, rng& g, double share = 0.6) {
  MUSTER_EXPECTS(share >= 0.0 && share <= 1.0,
                 "muster: trace::split has a share outside [0, 1]; the usual one is 0.6");
  MUSTER_EXPECTS(std::is_sorted(tasks.begin(), tasks.end(),
                                [](const task& a, const task& b) { return a.start < b.start; }),
                 "muster: trace::split needs tasks in the order of time; sort them by start");
  const auto n_train =
      static_cast<std::size_t>(std::llround(share * static_cast<double>(tasks.size())));
  task_split parts;
  parts.train.reserve(n_train);
  parts.test.reserve(tasks.size() - n_train);
  detail::choose(tasks, n_train, g, parts.train, &parts.test);
  for (std::size_t k = 0; k < n_train; ++k) parts.train[k].start = tasks[k].start;
  const duration shift = n_train == 0 ? duration{} : tasks[n_train - 1].start - instant{};
  for (std::size_t k = 0; k < parts.test.size(); ++k) {
    parts.test[k].start = tasks[n_train + k].start - shift;
  }
  return parts;
}

/// What a hybrid test set is made of.
struct hybrid_config {
  double share_own = 0.2;    ///< of the tasks that are the client's own; in [0, 1]
  std::size_t n = 0;         ///< tasks in all; 0: as many as the client's own test set has
  double cpu_most = 0.0;     ///< larger requests become this: the client's largest machine; 0: not
  double memory_most = 0.0;  ///< GB, likewise
  bool keep_load = true;     ///< stretch the gaps so that the load stays that of the own tasks
  cluster_capacity capacity{1.0, 0.0};  ///< what `keep_load` counts; give the client's totals
};

struct hybrid_workload {
  std::vector<task> tasks;            ///< sorted by start
  std::vector<std::uint32_t> origin;  ///< of each task: 0 own, i + 1 the i-th of the others
};

/// A test set of one client's tasks and, mostly, of tasks that it has never seen.
///
/// Composition  exact: round(share_own n) own tasks, and of each other client an equal number;
///              where that does not divide, random others give one more. Nothing is drawn twice.
/// Arrivals     who comes when is shuffled; the instants are those of the client's own test set
///              (over again where n is larger). Foreign tasks may be ten times as large, and at
///              the same rate the machines would drown or idle: the test would show the load
///              and not the mixture. So by default the gaps are stretched until the mean demand
///              per second is that of the own tasks; `keep_load` = false keeps the rate instead.
///              The paper does not say what it did.
/// Precondition all tasks are on one clock: the same slot for every client.
/// Source       PFRL-DM (ICPP 2025), section 5.3: 20 % own, the rest of the nine others.
[[nodiscard]] inline result<hybrid_workload> hybrid(std::span<const task> own,
                                                    std::span<const std::vector<task>> others,
                                                    const hybrid_config& c, rng& g) {
  MUSTER_EXPECTS(c.share_own >= 0.0 && c.share_own <= 1.0,
                 "muster: trace::hybrid share_own is outside [0, 1]; the usual one is 0.2");
  const std::size_t n = c.n > 0 ? c.n : own.size();
  const auto n_own = static_cast<std::size_t>(std::llround(c.share_own * static_cast<double>(n)));
  if (own.empty() || n_own > own.size()) {
    return error{"the client has " + std::to_string(own.size()) + " tasks and " +
                     std::to_string(n_own) + " are wanted",
                 "", 0, "own", "at least one task, and as many as are wanted"};
  }
  if (others.empty() && n_own < n) {
    return error{"there is no other client to draw from", "", 0, "others", "at least one"};
  }
  std::vector<std::size_t> wanted(others.size(), 0);
  for (std::size_t& w : wanted) w = (n - n_own) / others.size();
  for (std::size_t left = others.empty() ? 0 : (n - n_own) % others.size(), i = 0; left > 0; ++i) {
    if (uniform_below(g, others.size() - i) >= left) continue;  // algorithm S once more
    ++wanted[i];
    --left;
  }
  hybrid_workload mix;
  detail::choose(own, n_own, g, mix.tasks);
  mix.origin.assign(n_own, 0);
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (wanted[i] > others[i].size()) {
      return error{"client " + std::to_string(i + 1) + " of the others has " +
                       std::to_string(others[i].size()) + " tasks and " +
                       std::to_string(wanted[i]) + " are wanted",
                   "", 0, "others", "larger test sets, or a smaller n"};
    }
    detail::choose(others[i], wanted[i], g, mix.tasks);
    mix.origin.insert(mix.origin.end(), wanted[i], static_cast<std::uint32_t>(i + 1));
  }
  for (std::size_t k = n; k > 1; --k) {
    const auto other = static_cast<std::size_t>(uniform_below(g, k));
    std::swap(mix.tasks[k - 1], mix.tasks[other]);
    std::swap(mix.origin[k - 1], mix.origin[other]);
  }
  const auto busy = [&c](std::span<const task> tasks) {
    std::vector<workload_row> rows;
    rows.reserve(tasks.size());
    for (const task& t : tasks) rows.push_back({t.cpu, t.memory, t.allowance});
    return busy_seconds(means(rows), c.capacity);
  };
  for (task& t : mix.tasks) {
    if (c.cpu_most > 0.0) t.cpu = (std::min)(t.cpu, static_cast<float>(c.cpu_most));
    if (c.memory_most > 0.0) t.memory = (std::min)(t.memory, static_cast<float>(c.memory_most));
  }
  const double before = busy(own);
  const double after = busy(mix.tasks);
  const double stretch = c.keep_load && before > 0.0 && after > 0.0 ? after / before : 1.0;
  const double round = own.back().start.seconds();
  for (std::size_t k = 0; k < n; ++k) {
    const double at =
        static_cast<double>(k / own.size()) * round + own[k % own.size()].start.seconds();
    mix.tasks[k].start = instant{} + from_seconds((std::min)(at * stretch, 9e12));
  }
  return mix;
}

}  // namespace muster::inline MUSTER_ABI::trace
