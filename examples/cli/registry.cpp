// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <algorithm>
#include <array>

#include "names.hpp"

namespace cli {
namespace {

constexpr std::array<pipeline_info, 14> known{{
    {"kmps", kind::learned, "KMPS dispatch: MAPPO actors with a masked softmax, central critic"},
    {"kmps_edf", kind::learned,
     "kmps with earliest-deadline queues instead of the adaptive hybrid"},
    {"kmps_scorer", kind::learned, "kmps with one small network that scores every target alike"},
    {"kmps_literal", kind::learned,
     "KMPS as printed: ReLU+1 policy (Eq. 2), one dispatch per slot and access point"},
    {"random", kind::rule, "any allowed target, uniformly"},
    {"round_robin", kind::rule, "the next allowed target in turn"},
    {"local_only", kind::rule, "the own cluster, its least loaded node"},
    {"cloud_only", kind::rule, "the cloud, always"},
    {"idle_first", kind::rule, "the first target with an idle replica, near before far"},
    {"least_queue", kind::rule, "the target with the fewest waiting requests"},
    {"power_of_two", kind::rule, "the better of two random targets"},
    {"greedy", kind::rule, "the target with the lowest utilisation"},
    {"edf_fastest", kind::rule, "earliest deadline first, to where the answer is back soonest"},
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
