// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/env/detail/edge_books.hpp>
#include <muster/env/detail/edge_links.hpp>
#include <muster/sim/event_queue.hpp>

namespace muster::inline MUSTER_ABI::env::detail {

/// The targets of edge_cloud: queues in front of replicas, and the events of requests there.
///
/// Each service on each target has a queue of its own; NodeDequeue picks from it whenever a
/// replica of that service becomes idle. Services meet only when cores or memory are short: then
/// the picks of all services compete in a tournament, by the same strategy.
template <dequeue_strategy NodeDequeue>
class edge_targets : public edge_books {
 public:
  /// Adds or removes replicas of one service on one target. A new one holds memory at once and
  /// serves after config.replica_start. One that runs a request goes when it has finished it,
  /// one that still starts goes at once. `refused` changes nothing.
  scaling scale(const replica_change& change) {
    MUSTER_EXPECTS(change.target < rows_.size() && index_of(change.service) < config_.services,
                   "muster: env::edge_cloud::scale got a target or service out of range; number "
                   "targets from 0, the cloud last");
    const std::size_t target = change.target;
    const std::size_t c = target * config_.services + index_of(change.service);
    const target_table::cell& cell = cells_[c];
    const std::int64_t delta = change.delta;
    const std::int64_t leaving = cell.busy > cell.replicas ? cell.busy - cell.replicas : 0;
    const std::int64_t there = std::int64_t{cell.replicas} + flows_.starting(c);
    const std::int64_t memory =
        (std::max)(delta - leaving, std::int64_t{0}) * milli(config_.replica_memory);
    if (delta == 0 || there + delta < 0 || links_.is_cut_off(target / config_.nodes_per_cluster) ||
        rows_[target].memory_used + memory > rows_[target].memory_total) {
      return scaling::refused;
    }
    for (std::int64_t i = 0; i < delta; ++i) add_replica(c);
    bool at_once = true;
    for (std::int64_t i = 0; i > delta; --i) at_once = remove_replica(c) && at_once;
    if (at_once) serve_all(target, now_);
    return at_once ? scaling::applied : scaling::delayed;
  }

 protected:
  enum class event : std::uint32_t { reach = 0, finish = 1, answer = 2, ready = 3 };
  static constexpr std::uint32_t pack(event e, std::uint32_t id) noexcept {
    return (static_cast<std::uint32_t>(e) << 30) | id;
  }

  edge_targets(edge_cloud_config c, NodeDequeue node_dequeue)
      : edge_books{std::move(c)}, node_dequeue_start_{std::move(node_dequeue)} {
    queues_.resize(cells_.size());
    heads_.reserve(config_.services);
  }

  void reset_targets() {
    reset_books();
    for (auto& q : queues_) q.clear();
    node_dequeue_.assign(rows_.size(), node_dequeue_start_);
    first_deadline_.assign(rows_.size(), never);
    blocked_.assign(rows_.size(), 0);
    cancelled_.assign(cells_.size(), 0);
    links_.reset(config_);
    soonest_deadline_ = never;
    events_.clear();
    events_.reserve((std::min)(jobs_.size(), std::size_t{1} << 20));
  }

  void add_replica(std::size_t c) {
    if (cells_[c].busy > cells_[c].replicas) {
      count_replica(c, +1, now_);  // one that was to go after its request stays
      return;
    }
    rows_[c / config_.services].memory_used += milli(config_.replica_memory);
    ++flows_.starting(c);
    if (config_.replica_start.us == 0) {
      ready(static_cast<std::uint32_t>(c), now_);
    } else {
      events_.push(now_ + config_.replica_start, pack(event::ready, static_cast<std::uint32_t>(c)));
    }
  }
  /// False if the replica has a request to finish first.
  bool remove_replica(std::size_t c) {
    if (flows_.starting(c) > 0) {
      --flows_.starting(c);
      ++cancelled_[c];
    } else {
      count_replica(c, -1, now_);
      if (cells_[c].busy > cells_[c].replicas) return false;
    }
    rows_[c / config_.services].memory_used -= milli(config_.replica_memory);
    return true;
  }
  /// A replica has started.
  void ready(std::uint32_t c, instant t) {
    if (cancelled_[c] > 0) {
      --cancelled_[c];
      return;
    }
    --flows_.starting(c);
    count_replica(c, +1, t);
    serve(c / config_.services, c, t);
  }

  void reach(std::uint32_t id, instant t) {
    const job& j = jobs_[id];
    const std::size_t target = records_[id].target;
    const std::size_t c = cell_of(target, j);
    const bool idle = cells_[c].replicas > cells_[c].busy;
    if (idle && queues_[c].empty() && fits(target, j)) {
      start_or_drop(id, t);
      return;
    }
    queues_[c].push_back(j);
    first_deadline_[target] = (std::min)(first_deadline_[target], j.deadline);
    soonest_deadline_ = (std::min)(soonest_deadline_, j.deadline);
    if (idle) serve_all(target, t);
  }

  /// Starts a request for which there is room, unless its answer would be late for certain.
  void start_or_drop(std::uint32_t id, instant t) {
    const job& j = jobs_[id];
    request_record& record = records_[id];
    const std::size_t target = record.target;
    target_table::row& row = rows_[target];
    const instant end = t + duration{dispatch_view::at_speed(j.work.us, row.speed)};
    book(id, -1);
    if (config_.start_only_if_on_time && end + record.latency > j.deadline) {
      miss_waiting(id, t, request_state::hopeless_at_target);
      return;
    }
    record.state = request_state::running;
    record.started = t;
    record.finished = end;
    target_table::cell& cell = cells_[cell_of(target, j)];
    ++cell.busy;
    cell.finish_sum += end.us;
    ++row.running;
    row.cpu_used += milli(static_cast<double>(j.cpu));
    row.memory_used += milli(static_cast<double>(j.memory));
    --counts_.waiting;
    ++counts_.running;
    ++tally_now(id, t).started;
    account_use(target, j, t, end);
    events_.push(end, pack(event::finish, id));
  }

