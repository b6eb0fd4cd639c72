// SPDX-License-Identifier: Apache-2.0
#include <muster/env/cloud_vm.hpp>
#include <muster/env/cloud_vm_presets.hpp>

#include <array>
#include <cstdint>
#include <set>
#include <string_view>

#include "support/catch.hpp"

using namespace muster;

namespace {

std::uint32_t count(const env::cloud_client& c) {
  std::uint32_t n = 0;
  for (const env::vm_spec& m : c.machines()) n += m.count;
  return n;
}
std::uint32_t vcpus(const env::cloud_client& c) {
  std::uint32_t n = 0;
  for (const env::vm_spec& m : c.machines()) n += m.count * m.cpu;
  return n;
}

}  // namespace

TEST_CASE("Table 2: four clients with 5, 3, 4 and 5 machines", "[env][cloud_vm]") {
  constexpr std::array machines{5U, 3U, 4U, 5U};
  constexpr std::array cpus{96U, 96U, 96U, 112U};
  REQUIRE(env::study_clients.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(count(env::study_clients[i]) == machines[i]);
    CHECK(vcpus(env::study_clients[i]) == cpus[i]);
  }
  CHECK(env::study_clients[2].workload == "HPC-HF");
}

TEST_CASE("Table 3: ten clients with 7,7,7,7,6,7,7,5,5,6 machines and ten workloads",
          "[env][cloud_vm]") {
  constexpr std::array machines{7U, 7U, 7U, 7U, 6U, 7U, 7U, 5U, 5U, 6U};
  std::set<std::string_view> workloads;
  REQUIRE(env::evaluation_clients.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(count(env::evaluation_clients[i]) == machines[i]);
    workloads.insert(env::evaluation_clients[i].workload);
  }
  CHECK(workloads.size() == 10);
  for (const auto& c : env::study_clients) CHECK(workloads.count(c.workload) == 1);
  // Client 7: 16 + 3 x 40 + 3 x 32.
  CHECK(vcpus(env::evaluation_clients[6]) == 232);
}

TEST_CASE("all clients have the same spaces, and every cloud is allowed", "[env][cloud_vm]") {
  const auto agrees = [](const env::cloud_client& client) {
    const env::cloud_vm_config c = client.config();
    REQUIRE(env::check(c).has_value());
    const env::cloud_vm<> e{c};
    CHECK(e.observation_size() == 7 * 2 + 7 * 64 + 5 * 2);  // 472
    CHECK(e.action_count() == 8);
    CHECK(e.machine_count() == count(client));
    CHECK(e.live_columns().size() == 2 * count(client) + vcpus(client) + 10);
  };
  for (const auto& client : env::study_clients) agrees(client);
  for (const auto& client : env::evaluation_clients) agrees(client);
}

TEST_CASE("a client keeps the frame it is given", "[env][cloud_vm]") {
  env::cloud_vm_config frame;
  frame.visible_tasks = 9;
  frame.slot = seconds(1);
  const auto c = env::study_clients[1].config(frame);
  CHECK(c.visible_tasks == 9);
  CHECK(c.slot == seconds(1));
  CHECK(c.machines == std::vector<env::vm_spec>{{32, 256.0, 3}});
}

TEST_CASE("Table 1: every row can be a cloud", "[env][cloud_vm]") {
  std::uint32_t nodes[3] = {};
  for (const env::machine_row& row : env::trace_machines) {
    CHECK(row.cpu_low <= row.cpu_high);
    CHECK(row.memory_low <= row.memory_high);
    nodes[row.source == "Chameleon Cloud" ? 0 : row.source == "CERIT-SC" ? 1 : 2] += row.nodes;
    env::cloud_vm_config c;
    c.machines = {row.largest()};
    c.max_machines = row.nodes;
    c.max_cpu = 128;
    c.max_memory = 1024.0;
    CHECK(env::check(c).has_value());
  }
  CHECK(nodes[0] == 6 + 1551 + 101);
  CHECK(nodes[1] == 20 + 18 + 33 + 113 + 36 + 28);
  CHECK(nodes[2] == 798 + 497 + 280 + 135 + 104 + 83);
}
