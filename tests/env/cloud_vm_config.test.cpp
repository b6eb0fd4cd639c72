// SPDX-License-Identifier: Apache-2.0
#include <muster/env/cloud_vm_config.hpp>

#include <cmath>
#include <limits>
#include <string>

#include "support/catch.hpp"

using namespace muster;
using env::cloud_vm_config;

TEST_CASE("the default cloud is the first client of Table 2 in a frame for all of them",
          "[env][cloud_vm]") {
  const cloud_vm_config c;
  CHECK(env::check(c).has_value());
  CHECK(c.machines == std::vector<env::vm_spec>{{16, 128.0, 4}, {32, 256.0, 1}});
  CHECK(c.max_machines == 7);
  CHECK(c.max_cpu == 64);
  CHECK(c.visible_tasks == 5);
  CHECK(c.weights[0] == 0.5);
  CHECK(c.weights[1] == 0.5);
  CHECK(c.padding == -1.0F);
  CHECK_FALSE(c.one_placement_per_slot);
  CHECK(c.ask_when_full);
}

TEST_CASE("every wrong field is named, with what would be right", "[env][cloud_vm]") {
  const double nan = std::nan("");
  const float infinite = std::numeric_limits<float>::infinity();
  const auto refused = [](const char* field, auto change) {
    cloud_vm_config c;
    change(c);
    const auto r = env::check(c);
    if (r.has_value()) return false;
    INFO(r.failure().to_string());
    CHECK_FALSE(r.failure().expected.empty());
    return r.failure().field == field;
  };
  CHECK(refused("machines", [](auto& c) { c.machines.clear(); }));
  CHECK(refused("machines", [](auto& c) { c.machines[0].cpu = 0; }));
  CHECK(refused("machines", [](auto& c) { c.machines[0].count = 0; }));
  CHECK(refused("machines", [](auto& c) { c.machines[0].memory = 0.0; }));
  CHECK(refused("machines", [&](auto& c) { c.machines[0].memory = nan; }));
  CHECK(refused("machines", [](auto& c) { c.machines[0].cpu = 65; }));
  CHECK(refused("machines", [](auto& c) { c.machines[0].memory = 512.5; }));
  CHECK(refused("max_machines", [](auto& c) { c.max_machines = 4; }));
  CHECK(refused("max_machines", [](auto& c) { c.machines[0].count = 4'294'967'295U; }));
  CHECK(refused("max_cpu", [](auto& c) { c.max_cpu = c.max_machines = 4096; }));
  CHECK(refused("max_memory", [](auto& c) { c.max_memory = 0.0; }));
  CHECK(refused("max_memory", [](auto& c) { c.max_memory = 1.1e6; }));
  CHECK(refused("max_memory", [&](auto& c) { c.max_memory = nan; }));
  CHECK(refused("visible_tasks", [](auto& c) { c.visible_tasks = 0; }));
  CHECK(refused("slot", [](auto& c) { c.slot = duration{}; }));
  CHECK(refused("task_memory_unit", [](auto& c) { c.task_memory_unit = 0.0; }));
  CHECK(refused("task_memory_unit", [&](auto& c) { c.task_memory_unit = nan; }));
  CHECK(refused("weights", [](auto& c) { c.weights = {0.5, 0.6}; }));
  CHECK(refused("weights", [](auto& c) { c.weights = {-0.5, 1.5}; }));
  CHECK(refused("weights", [&](auto& c) { c.weights = {nan, 0.5}; }));
  CHECK(refused("padding", [](auto& c) { c.padding = 0.0F; }));
  CHECK(refused("padding", [](auto& c) { c.padding = 1.0F; }));
  CHECK(refused("padding", [&](auto& c) { c.padding = infinite; }));
  CHECK(refused("padding", [](auto& c) {  // 64 vCPUs are shown as 8
    c.shown_cpu = 8.0;
    c.padding = 5.0F;
  }));
  CHECK(refused("shown_cpu", [](auto& c) { c.shown_cpu = -1.0; }));
  CHECK(refused("shown_cpu", [&](auto& c) { c.shown_memory = infinite; }));
  CHECK(refused("step_limit", [](auto& c) { c.step_limit = 0; }));
}

TEST_CASE("the limits themselves are allowed", "[env][cloud_vm]") {
  cloud_vm_config c;
  c.machines = {{64, 512.0, 7}};
  c.weights = {1.0, 0.0};
  c.padding = 2.0F;
  c.step_limit = 1;
  CHECK(env::check(c).has_value());
}
