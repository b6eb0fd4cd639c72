// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <muster/control/flow_network.hpp>
#include <muster/core/rng.hpp>

/// Graphs like those of a flow-based cluster scheduler.
namespace scheduling_graph {

using muster::control::flow_network;

/// Node numbers: tasks, machines, aggregators, sink.
struct shape {
  std::uint32_t tasks = 1000, machines = 100;
};

inline std::int32_t below(muster::rng& g, std::uint64_t n) {
  return static_cast<std::int32_t>(muster::uniform_below(g, n));
}

/// The published shape: each task prefers some machines, may go anywhere through the cluster
/// aggregator, or stay unscheduled through its job's aggregator.
/// @param slots  places per machine; tasks / machines + 1 is roomy, less is oversubscribed.
inline flow_network published(shape s, std::int64_t slots, std::uint64_t seed) {
  constexpr std::uint32_t preferred = 10, tasks_per_job = 50;
  muster::rng g{seed};
  const std::uint32_t jobs = (s.tasks + tasks_per_job - 1) / tasks_per_job;
  const std::uint32_t cluster = s.tasks + s.machines, job = cluster + 1, sink = job + jobs;
  flow_network net{sink + 1};
  net.reserve(sink + 1, s.tasks * (preferred + 2) + 2 * s.machines + jobs);
  for (std::uint32_t t = 0; t < s.tasks; ++t) {
    net.set_supply(t, 1);
    for (std::uint32_t i = 0; i < preferred; ++i) {
      const auto machine = static_cast<std::uint32_t>(below(g, s.machines));
      net.add_arc(t, s.tasks + machine, 1, below(g, 500));
    }
    net.add_arc(t, cluster, 1, 500 + below(g, 100));
    net.add_arc(t, job + t / tasks_per_job, 1, 2000 + below(g, 1000));  // grows as it waits
  }
  for (std::uint32_t m = 0; m < s.machines; ++m) {
    net.add_arc(s.tasks + m, sink, slots, below(g, 50));
  }
  for (std::uint32_t m = 0; m < s.machines; ++m) {
    net.add_arc(cluster, s.tasks + m, slots, below(g, 50));
  }
  for (std::uint32_t j = 0; j < jobs; ++j) net.add_arc(job + j, sink, tasks_per_job, 0);
  net.set_supply(sink, -static_cast<std::int64_t>(s.tasks));
  return net;
}

/// Every task may run on every machine.
/// @param spread  of a price that all tasks see alike; 0 = none. With it and no spare place the
///                tasks contend for the same machines.
inline flow_network dense(shape s, std::int64_t slots, std::uint64_t spread, std::uint64_t seed) {
  muster::rng g{seed};
  const std::uint32_t sink = s.tasks + s.machines;
  std::vector<std::int32_t> price(s.machines);
  for (auto& p : price) p = spread == 0 ? 0 : below(g, spread);
  flow_network net{sink + 1};
  net.reserve(sink + 1, std::size_t{s.tasks} * s.machines + s.machines);
  for (std::uint32_t t = 0; t < s.tasks; ++t) {
    net.set_supply(t, 1);
    for (std::uint32_t m = 0; m < s.machines; ++m) {
      net.add_arc(t, s.tasks + m, 1, price[m] + below(g, 1000));
    }
  }
  for (std::uint32_t m = 0; m < s.machines; ++m) net.add_arc(s.tasks + m, sink, slots, 0);
  net.set_supply(sink, -static_cast<std::int64_t>(s.tasks));
  return net;
}

/// Random arcs between random nodes, a few sources and sinks: nothing like a scheduler.
inline flow_network anything(std::uint32_t nodes, std::uint32_t degree, std::uint64_t seed) {
  muster::rng g{seed};
  flow_network net{nodes};
  for (std::uint32_t v = 0; v < nodes; ++v) {
    net.add_arc(v, (v + 1) % nodes, 1'000'000, 10'000);  // so that it is feasible
    for (std::uint32_t i = 1; i < degree; ++i) {
      const auto to = static_cast<std::uint32_t>(below(g, nodes));
      const std::int64_t capacity = 1 + below(g, 1000);
      net.add_arc(v, to, capacity, below(g, 1000));
    }
  }
  const std::uint32_t ends = nodes / 20 + 1;
  for (std::uint32_t i = 0; i < ends; ++i) {
    net.set_supply(i, 500);
    net.set_supply(nodes - 1 - i, -500);
  }
  return net;
}

}  // namespace scheduling_graph
