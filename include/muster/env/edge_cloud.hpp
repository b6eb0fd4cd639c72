// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/concepts/dispatch_environment.hpp>
#include <muster/concepts/dispatch_view.hpp>
#include <muster/env/detail/edge_time.hpp>
#include <muster/env/drain.hpp>
#include <muster/env/edge_cloud_config.hpp>
#include <muster/env/edge_cloud_record.hpp>
#include <muster/env/mask.hpp>
#include <muster/env/reschedule.hpp>
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
          target_mask Mask = resource_mask, rescheduler Reschedule = stay_put>
class edge_cloud : public detail::edge_time<Dequeue, NodeDequeue> {
  using base = detail::edge_time<Dequeue, NodeDequeue>;

 public:
  using config = edge_cloud_config;
  using dequeue_type = Dequeue;
  using node_dequeue_type = NodeDequeue;
  using drain_type = Drain;
  using mask_type = Mask;
  using rescheduler_type = Reschedule;
  /// The same world with other strategies: how a pipeline puts its choices in.
  template <dequeue_strategy D, dequeue_strategy N, drain_policy R, target_mask M,
            rescheduler S = stay_put>
  using with = edge_cloud<D, N, R, M, S>;

  edge_cloud() : edge_cloud{config{}} {}
  explicit edge_cloud(config c, Dequeue dequeue = {}, NodeDequeue node_dequeue = {},
                      Drain drain = {}, Reschedule reschedule = {})
      : base{std::move(c), std::move(dequeue), std::move(node_dequeue)},
        drain_{std::move(drain)},
        reschedule_{std::move(reschedule)} {
    reset();
  }

  /// Takes a workload: a vector, span or array of anything with `request` (a job) and
  /// `access_point`, sorted by time.
  /// Arrivals at or after `horizon` are left out. Requests are numbered 0, 1, ... in order, and
  /// this number becomes their id. Resets.
  template <class Arrivals>
  void load(const Arrivals& arrivals, duration horizon) {
    using arrival = std::remove_cvref_t<decltype(*std::data(arrivals))>;
    base::take(std::span<const arrival>{std::data(arrivals), std::size(arrivals)}, horizon);
    reset();
  }

  /// Back to the start of the loaded workload.
  void reset() {
    base::reset_time();
    sent_.clear();
    sent_.reserve(jobs_.size());
    in_round_ = in_frame_ = pending_ = over_ = false;
  }

  /// Runs until there is something to decide. `dispatch`: `view` says which request; answer with
  /// `dispatch(k)`. `orchestrate`: a frame begins; look at `frame()`, answer with any number of
  /// `scale`. `over`: the episode has ended. Views are valid until the next call.
  [[nodiscard]] decision_kind next(dispatch_view& view) {
    MUSTER_EXPECTS(!pending_,
                   "muster: env::edge_cloud waits for the answer to its last decision; call "
                   "dispatch before next_decision");
    while (!over_) {
      if (in_round_) {
        if (next_in_round(view)) return decision_kind::dispatch;
        reveal();
        in_round_ = false;
      }
      if (in_frame_) {
        in_frame_ = false;
        flows_.next_frame(now_);
      } else if (!base::advance()) {
        over_ = true;
        break;
      } else if (clock_.due(base::frame_rate, now_) && now_ < horizon_) {
        in_frame_ = true;
        return decision_kind::orchestrate;
      }
      begin_round();
    }
    return decision_kind::over;
  }
  /// The same, passing over frames: true if a request must be placed, false when it is over.
  bool next_decision(dispatch_view& view) {
    decision_kind what = next(view);
    while (what == decision_kind::orchestrate) what = next(view);
    return what == decision_kind::dispatch;
  }

  /// The system now, and what happened since the last frame.
  [[nodiscard]] const frame_view& frame() noexcept {
    flows_.show(frame_, now_);
    frame_.clusters = config_.clusters;
    frame_.nodes_per_cluster = config_.nodes_per_cluster;
    frame_.lan = config_.lan;
    frame_.cross = config_.cross;
    frame_.wan = config_.wan;
    frame_.replica_memory = config_.replica_memory;
    frame_.table = &table_;
    return frame_;
  }

  /// Sends the request of the last decision to target k, in the frame of its view. A target
  /// that the mask forbids breaks a precondition, unless none is valid; then send to the cloud.
  /// `negotiation`: time that refused offers to other targets have cost; it leaves so much later.
  void dispatch(std::uint32_t k, duration negotiation = {}) {
    MUSTER_EXPECTS(pending_, "muster: env::edge_cloud has no open decision; call next_decision");
    MUSTER_EXPECTS(k < rows_.size() && (k + 1 == rows_.size() || view_.valid(k)),
                   "muster: env::edge_cloud::dispatch got a target that the mask forbids; choose "
                   "one with view.valid(k)");
    pending_ = false;
    const auto id = static_cast<std::uint32_t>(index_of(view_.request.id));
    const auto r = static_cast<std::uint32_t>(view_.row_of(k));
    request_record& record = records_[id];
    record.state = request_state::waiting_at_target;
    record.target = r;
    record.dispatched = links_.decides(config_, view_.access_point, now_) + negotiation;
    record.latency = view_.latency(k);
    record.expected = view_.estimated_answer(k);
    const instant reached =
        links_.sets_out(config_, view_.access_point, cluster_of(r), record.dispatched) +
        record.latency;
    record.travel = reached - record.dispatched;
    ++counts_.dispatched[static_cast<std::size_t>(view_.kind(k))];
    book(id, +1);
    sent_.push_back(id);
    events_.push(reached, pack(event::reach, id));
  }

