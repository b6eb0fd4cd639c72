// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/dispatch_environment.hpp>
#include <muster/concepts/dispatcher.hpp>
#include <muster/concepts/orchestrator.hpp>
#include <muster/core/rng.hpp>
#include <muster/core/time.hpp>
#include <muster/kmps/detail/rounds.hpp>
#include <muster/kmps/orchestration/fixed_replicas.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// What happened in one slot of an episode.
struct slot_sample {
  std::uint32_t arrived = 0, done = 0, missed = 0;  ///< in this slot
  std::uint32_t waiting = 0, running = 0;           ///< at its end
  float utilisation = 0.0F;                         ///< mean busy part of all replicas, 0 to 1
};

/// One request running on one target: a bar of a timeline.
struct run_span {
  std::uint64_t request = 0;
  std::uint32_t target = 0;  ///< global number: nodes, then the cloud
  std::uint32_t service = 0;
  instant start{}, finish{};
  bool on_time = false;
};

/// Everything a report says about one episode.
///
/// Cohort accounting: numerator and denominator count the same arrivals, so
/// arrived == done + missed + waiting + running, and throughput never exceeds 1.
struct episode_result {
  std::uint64_t arrived = 0, done = 0, missed = 0, waiting = 0, running = 0;
  std::uint64_t missed_at_access = 0;  ///< deadline passed in an access point's queue
  std::uint64_t missed_at_node = 0;    ///< deadline passed, or hopeless, in a node's queue
  std::uint64_t missed_late = 0;       ///< ran, but the answer came after the deadline
  std::uint64_t to_own = 0, to_neighbour = 0, to_cloud = 0;  ///< dispatches by kind of target
  duration slot{};                                           ///< length of a slot
  duration horizon{};                                        ///< arrivals stop here

  /// Answered requests in order of arrival, ms; the parts sum to the whole.
  std::vector<float> e2e_ms;
  double e2e_ms_mean = 0.0;
  double decision_ms_mean = 0.0;      ///< at the access point, waiting for its slot
  double transmission_ms_mean = 0.0;  ///< there and back
  double queueing_ms_mean = 0.0;      ///< at the target, before it starts
  double execution_ms_mean = 0.0;
  /// Decision and transmission of requests that left their cluster for a neighbour, ms.
  double cross_cluster_ms_mean = 0.0;

  std::vector<slot_sample> series;  ///< by slot; the last one holds all that came after the horizon
  std::vector<float> target_busy;   ///< by target: mean busy part of its replicas, 0 to 1
  double utilisation = 0.0;         ///< mean of all replicas until the horizon
  double energy_j = 0.0;
  std::uint64_t urgent_offered =
      0;                        ///< offers of another target to urgent requests, over all passes
  std::uint64_t relocated = 0;  ///< moves of them to another target
  std::uint64_t decisions = 0;
  std::uint64_t replica_changes = 0;       ///< that the orchestrator asked for and got
  std::vector<std::uint32_t> decision_ns;  ///< wall time of decisions, sampled; not repeatable
  std::vector<run_span> timeline;          ///< first runs, if asked for

  /// Part of the arrived requests answered on time (KMPS Eq. 1), 1 when nothing arrived.
  [[nodiscard]] double throughput() const noexcept {
    return arrived == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(arrived);
  }
  [[nodiscard]] double energy_j_per_request() const noexcept {
    return arrived == 0 ? 0.0 : energy_j / static_cast<double>(arrived);
  }
};

/// What an episode records beside the counts.
struct episode_options {
  bool latencies = true;           ///< fill e2e_ms
  bool series = true;              ///< fill series
  std::size_t time_every = 0;      ///< measure the wall time of each n-th decision; 0 = none
  std::size_t timeline_limit = 0;  ///< keep at most this many run_spans
};

