// SPDX-License-Identifier: Apache-2.0
#include "experiments/pfrl_dm/client_sets.hpp"

#include <cstdint>
#include <utility>

#include <muster/core/rng.hpp>
#include <muster/trace/workload_sample.hpp>

#include "experiments/pfrl_dm/real_clients.hpp"

namespace experiments::pfrl_dm {

namespace paper = muster::pfrl_dm;
using clients = std::vector<paper::study_client>;

namespace {

constexpr std::uint64_t workload_seed = 1;

muster::result<clients> mixed(clients all) {
  // Trained on a mixture of everyone's tasks in equal parts, as its hybrid tests are mixed.
  const muster::rng root{workload_seed};
  clients made = all;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<std::vector<muster::trace::task>> others;
    for (std::size_t j = 0; j < all.size(); ++j) {
      if (j != i) others.push_back(all[j].train);
    }
    const auto c = paper::hybrid_for(all[i].cloud.machines, 1.0 / static_cast<double>(all.size()));
    muster::rng draw = root.fork(100 + i);
    auto mix = muster::trace::hybrid(all[i].train, others, c, draw);
    if (!mix) return mix.failure();
    made[i].train = std::move(mix->tasks);
  }
  return made;
}

}  // namespace

std::size_t client_count(const std::string& set) {
  if (set == "table3") return 10;
  if (set == "joiner") return 11;
  if (set == "real") return 8;
  return 4;
}

muster::result<clients> clients_of(const std::string& set, const std::string& data) {
  if (set == "table3") return paper::evaluation_study(workload_seed);
  if (set == "real") return real_clients(data, workload_seed);
  if (set == "joiner") {
    auto all = paper::evaluation_study(workload_seed);
    auto more = paper::evaluation_study(workload_seed + 1);
    if (!all) return all.failure();
    if (!more) return more.failure();
    all->push_back((*more)[0]);
    return all;
  }
  auto four = paper::preliminary_study(workload_seed);
  if (!four) return four.failure();
  if (set == "table2_heter") return mixed(std::move(*four));
  // The same environment twice; what differs are the seeds of their agents.
  if (set == "clone") return clients{(*four)[0], (*four)[0], (*four)[1], (*four)[2]};
  if (set == "same2") return clients{(*four)[0], (*four)[0], (*four)[2], (*four)[3]};
  return four;
}

}  // namespace experiments::pfrl_dm
