// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/core/rng.hpp>
#include <muster/trace/demand.hpp>
#include <muster/trace/rate_profile.hpp>
#include <muster/trace/task.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// Which rows of each file a replay draws from: training and test never share a row.
enum class part : std::uint8_t { all, train, test };

/// Plays one or more traces into the access points of a system, at the load that is wanted.
///
/// Idea      access point i plays file i mod files, from a row that the seed decides, cyclically.
///           The gaps between its rows are kept in proportion and scaled so that the access
///           point gets its share of the load; then time is warped so that the load surges.
///           Access points that play the same file start an equal number of rows apart.
/// Equation  x_k = sum of the gaps before row k + u * closing gap, G = sum of all these gaps,
///           t_k = at(x_k / G * total()), with `at` and `total` of rate_profile
/// Symbols   N = round(total()) requests in all, N_i = this access point's share, k < N_i, u in
///           [0, 1) by the seed
/// Rate      exact: N requests, N_i of N as equal as can be, for every seed; the bursts of the
///           trace decide where within the horizon they come.
/// Compression   with rate = 0 nothing is fitted: all gaps are divided by `compression`, and
///           the trace decides how many requests there are.
/// Determinism   the same files, config and seed give the same bytes. Arrivals are sorted by
///           time, then access point, then trace order; ids count from 0.
/// Cost      O(n log n) in the arrivals made.
class replay {
 public:
  struct config {
    double rate = 100.0;              ///< requests/s over all access points; 0: `compression`
    double compression = 1.0;         ///< K: trace seconds per simulated second, if rate is 0; > 0
    double surge = 5.0;               ///< load factor in the surge; > 0, 1 = none
    double surge_begin = 0.4;         ///< of the horizon
    double surge_end = 0.6;           ///< of the horizon
    duration horizon = seconds(825);  ///< > 0
    std::uint32_t access_points = 3;  ///< > 0
    trace::part part = trace::part::all;
    double train_share = 0.6;  ///< of the rows of each file, from its start; in [0, 1]
    std::uint64_t seed = 1;
    double deadline_scale = 1.0;       ///< kappa: allowance granted per allowance in the trace; > 0
    demand::config request{};          ///< what a row asks for
    std::uint64_t most = 100'000'000;  ///< refuse to make more arrivals than that
  };

  replay() : replay(config{}) {}
  explicit replay(config c) : config_{c}, demand_{c.request} {
    MUSTER_EXPECTS(c.access_points > 0, "muster: trace::replay needs at least one access point");
    MUSTER_EXPECTS(c.rate >= 0.0 && c.compression > 0.0 && profile().valid(),
                   "muster: trace::replay has a load it cannot make; write rate >= 0, compression "
                   "> 0, surge > 0, 0 <= surge_begin <= surge_end <= 1 and horizon > 0");
    MUSTER_EXPECTS(c.deadline_scale > 0.0,
                   "muster: trace::replay deadline_scale must be > 0; 1 is as in the trace");
    MUSTER_EXPECTS(c.train_share >= 0.0 && c.train_share <= 1.0,
                   "muster: trace::replay train_share is outside [0, 1]; the usual one is 0.6");
  }

  /// The load asked for; with rate 0, its shape only.
  [[nodiscard]] rate_profile profile() const noexcept {
    return {config_.rate > 0.0 ? config_.rate : 1.0, config_.surge, config_.surge_begin,
            config_.surge_end, config_.horizon};
  }
  [[nodiscard]] const config& settings() const noexcept { return config_; }

  /// The arrivals of one run. Fails when a file has no row in the part that is asked for.
  [[nodiscard]] result<std::vector<arrival>> arrivals(
      std::span<const std::vector<task>> files) const {
    if (files.empty()) {
      return error{"no trace is given to replay", "", 0, "", "at least one file with rows"};
    }
    std::vector<std::vector<task>> rows;
    for (std::size_t f = 0; f < files.size() && f < config_.access_points; ++f) {
      rows.push_back(rows_of(files[f]));
      if (rows.back().empty()) {
        return error{"trace " + std::to_string(f + 1) + " has " + std::to_string(files[f].size()) +
                         " rows and none in the " +
                         (config_.part == trace::part::train ? "training" : "chosen") + " part",
                     "", 0, "", "more rows, or another split"};
      }
    }
    const bool fitted = config_.rate > 0.0;
    const double wanted = profile().total();
    if (fitted && !(wanted <= static_cast<double>(config_.most))) {
      return error{"the replay would make more than " + std::to_string(config_.most) + " requests",
                   "", 0, "", "a lower rate, surge or horizon"};
    }
    const auto total = static_cast<std::uint64_t>(wanted + 0.5);
    std::vector<arrival> made;
    if (fitted) made.reserve(static_cast<std::size_t>(total));
    for (std::uint32_t i = 0; i < config_.access_points; ++i) {
      const std::vector<task>& file = rows[i % rows.size()];
      const std::size_t first = first_row(i, rows.size(), file.size());
      rng g = rng{config_.seed}.fork(2).fork(i);
      if (fitted) {
        const std::uint64_t share =
            total / config_.access_points + (i < total % config_.access_points ? 1 : 0);
        play_fitted(file, first, share, wanted, uniform01(g), i, made);
      } else if (!play_compressed(file, first, i, made)) {
        return error{
            "the replay would make more than " + std::to_string(config_.most) + " requests", "", 0,
            "", "a lower compression or horizon"};
      }
    }
    std::stable_sort(made.begin(), made.end(), [](const arrival& a, const arrival& b) {
      return a.request.arrival != b.request.arrival ? a.request.arrival < b.request.arrival
                                                    : a.access_point < b.access_point;
    });
    for (std::size_t k = 0; k < made.size(); ++k) made[k].request.id = job_id{k};
    return made;
  }

