// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <muster/kmps/episode.hpp>

namespace cli {

struct named_value {
  std::string name;
  double value = 0.0;
};

/// One training episode of a learner, as numbers with names.
struct training_point {
  std::uint64_t episode = 0;
  std::vector<named_value> values;
};

/// Curves over the slots of an episode, several slots to a point so that files stay small.
struct time_series {
  double point_seconds = 0.0;                 ///< simulated seconds per point
  std::uint64_t point_slots = 1;              ///< slots per point
  std::vector<double> arrived, done, missed;  ///< requests per second
  std::vector<double> waiting, running;       ///< requests at the end of the point
  std::vector<double> utilisation;            ///< 0 to 1
};

/// What one (pipeline, seed) run leaves behind: all that files, figures and the report need.
struct run_record {
  std::string pipeline;
  std::uint64_t seed = 0;
  std::vector<named_value> metrics;  ///< of the test episode; repeatable
  std::vector<named_value> timings;  ///< measured with a clock; differ from run to run
  time_series series;
  std::vector<double> latency_quantiles;  ///< e2e ms at 0, 1/200, ..., 1; empty without answers
  std::vector<double> target_busy;        ///< by target: nodes, then the cloud; 0 to 1
  std::vector<training_point> training;   ///< empty for what does not learn
  std::vector<muster::kmps::run_span> timeline;  ///< of one run only, not kept in its file
  double simulated_seconds = 0.0;                ///< horizon of the test episode

  /// The metric of this name; not a number if there is none.
  [[nodiscard]] double metric(std::string_view name) const noexcept;
  [[nodiscard]] double timing(std::string_view name) const noexcept;
};

/// One test episode, and what was read off its single requests.
struct tested {
  muster::kmps::episode_result episode;
  std::vector<named_value> more;
  std::vector<std::uint32_t> plan_ns;  ///< wall time of each orchestration
};

/// Turns a test into a record.
[[nodiscard]] run_record make_record(std::string pipeline, std::uint64_t seed, tested test,
                                     double wall_seconds);

/// The record of the upper bound, which has counts only.
[[nodiscard]] run_record make_bound_record(std::uint64_t seed, std::uint64_t arrived,
                                           std::uint64_t on_time, std::uint64_t infeasible,
                                           double horizon_seconds);

}  // namespace cli
