// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/concepts/dispatch_environment.hpp>
#include <muster/concepts/dispatch_view.hpp>
#include <muster/env/detail/edge_targets.hpp>
#include <muster/env/drain.hpp>
#include <muster/env/edge_cloud_config.hpp>
#include <muster/env/edge_cloud_record.hpp>
#include <muster/env/mask.hpp>
#include <muster/queue/arrival_order.hpp>

namespace muster::inline MUSTER_ABI::env {

/// Requests with deadlines, access points that place them, nodes and a cloud that run them.
///
/// Idea     time runs from one event to the next; only slots in which something can be decided
///          or discarded are looked at, so an idle slot costs nothing. The caller answers one
///          question at a time: `next_decision(view)`, `dispatch(target)`.
/// Source   C. Huang et al., KMPS, sections II and IV-A: access points decide at slots of
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
class edge_cloud : public detail::edge_targets<NodeDequeue> {
  using base = detail::edge_targets<NodeDequeue>;

 public:
  using config = edge_cloud_config;
  using dequeue_type = Dequeue;
  using node_dequeue_type = NodeDequeue;
  using drain_type = Drain;
  using mask_type = Mask;
  /// The same world with other strategies: how a pipeline puts its choices in.
  template <dequeue_strategy D, dequeue_strategy N, drain_policy R, target_mask M>
  using with = edge_cloud<D, N, R, M>;

  edge_cloud() : edge_cloud{config{}} {}
  explicit edge_cloud(config c, Dequeue dequeue = {}, NodeDequeue node_dequeue = {},
                      Drain drain = {})
      : base{std::move(c), std::move(node_dequeue)},
        dequeue_start_{std::move(dequeue)},
        drain_{std::move(drain)} {
    access_.resize(config_.clusters);
    reset();
  }

  /// Takes a workload: anything with `request` (a job) and `access_point`, sorted by time.
  /// Arrivals at or after `horizon` are left out. Requests are numbered 0, 1, ... in order, and
  /// this number becomes their id. Resets.
  template <class Arrival>
  void load(std::span<const Arrival> arrivals, duration horizon) {
    base::take(arrivals, horizon);
    reset();
  }

  /// Back to the start of the loaded workload.
  void reset() {
    base::reset_targets();
    for (gate& a : access_) {
      a.queue.clear();
      a.dequeue = dequeue_start_;
    }
    sent_.clear();
    sent_.reserve(jobs_.size());
    cursor_ = 0;
    slot_ = -1;
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

  /// Number of the slot that was looked at last, from 0; -1 at the start.
  [[nodiscard]] std::int64_t slot() const noexcept { return slot_; }
  [[nodiscard]] std::size_t waiting_at(std::size_t access_point) const noexcept {
    return access_[access_point].queue.size();
  }
  /// Requests in the order in which they were dispatched.
  [[nodiscard]] std::span<const std::uint32_t> dispatch_order() const noexcept { return sent_; }

 private:
  using base::bins_;
  using base::book;
  using base::config_;
  using base::counts_;
  using base::events_;
  using base::horizon_;
  using base::jobs_;
  using base::miss_waiting;
  using base::misses_;
  using base::now_;
  using base::origin_;
  using base::pack;
  using base::records_;
  using base::remove;
  using base::request_limit;
  using base::rows_;
  using base::soonest_deadline_;
  using base::table_;
  using base::tally_now;
  using event = typename base::event;
  static constexpr std::int64_t no_slot = std::int64_t{1} << 62;
  struct gate {
    std::vector<job> queue;
    Dequeue dequeue;
  };

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
      const instant until =
          next > last ? horizon_ : (next == no_slot ? never : instant{next * config_.slot.us});
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
    if (soonest_deadline_ < now_) base::discard_at_targets();
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
      case event::reach:
        return base::reach(id, t);
      case event::finish:
        return base::finish(id, t);
      case event::answer:
        return answer(id, t);
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

  void lift_urgent() {
    if constexpr (urgency_dequeue_strategy<Dequeue>) {
      for (gate& a : access_) {
        for (job& j : a.queue) j.urgent = j.urgent || a.dequeue.urgent(j, now_);
      }
    }
    base::lift_urgent_at_targets();
  }

  Dequeue dequeue_start_;
  Drain drain_;
  std::vector<gate> access_;
  std::vector<std::uint32_t> sent_;
  std::size_t cursor_ = 0;
  std::int64_t slot_ = -1;
  std::size_t access_waiting_ = 0;

  dispatch_view view_;
  std::size_t deciding_ = 0, left_ = 0, round_start_ = 0, hidden_from_ = 0;
  bool in_round_ = false, pending_ = false, over_ = false;
};

static_assert(dispatch_environment<edge_cloud<>>);

}  // namespace muster::inline MUSTER_ABI::env
