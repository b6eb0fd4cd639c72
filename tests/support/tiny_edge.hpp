// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <muster/concepts/dispatch_view.hpp>
#include <muster/env/edge_cloud_config.hpp>
#include <muster/trace/task.hpp>

namespace support {

/// One cluster with one node, and a cloud, for one service: `node` replicas of it on the node and
/// `cloud` in the cloud. What happens there can be worked out by hand.
inline muster::env::edge_cloud_config tiny(std::uint32_t node = 1, std::uint32_t cloud = 1) {
  muster::env::edge_cloud_config c;
  c.clusters = 1;
  c.nodes_per_cluster = 1;
  c.cloud_nodes = 1;
  c.services = 1;
  c.deployment = {node, cloud};
  return c;
}

/// A request that holds half a core and 0.1 GB, at access point 0.
inline muster::trace::arrival at(std::int64_t arrival_ms, std::int64_t work_ms,
                                 muster::duration allowance) {
  muster::trace::arrival a;
  a.request.arrival = muster::instant{arrival_ms * 1000};
  a.request.work = muster::milliseconds(work_ms);
  a.request.deadline = a.request.arrival + allowance;
  a.request.cpu = 0.5F;
  a.request.memory = 0.1F;
  return a;
}

using arrivals = std::vector<muster::trace::arrival>;

template <class Env>
void load(Env& e, const arrivals& a, muster::duration horizon = muster::seconds(10)) {
  e.load(a, horizon);
}

/// Runs to the end, sending everything to target k.
template <class Env>
void send_all(Env& e, std::uint32_t k) {
  muster::dispatch_view view;
  while (e.next_decision(view)) e.dispatch(k);
}

/// arrived == done + missed + waiting + running.
template <class Env>
[[nodiscard]] bool conserved(const Env& e) {
  const auto& c = e.counts();
  return c.arrived == c.done + c.missed + c.waiting + c.running;
}

}  // namespace support
