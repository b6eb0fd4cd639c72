// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <muster/trace/task.hpp>
#include <span>
#include <vector>

namespace support {

using muster::trace::task;

/// The greatest difference between two empirical distribution functions (Kolmogorov-Smirnov).
[[nodiscard]] inline double distance(std::vector<double> a, std::vector<double> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double worst = 0.0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const double x = std::min(a[i], b[j]);
    while (i < a.size() && a[i] <= x) ++i;
    while (j < b.size() && b[j] <= x) ++j;
    worst = std::max(worst, std::fabs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                      static_cast<double>(j) / static_cast<double>(b.size())));
  }
  return worst;
}

/// What two samples of one distribution exceed once in a thousand times.
[[nodiscard]] inline double chance(std::size_t n, std::size_t m) {
  return 1.9495 * std::sqrt(1.0 / static_cast<double>(n) + 1.0 / static_cast<double>(m));
}

template <class Value>
[[nodiscard]] std::vector<double> column(std::span<const task> tasks, Value value) {
  std::vector<double> x;
  for (const task& t : tasks) x.push_back(static_cast<double>(value(t)));
  return x;
}
[[nodiscard]] inline std::vector<double> cpu_of(std::span<const task> tasks) {
  return column(tasks, [](const task& t) { return t.cpu; });
}
[[nodiscard]] inline std::vector<double> memory_of(std::span<const task> tasks) {
  return column(tasks, [](const task& t) { return t.memory; });
}
[[nodiscard]] inline std::vector<double> run_of(std::span<const task> tasks) {
  return column(tasks, [](const task& t) { return t.allowance.seconds(); });
}
/// Seconds between neighbours.
[[nodiscard]] inline std::vector<double> gaps_of(std::span<const task> tasks) {
  std::vector<double> x;
  for (std::size_t i = 1; i < tasks.size(); ++i) {
    x.push_back((tasks[i].start - tasks[i - 1].start).seconds());
  }
  return x;
}
/// Hours since midnight.
[[nodiscard]] inline std::vector<double> hour_of(std::span<const task> tasks) {
  return column(tasks, [](const task& t) { return std::fmod(t.start.seconds() / 3600.0, 24.0); });
}

[[nodiscard]] inline double mean(const std::vector<double>& x) {
  double sum = 0.0;
  for (const double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

}  // namespace support
