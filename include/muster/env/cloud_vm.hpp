// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/environment.hpp>
#include <muster/concepts/placement_reward.hpp>
#include <muster/core/contracts.hpp>
#include <muster/env/cloud_vm_config.hpp>
#include <muster/env/cloud_vm_record.hpp>
#include <muster/env/cloud_vm_release.hpp>
#include <muster/env/cloud_vm_reward.hpp>
#include <muster/env/detail/cloud_machines.hpp>
#include <muster/env/detail/cloud_workload.hpp>
#include <muster/trace/task.hpp>

namespace muster::inline MUSTER_ABI::env {

/// Tasks wait in one queue; an agent says on which machine of a cloud the first one runs.
///
/// Source   X. Yong, L. Yan, Z. Li: Heterogeneity-aware Task Scheduling based on Personalized
///          Federated Reinforcement Learning (PFRL-DM), 2025, sections 4.1, 4.2 and 5.1.
/// Observation (eq. 1), in this order; all within [0, 1] but for padding, unless config says
///          that less than the frame is shown as 1
///          free vCPUs and memory of each machine, in units of shown_cpu, _memory   L x 2
///          progress of the task on each vCPU; 0 for an idle one                 L x U
///          vCPUs and memory of the first tasks in the queue, in the same units  Q x 2
///          Padding stands for machines, vCPUs and tasks that do not exist. Run times are not
///          shown: an agent has to guess them from progress.
/// Actions (eq. 2)    0 .. L-1 = this machine, L = wait. None is masked: a machine without room,
///          or one that does not exist, is denied and punished. See `masked_cloud_vm`.
/// Time     slots. It stands still while placements succeed and moves on by one slot after a
///          wait or a denial; with an empty queue it goes to the next arrival, unasked. The
///          paper does not say; so does the environment it cites for the state (H. Mao et al.:
///          Resource Management with Deep Reinforcement Learning, 2016).
/// Task     holds its vCPUs and memory from start to end. Only the first of the queue can start.
///          It queues up when it arrives; with `by_precedence` for Release, not before others end.
/// End      terminated when the last task is placed: what still runs is then run to its end, so
///          that `metrics()` are those of the whole schedule. Truncated at `step_limit`.
/// Reward   of each step by `Reward`; the paper's is `response_balance_reward`.
/// Cost     start and end of a task: O(its vCPUs + log of the running tasks); a wait:
///          O(machines); slots in which nothing happens: nothing. No allocation after
///          construction and `load`. Copies share the tasks.
/// Determinism    bitwise up to exp of the platform; draws nothing. Ties between arrivals go to
///          the earlier row; a task takes the lowest idle vCPUs.
template <placement_reward Reward = response_balance_reward<>, class Watch = unwatched,
          class Release = by_arrival>
class cloud_vm {
 public:
  using config = cloud_vm_config;
  using reward_type = Reward;

  /// `check(c)` must be fine.
  explicit cloud_vm(config c = {}, std::span<const trace::task> tasks = {}, Reward reward = {},
                    Watch watch = {})
      : config_{checked(std::move(c))},
        reward_{std::move(reward)},
        watch_{std::move(watch)},
        machines_{config_} {
    for (std::uint32_t i = 0; i < observation_size(); ++i) {
      if (is_live(i)) live_.push_back(i);
    }
    load(tasks);
  }

  /// Takes a workload and goes to its start; tells how many tasks no machine could ever run.
  /// Parallel instances of a task are not looked at: a row is one task.
  cloud_refusals load(std::span<const trace::task> tasks) {
    return load(tasks, std::span<const task_order>{});
  }
  /// The same for workflows, with a `Release` that keeps `orders`; `check(orders, tasks.size())`
  /// must be fine.
  cloud_refusals load(std::span<const trace::task> tasks,
                      [[maybe_unused]] std::span<const task_order> orders) {
    work_ = std::make_shared<const detail::cloud_workload>(tasks, config_);
    tasks_ = work_->tasks;
    if constexpr (requires { release_.set(tasks_, orders); }) {
      MUSTER_EXPECTS(check(orders, tasks.size()).has_value(),
                     "muster: env::cloud_vm got orders that cannot be kept; ask "
                     "env::check(orders, tasks.size()) what is wrong");
      release_.set(tasks_, orders);
    } else {
      MUSTER_EXPECTS(orders.empty(),
                     "muster: env::cloud_vm knows no order of tasks; its third argument must be "
                     "env::by_precedence");
    }
    restart();
    return work_->refused;
  }

  [[nodiscard]] std::size_t observation_size() const noexcept {
    return frame_machines() * (2 + std::size_t{config_.max_cpu}) + 2 * queue_frame();
  }
  [[nodiscard]] std::size_t action_count() const noexcept { return frame_machines() + 1; }
  [[nodiscard]] std::uint32_t wait_action() const noexcept { return config_.max_machines; }

  /// Back to the start of the workload, which must hold a task. Draws nothing.
  void reset(rng&) noexcept {
    MUSTER_EXPECTS(task_count() > 0,
                   "muster: env::cloud_vm has no task that fits; load a workload and look at what "
                   "was refused");
    restart();
  }