  /// Requests in the order in which they were dispatched.
  [[nodiscard]] std::span<const std::uint32_t> dispatch_order() const noexcept { return sent_; }

 private:
  using base::access_;
  using base::book;
  using base::clock_;
  using base::config_;
  using base::counts_;
  using base::events_;
  using base::flows_;
  using base::horizon_;
  using base::jobs_;
  using base::links_;
  using base::now_;
  using base::origin_;
  using base::pack;
  using base::queues_;
  using base::records_;
  using base::remove;
  using base::rows_;
  using base::table_;
  using event = typename base::event;
  using gate = typename base::gate;

  bool next_in_round(dispatch_view& view) {
    for (;;) {
      gate& a = access_[deciding_];
      if (left_ > 0) {
        std::size_t i = a.queue.size() - 1;
        if constexpr (!ordered_dequeue_strategy<Dequeue>) i = a.dequeue.pick(a.queue, now_);
        look_at(a.queue[i], static_cast<std::uint32_t>(deciding_));
        base::leave_access(deciding_, i);
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

  /// Points the view at a request, as its access point sees it.
  void look_at(const job& j, std::uint32_t access_point) noexcept {
    view_.request = j;
    view_.now = now_;
    view_.access_point = access_point;
    view_.queue_length = static_cast<std::uint32_t>(access_[access_point].queue.size());
    view_.own = config_.nodes_per_cluster;
    view_.first_row = access_point * view_.own;
    view_.lan = config_.lan;
    view_.cross = config_.cross;
    view_.wan = config_.wan;
    view_.table = &table_;
    view_.cut_off = links_.cut_off();
    view_.is_valid = [](const dispatch_view& v, std::size_t k) noexcept {
      return Mask::allows(v, k);
    };
  }
  /// The long slot, then the first access point decides.
  void begin_round() {
    if constexpr (base::has_urgency) {
      if (clock_.due(base::long_rate, now_)) {
        base::lift_urgent();
        if constexpr (Reschedule::moves) relocate_urgent();
      }
    }
    deciding_ = 0;
    hidden_from_ = round_start_ = sent_.size();
    open_access_point();
    in_round_ = true;
  }
  /// Numbered from 0; the cloud is the one after the last.
  std::size_t cluster_of(std::size_t target) const noexcept {
    return target / config_.nodes_per_cluster;
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
  /// Offers every urgent request that waits at a target another one, the earliest deadline first.
  void relocate_urgent() {
    urgent_.clear();
    for (const auto& queue : queues_) {
      for (const job& j : queue) {
        if (j.urgent) urgent_.push_back(j);
      }
    }
    std::sort(urgent_.begin(), urgent_.end(), [](const job& a, const job& b) {
      return a.deadline != b.deadline ? a.deadline < b.deadline : a.id < b.id;
    });
    counts_.urgent_offered += urgent_.size();
    for (const job& j : urgent_) {
      const auto id = static_cast<std::uint32_t>(index_of(j.id));
      request_record& record = records_[id];
      look_at(j, origin_[id]);
      const auto current = static_cast<std::uint32_t>(view_.index_of_row(record.target));
      book(id, -1);
      const std::uint32_t k = reschedule_.move(view_, current);
      if (k != current && view_.valid(k) && view_.reachable(current)) {
        auto& queue = queues_[base::cell_of(record.target, j)];
        const auto same = std::find_if(queue.begin(), queue.end(),
                                       [&](const job& other) { return other.id == j.id; });
        remove(queue, static_cast<std::size_t>(same - queue.begin()));
        const duration hop = view_.between(current, k);
        record.target = static_cast<std::uint32_t>(view_.row_of(k));
        record.latency = view_.latency(k);
        record.travel += hop;
        ++counts_.relocated;
        events_.push(now_ + hop, pack(event::reach, id));
      }
      book(id, +1);
    }
  }

  Drain drain_;
  Reschedule reschedule_;
  std::vector<std::uint32_t> sent_;
  dispatch_view view_;
  std::size_t deciding_ = 0, left_ = 0, round_start_ = 0, hidden_from_ = 0;
  bool in_round_ = false, in_frame_ = false, pending_ = false, over_ = false;
  frame_view frame_;
  std::vector<job> urgent_;
};

static_assert(orchestration_environment<edge_cloud<>>);

}  // namespace muster::inline MUSTER_ABI::env
