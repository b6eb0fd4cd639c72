// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/core/contracts.hpp>
#include <muster/sim/time_integral.hpp>

namespace muster::inline MUSTER_ABI::sim {

/// Several equal servers behind one queue, with the statistics that queueing theory predicts.
///
/// Idea      the station keeps who waits and how many servers are busy; the caller keeps time.
///           Both operations name the jobs that start now through `begin(job)`, and the caller
///           schedules their completion.
/// Counts    arrived() == waiting() + in_service() + done(), after every call.
/// Order     decided by a dequeue_strategy; no preemption, no idle server while a job waits.
/// Cost      O(n) per start with n waiting (one `pick`); allocates when the queue grows beyond
///           what was reserved.
///
///     events.run_until(end, [&](instant now, event e) {
///       if (e.is_arrival) desk.arrive(e.what, now, begin); else desk.complete(now, begin);
///     });
template <dequeue_strategy Dequeue>
class station {
 public:
  struct config {
    std::uint32_t servers = 1;  ///< > 0
  };

  explicit station(config c, Dequeue dequeue = {}) : config_{c}, dequeue_{std::move(dequeue)} {
    MUSTER_EXPECTS(c.servers > 0, "muster: sim::station needs at least one server");
  }
  /// Makes room for `n` waiting jobs.
  void reserve(std::size_t n) { waiting_.reserve(n); }

  /// A job arrives; starts at once if a server is idle.
  template <class Begin>
  void arrive(const job& j, instant now, Begin&& begin) {
    ++arrived_;
    queue_length_.add(now, 1);
    in_system_.add(now, 1);
    waiting_.push_back(j);
    start_next(now, begin);
  }
  /// A server is done with its job; takes the next one if any waits.
  template <class Begin>
  void complete(instant now, Begin&& begin) {
    MUSTER_EXPECTS(in_service_ > 0, "muster: sim::station: a job is done but none is in service");
    --in_service_;
    ++done_;
    in_system_.add(now, -1);
    start_next(now, begin);
  }

  /// The strategy, for example to let it observe what a job took.
  [[nodiscard]] Dequeue& strategy() noexcept { return dequeue_; }
  /// The pass of a long slot: marks every waiting job that the strategy calls urgent. Returns how
  /// many were marked now.
  std::size_t lift_urgent([[maybe_unused]] instant now) noexcept requires
      urgency_dequeue_strategy<Dequeue> {
    std::size_t lifted = 0;
    // Guarded once more: clang 14 compiles this in an explicit instantiation all the same.
    if constexpr (urgency_dequeue_strategy<Dequeue>) {
      for (job& j : waiting_) {
        if (j.urgent || !dequeue_.urgent(j, now)) continue;
        j.urgent = true;
        ++lifted;
      }
    }
    return lifted;
  }

  [[nodiscard]] std::uint64_t arrived() const noexcept { return arrived_; }
  [[nodiscard]] std::uint64_t done() const noexcept { return done_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
  [[nodiscard]] std::uint32_t in_service() const noexcept { return in_service_; }
  [[nodiscard]] std::uint64_t started() const noexcept { return started_; }
  /// Sum of the waits of all jobs started so far, from arrival to start.
  [[nodiscard]] duration total_wait() const noexcept { return total_wait_; }
  /// Mean wait of the jobs started so far, in seconds; 0 when there is none.
  [[nodiscard]] double mean_wait() const noexcept {
    return started_ == 0 ? 0.0 : total_wait_.seconds() / static_cast<double>(started_);
  }
  /// Jobs waiting, and jobs in the station, over time.
  [[nodiscard]] const time_integral& queue_length() const noexcept { return queue_length_; }
  [[nodiscard]] const time_integral& in_system() const noexcept { return in_system_; }
  [[nodiscard]] std::span<const job> queue() const noexcept { return waiting_; }

 private:
  template <class Begin>
  void start_next(instant now, Begin& begin) {
    if (in_service_ == config_.servers || waiting_.empty()) return;
    const std::size_t i = dequeue_.pick(waiting_, now);
    MUSTER_EXPECTS(i < waiting_.size(),
                   "muster: sim::station: the dequeue strategy picked a job that is not there");
    const job next = waiting_[i];
    waiting_[i] = waiting_.back();  // a strategy does not depend on the order of storage
    waiting_.pop_back();
    ++in_service_;
    ++started_;
    queue_length_.add(now, -1);
    total_wait_ += now - next.arrival;
    begin(next);
  }

  config config_;
  Dequeue dequeue_;
  std::vector<job> waiting_;
  std::uint32_t in_service_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t started_ = 0;
  std::uint64_t done_ = 0;
  duration total_wait_{};
  time_integral queue_length_;
  time_integral in_system_;
};

}  // namespace muster::inline MUSTER_ABI::sim
