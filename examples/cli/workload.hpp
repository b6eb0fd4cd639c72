// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/core/time.hpp>
#include <muster/trace/task.hpp>

#include "options.hpp"

namespace cli {

/// The traces of one command, read and checked; workloads are cut from them.
struct source {
  std::vector<std::vector<muster::trace::task>> files;
  std::vector<std::pair<std::string, std::string>> names;  ///< path, digest; empty = synthetic
  std::vector<std::string> notes;  ///< what a reader of results should know about the input
};

/// Which rows of the trace a workload uses; training and test share none.
enum class rows { training, test };

/// One episode's requests.
struct workload {
  std::vector<muster::trace::arrival> arrivals;
  muster::duration horizon{};
  std::vector<std::uint32_t> emergencies{};  ///< numbers of those in `arrivals`, ascending
};

/// The load of one workload; what is not here is fixed by the source.
struct load {
  double rate = 0.0, surge = 1.0, deadline_scale = 1.0;
  std::uint64_t slots = 0;  ///< of 0.25 s
  /// Emergencies come on top, inside the surge window: so many per request of the workload, and
  /// each may take so much longer than its work.
  double emergency_share = 0.0, emergency_seconds = 0.0;
};

inline constexpr double surge_from = 0.4, surge_to = 0.6;  ///< parts of the horizon
inline constexpr double train_fraction = 0.6;              ///< of each trace's rows
inline constexpr std::uint32_t access_points = 3;

[[nodiscard]] load load_of(const options& o);

/// Reads all traces of the command, or makes the synthetic one. Nothing is written.
[[nodiscard]] muster::result<source> open_source(const options& o);

/// The workload of (rows, load, seed): the same three give the same requests for everybody.
[[nodiscard]] muster::result<workload> make_workload(const source& s, rows which, const load& l,
                                                     std::uint64_t seed);

}  // namespace cli
