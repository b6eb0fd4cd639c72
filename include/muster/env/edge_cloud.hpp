// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/concepts/dispatch_view.hpp>
#include <muster/env/drain.hpp>
#include <muster/env/edge_cloud_config.hpp>
#include <muster/env/edge_cloud_record.hpp>
#include <muster/env/mask.hpp>
#include <muster/queue/arrival_order.hpp>
#include <muster/sim/event_queue.hpp>

namespace muster::inline MUSTER_ABI::env {

/// Requests with deadlines, access points that place them, nodes and a cloud that run them.
///
/// Idea     time runs from one event to the next; only slots in which something can be decided
///          or discarded are looked at, so an idle slot costs nothing. The caller answers one
///          question at a time: `next_decision(view)`, `dispatch(target)`.
/// Source   J. Tang et al., KMPS, sections II and IV-A: access points decide at slots of
///          0.25 s, independently of each other; nodes run requests in idle replicas.
///
/// Life of a request   it arrives at any microsecond and waits at its access point; from the
///          next slot on it may be picked (Dequeue, Drain) and sent to a target that Mask
///          allows. It travels, waits there until NodeDequeue picks it and a replica of its
///          service is idle and cores and memory suffice, runs work / speed, and its answer
///          travels back. On time: the answer is back at or before the deadline.
/// Discarded           at each slot, in every queue, what is past its deadline; and, with
///          `start_only_if_on_time`, what is picked but could no longer be answered in time.
/// Always              arrived == done + missed + waiting + running. What is on its way to a
///          target waits; an answer on its way back still runs.
/// Within one slot     access points decide in order, but none sees what another sent in the
///          same slot. A node picks among its services by a tournament of the picks of each.
/// Cost     about three events per request; no allocation once an episode of this size has run.
/// Determinism         bitwise; events at one time happen in the order they were scheduled.
template <dequeue_strategy Dequeue = queue::arrival_order,
          dequeue_strategy NodeDequeue = queue::arrival_order, drain_policy Drain = drain_all,
          target_mask Mask = resource_mask>
class edge_cloud {
 public:
  using config = edge_cloud_config;
  using dequeue_type = Dequeue;
  using node_dequeue_type = NodeDequeue;
  using drain_type = Drain;
  using mask_type = Mask;

  edge_cloud() : edge_cloud{config{}} {}
  explicit edge_cloud(config c, Dequeue dequeue = {}, NodeDequeue node_dequeue = {},
                      Drain drain = {})
      : config_{std::move(c)},
        dequeue_start_{std::move(dequeue)},
        node_dequeue_start_{std::move(node_dequeue)},
        drain_{std::move(drain)},
        deployment_{deployment_of(config_)} {
    const config& k = config_;
    MUSTER_EXPECTS(k.clusters > 0 && k.nodes_per_cluster > 0 && k.cloud_nodes > 0 && k.services > 0,
                   "muster: env::edge_cloud has a count of 0; write positive counts");
    MUSTER_EXPECTS(k.slot.us > 0 && k.long_slot.us >= 0 && k.long_slot.us % k.slot.us == 0,
                   "muster: env::edge_cloud has a bad slot; write slot > 0 and long_slot as a "
                   "multiple of it");
    MUSTER_EXPECTS(k.lan.us >= 0 && k.cross.us >= 0 && k.wan.us >= 0,
                   "muster: env::edge_cloud has a negative latency; write one-way latencies >= 0");
    rows_.resize(k.targets());
    cells_.resize(rows_.size() * k.services);
    access_.resize(k.clusters);
    queues_.resize(cells_.size());
    heads_.reserve(k.services);
    first_deadline_.resize(rows_.size());
    blocked_.resize(rows_.size());
    busy_.resize(rows_.size());
    reset();
  }

