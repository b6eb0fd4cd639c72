// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <muster/concepts/round_dispatcher.hpp>
#include <muster/control/min_cost_flow.hpp>
#include <muster/kmps/detail/best_target.hpp>
#include <muster/kmps/detail/scheduling_graph.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// A central scheduler that places all waiting requests of a slot in one minimum-cost flow.
///
/// Idea       each request is a unit of flow that reaches the sink through the replicas that run
///            it or, left alone, through an aggregator of unscheduled requests. The cheapest flow
///            is the best joint placement under these costs.
/// Source     I. Gog et al., Firmament: Fast, Centralized Cluster Scheduling at Scale, OSDI 2016,
///            section 3 (the graph: requests, unscheduled and rack aggregators, machines, sink);
///            M. Isard et al., Quincy, SOSP 2009 (locality as arc cost, an unscheduled cost that
///            grows with the wait); Firmament's load-spreading policy (dearer the fuller). KMPS
///            names the scheduler, not its policy: the costs below are ours.
/// Costs      us. Request to rack: 2 latency(access point, cluster), left out if even an idle
///            replica there would answer late. Rack to replica group: mean work / speed. Replica
///            group to machine, n-th request: 0 while a replica is idle, else
///            (backlog + n mean work / speed) / replicas - latency, up to one round ahead, since
///            then the next round decides. Request to unscheduled: patience + time waited +
///            max(0, patience - slack).
/// Capacity   of a machine: what its cores hold now and free until the next round.
/// Unscheduled   an access point hands over everything it drains, so a request that the flow
///            leaves unscheduled still goes somewhere: to the valid target with the earliest
///            expected answer. So does one whose planned target the mask forbids.
/// Cost       one network simplex per slot; no allocation once warm.
/// Determinism  bitwise. Within one rack, earlier deadlines get the shorter waits; ties go to the
///            smaller id, and to the smaller target.
class firmament {
 public:
  using config = detail::scheduling_graph::config;
  static constexpr const char* name = "firmament_native";

  firmament() = default;
  explicit firmament(config c) : config_{c} {
    MUSTER_EXPECTS(c.round.us > 0 && c.patience.us > 0,
                   "muster: kmps::firmament has a round or patience <= 0; write positive times");
  }

  /// A new slot: its first decision.
  void begin_round(const dispatch_view& view) {
    view_ = view;
    tasks_.clear();
    add(view.request, view.access_point);
    planned_ = false;
  }
  /// The other requests that wait at an access point.
  void add_waiting(std::size_t access_point, std::span<const job> waiting) {
    for (const job& j : waiting) add(j, static_cast<std::uint32_t>(access_point));
  }

  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng&) {
    const job_id id = view.request.id;
    if (!announced(view) || (planned_ && find(id) == plan_.end())) begin_round(view);
    if (!planned_) solve();
    const auto at = find(id);
    if (at != plan_.end() && at->second != unscheduled) {
      const std::size_t k = view.index_of_row(at->second);
      if (view.valid(k)) return static_cast<std::uint32_t>(k);
    }
    const std::size_t best = detail::best_target(
        view, view.size(),
        [&](const target_state&, std::size_t k) { return view.estimated_answer(k); });
    return static_cast<std::uint32_t>(best == detail::none ? view.cloud() : best);
  }

  void reset() noexcept {
    tasks_.clear();
    plan_.clear();
    planned_ = false;
  }

  /// Of the last round: its requests, those left unscheduled, and the cost of the flow, us.
  [[nodiscard]] std::size_t round_size() const noexcept { return plan_.size(); }
  [[nodiscard]] std::size_t left_unscheduled() const noexcept { return left_; }
  [[nodiscard]] std::int64_t round_cost() const noexcept { return solver_.cost(); }

 private:
  static constexpr std::uint32_t unscheduled = ~std::uint32_t{0};
  using entry = std::pair<job_id, std::uint32_t>;  // request, global target

  void add(const job& j, std::uint32_t access_point) {
    detail::scheduling_graph::task t;
    t.request = j;
    t.access_point = access_point;
    tasks_.push_back(t);
  }
  [[nodiscard]] bool announced(const dispatch_view& view) const noexcept {
    return !tasks_.empty() && view_.now == view.now && view_.table == view.table;
  }
  [[nodiscard]] std::vector<entry>::const_iterator find(job_id id) const noexcept {
    const auto at = std::lower_bound(plan_.begin(), plan_.end(), id,
                                     [](const entry& e, job_id x) { return e.first < x; });
    return at != plan_.end() && at->first == id ? at : plan_.end();
  }

  void solve() {
    planned_ = true;
    graph_.build(config_, view_, tasks_);
    const control::flow_status status = solver_.solve(graph_.network());
    plan_.clear();
    left_ = 0;
    waiting_.clear();
    free_.clear();
    for (std::uint32_t i = 0; i < tasks_.size(); ++i) {
      std::uint32_t rack = detail::scheduling_graph::no_rack;
      if (status == control::flow_status::optimal) {
        for (std::uint32_t e = 0; e < tasks_[i].arcs; ++e) {
          if (solver_.flow(tasks_[i].first_arc + e) > 0) {
            rack = graph_.rack_of(tasks_[i].first_arc + e);
          }
        }
      }
      const job& j = tasks_[i].request;
      if (rack == detail::scheduling_graph::no_rack) {
        plan_.push_back({j.id, unscheduled});
        ++left_;
      } else {
        waiting_.push_back({rack, j.deadline.us, j.id});
      }
    }
    const std::size_t services = view_.table->services;
    for (const auto& p : graph_.places()) {
      if (waiting_.empty() || solver_.flow(p.arc) == 0) continue;
      const std::size_t rack = graph_.cluster_of(p.target) * services + p.service;
      free_.push_back({static_cast<std::uint32_t>(rack), p.wait, p.target});
    }
    // As many requests entered a rack as places below it were taken.
    std::sort(waiting_.begin(), waiting_.end());
    std::sort(free_.begin(), free_.end());
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      plan_.push_back({std::get<2>(waiting_[i]), std::get<2>(free_[i])});
    }
    std::sort(plan_.begin(), plan_.end());
  }

  config config_{};
  dispatch_view view_;
  std::vector<detail::scheduling_graph::task> tasks_;
  detail::scheduling_graph graph_;
  control::min_cost_flow solver_;
  std::vector<std::tuple<std::uint32_t, std::int64_t, job_id>> waiting_;      // rack, deadline, id
  std::vector<std::tuple<std::uint32_t, std::int32_t, std::uint32_t>> free_;  // rack, wait, target
  std::vector<entry> plan_;                                                   // by id
  std::size_t left_ = 0;
  bool planned_ = false;
};

static_assert(round_dispatcher<firmament> && resettable_dispatcher<firmament>);

}  // namespace muster::inline MUSTER_ABI::kmps