 private:
  // The part of a file that is asked for, in the order of time.
  [[nodiscard]] std::vector<task> rows_of(const std::vector<task>& file) const {
    std::vector<task> sorted = file;
    const auto earlier = [](const task& a, const task& b) { return a.start < b.start; };
    if (!std::is_sorted(sorted.begin(), sorted.end(), earlier)) {
      std::stable_sort(sorted.begin(), sorted.end(), earlier);
    }
    const auto cut =
        static_cast<std::ptrdiff_t>(static_cast<double>(sorted.size()) * config_.train_share);
    if (config_.part == trace::part::train) sorted.erase(sorted.begin() + cut, sorted.end());
    if (config_.part == trace::part::test) sorted.erase(sorted.begin(), sorted.begin() + cut);
    return sorted;
  }

  [[nodiscard]] std::size_t first_row(std::uint32_t access_point, std::size_t files,
                                      std::size_t rows) const noexcept {
    const std::size_t file = access_point % files;
    const std::size_t order = access_point / files;  // among those that play this file
    const std::size_t players = (config_.access_points - file + files - 1) / files;
    rng g = rng{config_.seed}.fork(1).fork(file);
    return static_cast<std::size_t>(uniform_below(g, rows) + order * rows / players) % rows;
  }

  // Seconds from row k to the next one; from the last to the first, the mean gap.
  [[nodiscard]] static double gap(const std::vector<task>& rows, std::size_t k) noexcept {
    if (k + 1 < rows.size()) return (rows[k + 1].start - rows[k].start).seconds();
    const double span = (rows.back().start - rows.front().start).seconds();
    return rows.size() > 1 ? span / static_cast<double>(rows.size() - 1) : 1.0;
  }

  void play_fitted(const std::vector<task>& rows, std::size_t first, std::uint64_t count,
                   double wanted, double phase, std::uint32_t access_point,
                   std::vector<arrival>& out) const {
    if (count == 0) return;
    // The gap that closes the window is the first one behind it that is not zero: rows of the
    // same second stay together, and none is pressed against the end of the horizon.
    double last_gap = 0.0;
    for (std::size_t k = 0; k < rows.size() && !(last_gap > 0.0); ++k) {
      last_gap = gap(rows, (first + count - 1 + k) % rows.size());
    }
    double all_gaps = last_gap;
    for (std::uint64_t k = 0; k + 1 < count; ++k) all_gaps += gap(rows, (first + k) % rows.size());
    const bool even = !(all_gaps > 0.0);  // all rows at one second: spread them
    double before = 0.0;
    for (std::uint64_t k = 0; k < count; ++k) {
      const std::size_t row = (first + k) % rows.size();
      const double x = even ? (static_cast<double>(k) + phase) / static_cast<double>(count)
                            : (before + phase * last_gap) / all_gaps;
      emit(rows[row], profile().at(x * wanted), access_point, out);
      before += gap(rows, row);
    }
  }

  bool play_compressed(const std::vector<task>& rows, std::size_t first, std::uint32_t access_point,
                       std::vector<arrival>& out) const {
    const rate_profile shape = profile();
    // A file whose rows all start in one second would never move time on.
    double cycle = 0.0;
    for (std::size_t k = 0; k < rows.size(); ++k) cycle += gap(rows, k);
    double before = 0.0;
    for (std::size_t k = 0;; ++k) {
      const std::size_t row = (first + k) % rows.size();
      const double at = shape.at(before / config_.compression);
      if (at >= config_.horizon.seconds()) return true;
      if (out.size() >= config_.most) return false;
      emit(rows[row], at, access_point, out);
      before += cycle > 0.0 ? gap(rows, row) : 1.0;
    }
  }

  void emit(const task& row, double at, std::uint32_t access_point,
            std::vector<arrival>& out) const {
    const auto us = static_cast<std::int64_t>(at * 1e6);
    const instant when{(std::min)((std::max)(us, std::int64_t{0}), config_.horizon.us - 1)};
    out.push_back({demand_.request(row, job_id{}, when, config_.deadline_scale), access_point});
  }

  config config_;
  demand demand_;
};

}  // namespace muster::inline MUSTER_ABI::trace
