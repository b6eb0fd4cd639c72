// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/core/rng.hpp>
#include <muster/env/cloud_vm_config.hpp>
#include <muster/env/cloud_vm_presets.hpp>
#include <muster/trace/stand_ins.hpp>
#include <muster/trace/workload_model.hpp>
#include <muster/trace/workload_sample.hpp>

namespace muster::inline MUSTER_ABI::pfrl_dm {

/// A cloud of a study: what it trains on, and what it is tested on.
struct study_client {
  std::string name;
  env::cloud_vm_config cloud{};
  std::vector<trace::task> train;   ///< 60 % of its tasks
  std::vector<trace::task> test;    ///< the other 40 %
  std::vector<trace::task> hybrid;  ///< 20 % of `test`, the rest from the others' tests
};

/// How tasks are cut to the size of a study.
struct study_scale {
  std::size_t tasks = 3500;  ///< of each client; PFRL-DM, section 5.1
  double load = 0.6;         ///< of the scarcer resource; (0, 1). The paper gives none
  double mean_run = 900.0;   ///< s; with slots of a minute, 15 of them. The paper gives none
  duration longest = seconds(12'000);  ///< run times above become this
  double train_share = 0.6;            ///< [0, 1]
  double own_share = 0.2;              ///< of a hybrid test set; [0, 1]
};

/// The frame of the studies: what an agent sees in units of a task's size, and episodes that are
/// cut when an agent denies itself more than 30,000 steps for 2,100 tasks.
[[nodiscard]] inline env::cloud_vm_config study_frame() {
  env::cloud_vm_config c;
  c.shown_cpu = 8.0;
  c.shown_memory = 64.0;
  c.step_limit = 30'000;
  return c;
}

/// How foreign tasks are mixed in for these machines: the load stays, and what is larger than the
/// largest machine, in vCPUs and in memory, is cut to it.
[[nodiscard]] inline trace::hybrid_config hybrid_for(std::span<const env::vm_spec> machines,
                                                     double share_own) {
  trace::hybrid_config mix;
  mix.share_own = share_own;
  mix.capacity = {};
  for (const env::vm_spec& m : machines) {
    mix.capacity.cores += static_cast<double>(m.cpu) * m.count;
    mix.capacity.memory += m.memory * m.count;
    mix.cpu_most = (std::max)(mix.cpu_most, static_cast<double>(m.cpu));
    mix.memory_most = (std::max)(mix.memory_most, m.memory);
  }
  return mix;
}

/// Clients with machines from a table and tasks drawn from models of their workloads.
///
/// Source    PFRL-DM, sections 3.1, 5.1 and 5.3: 3500 tasks each, 60 % to train with; a hybrid
///           test set keeps 20 % of the client's own tasks and draws the rest from the others.
/// Chosen    the load, and the unit of time: run times of all workloads are scaled to one mean, so
///           that clients differ in the shape of their workloads and not in how long a day lasts.
///           Requests above the client's largest machine are cut to it. The paper says neither.
/// `machines` and `models` have one entry per client; more than one for hybrid tests.
[[nodiscard]] inline result<std::vector<study_client>> make_study(
    std::span<const env::cloud_client> machines, std::span<const trace::workload_model> models,
    std::uint64_t seed, const study_scale& scale = {}, env::cloud_vm_config frame = study_frame()) {
  MUSTER_EXPECTS(machines.size() == models.size(),
                 "muster: pfrl_dm::make_study needs one workload model per client");
  std::vector<study_client> clients(machines.size());
  std::vector<trace::hybrid_config> mixes(machines.size());
  const rng root{seed};
  for (std::size_t i = 0; i < clients.size(); ++i) {
    study_client& c = clients[i];
    c.name = models[i].name;
    c.cloud = machines[i].config(frame);
    trace::workload_scaling s;
    const trace::hybrid_config mix = mixes[i] = hybrid_for(machines[i].machines(), scale.own_share);
    s.cpu_step = 1.0;
    s.cpu_most = mix.cpu_most;
    s.memory_most = mix.memory_most;
    s.mean_run = scale.mean_run;
    s.run_most = scale.longest;
    s.slot = frame.slot;
    s.load = scale.load;
    s.capacity = mix.capacity;
    const auto model = trace::scaled(models[i], s);
    if (!model) return model.failure();
    rng draw = root.fork(i);
    trace::task_split parts =
        trace::split(trace::sample(*model, scale.tasks, draw), draw, scale.train_share);
    c.train = std::move(parts.train);
    c.test = std::move(parts.test);
  }
  for (std::size_t i = 0; i < clients.size() && clients.size() > 1; ++i) {
    std::vector<std::vector<trace::task>> others;
    for (std::size_t j = 0; j < clients.size(); ++j) {
      if (j != i) others.push_back(clients[j].test);
    }
    rng draw = root.fork(clients.size() + i);
    auto mixed = trace::hybrid(clients[i].test, others, mixes[i], draw);
    if (!mixed) return mixed.failure();
    clients[i].hybrid = std::move(mixed->tasks);
  }
  return clients;
}

/// The ten clients of Table 3 on stand-ins for their workloads.
[[nodiscard]] inline result<std::vector<study_client>> evaluation_study(
    std::uint64_t seed, const study_scale& scale = {}) {
  std::vector<trace::workload_model> models;
  for (const trace::stand_in w : trace::all_stand_ins) models.push_back(trace::stand_in_model(w));
  return make_study(env::evaluation_clients, models, seed, scale);
}

/// The four clients of Table 2 on stand-ins for their workloads.
[[nodiscard]] inline result<std::vector<study_client>> preliminary_study(
    std::uint64_t seed, const study_scale& scale = {}) {
  std::vector<trace::workload_model> models;
  for (const trace::stand_in w : {trace::stand_in::google, trace::stand_in::alibaba_2017,
                                  trace::stand_in::hpc_hf, trace::stand_in::kvm_2019}) {
    models.push_back(trace::stand_in_model(w));
  }
  return make_study(env::study_clients, models, seed, scale);
}

}  // namespace muster::inline MUSTER_ABI::pfrl_dm