/// Reads the result of an episode off an environment like env::edge_cloud.
template <class Env>
[[nodiscard]] episode_result summarise(const Env& e, const episode_options& options = {}) {
  episode_result r;
  const auto& counts = e.counts();
  r.arrived = counts.arrived;
  r.done = counts.done;
  r.missed = counts.missed;
  r.waiting = counts.waiting;
  r.running = counts.running;
  r.missed_at_access = e.misses().expired_at_access;
  r.missed_at_node = e.misses().expired_at_target + e.misses().hopeless_at_target;
  r.missed_late = e.misses().late;
  r.to_own = counts.dispatched[0];
  r.to_neighbour = counts.dispatched[1];
  r.to_cloud = counts.dispatched[2];
  r.urgent_offered = counts.urgent_offered;
  r.relocated = counts.relocated;
  r.slot = e.settings().slot;
  r.horizon = e.horizon();

  double whole = 0.0, decision = 0.0, travel = 0.0, queued = 0.0, execution = 0.0, cross = 0.0;
  std::uint64_t answered = 0, crossed = 0;
  const auto records = e.records();
  const auto requests = e.requests();
  if (options.latencies) r.e2e_ms.reserve(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    if (!record.answered_at_all()) continue;
    const double all = (record.answered - requests[i].arrival).milliseconds();
    const double before = (record.dispatched - requests[i].arrival).milliseconds();
    const double way = (record.travel + (record.answered - record.finished)).milliseconds();
    whole += all;
    decision += before;
    travel += way;
    queued += (record.started - record.dispatched - record.travel).milliseconds();
    execution += (record.finished - record.started).milliseconds();
    ++answered;
    if (options.latencies) r.e2e_ms.push_back(static_cast<float>(all));
    if (record.target / e.settings().nodes_per_cluster != e.origins()[i] &&
        record.target < e.settings().nodes()) {
      cross += before + way;
      ++crossed;
    }
    if (r.timeline.size() < options.timeline_limit) {
      r.timeline.push_back({static_cast<std::uint64_t>(i), record.target,
                            static_cast<std::uint32_t>(index_of(requests[i].service)),
                            record.started, record.finished,
                            record.answered <= requests[i].deadline});
    }
  }
  const auto mean = [](double sum, std::uint64_t n) {
    return n == 0 ? 0.0 : sum / static_cast<double>(n);
  };
  r.e2e_ms_mean = mean(whole, answered);
  r.decision_ms_mean = mean(decision, answered);
  r.transmission_ms_mean = mean(travel, answered);
  r.queueing_ms_mean = mean(queued, answered);
  r.execution_ms_mean = mean(execution, answered);
  r.cross_cluster_ms_mean = mean(cross, crossed);

  const std::size_t targets = e.table().rows.size();
  double offered = 0.0, used = 0.0;
  for (std::size_t t = 0; t < targets; ++t) {
    const double busy = e.use_of(t).replica_time.seconds();
    const double whole_time = e.replica_time(t).seconds();
    r.target_busy.push_back(static_cast<float>(whole_time > 0.0 ? busy / whole_time : 0.0));
    offered += whole_time;
    used += busy;
  }
  r.utilisation = offered > 0.0 ? used / offered : 0.0;
  r.energy_j = e.energy_j();

  if (options.series) {
    r.series.resize(e.bins());
    std::int64_t replicas = e.replicas_at_start();
    std::uint64_t waiting = 0, running = 0;
    for (std::size_t b = 0; b < e.bins(); ++b) {
      slot_sample& s = r.series[b];
      std::uint64_t started = 0, dropped = 0, late = 0;
      for (std::size_t a = 0; a < e.access_points(); ++a) {
        const auto& t = e.tally(b, a);
        s.arrived += t.arrived;
        s.done += t.done;
        s.missed += t.dropped + t.late;
        started += t.started;
        dropped += t.dropped;
        late += t.late;
      }
      waiting += s.arrived - started - dropped;
      running += started - s.done - late;
      s.waiting = static_cast<std::uint32_t>(waiting);
      s.running = static_cast<std::uint32_t>(running);
      replicas += e.replica_change_in_bin(b);
      const double room = static_cast<double>(replicas) * r.slot.seconds();
      s.utilisation = static_cast<float>(
          room > 0.0 && b + 1 < e.bins() ? duration{e.busy_in_bin(b)}.seconds() / room : 0.0);
    }
  }
  return r;
}

/// Runs one loaded episode from the start to its end, with `d` placing every request and `o`
/// choosing the replicas at every frame.
///
/// The environment is reset, and what has memory too. Deterministic in (workload, dispatcher,
/// orchestrator, random), apart from decision_ns.
template <class Env, dispatcher D, orchestrator O>
episode_result run_episode(Env& environment, D& d, O& o, rng& random,
                           const episode_options& options = {}) {
  using clock = std::chrono::steady_clock;
  environment.reset();
  if constexpr (resettable_dispatcher<D>) d.reset();
  if constexpr (resettable_orchestrator<O>) o.reset();
  std::vector<std::uint32_t> times;
  dispatch_view view;
  detail::rounds rounds;
  std::uint64_t decisions = 0, changes = 0;
  for (;;) {
    const decision_kind what = environment.next(view);
    if (what == decision_kind::over) break;
    if (what == decision_kind::orchestrate) {
      for (const replica_change& change : std::span{o.plan(environment.frame(), random)}) {
        if (environment.scale(change) != decltype(environment.scale(change))::refused) ++changes;
      }
      continue;
    }
    rounds.announce(environment, d, view);
    const bool timed = options.time_every != 0 && decisions % options.time_every == 0;
    const auto before = timed ? clock::now() : clock::time_point{};
    const std::uint32_t target = d.choose(view, random);
    if (timed) {
      times.push_back(static_cast<std::uint32_t>(
          std::chrono::duration_cast<std::chrono::nanoseconds>(clock::now() - before).count()));
    }
    if constexpr (requires { d.spent(); }) {
      environment.dispatch(target, d.spent());  // a router: what its refused offers cost
    } else {
      environment.dispatch(target);
    }
    ++decisions;
  }
  episode_result result = summarise(environment, options);
  result.decisions = decisions;
  result.replica_changes = changes;
  result.decision_ns = std::move(times);
  return result;
}
/// The same where replicas stay as they are.
template <class Env, dispatcher D>
episode_result run_episode(Env& environment, D& d, rng& random,
                           const episode_options& options = {}) {
  fixed_replicas keep;
  return run_episode(environment, d, keep, random, options);
}

}  // namespace muster::inline MUSTER_ABI::kmps
