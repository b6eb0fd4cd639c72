// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/env/cloud_vm.hpp>
#include <muster/env/cloud_vm_rules.hpp>
#include <muster/testing/laws/environment.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "support/catch.hpp"
#include "support/contract.hpp"

using namespace muster;
using env::cloud_vm, env::cloud_vm_config, env::task_order;

namespace {

using workflow_vm = cloud_vm<env::response_balance_reward<>, env::hold_log, env::by_precedence>;

trace::task task(std::int64_t arrival, std::int64_t run, float cpu) {
  trace::task t;
  t.start = instant{} + seconds(60 * arrival);
  t.allowance = seconds(60 * run);
  t.cpu = cpu;
  t.memory = 1.0F;
  return t;
}

cloud_vm_config machines(std::uint32_t cpu, std::uint32_t count) {
  cloud_vm_config c;
  c.machines = {{cpu, 64.0, count}};
  return c;
}

// First slot and end of each row; tasks that never started have {-1, -1}.
struct span_of {
  std::int64_t from = -1, until = -1;
};
std::vector<span_of> spans(const workflow_vm& c, std::size_t rows) {
  std::vector<span_of> all(rows);
  for (const env::cloud_hold& h : c.watch().holds) {
    all[c.task(h.task).row] = {h.from, h.until};
  }
  return all;
}

struct workflow {
  std::vector<trace::task> rows;
  std::vector<task_order> orders;
};
// Orders go from any row to any later one of a shuffled list, so rows are in no helpful order.
workflow random_workflow(rng& g, std::size_t n) {
  workflow w;
  std::vector<std::uint32_t> names(n);
  std::iota(names.begin(), names.end(), 0U);
  for (std::size_t i = n; i > 1; --i) std::swap(names[i - 1], names[uniform_below(g, i)]);
  for (std::size_t i = 0; i < n; ++i) {
    w.rows.push_back(task(static_cast<std::int64_t>(uniform_below(g, 40)),
                          static_cast<std::int64_t>(1 + uniform_below(g, 12)),
                          static_cast<float>(1 + uniform_below(g, 6))));
    for (std::size_t k = uniform_below(g, 3); i > 0 && k > 0; --k) {
      w.orders.push_back({names[uniform_below(g, i)], names[i]});
    }
  }
  return w;
}

}  // namespace

TEST_CASE("a diamond of tasks, by hand", "[env][cloud_vm]") {
  // 0 (2 slots) before 1 (3) and 2 (5), both before 3 (1): critical path 2 + 5 + 1.
  const std::vector rows{task(0, 2, 1), task(0, 3, 1), task(0, 5, 1), task(0, 1, 1)};
  const std::vector<task_order> orders{{0, 1}, {0, 2}, {1, 3}, {2, 3}};
  workflow_vm world{machines(2, 1)};
  CHECK(world.load(rows, orders).total() == 0);
  rng g{1};
  world.reset(g);
  CHECK(world.queue_length() == 1);  // only the first may start
  env::play(world, env::first_fit{}, g);
  const auto s = spans(world, 4);
  CHECK(s[0].from == 0);
  CHECK(s[1].from == 2);
  CHECK(s[2].from == 2);
  CHECK(s[3].from == 7);
  CHECK(world.metrics().makespan == 8.0 * 60.0);
  // From release to end: 2, 3, 5, 1.
  CHECK(world.metrics().response == Approx(11.0 / 4.0 * 60.0));
}

TEST_CASE("a chain on any number of machines takes the sum of its tasks", "[env][cloud_vm]") {
  std::vector<trace::task> rows;
  std::vector<task_order> orders;
  std::int64_t sum = 0;
  for (std::uint32_t i = 0; i < 9; ++i) {
    rows.push_back(task(0, 1 + i % 4, 1));
    sum += 1 + i % 4;
    if (i > 0) orders.push_back({i, i - 1});  // the last row first
  }
  workflow_vm world{machines(4, 5)};
  world.load(rows, orders);
  rng g{1};
  env::play(world, env::least_loaded{}, g);
  CHECK(world.metrics().makespan == static_cast<double>(sum) * 60.0);
}

