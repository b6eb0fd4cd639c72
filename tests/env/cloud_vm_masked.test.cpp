// SPDX-License-Identifier: Apache-2.0
#include <muster/env/cloud_vm_masked.hpp>
#include <muster/testing/laws/environment.hpp>

#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using env::masked_cloud_vm;

namespace {

trace::task task(std::int64_t arrival, std::int64_t run, float cpu) {
  trace::task t;
  t.start = instant{} + seconds(60 * arrival);
  t.allowance = seconds(60 * run);
  t.cpu = cpu;
  return t;
}

env::cloud_vm_config two_of_three() {
  env::cloud_vm_config c;
  c.machines = {{2, 4.0, 1}, {4, 4.0, 1}};
  c.max_machines = 3;
  return c;
}

}  // namespace

TEST_CASE("masked_cloud_vm obeys the laws of environment, and is never punished", "[env][laws]") {
  std::vector<trace::task> rows;
  rng g{3};
  for (std::int64_t i = 0; i < 100; ++i) {
    const auto run = static_cast<std::int64_t>(1 + uniform_below(g, 6));
    rows.push_back(task(i / 2, run, static_cast<float>(1 + uniform_below(g, 4))));
  }
  masked_cloud_vm<> world{two_of_three(), rows};
  muster::testing::check_environment_laws(world, 1, 500, [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  });
  world.reset(g);
  std::vector<std::uint8_t> allowed(world.action_count());
  while (!world.over()) {
    world.mask(allowed);
    (void)world.step(muster::testing::detail::any_allowed(allowed, g), g);
  }
  CHECK(world.counts().denied + world.counts().lazy_waits == 0);
  CHECK(world.counts().placed == 100);
}

TEST_CASE("machines with room, else waiting; never what does not exist", "[env][cloud_vm]") {
  masked_cloud_vm<> world{two_of_three(),
                          std::vector{task(0, 9, 2), task(0, 9, 1), task(0, 9, 3), task(0, 9, 1)}};
  rng g{1};
  world.reset(g);
  std::vector<std::uint8_t> allowed(4);
  const auto mask = [&] {
    world.mask(allowed);
    return allowed;
  };
  CHECK(mask() == std::vector<std::uint8_t>{1, 1, 0, 0});
  (void)world.step(0, g);
  CHECK(mask() == std::vector<std::uint8_t>{0, 1, 0, 0});
  (void)world.step(1, g);
  CHECK(mask() == std::vector<std::uint8_t>{0, 1, 0, 0});
  (void)world.step(1, g);
  CHECK(mask() == std::vector<std::uint8_t>{0, 0, 0, 1});
}