  [[nodiscard]] step_outcome step(std::uint32_t action, rng&) noexcept {
    MUSTER_EXPECTS(action < action_count(),
                   "muster: env::cloud_vm got an action that is none; pass a machine or "
                   "wait_action()");
    MUSTER_EXPECTS(!over_, "muster: env::cloud_vm: the episode is over; call reset");
    double reward = 0.0;
    bool passes = true;
    if (fits(action)) {
      reward = place(action);
      passes = config_.one_placement_per_slot;
    } else if (action == wait_action()) {
      const bool had_room = fits_anywhere();
      ++(had_room ? counts_.lazy_waits : counts_.forced_waits);
      reward = reward_.waited(had_room);
    } else {
      ++counts_.denied;
      reward = reward_.denied(action < machines_.size() ? machines_.utilisation(action) : 1.0);
    }
    if (passes) advance_to(now_ + 1);
    const bool terminated = !next_question();
    const bool truncated = !terminated && counts_.steps() >= config_.step_limit;
    over_ = terminated || truncated;
    return {static_cast<float>(reward), terminated, truncated};
  }

  void observe(std::span<float> observation) const noexcept {
    MUSTER_EXPECTS(observation.size() >= observation_size(),
                   "muster: env::cloud_vm::observe got a short span; pass observation_size()");
    const std::size_t n = machines_.size(), width = config_.max_cpu;
    float* out = observation.data();
    machines_.show_free(out);
    out = pad(out + 2 * n, 2 * (frame_machines() - n));
    for (std::size_t v = 0; v < n; ++v, out += width) {
      const std::size_t first = machines_.first_vcpu(v), cpus = machines_.cpu(v);
      machines_.show_progress(first, first + cpus, out);
      pad(out + cpus, width - cpus);
    }
    out = pad(out, width * (frame_machines() - n));
    show_queue(out);
  }

  /// The entries of an observation that are not padding for good, in order: those of machines
  /// that exist and of the queue. A network need not read the others.
  [[nodiscard]] std::span<const std::uint32_t> live_columns() const noexcept { return live_; }
  /// Writes these entries only, live_columns().size() numbers: what `observe` would, faster.
  void observe_live(std::span<float> observation) const noexcept {
    MUSTER_EXPECTS(observation.size() >= live_.size(),
                   "muster: env::cloud_vm::observe_live got a short span; pass as many as "
                   "live_columns()");
    float* out = observation.data();
    machines_.show_free(out);
    out += 2 * machines_.size();
    machines_.show_progress(0, machines_.vcpus(), out);
    show_queue(out + machines_.vcpus());
  }

  /// Whether the first task of the queue could start on this machine now; any number is allowed.
  [[nodiscard]] bool fits(std::size_t machine) const noexcept {
    return machine < machines_.size() && waiting() && machines_.fits(machine, head_task());
  }
  [[nodiscard]] bool fits_anywhere() const noexcept {
    return waiting() && machines_.fits_anywhere(head_task());
  }
  /// The number of the first task of the queue; not when nothing waits.
  [[nodiscard]] std::uint32_t head() const noexcept {
    MUSTER_EXPECTS(waiting(), "muster: env::cloud_vm has an empty queue; ask queue_length()");
    return static_cast<std::uint32_t>(release_.at(head_));
  }
  [[nodiscard]] std::size_t queue_length() const noexcept { return arrived_ - head_; }
  [[nodiscard]] const cloud_task& task(std::size_t i) const noexcept { return tasks_[i]; }
  [[nodiscard]] std::size_t task_count() const noexcept { return tasks_.size(); }
  [[nodiscard]] cloud_refusals refused() const noexcept { return work_->refused; }

  [[nodiscard]] std::size_t machine_count() const noexcept { return machines_.size(); }
  /// Of one machine: vCPUs, and thousandths of a GB.
  [[nodiscard]] std::uint32_t cpu(std::size_t v) const noexcept { return machines_.cpu(v); }
  [[nodiscard]] std::uint32_t free_cpu(std::size_t v) const noexcept {
    return machines_.free_cpu(v);
  }
  [[nodiscard]] std::int32_t memory(std::size_t v) const noexcept { return machines_.memory(v); }
  [[nodiscard]] std::int32_t free_memory(std::size_t v) const noexcept {
    return machines_.free_memory(v);
  }
  /// Its weighted share in use, and equation 4 over all machines; now.
  [[nodiscard]] double utilisation(std::size_t v) const noexcept {
    return machines_.utilisation(v);
  }
  [[nodiscard]] double load_balance() const noexcept { return machines_.balance(); }

