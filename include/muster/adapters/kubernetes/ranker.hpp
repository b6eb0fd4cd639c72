// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/adapters/kubernetes/objects.hpp>
#include <muster/concepts/dispatcher.hpp>
#include <muster/concepts/orchestrator.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// A node as a ranker sees it, whoever found it out.
struct node_load {
  resources total, used;
  double speed = 1.0;
  std::uint32_t pods = 0;        ///< bound and active
  std::uint32_t of_service = 0;  ///< of those, how many belong to the pod's service

  [[nodiscard]] bool has_room(const resources& need) const noexcept {
    return used.cpu + need.cpu <= total.cpu && used.memory + need.memory <= total.memory;
  }
};

/// Orders nodes by how well a pod would do there.
///
/// Syntax (checked here)   `r.rank(needs, loads, most, rng)` -> numbers of nodes, best first, valid
///                         until the next call
/// Meaning   `loads` are nodes with room for the pod; the answer holds at most `most` different
///           ones; those left out are worse than all in it. The same arguments, state and random
///           stream give the same answer.
template <class R>
concept node_ranker = std::movable<R> &&
    requires(R& r, const resources& needs, std::span<const node_load> loads, std::size_t most,
             rng& random) {
  { r.rank(needs, loads, most, random) } -> std::convertible_to<std::span<const std::uint32_t>>;
};

namespace detail {

/// One cluster of `loads` with a cloud that can take nothing, as books for views.
struct ranking_table {
  std::vector<target_table::row> rows;
  std::vector<target_table::cell> cells;
  target_table table;

  void fill(const resources& needs, std::span<const node_load> loads) {
    rows.assign(loads.size() + 1, {});
    cells.assign(loads.size() + 1, {});
    for (std::size_t k = 0; k < loads.size(); ++k) {
      const node_load& l = loads[k];
      rows[k].cpu_total = l.total.cpu;
      rows[k].cpu_used = l.used.cpu;
      rows[k].memory_total = l.total.memory;
      rows[k].memory_used = l.used.memory;
      rows[k].speed = l.speed;
      rows[k].running = l.pods;
      cells[k].busy = l.of_service;
      // Idle replicas are places: what the pod needs still fits so often.
      const std::int64_t by_cpu =
          needs.cpu > 0 ? (l.total.cpu - l.used.cpu) / needs.cpu : std::int64_t{1};
      const std::int64_t by_memory =
          needs.memory > 0 ? (l.total.memory - l.used.memory) / needs.memory : std::int64_t{1};
      cells[k].replicas = l.of_service + static_cast<std::uint32_t>((std::max)(
                                             std::int64_t{1}, (std::min)(by_cpu, by_memory)));
    }
    table = {rows, cells, 1};
  }
};

}  // namespace detail

/// Ranks nodes by asking a dispatcher again and again, each time without its last choice.
///
/// Idea     a dispatcher says which node is best, an extender must say how good each is. Scores
///          have eleven levels, so ten questions are enough.
/// Cost     O(most x cost of one choice); no allocation of ours once the tables have grown.
template <dispatcher D>
class dispatcher_ranker {
 public:
  struct config {
    duration work = milliseconds(65);    ///< what a pod is taken to have to do; > 0
    duration allowance = seconds(2);     ///< and to have time for; > 0
    duration latency = milliseconds(5);  ///< one way to any node
  };

  dispatcher_ranker() : dispatcher_ranker(config{}) {}
  explicit dispatcher_ranker(config c, D d = {}) : config_{c}, dispatcher_{std::move(d)} {}

  [[nodiscard]] std::span<const std::uint32_t> rank(const resources& needs,
                                                    std::span<const node_load> loads,
                                                    std::size_t most, rng& random) {
    order_.clear();
    books_.fill(needs, loads);
    dispatch_view v;
    v.request.work = config_.work;
    v.request.deadline = v.now + config_.allowance;
    v.request.cpu = static_cast<float>(needs.cpu) * 1e-3F;
    v.request.memory = static_cast<float>(needs.memory) * 1e-3F;
    v.queue_length = 1;
    v.own = static_cast<std::uint32_t>(loads.size());
    v.lan = v.cross = v.wan = config_.latency;
    v.table = &books_.table;
    v.is_valid = [](const dispatch_view& view, std::size_t k) noexcept {
      return view.table->cells[view.row_of(k)].replicas > 0;
    };
    for (std::size_t i = 0; i < (std::min)(most, loads.size()); ++i) {
      const std::uint32_t k = dispatcher_.choose(v, random);
      if (k >= loads.size()) break;  // the cloud: nothing valid is left
      order_.push_back(k);
      books_.cells[k].replicas = 0;
    }
    return order_;
  }

 private:
  config config_;
  D dispatcher_;
  detail::ranking_table books_;
  std::vector<std::uint32_t> order_;
};

/// Ranks nodes by where an orchestrator would add a replica, in the order of its plan.
///
/// Idea     a pod that a controller made is one replica more that needs a place; the orchestrator
///          is shown the nodes and one request that waits for it.
/// Note     an orchestrator plans for the whole system; here it sees one service on one cluster,
///          and only its additions matter.
template <orchestrator O>
class orchestrator_ranker {
 public:
  struct config {
    duration frame = seconds(25);  ///< what the view says of the time since the last one; > 0
  };

  orchestrator_ranker() : orchestrator_ranker(config{}) {}
  explicit orchestrator_ranker(config c, O o = {}) : config_{c}, orchestrator_{std::move(o)} {}

  [[nodiscard]] std::span<const std::uint32_t> rank(const resources& needs,
                                                    std::span<const node_load> loads,
                                                    std::size_t most, rng& random) {
    order_.clear();
    books_.fill(needs, loads);
    for (std::size_t k = 0; k < loads.size(); ++k) books_.cells[k].replicas = loads[k].of_service;
    waiting_.assign(1, 1);
    starting_.assign(loads.size() + 1, 0);
    flows_.assign(1, {.arrived = 1});
    target_flows_.assign(loads.size() + 1, {});
    frame_view v;
    v.now = instant{} + config_.frame;
    v.frame = config_.frame;
    v.number = 1;
    v.clusters = 1;
    v.nodes_per_cluster = static_cast<std::uint32_t>(loads.size());
    v.replica_memory = static_cast<double>(needs.memory) * 1e-3;
    v.table = &books_.table;
    v.at_access = waiting_;
    v.starting = starting_;
    v.services = flows_;
    v.flows = target_flows_;
    const std::span<const replica_change> plan = orchestrator_.plan(v, random);
    for (const replica_change& c : plan) {
      if (order_.size() == most) break;
      if (c.delta <= 0 || c.target >= loads.size()) continue;
      if (std::find(order_.begin(), order_.end(), c.target) == order_.end()) {
        order_.push_back(c.target);
      }
    }
    return order_;
  }

 private:
  config config_;
  O orchestrator_;
  detail::ranking_table books_;
  std::vector<std::uint32_t> waiting_, starting_;
  std::vector<service_flow> flows_;
  std::vector<target_flow> target_flows_;
  std::vector<std::uint32_t> order_;
};

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
