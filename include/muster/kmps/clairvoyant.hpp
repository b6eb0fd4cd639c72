// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/job.hpp>
#include <muster/env/edge_cloud_config.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// What no scheduler of an edge_cloud can exceed on one workload.
struct clairvoyant_bound {
  std::uint64_t requests = 0;    ///< arrivals before the horizon
  std::uint64_t infeasible = 0;  ///< of those, in time on no target even in an empty system
  std::uint64_t on_time = 0;     ///< upper bound on requests answered on time
  [[nodiscard]] double throughput() const noexcept {
    return requests == 0 ? 1.0 : static_cast<double>(on_time) / static_cast<double>(requests);
  }
};

/// An upper bound on on-time requests for every scheduler, even one that knows the future.
///
/// Idea     let a request be cut into pieces that run anywhere, at once, and move for nothing;
///          what remains is how much work a set of requests can get inside its time windows.
/// Window   a request that arrives at a cannot run on a target at latency l before s(a) + l, where
///          s(a) is the first slot at or after a, nor in time after deadline - l.
/// Bound    let w_1 < ... < w_L be the amounts of work among the requests of one service, W(i)
///          that of request i, and F_k an upper bound on the work that requests with W <= w_k can
///          get inside their windows. With w_{L+1} = infinity,
///            on time <= sum_k F_k (1 / w_k - 1 / w_{k+1}).
/// Proof    a schedule gives an on-time request its whole work inside its window. Let y_i = W(i)
/// for
///          those and 0 otherwise, Y_k = sum of y_i over W(i) <= w_k. Then Y_k <= F_k, all factors
///          (1 / w_k - 1 / w_{k+1}) are positive, and summation by parts gives
///            on time = sum_i y_i / W(i) = sum_k (Y_k - Y_{k-1}) / w_k
///                    = sum_k Y_k (1 / w_k - 1 / w_{k+1}) <= sum_k F_k (1 / w_k - 1 / w_{k+1}).
/// F_k      the smallest of: all work of those requests; one pool of all replicas, run earliest
///          deadline first, with the widest windows; and the sum over clusters and cloud of each
///          pool alone with all requests and the windows it has for them. Earliest deadline first
///          does the most work a preemptive pool can do, and a pool of n replicas of speed v does
///          at most n v work per unit of time.
/// Cores    the same bound with work x cores as the amount, over all services and the cores of
///          all nodes, holds as well; the smaller of the two counts.
/// Cost     O(L n log n) per pool; beyond `levels` distinct amounts they are rounded down to so
///          many, which only raises the bound.
class clairvoyant {
 public:
  struct config {
    std::size_t levels = 48;  ///< amounts of work told apart per service; > 0
    /// Replicas may be anywhere at any time, as many as memory holds: the bound for those who
    /// orchestrate too. Otherwise they stay where the system's config has them.
    bool any_deployment = false;
  };
  static constexpr const char* name = "clairvoyant";

  clairvoyant() = default;
  explicit clairvoyant(config c) : config_{c} {}

