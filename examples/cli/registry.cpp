// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <algorithm>
#include <array>

#include "names.hpp"

namespace cli {
namespace {

constexpr std::array<pipeline_info, 39> known{{
    {"kmps", kind::learned,
     "KMPS: MAPPO dispatch, GPO orchestration, urgent requests moved every long slot"},
    {"kmps_dual", kind::learned,
     "kmps trained with two buffers: one episode plays while the last is learned from"},
    {"kmps_edf", kind::learned,
     "kmps with earliest-deadline queues instead of the adaptive hybrid"},
    {"kmps_fifo", kind::learned, "kmps with queues in order of arrival"},
    {"kmps_delay_greedy", kind::learned, "kmps with queues in order of the nearest timeout"},
    {"kmps_scorer", kind::learned, "kmps with one small network that scores every target alike"},
    {"kmps_two_scale", kind::learned, "kmps without long slots: nothing urgent is lifted or moved"},
    {"kmps_no_cross_cluster", kind::learned,
     "kmps that dispatches to the own cluster and the cloud only"},
    {"kmps_dual_no_cross", kind::learned, "both: two buffers, no neighbours"},
    {"kmps_no_gnn", kind::learned, "kmps whose orchestrator has no graph network"},
    {"kmps_joint_actor", kind::learned, "kmps whose orchestrator has one actor and one critic"},
    {"kmps_plain_ppo", kind::learned,
     "kmps orchestrated by PPO without graph, one actor and one critic"},
    {"kmps_plain_ac", kind::learned, "kmps orchestrated by actor-critic without graph"},
    {"kmps_greedy_scaler", kind::learned,
     "kmps orchestrated by a rule: the longest queue gets a replica"},
    {"kmps_fixed", kind::learned, "kmps whose replicas stay where they are"},
    {"hpa", kind::learned, "kmps orchestrated by Kubernetes' horizontal pod autoscaler"},
    {"kmps_literal", kind::learned,
     "KMPS as printed: ReLU+1 policy (Eq. 2), one dispatch per slot and access point"},
    {"kmps_released", kind::learned, "KMPS with the settings of its authors' program"},
    {"kais", kind::learned,
     "KaiS: shared actor-critic dispatch, graph policy gradient, no neighbours, two scales"},
    {"kais_cross", kind::learned, "KaiS that may use the neighbours"},
    {"ppo", kind::learned, "single-agent PPO: critic without the wider view, no neighbours"},
    {"ac", kind::learned, "actor-critic without filter of targets and without neighbours"},
    {"ac_matched", kind::learned,
     "actor-critic with both: differs from kmps dispatch in the algorithm alone"},
    {"ddpg", kind::learned, "DDPG without filter of targets and without neighbours"},
    {"ddpg_matched", kind::learned,
     "DDPG with both: differs from kmps dispatch in the algorithm alone"},
    {"dqn", kind::learned, "deep Q-learning without filter of targets and without neighbours"},
    {"random", kind::rule, "any allowed target, uniformly"},
    {"round_robin", kind::rule, "the next allowed target in turn"},
    {"local_only", kind::rule, "the own cluster, its least loaded node"},
    {"cloud_only", kind::rule, "the cloud, always"},
    {"idle_first", kind::rule, "the first target with an idle replica, near before far"},
    {"least_queue", kind::rule, "the target with the fewest waiting requests"},
    {"power_of_two", kind::rule, "the better of two random targets"},
    {"greedy", kind::rule, "the target with the lowest utilisation"},
    {"edf_fastest", kind::rule, "earliest deadline first, to where the answer is back soonest"},
    {"firmament", kind::rule, "all waiting requests of a slot placed by one minimum-cost flow"},
    {"firmament_native", kind::rule, "Firmament on plain queues, with the pod autoscaler"},
    {"greedy_native", kind::rule,
     "the lowest utilisation on plain queues, with the pod autoscaler"},
    {"clairvoyant", kind::bound, "upper bound: no scheduler answers more requests on time"},
}};

}  // namespace

std::span<const pipeline_info> pipelines() noexcept { return known; }

const pipeline_info* find_pipeline(std::string_view name) noexcept {
  const auto it = std::find_if(known.begin(), known.end(),
                               [&](const pipeline_info& p) { return p.name == name; });
  return it == known.end() ? nullptr : &*it;
}

muster::result<std::vector<std::string>> check_pipelines(const std::vector<std::string>& names,
                                                         std::string_view flag) {
  std::vector<std::string> all;
  for (const pipeline_info& p : known) all.emplace_back(p.name);
  std::vector<std::string> result;
  for (const std::string& name : names) {
    if (find_pipeline(name) == nullptr) {
      const auto near = close_names(name, all);
      return muster::error{"there is no pipeline '" + name + "'", "", 0, std::string{flag},
                           near.empty() ? any_of(all) : any_of(near) + " (all: muster list)"};
    }
    if (std::find(result.begin(), result.end(), name) == result.end()) result.push_back(name);
  }
  return result;
}

}  // namespace cli