  [[nodiscard]] std::int64_t now() const noexcept { return now_; }  ///< slot
  [[nodiscard]] bool over() const noexcept { return over_; }
  [[nodiscard]] cloud_vm_counts counts() const noexcept {
    cloud_vm_counts c = counts_;
    c.arrived = arrived_;
    c.waiting = queue_length();
    c.running = machines_.running();
    c.done = machines_.done();
    return c;
  }
  /// O(what waits + what runs + machines).
  [[nodiscard]] cloud_vm_metrics metrics() const noexcept {
    const double slot = config_.slot.seconds();
    std::int64_t slots = response_slots_, end = machines_.last_end();
    for (std::size_t i = head_; i < arrived_; ++i)
      slots += now_ - release_.since(tasks_, release_.at(i));
    if (waiting()) end = (std::max)(end, now_);
    const double tasks = arrived_ == 0 ? 1.0 : static_cast<double>(arrived_);
    return {static_cast<double>(slots) / tasks * slot, static_cast<double>(end) * slot,
            machines_.mean_utilisation(), machines_.mean_balance()};
  }

  [[nodiscard]] const config& settings() const noexcept { return config_; }
  [[nodiscard]] const Watch& watch() const noexcept { return watch_; }

 private:
  [[nodiscard]] static config checked(config c) {
    MUSTER_EXPECTS(check(c).has_value(),
                   "muster: env::cloud_vm cannot be built from this config; ask env::check(config) "
                   "what is wrong");
    return c;
  }
  [[nodiscard]] std::size_t frame_machines() const noexcept { return config_.max_machines; }
  [[nodiscard]] std::size_t queue_frame() const noexcept { return config_.visible_tasks; }
  [[nodiscard]] bool waiting() const noexcept { return head_ < arrived_; }
  [[nodiscard]] const cloud_task& head_task() const noexcept { return tasks_[release_.at(head_)]; }

  void restart() noexcept {
    machines_.clear();
    watch_.reset();
    counts_ = {};
    head_ = arrived_ = 0;
    now_ = response_slots_ = 0;
    over_ = task_count() == 0;
    release_.restart(tasks_);
    arrive();
  }

  [[nodiscard]] double place(std::uint32_t v) noexcept {
    const std::size_t task = release_.at(head_);
    const cloud_task& t = tasks_[task];
    task_placement p;
    p.run = t.run;
    p.wait = now_ - release_.since(tasks_, task);
    p.balance_before = machines_.balance();
    p.makespan_before = (std::max)(machines_.last_end(), now_);
    p.machine = v;
    p.cpu = t.cpu;
    p.memory = static_cast<double>(t.memory) * 1e-3;
    p.woken = machines_.free_cpu(v) == machines_.cpu(v);
    machines_.start(v, t, static_cast<std::uint32_t>(task), watch_);
    release_.placed(tasks_, task, now_ + t.run);
    p.balance_after = machines_.balance();
    p.makespan_after = (std::max)(p.makespan_before, now_ + p.run);
    ++counts_.placed;
    ++head_;
    response_slots_ += p.wait + p.run;
    return reward_.placed(p);
  }

  /// Moves time to the next slot in which there is something to ask; false when there is none.
  [[nodiscard]] bool next_question() noexcept {
    if (!waiting()) {
      if (head_ == task_count()) {
        advance_to((std::max)(machines_.last_end(), now_));
        return false;
      }
      advance_to(release_.next(tasks_, arrived_));
    }
    if (!config_.ask_when_full) {
      while (!fits_anywhere()) advance_to(machines_.next_end());
    }
    return true;
  }
  void advance_to(std::int64_t slot) noexcept {
    machines_.run_until(slot);
    now_ = slot;
    arrive();
  }
  void arrive() noexcept {
    arrived_ = static_cast<std::uint32_t>(release_.arrive(tasks_, arrived_, now_));
  }

  float* pad(float* out, std::size_t n) const noexcept {
    return std::fill_n(out, n, config_.padding);
  }
  void show_queue(float* out) const noexcept {
    const std::size_t n = (std::min)(queue_length(), queue_frame());
    if constexpr (Release::in_order) {
      if (n != 0) {
        std::memcpy(out, &work_->demands[2 * std::size_t{head_}], 2 * n * sizeof(float));
      }
    } else {
      for (std::size_t k = 0; k < n; ++k) {
        std::memcpy(out + 2 * k, &work_->demands[2 * release_.at(head_ + k)], 2 * sizeof(float));
      }
    }
    pad(out + 2 * n, 2 * (queue_frame() - n));
  }
  [[nodiscard]] bool is_live(std::size_t i) const noexcept {
    if (i < 2 * frame_machines()) return i < 2 * machines_.size();
    i -= 2 * frame_machines();
    const std::size_t v = i / config_.max_cpu;
    return v >= frame_machines() ||
           (v < machines_.size() && i % config_.max_cpu < machines_.cpu(v));
  }

  config config_;
  [[no_unique_address]] Reward reward_;
  [[no_unique_address]] Watch watch_;
  detail::cloud_machines machines_;
  std::shared_ptr<const detail::cloud_workload> work_;
  std::span<const cloud_task> tasks_;  // of work_
  std::vector<std::uint32_t> live_;
  cloud_vm_counts counts_{};
  [[no_unique_address]] Release release_;
  std::uint32_t head_ = 0, arrived_ = 0;  // the queue is head_ .. arrived_ - 1 of release_
  std::int64_t now_ = 0, response_slots_ = 0;
  bool over_ = false;
};

static_assert(environment<cloud_vm<>>);

}  // namespace muster::inline MUSTER_ABI::env