  /// `arrivals`: anything with `request` and `access_point`, sorted by time.
  template <class Arrival>
  [[nodiscard]] clairvoyant_bound operator()(const env::edge_cloud_config& system,
                                             std::span<const Arrival> arrivals,
                                             duration horizon) const {
    clairvoyant_bound bound;
    const auto deployment = env::deployment_of(system);
    const std::size_t pools = system.clusters + 1;
    const auto speed_of = [&](std::size_t target) {
      return target < system.speed.size() ? system.speed[target] : 1.0;
    };
    // Per service and pool: work per us, and the fastest replica.
    std::vector<double> capacity(system.services * pools, 0.0), fastest(capacity);
    std::vector<double> cores(pools, 0.0);
    for (std::size_t t = 0; t < system.targets(); ++t) {
      const std::size_t pool = t / system.nodes_per_cluster;  // the cloud comes out last
      for (std::size_t w = 0; w < system.services; ++w) {
        const double d = config_.any_deployment ? most_replicas(system, pool + 1 == pools)
                                                : deployment[t * system.services + w];
        if (d == 0.0) continue;
        capacity[w * pools + pool] += d * speed_of(t);
        double& best = fastest[w * pools + pool];
        best = (std::max)(best, speed_of(t));
      }
      cores[pool] += speed_of(t) * system.node_cpu * (pool + 1 == pools ? system.cloud_nodes : 1.0);
    }

    std::vector<std::vector<piece>> by_service(system.services);
    std::vector<piece> all;
    for (const Arrival& a : arrivals) {
      const job& j = a.request;
      if (j.arrival >= instant{} + horizon) break;
      ++bound.requests;
      const std::int64_t slot = system.slot.us;
      piece p;
      p.start = static_cast<double>((j.arrival.us + slot - 1) / slot * slot);
      p.end = static_cast<double>(j.deadline.us);
      p.origin = static_cast<std::uint32_t>(a.access_point);
      p.latency = -1.0;
      const std::size_t w = index_of(j.service);
      for (std::size_t pool = 0; pool < pools; ++pool) {
        const double v = fastest[w * pools + pool];
        if (v <= 0.0) continue;
        const double way = latency(system, p.origin, pool);
        // The simulator rounds an execution to the nearest microsecond.
        const double run = v == 1.0 ? static_cast<double>(j.work.us)
                                    : std::floor(static_cast<double>(j.work.us) / v + 0.5);
        if (p.start + 2.0 * way + run > p.end) continue;
        if (p.latency < 0.0 || way < p.latency) p.latency = way;
      }
      if (p.latency < 0.0) {
        ++bound.infeasible;
        continue;
      }
      // Half a microsecond less work than asked for: the rounding above, at any speed.
      p.amount = (std::max)(static_cast<double>(j.work.us) - rounding(system), 0.0);
      by_service[w].push_back(p);
      p.amount *= std::floor(static_cast<double>(j.cpu) * 1e3 + 0.5) * 1e-3;  // as simulated
      all.push_back(p);
    }

    double total = 0.0;
    for (std::size_t w = 0; w < system.services; ++w) {
      const std::span<const double> here{capacity.data() + w * pools, pools};
      total += std::floor(most(system, by_service[w], here) + 1e-6);
    }
    total = (std::min)(total, std::floor(most(system, all, cores) + 1e-6));
    bound.on_time = static_cast<std::uint64_t>(total);
    return bound;
  }

 private:
  struct piece {
    double start = 0.0, end = 0.0;  // first slot, deadline; us
    double latency = 0.0;           // least one-way latency at which it is feasible
    double amount = 0.0;            // what it takes from the capacity
    std::uint32_t origin = 0;
  };

  /// What a target has memory for, if it held nothing but replicas of one service.
  static double most_replicas(const env::edge_cloud_config& s, bool cloud) {
    const double nodes = cloud ? s.cloud_nodes : 1.0;
    return s.replica_memory > 0.0 ? std::floor(nodes * s.node_memory / s.replica_memory + 1e-9)
                                  : 1e9;
  }
  static double latency(const env::edge_cloud_config& s, std::uint32_t origin, std::size_t pool) {
    if (pool == s.clusters) return static_cast<double>(s.wan.us);
    return static_cast<double>(pool == origin ? s.lan.us : s.cross.us);
  }
  /// Work that rounding an execution to microseconds may save.
  static double rounding(const env::edge_cloud_config& s) {
    double fastest = 0.0;
    for (const double v : s.speed) {
      if (v != 1.0) fastest = (std::max)(fastest, v);
    }
    return 0.5 * fastest;
  }

