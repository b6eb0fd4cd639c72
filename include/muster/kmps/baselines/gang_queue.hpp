// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// An amount of both resources: thousandths of a core, thousandths of a GB.
struct gang_resources {
  std::int64_t cpu = 0, memory = 0;

  friend constexpr gang_resources operator+(gang_resources a, gang_resources b) noexcept {
    return {a.cpu + b.cpu, a.memory + b.memory};
  }
  friend constexpr gang_resources operator-(gang_resources a, gang_resources b) noexcept {
    return {a.cpu - b.cpu, a.memory - b.memory};
  }
  [[nodiscard]] constexpr bool fits(gang_resources room) const noexcept {
    return cpu <= room.cpu && memory <= room.memory;
  }
};

/// Places groups of tasks that are worth nothing unless enough of them run together.
///
/// Idea         all or nothing: a group gets its minimum of members placed at once, or holds
///              nothing at all; half-placed groups that wait for each other can then not lock a
///              cluster, and a group too large for now does not block the ones behind it.
/// Source       Volcano, reference [32] of the KMPS paper: pod groups with `minMember` (plug-in
///              gang), queues with weight, capability and guarantee (plug-in proportion).
/// Shares       deserved_q: what is there, divided by weight, no queue more than it asks for or
///              its capability, none less than its guarantee; what one leaves goes to the others
///              (water filling). A queue with more than it deserves has to wait.
/// Order        the queue with the smallest share max_r allocated_r / deserved_r first, then the
///              smaller number; inside it higher priority, older, smaller number.
/// Placing      members in order, each on the node with the most cores left after it, then the
///              smaller number. Members beyond the minimum are placed while they fit.
/// Modelled     one allocation cycle on free resources.
/// Not          preemption and reclaim from other queues, topology, backfill, nested queues.
/// Interface    groups do not arrive one at a time, so this is no dispatcher: `schedule` takes
///              all that waits and gives placements.
/// Cost         O(queues^2) for the shares, O(members x nodes) for placing.
class gang_queue {
 public:
  using amount = gang_resources;
  static constexpr std::int64_t unlimited = (std::numeric_limits<std::int64_t>::max)() / 4;

  struct queue {
    double weight = 1.0;                      ///< > 0
    amount guarantee{};                       ///< kept free for it; >= 0
    amount capability{unlimited, unlimited};  ///< never more than this; >= guarantee
    amount allocated{};                       ///< held by what runs already
  };
  struct group {
    std::uint32_t queue = 0;
    std::uint32_t minimum = 1;      ///< members that must run together; >= 1
    std::int32_t priority = 0;      ///< larger first
    instant created{};              ///< older first
    std::vector<amount> members{};  ///< what each asks for
  };
  struct placement {
    std::uint32_t group = 0, member = 0, node = 0;
    friend constexpr bool operator==(const placement&, const placement&) = default;
  };
  struct config {
    std::vector<queue> queues{queue{}};
  };
  static constexpr const char* name = "gang_queue";

  gang_queue() : gang_queue(config{}) {}
  explicit gang_queue(config c) : queues_{std::move(c.queues)} {
    for (const queue& q : queues_) {
      MUSTER_EXPECTS(q.weight > 0.0 && q.guarantee.fits(q.capability),
                     "muster: kmps::gang_queue needs weight > 0 and guarantee <= capability");
    }
  }

