// SPDX-License-Identifier: Apache-2.0
#include <muster/env/cloud_vm_masked.hpp>
#include <muster/env/cloud_vm_rules.hpp>

#include <array>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"
#include "support/statistics.hpp"

using namespace muster;
using env::cloud_vm;

namespace {

trace::task task(std::int64_t arrival, std::int64_t run, float cpu, float memory = 0.0F) {
  trace::task t;
  t.start = instant{} + seconds(60 * arrival);
  t.allowance = seconds(60 * run);
  t.cpu = cpu;
  t.memory = memory;
  return t;
}

// Machines of 4, 8, 3 and 8 vCPUs; all with 10 GB. Tasks of `rest` follow two that are placed:
// 2 vCPUs on machine 0, and 3 vCPUs with 9 GB on machine 3.
cloud_vm<> started(const std::vector<trace::task>& rest) {
  env::cloud_vm_config c;
  c.machines = {{4, 10.0, 1}, {8, 10.0, 1}, {3, 10.0, 1}, {8, 10.0, 1}};
  std::vector rows{task(0, 9, 2), task(0, 9, 3, 9.0F)};
  rows.insert(rows.end(), rest.begin(), rest.end());
  cloud_vm<> world{c, rows};
  rng g{1};
  world.reset(g);
  (void)world.step(0, g);
  (void)world.step(3, g);
  return world;
}

}  // namespace

TEST_CASE("which machine each rule takes, by hand", "[env][cloud_vm]") {
  rng g{1};
  // Free: 2 of 4, 8 of 8, 3 of 3, 5 of 8 vCPUs. In use: 1/4, 0, 0, (3/8 + 9/10) / 2.
  const cloud_vm<> small = started({task(0, 1, 2)});
  CHECK(env::first_fit{}.choose(small, g) == 0);
  CHECK(env::best_fit{}.choose(small, g) == 0);
  CHECK(env::least_loaded{}.choose(small, g) == 1);  // as empty as 2: the smaller number

  const cloud_vm<> middle = started({task(0, 1, 3)});
  CHECK(env::first_fit{}.choose(middle, g) == 1);
  CHECK(env::best_fit{}.choose(middle, g) == 2);
  CHECK(env::least_loaded{}.choose(middle, g) == 1);

  const cloud_vm<> large = started({task(0, 1, 5)});
  CHECK(env::first_fit{}.choose(large, g) == 1);
  CHECK(env::best_fit{}.choose(large, g) == 3);
  CHECK(env::least_loaded{}.choose(large, g) == 1);

  const cloud_vm<> thirsty = started({task(0, 1, 4, 2.0F)});  // memory keeps it off machine 3
  CHECK(env::best_fit{}.choose(thirsty, g) == 1);

  cloud_vm<> full = started({task(0, 1, 8), task(0, 1, 6)});
  (void)full.step(1, g);
  CHECK(env::first_fit{}.choose(full, g) == full.wait_action());
  CHECK(env::best_fit{}.choose(full, g) == full.wait_action());
  CHECK(env::least_loaded{}.choose(full, g) == full.wait_action());
  CHECK(env::random_fit{}.choose(full, g) == full.wait_action());
}

TEST_CASE("random_fit takes every machine with room equally often", "[env][cloud_vm]") {
  rng g{2};
  const cloud_vm<> world = started({task(0, 1, 3)});  // room on 1, 2 and 3
  std::vector<std::uint64_t> taken(4, 0);
  for (int k = 0; k < 30'000; ++k) ++taken[env::random_fit{}.choose(world, g)];
  CHECK(taken[0] == 0);
  CHECK(support::fits({taken[1], taken[2], taken[3]}, {1.0 / 3, 1.0 / 3, 1.0 / 3}));
}

TEST_CASE("play: an episode to its end, without denials or lazy waits, on any cloud",
          "[env][cloud_vm]") {
  std::vector<trace::task> rows;
  rng g{3};
  for (std::int64_t i = 0; i < 400; ++i) {  // about 40 % of the vCPUs in use
    const auto run = static_cast<std::int64_t>(1 + uniform_below(g, 20));
    const auto cpu = static_cast<float>(1 + uniform_below(g, 8));
    rows.push_back(task(2 * i, run, cpu, static_cast<float>(uniform_below(g, 10))));
  }
  env::cloud_vm_config c;
  c.machines = {{8, 64.0, 3}, {32, 256.0, 1}};
  const auto plays = [&](const auto& rule) {
    env::masked_cloud_vm<> world{c, rows};
    const double total = env::play(world, rule, g);
    CHECK(world.counts().done == 400);
    CHECK(world.counts().denied + world.counts().lazy_waits == 0);
    CHECK(total > 0.0);
    return world.metrics();
  };
  const auto first = plays(env::first_fit{});
  const auto best = plays(env::best_fit{});
  const auto least = plays(env::least_loaded{});
  (void)plays(env::random_fit{});
  // What the rules are for: spreading balances, filling up does not.
  CHECK(least.load_balance < first.load_balance);
  CHECK(least.load_balance < best.load_balance);
}
