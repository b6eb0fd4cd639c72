// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/adapters/kubernetes/json_place.hpp>
#include <muster/adapters/kubernetes/system_books.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// What a node agent tells about its node.
struct node_report {
  struct queue {
    std::string service;
    std::uint32_t waiting = 0, running = 0;  ///< requests
  };
  struct peer {
    std::string node;
    std::string cluster;    ///< of the peer; `cloud` for the cloud's
    duration round_trip{};  ///< filtered
  };
  std::string node;
  std::uint64_t number = 0;  ///< counts up with every report of this agent, from 1
  double cpu = 0.0;          ///< part of the cores busy, 0 to 1
  double memory = 0.0;       ///< part of the memory in use, 0 to 1
  std::vector<queue> queues;
  std::vector<peer> peers;
};

[[nodiscard]] inline std::string write_node_report(const node_report& r) {
  json out{{"node", r.node}, {"number", r.number}, {"cpu", r.cpu}, {"memory", r.memory}};
  out["queues"] = json::array();
  for (const auto& q : r.queues) {
    out["queues"].push_back(
        {{"service", q.service}, {"waiting", q.waiting}, {"running", q.running}});
  }
  out["peers"] = json::array();
  for (const auto& p : r.peers) {
    out["peers"].push_back(
        {{"node", p.node}, {"cluster", p.cluster}, {"roundTripUs", p.round_trip.us}});
  }
  return write_json(out);
}

/// Reads a report; errors name the field.
[[nodiscard]] inline result<node_report> read_node_report(std::string_view text) {
  const auto document = read_json(text, "report");
  if (!document) return document.failure();
  node_report r;
  error why;
  const json_place root{*document};
  const auto part = [&](const char* name, double& out) {
    const json_place p = root.member(name);
    if (!p.absent() && p.value().is_number()) {
      out = p.value().get<double>();
      if (out >= 0.0 && out <= 1.0) return true;
    }
    why = p.flaw("is no part of a whole", "a number from 0 to 1");
    return false;
  };
  const json_place queues = root.member("queues"), peers = root.member("peers");
  bool good = root.is_object(why) && root.member("node").text(r.node, why) &&
              root.member("number").integer(r.number, why) && part("cpu", r.cpu) &&
              part("memory", r.memory) && (queues.absent() || queues.is_array(why)) &&
              (peers.absent() || peers.is_array(why));
  for (std::size_t i = 0; good && i < queues.size(); ++i) {
    const json_place q = queues.item(i);
    auto& out = r.queues.emplace_back();
    good = q.member("service").text(out.service, why) &&
           q.member("waiting").integer(out.waiting, why) &&
           q.member("running").integer(out.running, why);
  }
  for (std::size_t i = 0; good && i < peers.size(); ++i) {
    const json_place p = peers.item(i);
    auto& out = r.peers.emplace_back();
    good = p.member("node").text(out.node, why) && p.member("cluster").text(out.cluster, why) &&
           p.member("roundTripUs").integer(out.round_trip.us, why);
    if (good && out.round_trip.us < 0) {
      why = p.flaw("takes less than no time", "roundTripUs >= 0");
      good = false;
    }
  }
  if (good && r.node.empty()) why = root.member("node").flaw("is empty", "a name"), good = false;
  if (good) return r;
  why.file = "report";
  return why;
}

/// The state monitor of an access point: the last report of every node of its cluster.
///
/// Idea      nodes push what they see, the access point keeps the latest and knows how old it is;
///           what is too old is not used, so a silent node is not taken for an idle one.
/// Source    KMPS paper, section IV-A.3 (i): CPU, memory, queues, and latency to the own cluster,
///           the neighbours and the cloud, pushed by the nodes to the master.
/// Ages      by the receiver's clock; clocks of nodes are not compared. Reports that overtook
///           each other are told by their number.
class state_board {
 public:
  struct config {
    duration stale = seconds(2);  ///< a report older than this is not used; > 0
    std::string cluster = "a";    ///< ours
    std::string cloud = "cloud";  ///< the name under which the cloud's nodes are known
  };
  /// One-way latencies: medians over all fresh reports; not set where nobody measured.
  struct latencies {
    std::optional<duration> lan, cross, wan;
  };

  state_board() : state_board(config{}) {}
  explicit state_board(config c) : config_{std::move(c)} {
    MUSTER_EXPECTS(config_.stale.us > 0, "muster: kubernetes::state_board needs stale > 0");
  }

  /// False when a later report of this node came before. A number that starts again is a new agent,
  /// once the old report is stale.
  bool take(node_report r, instant now) {
    entry& e = nodes_[r.node];
    if (e.report.number >= r.number && now - e.at <= config_.stale) return false;
    e.at = now;
    e.report = std::move(r);
    return true;
  }
  /// The report of a node, null if there is none that is fresh.
  [[nodiscard]] const node_report* fresh(std::string_view node, instant now) const {
    const auto it = nodes_.find(node);
    return it == nodes_.end() || now - it->second.at > config_.stale ? nullptr : &it->second.report;
  }

  [[nodiscard]] latencies measured(instant now) const {
    std::vector<std::int64_t> own, others, cloud;
    for (const auto& [name, e] : nodes_) {
      if (now - e.at > config_.stale) continue;
      for (const auto& p : e.report.peers) {
        (p.cluster == config_.cluster ? own
         : p.cluster == config_.cloud ? cloud
                                      : others)
            .push_back(p.round_trip.us);
      }
    }
    const auto middle = [](std::vector<std::int64_t>& v) -> std::optional<duration> {
      if (v.empty()) return {};
      std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
      return duration{v[v.size() / 2] / 2};
    };
    return {middle(own), middle(others), middle(cloud)};
  }

  /// Puts measured use, queues and latencies over what the API server knows, for the nodes of
  /// `cluster` in `books` whose reports are fresh. Returns how many those are.
  std::size_t apply(system_books& books, std::uint32_t cluster, instant now) const {
    std::size_t used = 0;
    for (std::size_t row = 0; row + 1 < books.targets(); ++row) {
      const auto& where = books.where(row);
      if (where.cluster != cluster || where.node.empty()) continue;
      const node_report* r = fresh(where.node, now);
      if (r == nullptr) continue;
      ++used;
      books.measure(row, r->cpu, r->memory);
      for (const auto& q : r->queues) books.measure(row, q.service, q.waiting, q.running);
    }
    const latencies l = measured(now);
    const auto& old = books.settings();
    books.set_latency(l.lan.value_or(old.lan), l.cross.value_or(old.cross),
                      l.wan.value_or(old.wan));
    return used;
  }

 private:
  struct entry {
    node_report report;
    instant at{};
  };
  config config_;
  std::map<std::string, entry, std::less<>> nodes_;
};

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