  /// Takes a workload: anything with `request` (a job) and `access_point`, sorted by time.
  /// Arrivals at or after `horizon` are left out. Requests are numbered 0, 1, ... in order, and
  /// this number becomes their id. Resets.
  template <class Arrival>
  void load(std::span<const Arrival> arrivals, duration horizon) {
    MUSTER_EXPECTS(horizon.us > 0, "muster: env::edge_cloud::load needs a horizon > 0");
    jobs_.clear();
    origin_.clear();
    horizon_ = instant{} + horizon;
    instant last{};
    for (const Arrival& a : arrivals) {
      MUSTER_EXPECTS(a.request.arrival >= last,
                     "muster: env::edge_cloud::load needs arrivals sorted by time, from 0 on");
      MUSTER_EXPECTS(static_cast<std::size_t>(a.access_point) < access_.size() &&
                         index_of(a.request.service) < config_.services,
                     "muster: env::edge_cloud::load has an access point or service out of range; "
                     "number them from 0 and raise clusters or services");
      last = a.request.arrival;
      if (last >= horizon_) break;
      job j = a.request;
      j.id = job_id{jobs_.size()};
      j.urgent = false;
      jobs_.push_back(j);
      origin_.push_back(static_cast<std::uint32_t>(a.access_point));
    }
    MUSTER_EXPECTS(jobs_.size() < request_limit,
                   "muster: env::edge_cloud takes fewer than 2^30 requests; split the workload");
    // One more bin than slots: it holds all that happens after the horizon.
    bins_ = static_cast<std::size_t>((horizon.us + config_.slot.us - 1) / config_.slot.us) + 1;
    reset();
  }

  /// Back to the start of the loaded workload.
  void reset() {
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      const double nodes = r + 1 == rows_.size() ? config_.cloud_nodes : 1.0;
      target_table::row& row = rows_[r];
      row = {};
      row.speed = r < config_.speed.size() ? config_.speed[r] : 1.0;
      MUSTER_EXPECTS(row.speed > 0.0, "muster: env::edge_cloud has a speed <= 0");
      row.cpu_total = milli(nodes * config_.node_cpu);
      row.memory_total = milli(nodes * config_.node_memory);
      for (std::size_t w = 0; w < config_.services; ++w) {
        target_table::cell& cell = cells_[r * config_.services + w];
        cell = {};
        cell.replicas = deployment_[r * config_.services + w];
        row.memory_used += cell.replicas * milli(config_.replica_memory);
      }
      MUSTER_EXPECTS(row.memory_used <= row.memory_total,
                     "muster: env::edge_cloud deploys more replicas than a node has memory for; "
                     "lower replica_memory or the deployment");
    }
    table_ = {rows_, cells_, config_.services};
    for (auto& q : queues_) q.clear();
    for (gate& a : access_) {
      a.queue.clear();
      a.dequeue = dequeue_start_;
    }
    node_dequeue_.assign(rows_.size(), node_dequeue_start_);
    first_deadline_.assign(rows_.size(), never);
    blocked_.assign(rows_.size(), 0);
    busy_.assign(rows_.size(), {});
    records_.assign(jobs_.size(), {});
    tallies_.assign(bins_ * access_.size(), {});
    busy_by_bin_.assign(bins_, 0);
    sent_.clear();
    sent_.reserve(jobs_.size());
    events_.clear();
    events_.reserve((std::min)(jobs_.size(), std::size_t{1} << 20));
    counts_ = {};
    misses_ = {};
    cursor_ = 0;
    slot_ = -1;
    now_ = {};
    soonest_deadline_ = never;
    access_waiting_ = 0;
    in_round_ = pending_ = over_ = false;
  }

  /// Runs until an access point must place a request; fills `view` and returns true, or
  /// returns false when the episode is over. The view is valid until `dispatch`.
  bool next_decision(dispatch_view& view) {
    MUSTER_EXPECTS(!pending_,
                   "muster: env::edge_cloud waits for the answer to its last decision; call "
                   "dispatch before next_decision");
    if (over_) return false;
    for (;;) {
      if (in_round_) {
        if (next_in_round(view)) return true;
        reveal();
        in_round_ = false;
      }
      if (!advance()) {
        over_ = true;
        return false;
      }
      deciding_ = 0;
      hidden_from_ = round_start_ = sent_.size();
      open_access_point();
      in_round_ = true;
    }
  }

