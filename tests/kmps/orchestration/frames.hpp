// SPDX-License-Identifier: Apache-2.0
// Frames made by hand, and a small system in which the best adjustments are known.
#pragma once

#include <muster/concepts/frame_view.hpp>
#include <muster/core/distributions.hpp>
#include <muster/core/rng.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace muster::tests {

/// Owns what a frame_view refers to: all nodes 4 cores and 16 GB, one replica takes 1 GB.
struct made_frame {
  std::uint32_t clusters, nodes_each;
  std::size_t services;
  std::vector<target_table::row> rows;
  std::vector<target_table::cell> cells;
  target_table table;
  std::vector<std::uint32_t> at_access, starting;
  std::vector<service_flow> flows;
  std::vector<target_flow> target_flows;
  frame_view view;

  made_frame(std::uint32_t c, std::uint32_t n, std::size_t w)
      : clusters{c}, nodes_each{n}, services{w} {
    rows.resize(std::size_t{c} * n + 1);
    for (auto& r : rows) r.cpu_total = 4000, r.memory_total = 16000;
    cells.resize(rows.size() * w);
    at_access.resize(c * w);
    starting.resize(rows.size() * w);
    flows.resize(w);
    target_flows.resize(rows.size());
    refresh();
  }
  made_frame(const made_frame&) = delete;
  made_frame& operator=(const made_frame&) = delete;

  void refresh() {
    table = {rows, cells, services};
    view.frame = seconds(25);
    view.clusters = clusters;
    view.nodes_per_cluster = nodes_each;
    view.lan = milliseconds(5);
    view.cross = milliseconds(25);
    view.wan = milliseconds(100);
    view.replica_memory = 1.0;
    view.table = &table;
    view.at_access = at_access;
    view.starting = starting;
    view.services = flows;
    view.flows = target_flows;
  }
  target_table::cell& cell(std::size_t target, std::size_t service) {
    return cells[target * services + service];
  }
  void place(std::size_t target, std::size_t service, std::uint32_t count) {
    cell(target, service).replicas += count;
    rows[target].memory_used += 1000 * std::int64_t{count};
  }
  void next_frame() {
    ++view.number;
    view.now += seconds(25);
  }
};

/// A system in which each cluster is short of one service, another one in every episode: requests
/// for it arrive at `demand` per frame and cluster, a replica answers `rate` of them, the rest is
/// missed (and seen waiting). The others need nothing, so a replica of theirs is of no use.
class starved_service {
 public:
  starved_service(std::uint32_t clusters, std::uint32_t nodes_each, std::size_t services,
                  std::uint32_t room = 6)
      : frame_{clusters, nodes_each, services}, room_{room} {}

  void reset(rng& g) {
    for (auto& c : frame_.cells) c = {};
    for (std::size_t i = 0; i < frame_.rows.size(); ++i) {
      frame_.rows[i].memory_used = 0;
      frame_.rows[i].memory_total = 1000 * std::int64_t{room_};
    }
    wanted_ = static_cast<std::size_t>(uniform_below(g, frame_.services));
    frame_.view.now = {};
    frame_.view.number = 0;
    run();
  }
  [[nodiscard]] const frame_view& view() const { return frame_.view; }
  [[nodiscard]] std::size_t wanted() const { return wanted_; }

  void apply(std::span<const replica_change> plan) {
    for (const replica_change& c : plan) {
      auto& cell = frame_.cell(c.target, index_of(c.service));
      cell.replicas = static_cast<std::uint32_t>(static_cast<int>(cell.replicas) + c.delta);
      frame_.rows[c.target].memory_used += 1000 * std::int64_t{c.delta};
    }
  }
  /// Lets a frame pass; the part of the requests that were answered.
  double run() {
    double done = 0.0, all = 0.0;
    for (auto& f : frame_.flows) f = {};
    for (auto& f : frame_.target_flows) f = {};
    for (std::uint32_t c = 0; c < frame_.clusters; ++c) {
      std::uint32_t left = demand;
      for (std::uint32_t i = 0; i < frame_.nodes_each; ++i) {
        const std::size_t n = c * frame_.nodes_each + i;
        const std::uint32_t served = (std::min)(left, rate * frame_.cell(n, wanted_).replicas);
        frame_.target_flows[n].done = served;
        frame_.target_flows[n].core_milliseconds = 100.0 * served;
        left -= served;
      }
      frame_.flows[wanted_].arrived += demand;
      frame_.flows[wanted_].done += demand - left;
      frame_.flows[wanted_].missed += left;
      for (std::size_t w = 0; w < frame_.services; ++w) {
        frame_.at_access[c * frame_.services + w] = w == wanted_ ? left : 0;
      }
      done += demand - left;
      all += demand;
    }
    frame_.next_frame();
    return done / all;
  }

  static constexpr std::uint32_t demand = 60, rate = 10;

 private:
  made_frame frame_;
  std::uint32_t room_;
  std::size_t wanted_ = 0;
};

}  // namespace muster::tests
