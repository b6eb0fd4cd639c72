// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/env/detail/edge_targets.hpp>
#include <muster/sim/multi_rate.hpp>

namespace muster::inline MUSTER_ABI::env::detail {

/// The clock of edge_cloud and the queues of its access points: how time runs from one slot in
/// which something can be decided or discarded to the next.
template <dequeue_strategy Dequeue, dequeue_strategy NodeDequeue>
class edge_time : public edge_targets<NodeDequeue> {
  using base = edge_targets<NodeDequeue>;

 public:
  /// Number of the slot that was looked at last, from 0; -1 at the start.
  [[nodiscard]] std::int64_t slot() const noexcept { return slot_; }
  [[nodiscard]] std::size_t waiting_at(std::size_t access_point) const noexcept {
    return access_[access_point].queue.size();
  }
  /// The requests that wait at an access point, in no particular order.
  [[nodiscard]] std::span<const job> queue_at(std::size_t access_point) const noexcept {
    return access_[access_point].queue;
  }

 protected:
  struct gate {
    std::vector<job> queue;
    Dequeue dequeue;
  };
  static constexpr std::size_t frame_rate = 0, long_rate = 1;
  static constexpr bool has_urgency =
      urgency_dequeue_strategy<Dequeue> || urgency_dequeue_strategy<NodeDequeue>;

  edge_time(edge_cloud_config c, Dequeue dequeue, NodeDequeue node_dequeue)
      : base{std::move(c), std::move(node_dequeue)},
        clock_{{{{config_.frame, {}}, {config_.long_slot, {}}}}},
        dequeue_start_{std::move(dequeue)} {
    access_.resize(config_.clusters);
  }

  void reset_time() {
    base::reset_targets();
    for (gate& a : access_) {
      a.queue.clear();
      a.dequeue = dequeue_start_;
    }
    cursor_ = 0;
    slot_ = -1;
    access_waiting_ = 0;
  }

  /// Runs events up to the next slot in which there is something to do, and prepares it.
  bool advance() {
    std::int64_t next = no_slot;
    if (access_waiting_ > 0) next = slot_ + 1;
    if (cursor_ < jobs_.size()) next = (std::min)(next, slot_from(jobs_[cursor_].arrival));
    if (const std::int64_t f = next_slot_of(frame_rate);
        f != no_slot && f * config_.slot.us < horizon_.us) {
      next = (std::min)(next, f);
    }
    const std::int64_t last =
        config_.finish_after_horizon ? no_slot : static_cast<std::int64_t>(bins_) - 1;
    for (;;) {
      if (soonest_deadline_ != never) {
        next = (std::min)(next, slot_after(soonest_deadline_));
        if constexpr (has_urgency) next = (std::min)(next, next_slot_of(long_rate));
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
    links_.look(config_, now_);
    if (access_waiting_ > 0) discard_at_access();
    pull_arrivals();
    if (soonest_deadline_ < now_) base::discard_at_targets();
    return true;
  }

  void lift_urgent() {
    if constexpr (urgency_dequeue_strategy<Dequeue>) {
      for (gate& a : access_) {
        for (job& j : a.queue) j.urgent = j.urgent || a.dequeue.urgent(j, now_);
      }
    }
    base::lift_urgent_at_targets();
  }
  void leave_access(std::size_t access_point, std::size_t i) noexcept {
    gate& a = access_[access_point];
    flows_.wait_at_access(access_point, index_of(a.queue[i].service), -1);
    remove(a.queue, i);
    --access_waiting_;
  }

  using event = typename base::event;
  using base::bins_;
  using base::config_;
  using base::counts_;
  using base::events_;
  using base::flows_;
  using base::horizon_;
  using base::jobs_;
  using base::links_;
  using base::miss_waiting;
  using base::misses_;
  using base::now_;
  using base::origin_;
  using base::records_;
  using base::remove;
  using base::request_limit;
  using base::soonest_deadline_;
  using base::tally_now;
  sim::multi_rate<2> clock_;
  std::vector<gate> access_;

 private:
  static constexpr std::int64_t no_slot = std::int64_t{1} << 62;

  /// First slot strictly after this one that begins at or after t.
  std::int64_t slot_from(instant t) const noexcept {
    return (std::max)(slot_ + 1, (t.us + config_.slot.us - 1) / config_.slot.us);
  }
  /// First slot strictly after this one that begins after t.
  std::int64_t slot_after(instant t) const noexcept {
    return (std::max)(slot_ + 1, t.us / config_.slot.us + 1);
  }
  /// First slot after this one at which a rate is due.
  std::int64_t next_slot_of(std::size_t rate) const noexcept {
    const instant t = clock_.next(rate, instant{(slot_ + 1) * config_.slot.us});
    return t == never ? no_slot : t.us / config_.slot.us;
  }

  void pull_arrivals() {
    for (; cursor_ < jobs_.size() && jobs_[cursor_].arrival <= now_; ++cursor_) {
      const auto id = static_cast<std::uint32_t>(cursor_);
      const job& j = jobs_[cursor_];
      ++counts_.arrived;
      ++counts_.waiting;
      ++tally_now(id, j.arrival).arrived;
      flows_.arrive(index_of(j.service));
      records_[id].state = request_state::waiting_at_access;
      if (j.deadline < now_) {
        miss_waiting(id, now_, request_state::expired_at_access);
      } else {
        access_[origin_[id]].queue.push_back(j);
        flows_.wait_at_access(origin_[id], index_of(j.service), +1);
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
      case event::ready:
        return base::ready(id, t);
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
      flows_.done(index_of(j.service), record.target);
    } else {
      record.state = request_state::late;
      ++counts_.missed;
      ++misses_.late;
      ++tally.late;
      flows_.miss(index_of(j.service));
      flows_.miss_at(record.target);
    }
    if constexpr (adaptive_dequeue_strategy<Dequeue>) {
      access_[origin_[id]].dequeue.observe(j.service, t - record.dispatched);
    }
  }

  void discard_at_access() {
    for (std::size_t a = 0; a < access_.size(); ++a) {
      const std::vector<job>& queue = access_[a].queue;
      for (std::size_t i = queue.size(); i-- > 0;) {
        if (queue[i].deadline >= now_) continue;
        miss_waiting(static_cast<std::uint32_t>(index_of(queue[i].id)), now_,
                     request_state::expired_at_access);
        leave_access(a, i);
      }
    }
  }

  Dequeue dequeue_start_;
  std::size_t cursor_ = 0;
  std::int64_t slot_ = -1;
  std::size_t access_waiting_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::env::detail