  /// Sends the request of the last decision to target k, in the frame of its view. A target
  /// that the mask forbids breaks a precondition, unless none is valid; then send to the cloud.
  void dispatch(std::uint32_t k) {
    MUSTER_EXPECTS(pending_, "muster: env::edge_cloud has no open decision; call next_decision");
    MUSTER_EXPECTS(k < rows_.size() && (k + 1 == rows_.size() || Mask::allows(view_, k)),
                   "muster: env::edge_cloud::dispatch got a target that the mask forbids; choose "
                   "one with view.valid(k)");
    pending_ = false;
    const auto id = static_cast<std::uint32_t>(index_of(view_.request.id));
    const auto r = static_cast<std::uint32_t>(view_.row_of(k));
    const duration latency = view_.latency(k);
    request_record& record = records_[id];
    record.state = request_state::waiting_at_target;
    record.target = r;
    record.dispatched = now_;
    record.latency = latency;
    record.expected = view_.estimated_answer(k);
    ++counts_.dispatched[static_cast<std::size_t>(view_.kind(k))];
    book(id, +1);
    sent_.push_back(id);
    events_.push(now_ + latency, pack(event::reach, id));
  }

  /// Numbers at the current time; arrived == done + missed + waiting + running.
  [[nodiscard]] const edge_cloud_counts& counts() const noexcept { return counts_; }
  /// Misses by reason; they add up to counts().missed.
  [[nodiscard]] const edge_cloud_misses& misses() const noexcept { return misses_; }
  [[nodiscard]] const config& settings() const noexcept { return config_; }
  [[nodiscard]] const target_table& table() const noexcept { return table_; }
  [[nodiscard]] instant now() const noexcept { return now_; }
  [[nodiscard]] std::int64_t slot() const noexcept { return slot_; }
  [[nodiscard]] duration horizon() const noexcept { return horizon_ - instant{}; }
  [[nodiscard]] std::size_t access_points() const noexcept { return access_.size(); }
  [[nodiscard]] std::size_t waiting_at(std::size_t access_point) const noexcept {
    return access_[access_point].queue.size();
  }
  /// The requests by number, and what became of each.
  [[nodiscard]] std::span<const job> requests() const noexcept { return jobs_; }
  [[nodiscard]] std::span<const std::uint32_t> origins() const noexcept { return origin_; }
  [[nodiscard]] std::span<const request_record> records() const noexcept { return records_; }
  /// Requests in the order in which they were dispatched.
  [[nodiscard]] std::span<const std::uint32_t> dispatch_order() const noexcept { return sent_; }
  /// Slots of the horizon and one bin for what happens after it.
  [[nodiscard]] std::size_t bins() const noexcept { return bins_; }
  [[nodiscard]] const slot_tally& tally(std::size_t bin, std::size_t access_point) const noexcept {
    return tallies_[bin * access_.size() + access_point];
  }
  /// Replica time used in a bin, us, all targets.
  [[nodiscard]] std::int64_t busy_in_bin(std::size_t bin) const noexcept {
    return busy_by_bin_[bin];
  }
  [[nodiscard]] const target_use& use_of(std::size_t target) const noexcept { return busy_[target]; }
  /// Energy of the episode so far, J: idle power of all nodes until the horizon (or the last
  /// event, if later), the share of the cores held on top, and two messages per request sent.
  [[nodiscard]] double energy_j() const noexcept {
    const double nodes = config_.nodes() + static_cast<double>(config_.cloud_nodes);
    double core_ms = 0.0;
    for (const target_use& use : busy_) core_ms += use.core_milliseconds;
    const double span = ((std::max)(horizon_, events_.now()) - instant{}).seconds();
    const double messages = static_cast<double>(counts_.dispatched[0] + counts_.dispatched[1]) +
                            static_cast<double>(counts_.dispatched[2]) * config_.wan_energy_factor;
    return config_.idle_power * nodes * span +
           (config_.peak_power - config_.idle_power) / config_.node_cpu * core_ms * 1e-3 +
           2.0 * messages * config_.message_energy;
  }
  [[nodiscard]] std::size_t bin_of(instant t) const noexcept {
    const auto b = static_cast<std::size_t>(t.us / config_.slot.us);
    return b < bins_ ? b : bins_ - 1;
  }

