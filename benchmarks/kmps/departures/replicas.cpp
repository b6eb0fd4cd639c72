// SPDX-License-Identifier: Apache-2.0
#include <muster/env/mask.hpp>
#include <muster/kmps/presets/no_gnn.hpp>

#include "departures.hpp"

namespace departures {

void add_replicas(rows& all) {
  namespace kmps = muster::kmps;
  namespace slot = muster::slot;
  using gpo = kmps::presets::with_gpo;
  const auto add = [&](const char* number, const char* what, auto change) {
    all.push_back(row_of<gpo>(number, what, base::replicas, change));
  };
  add("-", "KMPS with GPO", [](auto&, effort&) {});
  all.back().role = row::role::reference;
  all.push_back(
      row_of<kmps::pipeline<slot::orchestrator<kmps::gpo>, slot::mask<muster::env::replica_mask>>>(
          "7", "mask: a replica is enough", base::replicas));
  all.push_back(row_of<kmps::presets::no_gnn>("16", "nodes without a graph", base::replicas));
  add("17", "one adjustment per frame",
      [](auto& c, effort&) { c.orchestrator.settings.adjustments = 1; });
  all.push_back(row_of<kmps::pipeline<slot::orchestrator<kmps::gpo_as_printed>>>(
      "18", "the paper's side: GPO paid as printed", base::replicas));
  add("19", "critics at the actors' rate, no decay", [](auto& c, effort&) {
    c.orchestrator.settings.critic_rate = c.orchestrator.settings.rate;
    c.orchestrator.settings.decay = 1.0;
  });
  add("20", "no entropy for replicas",
      [](auto& c, effort&) { c.orchestrator.settings.entropy = 0.0; });
}

}  // namespace departures
