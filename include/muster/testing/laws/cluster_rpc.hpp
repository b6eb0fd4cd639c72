// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <muster/concepts/cluster_rpc.hpp>

namespace muster::inline MUSTER_ABI::testing {

/// What `check_cluster_rpc_laws` must know about the one it checks.
struct cluster_rpc_case {
  std::uint32_t self = 0;          ///< number of the caller
  std::uint32_t cluster = 1;       ///< whom it asks
  service_id service{};            ///< which exists there
  duration patience = seconds(1);  ///< time given to each call; > 0
  duration slack{};                ///< how much later than allowed an answer may be (real clocks)
  std::uint64_t first_id = 1'000'000;  ///< ids from here on are free
};

/// Checks the laws of `cluster_rpc` with random offers, many of them repeated.
///
/// `now()` -> instant is the clock of the calls: that of the simulation, or the real one.
/// `report(const char* law, bool holds)` is called at every check. Losses are allowed: what is
/// not answered is not judged, but a promise once given must hold.
template <cluster_rpc R, class Now, class Report>
void check_cluster_rpc_laws(R& rpc, const cluster_rpc_case& c, std::uint64_t seed,
                            std::size_t rounds, Now&& now, Report&& report) {
  rng random{seed};
  std::map<std::uint64_t, offer_reply> promised;
  const auto call = [&](instant start) { return rpc_call{start, start + c.patience}; };
  const auto in_time = [&](instant start, instant at) {
    return at >= start - c.slack && at <= start + c.patience + c.slack;
  };
  report("the asked cluster exists", c.cluster < rpc.clusters() && c.cluster != c.self);

  for (std::size_t round = 0; round < rounds; ++round) {
    // Few ids, so that most offers are repeated.
    const std::uint64_t id = c.first_id + uniform_below(random, 1 + rounds / 4);
    offered_job o;
    o.origin = c.self;
    o.request.id = job_id{id};
    o.request.service = c.service;
    o.request.arrival = now();
    o.request.work = milliseconds(1);
    o.request.deadline = o.request.arrival + seconds(60);
    const instant start = now();
    const auto answer = rpc.offer(c.cluster, o, call(start), random);
    report("an answer, or none, comes in time", in_time(start, answer.at));
    report("there is an answer exactly if the status says so",
           static_cast<bool>(answer) == (answer.status == rpc_status::answered));
    if (answer && answer.value->accepted()) {
      const auto [known, fresh] = promised.emplace(id, *answer.value);
      report("an accepted key is accepted again, with the same reply",
             fresh || known->second == *answer.value);
    } else if (answer) {
      report("an accepted key is not refused later", !promised.contains(id));
    }

    const instant then = now();
    const auto capacity = rpc.capacity(c.cluster, c.service, call(then), random);
    report("an answer, or none, comes in time", in_time(then, capacity.at));
    if (capacity) {
      report("no more idle than replicas, and no wait when there is one idle",
             capacity.value->idle <= capacity.value->replicas && capacity.value->wait.us >= 0 &&
                 (capacity.value->idle == 0 || capacity.value->wait.us == 0));
    }
    const auto load = rpc.load(c.cluster, call(now()), random);
    if (load) {
      report("use is a part of one", load.value->cpu_use >= 0.0 && load.value->cpu_use <= 1.0 &&
                                         load.value->memory_use >= 0.0 &&
                                         load.value->memory_use <= 1.0);
    }
    const instant over = now();
    const auto late = rpc.offer(c.cluster, o, {over, over}, random);
    report("without time nothing is tried", !late && late.status == rpc_status::not_tried);
  }

  // All promises at once, and one key that was never offered.
  std::vector<request_key> keys;
  for (const auto& [id, reply] : promised) keys.push_back({c.self, job_id{id}});
  keys.push_back({c.self, job_id{c.first_id + rounds}});
  std::vector<request_outcome> told(keys.size(), request_outcome::pending);
  const auto answer = rpc.outcomes(c.cluster, keys, told, call(now()), random);
  if (answer) {
    report("as many outcomes as keys", *answer.value == keys.size());
    bool remembered = true;
    for (std::size_t i = 0; i + 1 < told.size(); ++i) {
      remembered = remembered && told[i] != request_outcome::unknown;
    }
    report("what was accepted is remembered", remembered);
    report("what was never offered is unknown", told.back() == request_outcome::unknown);
  }
}

}  // namespace muster::inline MUSTER_ABI::testing