TEST_CASE("no task starts before those it waits for have ended", "[env][cloud_vm]") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    rng g{seed};
    const workflow w = random_workflow(g, 60);
    workflow_vm world{machines(7, 3)};
    world.load(w.rows, w.orders);
    world.reset(g);
    while (!world.over()) {
      (void)world.step(
          static_cast<std::uint32_t>(uniform_below(g, 4) == 0 ? world.wait_action()
                                                              : env::random_fit{}.choose(world, g)),
          g);
      const auto n = world.counts();
      REQUIRE(n.arrived == n.done + n.running + n.waiting);
    }
    REQUIRE(world.counts().done == 60);
    const auto s = spans(world, 60);
    for (const task_order o : w.orders) REQUIRE(s[o.after].from >= s[o.before].until);
    const auto first = std::min_element(w.rows.begin(), w.rows.end(), [](auto& a, auto& b) {
                         return a.start < b.start;
                       })->start;
    for (std::size_t i = 0; i < 60; ++i) {
      REQUIRE(s[i].from * seconds(60).us >= (w.rows[i].start - first).us);
    }
  }
}

TEST_CASE("without orders workflows are plain tasks", "[env][cloud_vm]") {
  rng g{3};
  const workflow w = random_workflow(g, 80);
  cloud_vm<env::response_balance_reward<>, env::hold_log> plain{machines(7, 3), w.rows};
  workflow_vm world{machines(7, 3), w.rows};
  rng a{5}, b{5};
  plain.reset(a);
  world.reset(b);
  std::vector<float> x(plain.observation_size()), y(x.size());
  while (!plain.over()) {
    plain.observe(x);
    world.observe(y);
    REQUIRE(x == y);
    const std::uint32_t action = env::random_fit{}.choose(plain, a);
    (void)env::random_fit{}.choose(world, b);
    REQUIRE(plain.step(action, a).reward == world.step(action, b).reward);
  }
  CHECK(world.over());
  CHECK(plain.metrics().response == world.metrics().response);
}

TEST_CASE("a task that was refused holds nobody back", "[env][cloud_vm]") {
  const std::vector rows{task(0, 2, 100), task(0, 1, 1)};  // the first fits no machine
  const std::vector<task_order> orders{{0, 1}};
  workflow_vm world{machines(2, 1)};
  CHECK(world.load(rows, orders).cpu == 1);
  rng g{1};
  env::play(world, env::first_fit{}, g);
  CHECK(spans(world, 2)[1].from == 0);
}

TEST_CASE("orders that cannot be kept are named", "[env][cloud_vm]") {
  CHECK(env::check(std::vector<task_order>{{0, 1}, {1, 2}}, 3));
  const auto cycle = env::check(std::vector<task_order>{{0, 1}, {1, 2}, {2, 1}}, 4);
  REQUIRE(!cycle);
  CHECK(cycle.failure().what == "makes row 1 wait for itself");
  const auto strange = env::check(std::vector<task_order>{{0, 1}, {1, 7}}, 3);
  REQUIRE(!strange);
  CHECK(strange.failure().what == "names row 7");
  CHECK(strange.failure().line == 2);
  CHECK(strange.failure().expected == "rows below 3");
  CHECK(!env::check(std::vector<task_order>{{1, 1}}, 2));

  const std::vector rows{task(0, 1, 1), task(0, 1, 1)};
  const std::vector<task_order> loop{{0, 1}, {1, 0}}, fine{{0, 1}};
  workflow_vm world{machines(2, 1)};
  CHECK(support::breaks("env::check(orders", [&] { world.load(rows, loop); }));
  cloud_vm<> plain{machines(2, 1)};
  CHECK(support::breaks("by_precedence", [&] { plain.load(rows, fine); }));
}

TEST_CASE("workflows obey the laws of environment and do not allocate", "[env][cloud_vm][laws]") {
  rng g{7};
  const workflow w = random_workflow(g, 25);
  cloud_vm<env::response_balance_reward<>, env::unwatched, env::by_precedence> world{
      machines(7, 2)};
  world.load(w.rows, w.orders);
  testing::check_environment_laws(world, 3, 300, [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  });
  rng h{1};
  const testing::no_alloc_scope scope;
  for (int episode = 0; episode < 3; ++episode) env::play(world, env::first_fit{}, h);
  CHECK(scope.allocations() == 0);
}