  /// Sets how many replicas of a service a target should have, at the current time. Busy ones
  /// beyond that finish their request first. False, and nothing changed, when memory is short.
  bool set_replicas(std::size_t target, service_id service, std::uint32_t count) {
    target_table::cell& cell = cells_[target * config_.services + index_of(service)];
    target_table::row& row = rows_[target];
    const std::int64_t more =
        static_cast<std::int64_t>((std::max)(count, cell.busy)) -
        static_cast<std::int64_t>((std::max)(cell.replicas, cell.busy));
    const std::int64_t memory = more * milli(config_.replica_memory);
    if (row.memory_used + memory > row.memory_total) return false;
    row.memory_used += memory;
    cell.replicas = count;
    serve_all(target, now_);
    return true;
  }

 private:
  enum class event : std::uint32_t { reach = 0, finish = 1, answer = 2 };
  static constexpr std::uint32_t request_limit = 1U << 30;
  static constexpr std::int64_t no_slot = std::int64_t{1} << 62;
  struct gate {
    std::vector<job> queue;
    Dequeue dequeue;
  };

  static constexpr std::uint32_t pack(event e, std::uint32_t id) noexcept {
    return (static_cast<std::uint32_t>(e) << 30) | id;
  }
  static std::int64_t milli(double x) noexcept { return static_cast<std::int64_t>(x * 1e3 + 0.5); }
  std::size_t cell_of(std::size_t target, const job& j) const noexcept {
    return target * config_.services + index_of(j.service);
  }
  slot_tally& tally_now(std::uint32_t id, instant t) noexcept {
    return tallies_[bin_of(t) * access_.size() + origin_[id]];
  }

  // --- decisions ---------------------------------------------------------------------------

  bool next_in_round(dispatch_view& view) {
    for (;;) {
      gate& a = access_[deciding_];
      if (left_ > 0) {
        std::size_t i = a.queue.size() - 1;
        if constexpr (!ordered_dequeue_strategy<Dequeue>) i = a.dequeue.pick(a.queue, now_);
        view_.request = a.queue[i];
        view_.now = now_;
        view_.access_point = static_cast<std::uint32_t>(deciding_);
        view_.queue_length = static_cast<std::uint32_t>(a.queue.size());
        view_.own = config_.nodes_per_cluster;
        view_.first_row = view_.access_point * view_.own;
        view_.lan = config_.lan;
        view_.cross = config_.cross;
        view_.wan = config_.wan;
        view_.table = &table_;
        view_.is_valid = [](const dispatch_view& v, std::size_t k) noexcept {
          return Mask::allows(v, k);
        };
        remove(a.queue, i);
        --access_waiting_;
        --left_;
        pending_ = true;
        view = view_;
        return true;
      }
      if (++deciding_ == access_.size()) return false;
      open_access_point();
      if (left_ > 0) hide();
    }
  }

  void open_access_point() {
    gate& a = access_[deciding_];
    left_ = drain_.count(a.queue.size());
    if constexpr (ordered_dequeue_strategy<Dequeue>) {
      // A fixed order is sorted once per slot, the next one last: n picks cost n log n.
      if (left_ > 1) {
        std::sort(a.queue.begin(), a.queue.end(),
                  [&](const job& x, const job& y) { return a.dequeue.before(y, x); });
      } else if (left_ == 1) {
        std::swap(a.queue[a.dequeue.pick(a.queue, now_)], a.queue.back());
      }
    }
  }

  /// Takes what this round has sent so far off the books, for the next access point.
  void hide() noexcept {
    for (; hidden_from_ < sent_.size(); ++hidden_from_) book(sent_[hidden_from_], -1);
  }
  /// Puts it back at the end of the round.
  void reveal() noexcept {
    for (std::size_t i = round_start_; i < hidden_from_; ++i) book(sent_[i], +1);
  }
  /// Counts a request as waiting at its target, or no longer.
  void book(std::uint32_t id, int sign) noexcept {
    const job& j = jobs_[id];
    target_table::cell& cell = cells_[cell_of(records_[id].target, j)];
    cell.waiting += static_cast<std::uint32_t>(sign);
    cell.work_waiting += sign * j.work.us;
    rows_[records_[id].target].queue_length += static_cast<std::uint32_t>(sign);
  }

