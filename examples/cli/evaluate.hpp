// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/env/edge_cloud_config.hpp>
#include <muster/kmps/episode.hpp>

#include "run_record.hpp"
#include "workload.hpp"

namespace cli {

/// The paper's system with as many nodes as asked for.
[[nodiscard]] muster::env::edge_cloud_config system_of(std::uint32_t nodes_per_cluster = 6);
/// The system that the flags ask for.
[[nodiscard]] muster::env::edge_cloud_config system_of(const options& o);

/// Names of the targets of a system, short enough for a column: 1.1, 1.2, ..., cloud.
[[nodiscard]] std::vector<std::string> target_names(const muster::env::edge_cloud_config& c);

/// Told about each decision of a replay: when (s), which access point, which target (global
/// number), and how long the request may still take (s).
using decision_listener = std::function<void(double, std::uint32_t, std::size_t, double)>;

/// Runs a rule on a workload. `pipeline` must be a rule of the registry.
[[nodiscard]] tested run_rule(const std::string& pipeline,
                              const muster::env::edge_cloud_config& system, const workload& w,
                              std::uint64_t seed, const muster::kmps::episode_options& options,
                              const decision_listener& listener = {});

/// The upper bound on a workload. Where replicas can be moved (system.frame > 0), it lets every
/// service have as many replicas on every target as its memory holds.
[[nodiscard]] run_record run_bound(const muster::env::edge_cloud_config& system, const workload& w,
                                   std::uint64_t seed);

/// A pipeline that learns, without its type.
class learner {
 public:
  virtual ~learner() = default;

  /// Makes the training workload of a seed; the learner draws one seed per episode and copy.
  using workloads = std::function<muster::result<workload>(std::uint64_t seed)>;
  /// Told after each episode; false stops the training there.
  using episode_listener = std::function<bool(const training_point&)>;

  /// Trains until `episodes` episodes are done in all, counting those of a loaded state.
  [[nodiscard]] virtual muster::result<void> train(const workloads& make, std::uint64_t episodes,
                                                   const episode_listener& told) = 0;
  [[nodiscard]] virtual std::uint64_t episodes_done() const = 0;
  [[nodiscard]] virtual tested evaluate(const workload& w, std::uint64_t seed,
                                        const muster::kmps::episode_options& options,
                                        const decision_listener& listener) = 0;
  /// Saves all that a resumed training needs to give the same result.
  [[nodiscard]] virtual muster::result<void> save(const std::string& path) = 0;
  [[nodiscard]] virtual muster::result<void> load(const std::string& path) = 0;
};

/// What a learner is made from, beside its name.
struct learner_setup {
  muster::env::edge_cloud_config system;
  std::uint64_t seed = 1;
  std::size_t window = 0;  ///< episodes an update learns from; 0 = as the pipeline has it
  double rates = 1.0;      ///< times the pipeline's own learning rates of dispatch; > 0
};

/// A learner of the registry, untrained.
[[nodiscard]] std::unique_ptr<learner> make_learner(const std::string& pipeline,
                                                    const learner_setup& setup);

}  // namespace cli
