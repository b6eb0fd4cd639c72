// SPDX-License-Identifier: Apache-2.0
// Clouds and learners that train in milliseconds.
#pragma once

#include <muster/pfrl_dm/presets.hpp>
#include <vector>

namespace support {

namespace pfrl_dm = muster::pfrl_dm;

/// Two machines of 4 and 2 vCPUs in a frame of 3 x 4.
inline muster::env::cloud_vm_config two_machines() {
  muster::env::cloud_vm_config c;
  c.machines = {{4, 8.0, 1}, {2, 4.0, 1}};
  c.max_machines = 3;
  c.max_cpu = 4;
  c.max_memory = 8.0;
  c.visible_tasks = 2;
  c.step_limit = 400;
  return c;
}

/// `n` tasks, one each slot, of 1 to 3 vCPUs for 1 to 4 slots.
inline std::vector<muster::trace::task> some_tasks(std::size_t n, std::uint64_t seed) {
  muster::rng g{seed};
  std::vector<muster::trace::task> tasks(n);
  for (std::size_t i = 0; i < n; ++i) {
    tasks[i].start = muster::instant{} + muster::seconds(60 * static_cast<std::int64_t>(i));
    tasks[i].allowance = muster::seconds(60 * (1 + static_cast<int>(muster::uniform_below(g, 4))));
    tasks[i].cpu = static_cast<float>(1 + muster::uniform_below(g, 3));
    tasks[i].memory = 1.0F;
  }
  return tasks;
}

inline std::vector<pfrl_dm::member> members(std::size_t n) {
  std::vector<pfrl_dm::member> all;
  for (std::size_t i = 0; i < n; ++i) all.push_back({two_machines(), some_tasks(30, i + 1)});
  return all;
}

/// Small networks, two episodes per round.
template <class Pipeline>
typename Pipeline::config quick_config(std::size_t clients, std::uint64_t seed = 1) {
  auto c = pfrl_dm::paper_config<Pipeline>(seed, clients);
  c.client.learner.actor.network.hidden = {8};
  c.client.learner.critic.network.hidden = {8};
  c.client.episodes = 2;
  return c;
}

template <class Store>
std::vector<float> numbers(const Store& store, const char* prefix = "") {
  const muster::nn::flat_parameters flat{store, prefix};
  std::vector<float> v(flat.size());
  flat.read(v);
  return v;
}

}  // namespace support