  // --- time ----------------------------------------------------------------------------------

  /// First slot strictly after this one that begins at or after t.
  std::int64_t slot_from(instant t) const noexcept {
    return (std::max)(slot_ + 1, (t.us + config_.slot.us - 1) / config_.slot.us);
  }
  /// First slot strictly after this one that begins after t.
  std::int64_t slot_after(instant t) const noexcept {
    return (std::max)(slot_ + 1, t.us / config_.slot.us + 1);
  }
  static constexpr bool has_urgency =
      urgency_dequeue_strategy<Dequeue> || urgency_dequeue_strategy<NodeDequeue>;
  std::int64_t next_urgency_slot() const noexcept {
    const std::int64_t period = config_.long_slot.us / config_.slot.us;
    return period == 0 ? no_slot : (slot_ / period + 1) * period;
  }

  /// Runs events up to the next slot in which there is something to do, and prepares it.
  bool advance() {
    std::int64_t next = no_slot;
    if (access_waiting_ > 0) next = slot_ + 1;
    if (cursor_ < jobs_.size()) next = (std::min)(next, slot_from(jobs_[cursor_].arrival));
    const std::int64_t last =
        config_.finish_after_horizon ? no_slot : static_cast<std::int64_t>(bins_) - 1;
    for (;;) {
      if (soonest_deadline_ != never) {
        next = (std::min)(next, slot_after(soonest_deadline_));
        if constexpr (has_urgency) next = (std::min)(next, next_urgency_slot());
      }
      const instant until = next > last
                                ? horizon_
                                : (next == no_slot ? never : instant{next * config_.slot.us});
      if (events_.empty() || events_.next_time() > until) break;
      process();
    }
    if (next >= last && last != no_slot) {
      now_ = horizon_;
      pull_arrivals();
      return false;
    }
    if (next == no_slot) return false;
    slot_ = next;
    now_ = instant{next * config_.slot.us};
    if (access_waiting_ > 0) discard_at_access();
    pull_arrivals();
    if (soonest_deadline_ < now_) discard_at_targets();
    if constexpr (has_urgency) {
      if (config_.long_slot.us > 0 && now_.us % config_.long_slot.us == 0) lift_urgent();
    }
    return true;
  }

  void pull_arrivals() {
    for (; cursor_ < jobs_.size() && jobs_[cursor_].arrival <= now_; ++cursor_) {
      const auto id = static_cast<std::uint32_t>(cursor_);
      const job& j = jobs_[cursor_];
      ++counts_.arrived;
      ++counts_.waiting;
      ++tally_now(id, j.arrival).arrived;
      records_[id].state = request_state::waiting_at_access;
      if (j.deadline < now_) {
        miss_waiting(id, now_, request_state::expired_at_access);
      } else {
        access_[origin_[id]].queue.push_back(j);
        ++access_waiting_;
      }
    }
  }

  void process() {
    const auto [t, code] = events_.pop();
    const std::uint32_t id = code & (request_limit - 1);
    switch (static_cast<event>(code >> 30)) {
      case event::reach: return reach(id, t);
      case event::finish: return finish(id, t);
      case event::answer: return answer(id, t);
    }
  }

  // --- targets -------------------------------------------------------------------------------

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