  /// One cycle over all that waits; `free` is what each node has left. Books what it places.
  [[nodiscard]] std::vector<placement> schedule(std::span<const group> waiting,
                                                std::span<const amount> free) {
    std::vector<amount> room(free.begin(), free.end());
    const std::vector<amount> deserved = shares(waiting, free);
    std::vector<std::uint32_t> order(waiting.size());
    for (std::uint32_t g = 0; g < order.size(); ++g) order[g] = g;
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return waiting[a].priority != waiting[b].priority ? waiting[a].priority > waiting[b].priority
                                                        : waiting[a].created < waiting[b].created;
    });
    std::vector<placement> placed;
    std::vector<bool> seen(waiting.size(), false);
    for (;;) {
      // The next group of the queue that is furthest below its share.
      std::uint32_t next = none;
      double least = 0.0;
      for (const std::uint32_t g : order) {
        const std::uint32_t q = waiting[g].queue;
        if (seen[g] || overused(queues_[q], deserved[q])) continue;
        const double share = share_of(queues_[q], deserved[q]);
        if (next == none || share < least || (share == least && q < waiting[next].queue)) {
          next = g;
          least = share;
        }
      }
      if (next == none) return placed;
      seen[next] = true;
      place(next, waiting[next], room, placed);
    }
  }

  /// Gives back what a member held.
  void release(std::uint32_t queue_number, amount held) {
    MUSTER_EXPECTS(queue_number < queues_.size(), "muster: kmps::gang_queue has no such queue");
    queues_[queue_number].allocated = queues_[queue_number].allocated - held;
  }
  [[nodiscard]] std::span<const queue> queues() const noexcept { return queues_; }

  /// What each queue deserves, allocated included (see Shares).
  [[nodiscard]] std::vector<amount> shares(std::span<const group> waiting,
                                           std::span<const amount> free) const {
    std::vector<amount> asked(queues_.size()), out(queues_.size());
    amount total{};
    for (const amount& n : free) total = total + n;
    for (std::size_t q = 0; q < queues_.size(); ++q) {
      asked[q] = queues_[q].allocated;
      total = total + queues_[q].allocated;
    }
    for (const group& g : waiting) {
      MUSTER_EXPECTS(g.queue < queues_.size() && g.minimum >= 1,
                     "muster: kmps::gang_queue got a group of an unknown queue, or without a "
                     "minimum; queues count from 0, minimum from 1");
      for (const amount& m : g.members) asked[g.queue] = asked[g.queue] + m;
    }
    fill(&amount::cpu, total, asked, out);
    fill(&amount::memory, total, asked, out);
    return out;
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  // Water filling of one resource: each round divides what is left by weight among the queues
  // that can take more; a queue that is full drops out, so there are at most that many rounds.
  void fill(std::int64_t amount::*r, const amount& total, std::span<const amount> asked,
            std::vector<amount>& out) const {
    std::vector<double> level(queues_.size());
    double left = static_cast<double>(total.*r);
    const auto most = [&](std::size_t q) {
      const std::int64_t wish = (std::min)(asked[q].*r, queues_[q].capability.*r);
      return static_cast<double>((std::max)(wish, queues_[q].guarantee.*r));
    };
    for (std::size_t q = 0; q < level.size(); ++q) {
      level[q] = static_cast<double>(queues_[q].guarantee.*r);
      left -= level[q];
    }
    for (std::size_t round = 0; round < level.size() && left > 0.5; ++round) {
      double weights = 0.0;
      for (std::size_t q = 0; q < level.size(); ++q) {
        if (level[q] < most(q)) weights += queues_[q].weight;
      }
      if (!(weights > 0.0)) break;
      const double now = left;
      for (std::size_t q = 0; q < level.size(); ++q) {
        if (!(level[q] < most(q))) continue;
        const double more = (std::min)(now * queues_[q].weight / weights, most(q) - level[q]);
        level[q] += more;
        left -= more;
      }
    }
    for (std::size_t q = 0; q < level.size(); ++q) {
      out[q].*r = static_cast<std::int64_t>(level[q] + 0.5);
    }
  }

  static bool overused(const queue& q, const amount& deserved) noexcept {
    return !q.allocated.fits(deserved);
  }
  static double share_of(const queue& q, const amount& deserved) noexcept {
    const auto part = [](std::int64_t a, std::int64_t d) {
      return d > 0 ? static_cast<double>(a) / static_cast<double>(d) : (a > 0 ? 1e300 : 0.0);
    };
    return (std::max)(part(q.allocated.cpu, deserved.cpu),
                      part(q.allocated.memory, deserved.memory));
  }

  // What the other queues may still claim of their guarantees.
  [[nodiscard]] amount reserved_for_others(std::uint32_t me) const noexcept {
    amount sum{};
    for (std::uint32_t q = 0; q < queues_.size(); ++q) {
      if (q == me) continue;
      const amount open = queues_[q].guarantee - queues_[q].allocated;
      sum.cpu += (std::max)(open.cpu, std::int64_t{0});
      sum.memory += (std::max)(open.memory, std::int64_t{0});
    }
    return sum;
  }

  void place(std::uint32_t number, const group& g, std::vector<amount>& room,
             std::vector<placement>& placed) {
    queue& q = queues_[g.queue];
    const amount reserved = reserved_for_others(g.queue);
    const std::size_t before = placed.size();
    for (std::uint32_t m = 0; m < g.members.size(); ++m) {
      const amount& need = g.members[m];
      amount all{};
      for (const amount& n : room) all = all + n;
      if (!(q.allocated + need).fits(q.capability) || !need.fits(all - reserved)) continue;
      std::uint32_t best = none;
      for (std::uint32_t n = 0; n < room.size(); ++n) {
        if (need.fits(room[n]) && (best == none || room[n].cpu > room[best].cpu)) best = n;
      }
      if (best == none) continue;
      room[best] = room[best] - need;
      q.allocated = q.allocated + need;
      placed.push_back({number, m, best});
    }
    if (placed.size() - before >= g.minimum) return;
    while (placed.size() > before) {  // not enough: nothing
      const placement& p = placed.back();
      room[p.node] = room[p.node] + g.members[p.member];
      q.allocated = q.allocated - g.members[p.member];
      placed.pop_back();
    }
  }

  std::vector<queue> queues_;
};

}  // namespace muster::inline MUSTER_ABI::kmps