  /// The bound for one resource: sum_k F_k (1 / w_k - 1 / w_{k+1}).
  double most(const env::edge_cloud_config& s, std::vector<piece>& pieces,
              std::span<const double> capacity) const {
    if (pieces.empty()) return 0.0;
    std::vector<double> levels;
    for (const piece& p : pieces) levels.push_back(p.amount);
    std::sort(levels.begin(), levels.end());
    levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
    if (levels.size() > config_.levels) {
      // Geometric steps, so that rounding down costs every level the same share.
      const double low = (std::max)(levels.front(), levels.back() * 1e-4);
      const double step = std::pow(levels.back() / low, 1.0 / static_cast<double>(config_.levels));
      std::vector<double> kept{levels.front()};
      double next = low;
      for (const double x : levels) {
        if (x < next) continue;
        if (x > kept.back()) kept.push_back(x);
        while (next <= x) next *= step;
      }
      levels = std::move(kept);
      for (piece& p : pieces) {
        p.amount = *(std::upper_bound(levels.begin(), levels.end(), p.amount) - 1);
      }
    }
    double result = 0.0;
    // Amounts of (next to) nothing are served for nothing.
    double below = 0.0;
    std::size_t free = 0;
    for (const piece& p : pieces) free += p.amount < 1e-9 ? 1U : 0U;
    result += static_cast<double>(free);
    for (const double level : levels) {
      if (level < 1e-9) continue;
      const double work = work_up_to(s, pieces, level, capacity);
      result += (work - below) / level;
      below = work;
    }
    return (std::min)(result, static_cast<double>(pieces.size()));
  }

  double work_up_to(const env::edge_cloud_config& s, std::span<const piece> pieces, double level,
                    std::span<const double> capacity) const {
    double everything = 0.0, together = 0.0;
    for (const piece& p : pieces) everything += p.amount <= level ? p.amount : 0.0;
    for (const double c : capacity) together += c;
    const double least = (std::min)(
        everything, pooled(pieces, level, together, [](const piece& p) { return p.latency; }));
    double apart = 0.0;
    for (std::size_t pool = 0; pool < capacity.size() && apart < least; ++pool) {
      apart += pooled(pieces, level, capacity[pool],
                      [&](const piece& p) { return latency(s, p.origin, pool); });
    }
    return (std::min)(least, apart);
  }

  /// Work that one preemptive pool can do inside the windows: earliest deadline first.
  template <class Latency>
  double pooled(std::span<const piece> pieces, double level, double capacity,
                Latency latency_of) const {
    if (capacity <= 0.0) return 0.0;
    struct open {
      double end, left;
      bool operator<(const open& o) const noexcept { return end > o.end; }  // earliest on top
    };
    struct timed {
      double start, end, amount;
    };
    std::vector<timed> order;
    order.reserve(pieces.size());
    for (const piece& p : pieces) {
      if (p.amount > level || p.amount < 1e-9) continue;
      const double way = latency_of(p);
      if (p.start + way < p.end - way) order.push_back({p.start + way, p.end - way, p.amount});
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const timed& a, const timed& b) { return a.start < b.start; });
    std::vector<open> heap;
    double done = 0.0, now = 0.0;
    std::size_t next = 0;
    while (next < order.size() || !heap.empty()) {
      if (heap.empty()) now = (std::max)(now, order[next].start);
      for (; next < order.size() && order[next].start <= now; ++next) {
        heap.push_back({order[next].end, order[next].amount});
        std::push_heap(heap.begin(), heap.end());
      }
      const double until = next < order.size() ? order[next].start : 1e300;
      while (!heap.empty() && now < until) {
        open& first = heap.front();
        const double stop = (std::min)(until, first.end);
        const double part = stop > now ? (std::min)(first.left, capacity * (stop - now)) : 0.0;
        done += part;
        first.left -= part;
        now += part / capacity;
        if (first.left <= 1e-9 || first.end <= now + 1e-9) {
          std::pop_heap(heap.begin(), heap.end());
          heap.pop_back();
        } else {
          now = (std::max)(now, stop);
        }
      }
    }
    return done;
  }

  config config_{};
};

}  // namespace muster::inline MUSTER_ABI::kmps
