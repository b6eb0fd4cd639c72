// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "experiments/experiment.hpp"

namespace experiments {
namespace {

using json = nlohmann::ordered_json;

// How many members an aggregate has: as many as it can be initialised with.
struct anything {
  template <class T>
  operator T() const;
};
template <class T, class... Known>
consteval std::size_t members() {
  if constexpr (requires { T{Known{}..., anything{}}; }) {
    return members<T, Known..., anything>();
  } else {
    return sizeof...(Known);
  }
}
// A member left out below would let two different runs pass for one.
static_assert(members<muster::env::edge_cloud_config>() == 26);
static_assert(members<cli::load>() == 6);

json object(const muster::env::edge_cloud_config& c) {
  json outages = json::array();
  for (const auto& o : c.outages) {
    outages.push_back({{"cluster", o.cluster}, {"from_us", o.from.us}, {"until_us", o.until.us}});
  }
  return {{"clusters", c.clusters},
          {"nodes_per_cluster", c.nodes_per_cluster},
          {"cloud_nodes", c.cloud_nodes},
          {"services", c.services},
          {"node_cpu", c.node_cpu},
          {"node_memory", c.node_memory},
          {"speed", c.speed},
          {"replicas_per_node", c.replicas_per_node},
          {"mix", c.mix},
          {"replica_memory", c.replica_memory},
          {"deployment", c.deployment},
          {"slot_us", c.slot.us},
          {"long_slot_us", c.long_slot.us},
          {"frame_us", c.frame.us},
          {"replica_start_us", c.replica_start.us},
          {"lan_us", c.lan.us},
          {"cross_us", c.cross.us},
          {"wan_us", c.wan.us},
          {"central", c.scheduling.central},
          {"aggregate_us", c.scheduling.aggregate.us},
          {"per_decision_us", c.scheduling.per_decision.us},
          {"outages", outages},
          {"start_only_if_on_time", c.start_only_if_on_time},
          {"finish_after_horizon", c.finish_after_horizon},
          {"idle_power", c.idle_power},
          {"peak_power", c.peak_power},
          {"message_energy", c.message_energy},
          {"wan_energy_factor", c.wan_energy_factor}};
}

json object(const cli::load& l) {
  return {{"rate", l.rate},
          {"surge", l.surge},
          {"deadline_scale", l.deadline_scale},
          {"slots", l.slots},
          {"emergency_share", l.emergency_share},
          {"emergency_seconds", l.emergency_seconds}};
}

}  // namespace

std::string text_of(const scenario& s, bool model_only) {
  json j{{"pipeline", s.pipeline}, {"episodes", s.episodes}};
  if (s.episodes > 0) {
    j["trained"] = object(s.trained);
    j["training"] = object(s.training);
    if (s.window > 0) j["window"] = s.window;
    if (s.rates != 1.0) j["rates"] = s.rates;
  }
  if (!model_only) {
    j["system"] = object(s.system);
    j["load"] = object(s.load);
    if (s.validation) j["validation"] = true;
    if (s.timed) j["timed"] = true;
  }
  return j.dump();
}

}  // namespace experiments
