// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <muster/concepts/dispatch_environment.hpp>
#include <muster/concepts/dispatch_view.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The best that any placement could have done on one small workload.
struct exact_optimum {
  std::uint64_t on_time = 0;           ///< requests answered on time
  std::vector<std::uint32_t> targets;  ///< the answers that achieve it, in order of decisions
  std::uint64_t episodes = 0;          ///< replays that it took
  bool proven = false;                 ///< false: the search was stopped, there may be a better one

  /// Part of the optimum that was not reached, 0 to 1; 0 where nothing can be reached.
  [[nodiscard]] double gap(std::uint64_t achieved) const noexcept {
    return on_time == 0 || achieved >= on_time
               ? 0.0
               : static_cast<double>(on_time - achieved) / static_cast<double>(on_time);
  }
};

/// Finds the placement with the most requests on time by trying all that could be better.
///
/// Idea     placing requests, with deadlines, on replicas contains bin packing, so the joint
///          problem is NP-hard (KMPS II-C) and an exact answer exists for tiny cases only: a
///          depth-first search over the answers to each decision. The environment itself is
///          replayed, so whatever it models is part of the problem.
/// Bound    what has been missed stays missed: a branch with arrivals - missed <= best is cut. The
///          search ends when `at_most` is reached, for example the clairvoyant bound.
/// Optimum  over targets, for the queue orders and drain of the environment; for the best order as
///          well, take the best over environments with different strategies.
/// Cost     up to targets ^ requests replays of the episode: 5 targets and 7 requests take
///          seconds. Allocates once per call.
/// Determinism  of equal placements the first in order of targets.
class exact {
 public:
  struct config {
    std::uint64_t episodes = 1'000'000;  ///< replays after which the search is stopped; > 0
  };
  static constexpr const char* name = "exact";

  exact() = default;
  explicit exact(config c) : config_{c} {
    MUSTER_EXPECTS(c.episodes > 0, "muster: kmps::exact may replay no episode; write episodes > 0");
  }

  /// `environment` is loaded; it is left at the end of some episode.
  template <dispatch_environment Env>
  [[nodiscard]] exact_optimum operator()(
      Env& environment, std::uint64_t at_most = (std::numeric_limits<std::uint64_t>::max)()) const {
    exact_optimum best;
    const std::uint64_t requests = environment.requests().size();
    bool any = false;
    // The path to the present leaf: which answer was given, and which come after it.
    std::vector<level> path;
    dispatch_view view;
    for (;;) {
      if (best.episodes == config_.episodes) return best;
      ++best.episodes;
      environment.reset();
      std::size_t depth = 0;
      bool cut = false;
      while (!cut && environment.next_decision(view)) {
        if (depth == path.size()) path.push_back({first_of(view), none});
        path[depth].after = next_of(view, path[depth].answer);
        environment.dispatch(path[depth].answer);
        ++depth;
        cut = any && requests - environment.counts().missed <= best.on_time;
      }
      path.resize(depth);
      if (!cut && (!any || environment.counts().done > best.on_time)) {
        any = true;
        best.on_time = environment.counts().done;
        best.targets.clear();
        for (const level& l : path) best.targets.push_back(l.answer);
        if (best.on_time >= (at_most < requests ? at_most : requests)) break;
      }
      while (!path.empty() && path.back().after == none) path.pop_back();
      if (path.empty()) break;
      path.back().answer = path.back().after;
    }
    best.proven = true;
    return best;
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct level {
    std::uint32_t answer, after;
  };
  /// The first answer that the mask allows; the cloud always is one, and the last.
  static std::uint32_t first_of(const dispatch_view& view) noexcept {
    return view.valid(0) || view.size() == 1 ? 0 : next_of(view, 0);
  }
  static std::uint32_t next_of(const dispatch_view& view, std::uint32_t k) noexcept {
    const auto cloud = static_cast<std::uint32_t>(view.cloud());
    if (k == cloud) return none;
    for (++k; k < cloud; ++k) {
      if (view.valid(k)) return k;
    }
    return cloud;
  }

  config config_{};
};

}  // namespace muster::inline MUSTER_ABI::kmps