  void finish(std::uint32_t id, instant t) {
    const job& j = jobs_[id];
    const request_record& record = records_[id];
    const std::size_t target = record.target;
    const std::size_t c = cell_of(target, j);
    target_table::row& row = rows_[target];
    target_table::cell& cell = cells_[c];
    if (cell.busy > cell.replicas) row.memory_used -= milli(config_.replica_memory);
    --cell.busy;
    cell.finish_sum -= t.us;
    --row.running;
    row.cpu_used -= milli(static_cast<double>(j.cpu));
    row.memory_used -= milli(static_cast<double>(j.memory));
    if constexpr (adaptive_dequeue_strategy<NodeDequeue>) {
      node_dequeue_[target].observe(j.service, t - record.started);
    }
    const std::size_t from = target / config_.nodes_per_cluster;  // the cloud comes out last
    events_.push(links_.sets_out(config_, from, origin_[id], t) + record.latency,
                 pack(event::answer, id));
    if (blocked_[target] != 0) {
      serve_all(target, t);
    } else if (!queues_[c].empty()) {
      serve(target, c, t);
    }
  }

  /// Fills the idle replicas of one service from its queue.
  void serve(std::size_t target, std::size_t c, instant t) {
    auto& queue = queues_[c];
    while (!queue.empty() && cells_[c].replicas > cells_[c].busy) {
      const std::size_t i = node_dequeue_[target].pick(queue, t);
      if (!fits(target, queue[i])) {
        blocked_[target] = 1;
        return;
      }
      const auto id = static_cast<std::uint32_t>(index_of(queue[i].id));
      remove(queue, i);
      start_or_drop(id, t);
    }
  }

  /// Fills the idle replicas of all services: cores or memory are short, so the services
  /// compete. The winner is picked among the first choice of each; one that does not fit
  /// leaves the competition, so that smaller requests of other services still run.
  void serve_all(std::size_t target, instant t) {
    const std::size_t first = target * config_.services;
    heads_.clear();
    for (std::size_t c = first; c < first + config_.services; ++c) {
      if (!queues_[c].empty() && cells_[c].replicas > cells_[c].busy) {
        heads_.push_back(queues_[c][node_dequeue_[target].pick(queues_[c], t)]);
      }
    }
    blocked_[target] = 0;
    while (!heads_.empty()) {
      const std::size_t h = node_dequeue_[target].pick(heads_, t);
      const job j = heads_[h];
      if (!fits(target, j)) {
        blocked_[target] = 1;
        remove(heads_, h);
        continue;
      }
      const std::size_t c = cell_of(target, j);
      auto& queue = queues_[c];
      const auto same = std::find_if(queue.begin(), queue.end(),
                                     [&](const job& other) { return other.id == j.id; });
      remove(queue, static_cast<std::size_t>(same - queue.begin()));
      start_or_drop(static_cast<std::uint32_t>(index_of(j.id)), t);
      if (!queue.empty() && cells_[c].replicas > cells_[c].busy) {
        heads_[h] = queue[node_dequeue_[target].pick(queue, t)];
      } else {
        remove(heads_, h);
      }
    }
  }

  void discard_at_targets() {
    soonest_deadline_ = never;
    for (std::size_t target = 0; target < rows_.size(); ++target) {
      if (first_deadline_[target] < now_) {
        instant first = never;
        for (std::size_t w = 0; w < config_.services; ++w) {
          auto& queue = queues_[target * config_.services + w];
          for (std::size_t i = queue.size(); i-- > 0;) {
            if (queue[i].deadline >= now_) {
              first = (std::min)(first, queue[i].deadline);
              continue;
            }
            const auto id = static_cast<std::uint32_t>(index_of(queue[i].id));
            book(id, -1);
            miss_waiting(id, now_, request_state::expired_at_target);
            remove(queue, i);
          }
        }
        first_deadline_[target] = first;
      }
      soonest_deadline_ = (std::min)(soonest_deadline_, first_deadline_[target]);
    }
    // What blocked the others may be gone.
    for (std::size_t target = 0; target < rows_.size(); ++target) {
      if (blocked_[target] != 0) serve_all(target, now_);
    }
  }

  void lift_urgent_at_targets() {
    if constexpr (urgency_dequeue_strategy<NodeDequeue>) {
      for (std::size_t c = 0; c < queues_.size(); ++c) {
        for (job& j : queues_[c]) {
          j.urgent = j.urgent || node_dequeue_[c / config_.services].urgent(j, now_);
        }
      }
    }
  }

  sim::event_queue<std::uint32_t> events_;
  edge_links links_;
  std::vector<std::vector<job>> queues_;  // by target and service
  instant soonest_deadline_ = never;      // lower bound over the queues of all targets

 private:
  NodeDequeue node_dequeue_start_;
  std::vector<NodeDequeue> node_dequeue_;
  std::vector<job> heads_;
  std::vector<instant> first_deadline_;   // lower bound by target
  std::vector<std::uint32_t> cancelled_;  // starts that were called off, by target and service
  std::vector<std::uint8_t> blocked_;     // cores or memory kept a request from an idle replica
};

}  // namespace muster::inline MUSTER_ABI::env::detail