  bool fits(std::size_t target, const job& j) const noexcept {
    const target_table::row& row = rows_[target];
    return row.cpu_used + milli(static_cast<double>(j.cpu)) <= row.cpu_total &&
           row.memory_used + milli(static_cast<double>(j.memory)) <= row.memory_total;
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

  void account_use(std::size_t target, const job& j, instant from, instant to) noexcept {
    target_use& use = busy_[target];
    const duration inside = (std::min)(to, horizon_) - (std::min)(from, horizon_);
    use.replica_time += inside;
    use.core_milliseconds += static_cast<double>(j.cpu) * (to - from).milliseconds();
    std::size_t bin = bin_of(from);
    while (from < to) {
      const instant edge = bin + 1 < bins_ ? instant{static_cast<std::int64_t>(bin + 1) *
                                                     config_.slot.us}
                                           : to;
      const instant end = (std::min)(to, edge);
      busy_by_bin_[bin] += (end - from).us;
      from = end;
      ++bin;
    }
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
    events_.push(t + record.latency, pack(event::answer, id));
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

  void answer(std::uint32_t id, instant t) {
    const job& j = jobs_[id];
    request_record& record = records_[id];
    record.answered = t;
    --counts_.running;
    slot_tally& tally = tally_now(id, t);
    if (t <= j.deadline) {
      record.state = request_state::on_time;
      ++counts_.done;
      ++tally.done;
    } else {
      record.state = request_state::late;
      ++counts_.missed;
      ++misses_.late;
      ++tally.late;
    }
    if constexpr (adaptive_dequeue_strategy<Dequeue>) {
      access_[origin_[id]].dequeue.observe(j.service, t - record.dispatched);
    }
  }

  // --- discarding and lifting ----------------------------------------------------------------

  void miss_waiting(std::uint32_t id, instant t, request_state reason) noexcept {
    records_[id].state = reason;
    records_[id].finished = t;
    --counts_.waiting;
    ++counts_.missed;
    ++tally_now(id, t).dropped;
    if (reason == request_state::expired_at_access) ++misses_.expired_at_access;
    if (reason == request_state::expired_at_target) ++misses_.expired_at_target;
    if (reason == request_state::hopeless_at_target) ++misses_.hopeless_at_target;
  }

  void discard_at_access() {
    for (gate& a : access_) {
      for (std::size_t i = a.queue.size(); i-- > 0;) {
        if (a.queue[i].deadline >= now_) continue;
        miss_waiting(static_cast<std::uint32_t>(index_of(a.queue[i].id)), now_,
                     request_state::expired_at_access);
        remove(a.queue, i);
        --access_waiting_;
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

  void lift_urgent() {
    if constexpr (urgency_dequeue_strategy<Dequeue>) {
      for (gate& a : access_) {
        for (job& j : a.queue) j.urgent = j.urgent || a.dequeue.urgent(j, now_);
      }
    }
    if constexpr (urgency_dequeue_strategy<NodeDequeue>) {
      for (std::size_t c = 0; c < queues_.size(); ++c) {
        for (job& j : queues_[c]) {
          j.urgent = j.urgent || node_dequeue_[c / config_.services].urgent(j, now_);
        }
      }
    }
  }

  /// Order in a queue has no meaning, so the last one fills the gap.
  static void remove(std::vector<job>& queue, std::size_t i) noexcept {
    queue[i] = queue.back();
    queue.pop_back();
  }

  config config_;
  Dequeue dequeue_start_;
  NodeDequeue node_dequeue_start_;
  Drain drain_;
  std::vector<std::uint32_t> deployment_;

  std::vector<job> jobs_;
  std::vector<std::uint32_t> origin_;
  std::vector<request_record> records_;
  std::vector<std::uint32_t> sent_;
  instant horizon_{};
  std::size_t bins_ = 1;

  std::vector<target_table::row> rows_;
  std::vector<target_table::cell> cells_;
  target_table table_;
  std::vector<gate> access_;
  std::vector<NodeDequeue> node_dequeue_;
  std::vector<std::vector<job>> queues_;  // by target and service
  std::vector<job> heads_;
  std::vector<instant> first_deadline_;  // lower bound by target
  std::vector<std::uint8_t> blocked_;    // cores or memory kept a request from an idle replica
  std::vector<target_use> busy_;
  std::vector<slot_tally> tallies_;
  std::vector<std::int64_t> busy_by_bin_;

  sim::event_queue<std::uint32_t> events_;
  edge_cloud_counts counts_;
  edge_cloud_misses misses_;
  std::size_t cursor_ = 0;
  std::int64_t slot_ = -1;
  instant now_{};
  instant soonest_deadline_ = never;  // lower bound over the queues of all targets
  std::size_t access_waiting_ = 0;

  dispatch_view view_;
  std::size_t deciding_ = 0, left_ = 0, round_start_ = 0, hidden_from_ = 0;
  bool in_round_ = false, pending_ = false, over_ = false;
};

}  // namespace muster::inline MUSTER_ABI::env
