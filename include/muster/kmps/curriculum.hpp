// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/concepts/curriculum.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The workload as it is, from the first round on: the default.
struct no_curriculum {
  struct config {};
  constexpr no_curriculum() noexcept = default;
  constexpr explicit no_curriculum(const config&) noexcept {}
  [[nodiscard]] constexpr lesson current() const noexcept { return {}; }
  constexpr void observe(double) const noexcept {}
};

/// Short quiet episodes first, long busy ones last.
///
/// Idea      a policy that knows nothing drowns every queue under full load, and where all is
///           lost no choice looks better than another. Under a light load it sees what a good
///           choice is worth, and brings that along.
/// Source    KMPS IV-A.4, "a progressive training strategy": "simple, short sequences" at first,
///           "gradually introducing complex sequences (high-load, sudden emergency tasks)". Stages
///           and criterion are not given there; Y. Bengio, J. Louradour, R. Collobert, J. Weston:
///           Curriculum learning, ICML 2009, for the idea.
/// Rule      the next stage begins when the mean throughput of the last `window` rounds of this one
///           is at least `reach`, or after `most` rounds. It never goes back; the last one stays.
/// Told      whoever makes the workload is told the difficulty if it takes two arguments,
///           `make(seed, difficulty)`: there surges and emergencies belong. Otherwise requests are
///           left out at random until the share `load` is left.
/// Cost      O(window) numbers.
class progressive {
 public:
  struct config {
    /// From the first to the last; not empty, each as `lesson` says.
    std::vector<lesson> stages{{.difficulty = 0.0, .load = 0.3, .horizon = 0.25},
                               {.difficulty = 0.5, .load = 0.65, .horizon = 0.5},
                               {.difficulty = 1.0, .load = 1.0, .horizon = 1.0}};
    double reach = 0.9;      ///< mean throughput at which a stage is learned; [0, 1]
    std::size_t window = 3;  ///< rounds in that mean; > 0
    std::size_t most = 15;   ///< rounds after which a stage ends anyway; 0 = never
  };

  progressive() : progressive{config{}} {}
  explicit progressive(config c) : config_{std::move(c)}, recent_(config_.window, 0.0) {
    MUSTER_EXPECTS(!config_.stages.empty() && config_.window > 0,
                   "muster: kmps::progressive has no stages or an empty window; give at least one "
                   "of each");
    for ([[maybe_unused]] const lesson& s : config_.stages) {
      MUSTER_EXPECTS(s.difficulty >= 0.0 && s.difficulty <= 1.0 && s.load > 0.0 && s.load <= 1.0 &&
                         s.horizon > 0.0 && s.horizon <= 1.0,
                     "muster: kmps::progressive has a stage out of range; difficulty in [0, 1], "
                     "load and horizon in (0, 1]");
    }
  }

  [[nodiscard]] lesson current() const noexcept { return config_.stages[stage()]; }
  void observe(double throughput) noexcept {
    if (stage() + 1 == config_.stages.size()) return;
    recent_[static_cast<std::size_t>(rounds_) % recent_.size()] = throughput;
    ++rounds_;
    double sum = 0.0;
    for (const double x : recent_) sum += x;
    const bool learned =
        rounds_ >= recent_.size() && sum >= config_.reach * static_cast<double>(recent_.size());
    if (learned || (config_.most > 0 && rounds_ >= config_.most)) {
      ++stage_;
      rounds_ = 0;
    }
  }

  /// Number of the stage, from 0.
  [[nodiscard]] std::size_t stage() const noexcept {
    const auto s = static_cast<std::size_t>(stage_);
    // A file may come from a longer list of stages.
    return s < config_.stages.size() ? s : config_.stages.size() - 1;
  }
  /// Rounds spent in this stage; not counted in the last one.
  [[nodiscard]] std::uint64_t rounds() const noexcept { return rounds_; }
  /// Names in a checkpoint (nn/checkpoint.hpp) all that must be kept.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    const std::string p{prefix};
    c.add(p + "stage", stage_);
    c.add(p + "rounds", rounds_);
    c.add(p + "recent", std::span<double>{recent_});
  }

 private:
  config config_;
  std::vector<double> recent_;
  std::uint64_t stage_ = 0;
  std::uint64_t rounds_ = 0;
};

static_assert(curriculum<no_curriculum> && curriculum<progressive>);

}  // namespace muster::inline MUSTER_ABI::kmps
