// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/env/cloud_vm_record.hpp>

namespace muster::inline MUSTER_ABI::env {

/// Tasks of `cloud_vm` queue up when the trace says so.
class by_arrival {
 public:
  static constexpr bool in_order = true;  // the queue is a stretch of the tasks

  void restart(std::span<const cloud_task>) noexcept {}
  [[nodiscard]] std::size_t at(std::size_t position) const noexcept { return position; }
  [[nodiscard]] std::int64_t since(std::span<const cloud_task> tasks,
                                   std::size_t i) const noexcept {
    return tasks[i].arrival;
  }
  /// When the next one comes, after `arrived` have; not if none is left.
  [[nodiscard]] std::int64_t next(std::span<const cloud_task> tasks,
                                  std::size_t arrived) const noexcept {
    return tasks[arrived].arrival;
  }
  [[nodiscard]] std::size_t arrive(std::span<const cloud_task> tasks, std::size_t arrived,
                                   std::int64_t now) noexcept {
    while (arrived < tasks.size() && tasks[arrived].arrival <= now) ++arrived;
    return arrived;
  }
  void placed(std::span<const cloud_task>, std::size_t, std::int64_t) noexcept {}
};

/// One task has to end before another may start; both are rows of what is loaded, from 0.
struct task_order {
  std::uint32_t before = 0, after = 0;
};

/// Whether `orders` can be kept: rows that exist, and no cycle.
[[nodiscard]] inline result<void> check(std::span<const task_order> orders, std::size_t rows) {
  std::vector<std::uint32_t> open(rows), ready;
  for (std::size_t k = 0; k < orders.size(); ++k) {
    const task_order o = orders[k];
    if (o.before >= rows || o.after >= rows) {
      return error{.what = "names row " + std::to_string((std::max)(o.before, o.after)),
                   .file = {},
                   .line = k + 1,
                   .field = "task_order",
                   .expected = "rows below " + std::to_string(rows)};
    }
    ++open[o.after];
  }
  std::vector<std::vector<std::uint32_t>> later(rows);
  for (const task_order o : orders) later[o.before].push_back(o.after);
  for (std::uint32_t i = 0; i < rows; ++i) {
    if (open[i] == 0) ready.push_back(i);
  }
  for (std::size_t k = 0; k < ready.size(); ++k) {
    for (const std::uint32_t i : later[ready[k]]) {
      if (--open[i] == 0) ready.push_back(i);
    }
  }
  if (ready.size() == rows) return {};
  const auto stuck = std::find_if(open.begin(), open.end(), [](auto n) { return n != 0; });
  return error{.what = "makes row " + std::to_string(stuck - open.begin()) + " wait for itself",
               .file = {},
               .field = "task_order",
               .expected = "orders without a cycle"};
}

/// Tasks of `cloud_vm` queue up when they have come and all that has to be done before is done:
/// workflows, scheduled as PFRL-DM schedules single tasks.
///
/// Idea      the end of a task is known when it starts, so with the last of those it waits for the
///           time of its own release is known. The queue is in the order of these times.
/// Source    PFRL-DM, section 7, names workflows as what is left to do; the semantics are ours.
/// Response  of a task is counted from its release. Ties in time go to the earlier row. A task that
///           was refused holds nobody back.
/// Cost      a start: O(those that wait for it + log of those released). No allocation after `set`.
class by_precedence {
 public:
  static constexpr bool in_order = false;

  /// `check(orders, rows)` must be fine; rows are what tasks carry as `row`.
  void set(std::span<const cloud_task> tasks, std::span<const task_order> orders) {
    auto g = std::make_shared<graph>();
    std::size_t rows = 0;
    for (const cloud_task& t : tasks) rows = (std::max)(rows, std::size_t{t.row} + 1);
    for (const task_order o : orders) {
      rows = (std::max)({rows, std::size_t{o.before} + 1, std::size_t{o.after} + 1});
    }
    constexpr auto refused = (std::numeric_limits<std::uint32_t>::max)();
    std::vector<std::uint32_t> number(rows, refused);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      number[tasks[i].row] = static_cast<std::uint32_t>(i);
    }
    g->first.assign(tasks.size() + 1, 0);
    g->waits_for.assign(tasks.size(), 0);
    std::vector<task_order> kept;
    for (const task_order o : orders) {
      if (number[o.before] != refused && number[o.after] != refused) {
        kept.push_back({number[o.before], number[o.after]});
      }
    }
    for (const task_order o : kept) {
      ++g->first[o.before + 1];
      ++g->waits_for[o.after];
    }
    for (std::size_t i = 0; i < tasks.size(); ++i) g->first[i + 1] += g->first[i];
    g->after.resize(kept.size());
    std::vector<std::uint32_t> at(g->first.begin(), g->first.end() - 1);
    for (const task_order o : kept) g->after[at[o.before]++] = o.after;
    graph_ = std::move(g);
    open_.resize(tasks.size());
    since_.resize(tasks.size());
    queue_.resize(tasks.size());
    known_.clear();
    known_.reserve(tasks.size());
  }

  void restart(std::span<const cloud_task> tasks) noexcept {
    known_.clear();
    std::copy(graph_->waits_for.begin(), graph_->waits_for.end(), open_.begin());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      since_[i] = tasks[i].arrival;
      if (open_[i] == 0) know(i);
    }
  }
  [[nodiscard]] std::size_t at(std::size_t position) const noexcept { return queue_[position]; }
  [[nodiscard]] std::int64_t since(std::span<const cloud_task>, std::size_t i) const noexcept {
    return since_[i];
  }
  /// There is always one: what has not come waits for what runs, or has a time.
  [[nodiscard]] std::int64_t next(std::span<const cloud_task>, std::size_t) const noexcept {
    return known_.front().first;
  }
  [[nodiscard]] std::size_t arrive(std::span<const cloud_task>, std::size_t arrived,
                                   std::int64_t now) noexcept {
    while (!known_.empty() && known_.front().first <= now) {
      queue_[arrived++] = known_.front().second;
      std::pop_heap(known_.begin(), known_.end(), later{});
      known_.pop_back();
    }
    return arrived;
  }
  void placed(std::span<const cloud_task>, std::size_t i, std::int64_t end) noexcept {
    for (std::uint32_t k = graph_->first[i]; k < graph_->first[i + 1]; ++k) {
      const std::uint32_t j = graph_->after[k];
      since_[j] = (std::max)(since_[j], end);
      if (--open_[j] == 0) know(j);
    }
  }

 private:
  using release = std::pair<std::int64_t, std::uint32_t>;  // when, which
  struct later {
    bool operator()(const release& a, const release& b) const noexcept { return a > b; }
  };
  struct graph {
    std::vector<std::uint32_t> first, after;  // by task: after[first[i]] .. after[first[i + 1] - 1]
    std::vector<std::uint32_t> waits_for;     // how many
  };

  void know(std::size_t i) noexcept {
    known_.emplace_back(since_[i], static_cast<std::uint32_t>(i));
    std::push_heap(known_.begin(), known_.end(), later{});
  }

  std::shared_ptr<const graph> graph_ = std::make_shared<const graph>();
  std::vector<std::uint32_t> open_;   // how many it still waits for
  std::vector<std::int64_t> since_;   // slot of its release, as far as known
  std::vector<std::uint32_t> queue_;  // in the order of release
  std::vector<release> known_;        // a heap, the next one first
};

}  // namespace muster::inline MUSTER_ABI::env
