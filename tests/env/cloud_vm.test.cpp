// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/core/distributions/continuous.hpp>
#include <muster/env/cloud_vm.hpp>
#include <muster/env/cloud_vm_rules.hpp>
#include <muster/rl/vector_env.hpp>
#include <muster/testing/laws/environment.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"
#include "support/contract.hpp"

using namespace muster;
using env::cloud_vm, env::cloud_vm_config, env::hold_log;

namespace {

const double e = std::exp(1.0);

// A task in whole slots of one minute.
trace::task task(std::int64_t arrival, std::int64_t run, float cpu, float memory) {
  trace::task t;
  t.start = instant{} + seconds(60 * arrival);
  t.allowance = seconds(60 * run);
  t.cpu = cpu;
  t.memory = memory;
  return t;
}

std::vector<trace::task> random_tasks(rng& g, std::size_t n, std::uint64_t longest_gap,
                                      std::uint64_t most_cpu = 10) {
  std::vector<trace::task> rows;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (uniform_below(g, 3) == 0) at += static_cast<std::int64_t>(uniform_below(g, longest_gap));
    const auto run = static_cast<std::int64_t>(1 + uniform_below(g, 25));
    const auto cpu = static_cast<float>(1 + uniform_below(g, most_cpu));
    rows.push_back(task(at, run, cpu, static_cast<float>(uniform_below(g, 60))));
  }
  return rows;
}

// Three kinds of machines, two places of the frame empty.
cloud_vm_config mixed() {
  cloud_vm_config c;
  c.machines = {{8, 64.0, 2}, {16, 32.5, 1}, {3, 48.0, 2}};
  c.max_machines = 7;
  c.max_cpu = 20;
  c.max_memory = 100.0;
  c.step_limit = 5000;
  return c;
}

// Two machines of 2 vCPUs and 4 GB, three tasks; all that follows from it is worked out below.
cloud_vm_config pair_of_machines() {
  cloud_vm_config c;
  c.machines = {{2, 4.0, 2}};
  c.max_machines = 3;
  c.max_cpu = 2;
  c.max_memory = 4.0;
  return c;
}
std::vector<trace::task> three_tasks() {
  return {task(0, 2, 1, 2), task(0, 3, 2, 2), task(1, 1, 2, 2)};
}

template <class Cloud>
std::vector<float> shown(const Cloud& c) {
  std::vector<float> o(c.observation_size());
  c.observe(o);
  return o;
}

}  // namespace

TEST_CASE("cloud_vm obeys the laws of environment", "[env][laws]") {
  rng g{4};
  const auto rows = random_tasks(g, 150, 12);
  const auto report = [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  };
  muster::testing::check_environment_laws(cloud_vm<>{mixed(), rows}, 1, 1500, report);
  cloud_vm_config other = mixed();
  other.one_placement_per_slot = true;
  other.ask_when_full = false;
  other.step_limit = 100;
  muster::testing::check_environment_laws(cloud_vm<env::makespan_reward>{other, rows}, 2, 500,
                                          report);
}

TEST_CASE("the example of Fig. 6: at slot 6 the first task (2, 20) must wait", "[env][cloud_vm]") {
  // The figure's machines differ in size; the middle one must be too small for the task. One
  // vCPU of the first is idle, the other machines are full; a small task waits second.
  cloud_vm_config c;
  c.machines = {{4, 40.0, 1}, {2, 16.0, 1}, {3, 24.0, 1}};
  c.max_machines = 4;
  c.max_cpu = 4;
  c.max_memory = 40.0;
  c.visible_tasks = 3;
  const std::vector rows{task(0, 8, 2, 12), task(2, 16, 1, 8), task(2, 10, 2, 16),
                         task(4, 5, 3, 24), task(6, 4, 2, 20), task(6, 3, 1, 8)};
  cloud_vm<env::response_balance_reward<>, hold_log> world{c, rows};
  rng g{1};
  world.reset(g);
  for (const std::uint32_t machine : {0U, 0U, 1U, 2U}) {
    REQUIRE(world.fits(machine));
    CHECK_FALSE(world.step(machine, g).done());
  }
  REQUIRE(world.now() == 6);
  REQUIRE(world.head() == 4);
  CHECK(shown(world) == std::vector<float>{// free vCPUs of 4 and GB of 40, by machine
                                           0.25F, 0.5F, 0.0F, 0.0F, 0.0F, 0.0F, -1.0F, -1.0F,
                                           // 6 of 8 slots done, 4 of 16; 4 of 10; 2 of 5
                                           0.75F, 0.75F, 0.25F, 0.0F,   //
                                           0.4F, 0.4F, -1.0F, -1.0F,    //
                                           0.4F, 0.4F, 0.4F, -1.0F,     //
                                           -1.0F, -1.0F, -1.0F, -1.0F,  //
                                                                        // (2, 20), (1, 8), nobody
                                           0.5F, 0.5F, 0.25F, 0.2F, -1.0F, -1.0F});
  CHECK_FALSE(world.fits_anywhere());  // though the second in the queue would fit
  CHECK(world.step(world.wait_action(), g).reward == 0.0F);
  CHECK(world.step(world.wait_action(), g).reward == 0.0F);
  REQUIRE(world.now() == 8);  // the first task of machine 0 has ended
  CHECK(world.fits(0));
  CHECK_FALSE(world.fits(1));
  CHECK_FALSE(world.fits(2));
  CHECK_FALSE(world.step(0, g).done());
  CHECK(world.now() == 8);
  CHECK(world.step(0, g).terminated);
  const auto& holds = world.watch().holds;
  CHECK(holds.back().task == 5);
  CHECK(holds.back().from == 8);  // both start in the same slot
  CHECK(holds[holds.size() - 2].from == 8);
  CHECK(world.counts().forced_waits == 2);
}

TEST_CASE("what an observation shows as 1 can be less than the frame", "[env][cloud_vm]") {
  cloud_vm_config c;
  c.machines = {{16, 128.0, 1}};
  c.shown_cpu = 8.0;
  c.shown_memory = 64.0;
  const std::vector one{task(0, 1, 2, 16)};
  const cloud_vm<> vms{c, one};
  std::vector<float> seen(vms.live_columns().size());
  vms.observe_live(seen);
  CHECK(seen[0] == 2.0F);                  // 16 of 8 vCPUs
  CHECK(seen[1] == 2.0F);                  // 128 of 64 GB
  CHECK(seen[seen.size() - 10] == 0.25F);  // the task
  CHECK(seen[seen.size() - 9] == 0.25F);
}

TEST_CASE("rewards and metrics of a small schedule, by hand", "[env][cloud_vm]") {
  // slot 0: task 0 (1 vCPU, 2 GB, 2 slots) to machine 0, task 1 (2, 2, 3 slots) to machine 1;
  // slot 1: task 2 (2, 2, 1 slot) comes and fits nowhere; slot 2: task 0 has ended.
  cloud_vm<> world{pair_of_machines(), three_tasks()};
  rng g{1};
  world.reset(g);
  // Free vCPUs (1/2, 1), memory (1/2, 1): deviations 1/4 each, before 0.
  CHECK(static_cast<double>(world.step(0, g).reward) == Approx(0.5 * e - 0.5 * 0.25));
  CHECK(world.load_balance() == Approx(0.25).epsilon(1e-8));
  CHECK(world.now() == 0);
  // Free vCPUs (1/2, 0), memory (1/2, 1/2): 1/8, which is better.
  CHECK(static_cast<double>(world.step(1, g).reward) == Approx(0.5 * e + 0.5));
  CHECK(world.load_balance() == Approx(0.125).epsilon(1e-8));
  REQUIRE(world.now() == 1);
  CHECK(world.utilisation(1) == Approx(0.75));
  CHECK(world.step(world.wait_action(), g).reward == 0.0F);
  REQUIRE(world.now() == 2);
  const auto last = world.step(0, g);  // after a wait of 1 with a run of 1; balanced again
  CHECK(static_cast<double>(last.reward) == Approx(0.5 * std::exp(0.5) + 0.5));
  CHECK(last.terminated);
  CHECK(world.over());
  CHECK(world.now() == 3);

  const auto m = world.metrics();
  CHECK(m.response == Approx(60.0 * (2 + 3 + 2) / 3));
  CHECK(m.makespan == 180.0);
  // vCPUs in use 3/4, 3/4, 1; memory 1/2 throughout.
  CHECK(m.utilisation == Approx((0.625 + 0.625 + 0.75) / 3));
  CHECK(m.load_balance == Approx((0.125 + 0.125 + 0.0) / 3).epsilon(1e-8));
  const auto n = world.counts();
  CHECK(n.placed == 3);
  CHECK(n.done == 3);
  CHECK(n.forced_waits == 1);
  CHECK(n.denied + n.lazy_waits == 0);
}

TEST_CASE("mistakes: denied by utilisation, denied by absence, lazy", "[env][cloud_vm]") {
  cloud_vm<> world{pair_of_machines(), three_tasks()};
  rng g{1};
  world.reset(g);
  CHECK(world.step(world.wait_action(), g).reward == -5.0F);
  CHECK(world.now() == 1);
  CHECK(static_cast<double>(world.step(2, g).reward) == Approx(-e));  // padding, not a machine
  CHECK(world.now() == 2);
  (void)world.step(1, g);
  // 1 of 2 vCPUs and 2 of 4 GB are in use there, and the next task needs two vCPUs.
  CHECK(static_cast<double>(world.step(1, g).reward) == Approx(-std::exp(0.5)));
  CHECK(world.now() == 3);
  const auto n = world.counts();
  CHECK(n.lazy_waits == 1);
  CHECK(n.denied == 2);
  CHECK(n.placed == 1);
  CHECK(n.steps() == 4);
}

TEST_CASE("rho 1 sees no balance, rho 0 no waiting; the printed equation 8", "[env][cloud_vm]") {
  const auto first = [](auto rule) {
    cloud_vm<decltype(rule)> world{pair_of_machines(), three_tasks(), rule};
    rng g{1};
    world.reset(g);
    return static_cast<double>(world.step(0, g).reward);
  };
  using env::response_balance_reward, env::balance_change_literal;
  CHECK(first(response_balance_reward<>{{.rho = 1.0}}) == Approx(e));
  CHECK(first(response_balance_reward<>{{.rho = 0.0}}) == Approx(-0.25));
  CHECK(first(response_balance_reward<balance_change_literal>{{.rho = 0.0}}) == Approx(0.25));
}

TEST_CASE("another reward changes rewards and nothing else", "[env][cloud_vm]") {
  cloud_vm<> world{pair_of_machines(), three_tasks()};
  cloud_vm<env::makespan_reward> other{pair_of_machines(), three_tasks()};
  rng g{1};
  world.reset(g);
  other.reset(g);
  // Ends move 0 -> 2 by a run of 2, 2 -> 3 by a run of 3, not at all, 3 -> 3.
  const double expected[] = {-1.0, -1.0 / 3.0, 0.0, 0.0};
  const std::uint32_t actions[] = {0, 1, 3, 0};
  for (std::size_t i = 0; i < 4; ++i) {
    (void)world.step(actions[i], g);
    CHECK(static_cast<double>(other.step(actions[i], g).reward) == Approx(expected[i]));
    CHECK(shown(world) == shown(other));
  }
  CHECK(other.over());
  CHECK(other.metrics().load_balance == world.metrics().load_balance);
}

TEST_CASE("a rule of one's own sees all of a placement", "[env][cloud_vm]") {
  struct billing {
    [[nodiscard]] double placed(const task_placement& p) const noexcept {
      return -(p.woken ? 100.0 : 0.0) - 10.0 * p.machine - static_cast<double>(p.run) * p.cpu -
             p.memory / 1000.0;
    }
    [[nodiscard]] double denied(double) const noexcept { return 0.0; }
    [[nodiscard]] double waited(bool) const noexcept { return 0.0; }
  };
  cloud_vm<billing> world{pair_of_machines(), {three_tasks()}};
  rng g{1};
  world.reset(g);
  CHECK(static_cast<double>(world.step(0, g).reward) == Approx(-100.0 - 2.0 - 0.002));
  CHECK(static_cast<double>(world.step(1, g).reward) == Approx(-110.0 - 6.0 - 0.002));
}

TEST_CASE("time: one placement per slot, if wanted", "[env][cloud_vm]") {
  cloud_vm_config c = pair_of_machines();
  for (const bool one : {false, true}) {
    c.one_placement_per_slot = one;
    cloud_vm<env::response_balance_reward<>, hold_log> world{c, three_tasks()};
    rng g{1};
    (void)env::play(world, env::first_fit{}, g);
    const auto& holds = world.watch().holds;
    REQUIRE(holds.size() == 3);
    CHECK(holds[0].from == 0);
    CHECK(holds[1].from == (one ? 1 : 0));
    CHECK(world.metrics().makespan == (one ? 60.0 * 4 : 60.0 * 3));
  }
}

TEST_CASE("an empty queue goes to the next arrival unasked, however far it is", "[env][cloud_vm]") {
  const std::vector rows{task(5, 2, 1, 1), task(1'000'005, 4, 1, 1)};
  cloud_vm<> world{pair_of_machines(), rows};
  rng g{1};
  world.reset(g);
  CHECK(world.now() == 0);  // the clock starts with the first arrival
  CHECK_FALSE(world.step(0, g).done());
  CHECK(world.now() == 1'000'000);
  CHECK(world.counts().done == 1);
  CHECK(world.step(0, g).terminated);
  const auto m = world.metrics();
  CHECK(m.makespan == 60.0 * 1'000'004);
  CHECK(m.response == 60.0 * 3);
  // 6 slots with 1/2 of the vCPUs and 1/4 of the memory of one of two machines.
  CHECK(m.utilisation == Approx(6 * 0.375 / 2 / 1'000'004));
}

TEST_CASE("time passes unasked while nothing fits, if wanted: the same schedule in fewer steps",
          "[env][cloud_vm]") {
  rng g{9};
  const auto rows = random_tasks(g, 300, 4);
  cloud_vm_config c = mixed();
  c.step_limit = 1'000'000;
  using logged = cloud_vm<env::response_balance_reward<>, hold_log>;
  logged asked{c, rows};
  c.ask_when_full = false;
  logged unasked{c, rows};
  const double a = env::play(asked, env::first_fit{}, g);
  const double b = env::play(unasked, env::first_fit{}, g);
  CHECK(a == Approx(b));
  CHECK(asked.counts().forced_waits > 100);
  CHECK(unasked.counts().steps() == unasked.task_count());
  const auto& x = asked.watch().holds;
  const auto& y = unasked.watch().holds;
  CHECK(std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& p, const auto& q) {
    return p.task == q.task && p.machine == q.machine && p.from == q.from && p.until == q.until;
  }));
  CHECK(asked.metrics().load_balance == Approx(unasked.metrics().load_balance));
}

TEST_CASE("truncated at the step limit, terminated at the last placement", "[env][cloud_vm]") {
  cloud_vm_config c = pair_of_machines();
  c.step_limit = 3;
  cloud_vm<> world{c, three_tasks()};
  rng g{1};
  for (int episode = 0; episode < 2; ++episode) {
    world.reset(g);
    CHECK_FALSE(world.step(3, g).done());
    CHECK_FALSE(world.step(3, g).done());
    const auto last = world.step(3, g);
    CHECK(last.truncated);
    CHECK_FALSE(last.terminated);
    CHECK(world.counts().waiting == 3);
    CHECK(world.metrics().response == Approx((3.0 + 3.0 + 2.0) / 3.0 * 60.0));  // all still wait
  }
  c.step_limit = 4;
  cloud_vm<> enough{c, three_tasks()};
  (void)env::play(enough, env::first_fit{}, g);  // three placements and a forced wait
  CHECK(enough.counts().placed == 3);
}

TEST_CASE("the run time of a task shows only in its progress", "[env][cloud_vm]") {
  auto rows = three_tasks();
  cloud_vm<> world{pair_of_machines(), rows};
  for (auto& t : rows) t.allowance = 7 * t.allowance;
  cloud_vm<> slow{pair_of_machines(), rows};
  rng g{1};
  world.reset(g);
  slow.reset(g);
  CHECK(shown(world) == shown(slow));
  (void)world.step(0, g);
  (void)slow.step(0, g);
  CHECK(shown(world) == shown(slow));
  (void)world.step(1, g);  // on to slot 1
  (void)slow.step(1, g);
  CHECK(shown(world) != shown(slow));
}

TEST_CASE("at random: nothing is held twice, nothing is lost, nobody jumps the queue",
          "[env][cloud_vm]") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    rng g{seed};
    const auto rows = random_tasks(g, 120, seed % 2 == 0 ? 40 : 6, 18);
    cloud_vm_config c = mixed();
    c.one_placement_per_slot = seed % 3 == 0;
    c.step_limit = seed == 6 ? 60 : 100'000;  // the last one is cut short
    cloud_vm<env::response_balance_reward<>, hold_log> world{c, rows};
    REQUIRE(world.refused().total() + world.task_count() == rows.size());
    CHECK(world.refused().total() > 0);
    world.reset(g);
    const auto& holds = world.watch().holds;
    const auto live = world.live_columns();
    std::vector<float> some(live.size());
    bool conserved = true, within = true, consistent = true;
    std::int64_t queue_time = 0;
    while (!world.over()) {
      // Every other answer is any action at all.
      const auto action = uniform_below(g, 2) == 0
                              ? env::random_fit{}.choose(world, g)
                              : static_cast<std::uint32_t>(uniform_below(g, 8));
      const std::int64_t before = world.now();
      const bool placed = world.fits(action);
      const auto waiting = static_cast<std::int64_t>(world.queue_length());
      (void)world.step(action, g);
      // The queue is as long as it was, less who was placed, until time moves; when it jumps
      // further than one slot, the queue was empty, or everything is over.
      const std::int64_t moved =
          world.over() && world.queue_length() == 0 ? 0 : world.now() - before;
      queue_time += (waiting - (placed ? 1 : 0)) * moved;

      const auto n = world.counts();
      conserved = conserved && n.arrived == n.done + n.running + n.waiting &&
                  n.placed == n.done + n.running;
      for (std::size_t v = 0; v < world.machine_count(); ++v) {
        std::uint32_t cpu = 0;
        std::int32_t memory = 0;
        std::uint32_t last = ~0U;
        for (const auto& h : holds) {
          if (h.machine != v || h.from > world.now() || h.until <= world.now()) continue;
          cpu += h.vcpus;
          if (h.task != last) memory += world.task(h.task).memory;
          last = h.task;
        }
        conserved = conserved && world.free_cpu(v) + cpu == world.cpu(v) &&
                    world.free_memory(v) + memory == world.memory(v);
      }
      // Padding is exactly what is not live; live entries are the same both ways.
      const auto all = shown(world);
      world.observe_live(some);
      std::vector<std::uint8_t> is_live(all.size(), 0);
      for (std::size_t i = 0; i < live.size(); ++i) {
        is_live[live[i]] = 1;
        consistent = consistent && some[i] == all[live[i]];
      }
      const std::size_t queue = all.size() - 2 * c.visible_tasks;
      const std::size_t shown_tasks =
          (std::min)(world.queue_length(), std::size_t{c.visible_tasks});
      for (std::size_t i = 0; i < all.size(); ++i) {
        const bool padding = i < queue ? is_live[i] == 0 : i >= queue + 2 * shown_tasks;
        within = within && (padding ? all[i] == -1.0F : all[i] >= 0.0F && all[i] <= 1.0F);
      }
    }
    CHECK(conserved);
    CHECK(within);
    CHECK(consistent);
    CHECK(std::is_sorted(live.begin(), live.end()));

    // In order of arrival, none before it has come, each with all it asked for and for its time.
    std::int64_t last_start = 0, last_end = 0, responses = 0, runs = 0;
    std::vector<std::uint32_t> vcpus(world.task_count(), 0);
    std::uint32_t last_task = 0;
    bool in_order = true;
    for (const auto& h : holds) {
      const auto& t = world.task(h.task);
      in_order = in_order && h.task >= last_task && h.from >= last_start && h.from >= t.arrival &&
                 h.until == h.from + t.run;
      last_task = h.task;
      last_start = h.from;
      last_end = (std::max)(last_end, h.until);
      if (vcpus[h.task] == 0) {
        responses += h.until - t.arrival;
        runs += t.run;
      }
      vcpus[h.task] += h.vcpus;
    }
    CHECK(in_order);
    const std::uint64_t placed = world.counts().placed;
    CHECK(placed > 10);
    CHECK((placed == world.task_count()) == (seed != 6));
    bool complete = true;
    for (std::size_t i = 0; i < world.task_count(); ++i) {
      complete = complete && vcpus[i] == (i < placed ? world.task(i).cpu : 0);
    }
    CHECK(complete);

    // No overlap on any vCPU, and the metrics, slot by slot from the log.
    const auto end = static_cast<std::size_t>(world.now());
    const auto horizon = static_cast<std::size_t>((std::max)(last_end, world.now()));
    std::vector<double> use(end, 0.0), balance(end, 0.0);
    bool overlap = false;
    std::vector<std::vector<double>> cpu_load, memory_load;
    for (std::size_t v = 0; v < world.machine_count(); ++v) {
      std::vector<std::uint8_t> taken(horizon * world.cpu(v), 0);
      std::vector<double> cpu(horizon, 0.0), memory(horizon, 0.0);
      std::uint32_t last = ~0U;
      for (const auto& h : holds) {
        if (h.machine != v) continue;
        for (auto s = static_cast<std::size_t>(h.from); s < static_cast<std::size_t>(h.until);
             ++s) {
          for (std::size_t k = h.first_vcpu; k < h.first_vcpu + h.vcpus; ++k) {
            overlap = overlap || k >= world.cpu(v) || taken[s * world.cpu(v) + k]++ != 0;
          }
          cpu[s] += static_cast<double>(h.vcpus) / world.cpu(v);
          if (h.task != last) {
            memory[s] += static_cast<double>(world.task(h.task).memory) / world.memory(v);
          }
        }
        last = h.task;
      }
      cpu_load.push_back(cpu);
      memory_load.push_back(memory);
    }
    CHECK_FALSE(overlap);
    double utilisation = 0.0, imbalance = 0.0;
    const auto n = static_cast<double>(world.machine_count());
    for (std::size_t s = 0; s < end; ++s) {
      for (const auto* load : {&cpu_load, &memory_load}) {
        double mean = 0.0, squares = 0.0;
        for (const auto& of_machine : *load) mean += of_machine[s] / n;
        for (const auto& of_machine : *load) squares += std::pow(of_machine[s] - mean, 2.0);
        utilisation += 0.5 * mean / static_cast<double>(end);
        imbalance += 0.5 * std::sqrt(squares / n) / static_cast<double>(end);
      }
    }
    const auto m = world.metrics();
    CHECK(m.utilisation == Approx(utilisation).epsilon(1e-9));
    CHECK(m.load_balance == Approx(imbalance).epsilon(1e-7));
    const auto counts = world.counts();
    std::int64_t in_all = responses;  // and those that a truncated episode left waiting
    for (std::size_t i = counts.placed; i < counts.arrived; ++i) {
      in_all += world.now() - world.task(i).arrival;
    }
    CHECK(m.makespan == 60.0 * static_cast<double>(std::max(last_end, world.now())));
    CHECK(m.response ==
          Approx(60.0 * static_cast<double>(in_all) / static_cast<double>(counts.arrived)));
    // Little's law without limits: the integral of the queue is the sum of all waits.
    if (seed != 6) CHECK(queue_time == responses - runs);
  }
}

TEST_CASE("one machine under Poisson arrivals waits as Erlang said", "[env][cloud_vm]") {
  // M/M/4 at load 0.8. Slots are a thousandth of the mean service, so that rounding up moves the
  // load by 0.05 %, and the mean wait by about 0.3 %.
  constexpr double service = 1000.0, servers = 4.0, load = 0.8;
  const double offered = servers * load;  // Erlangs
  double term = 1.0, sum = 0.0;
  for (int k = 0; k < 4; ++k) {
    sum += term;
    term *= offered / (k + 1);
  }
  const double delayed = term / (1.0 - load) / (sum + term / (1.0 - load));  // Erlang C
  const double expected = delayed * service / (servers * (1.0 - load));
  CHECK(delayed == Approx(0.5964).epsilon(1e-3));  // as in tables

  cloud_vm_config c;
  c.machines = {{4, 4.0, 1}};
  c.slot = seconds(1);
  c.ask_when_full = false;
  std::vector<double> means;
  for (std::uint64_t run = 0; run < 100; ++run) {
    rng g = rng{17}.fork(run);
    std::vector<trace::task> rows(10'000);
    double at = 0.0;
    for (auto& t : rows) {
      at += exponential{.rate = offered / service}(g);
      t.start = instant{} + from_seconds(at);
      t.allowance = from_seconds(exponential{.rate = 1.0 / service}(g));
      t.cpu = 1.0F;
    }
    cloud_vm<env::response_balance_reward<>, hold_log> world{c, rows};
    (void)env::play(world, env::first_fit{}, g);
    double wait = 0.0;
    const auto& holds = world.watch().holds;
    for (std::size_t i = 1000; i < holds.size(); ++i) {  // without the start from empty
      wait += static_cast<double>(holds[i].from - world.task(holds[i].task).arrival);
    }
    means.push_back(wait / static_cast<double>(holds.size() - 1000));
  }
  double mean = 0.0, squares = 0.0;
  for (const double x : means) mean += x / 100.0;
  for (const double x : means) squares += (x - mean) * (x - mean);
  const double error = std::sqrt(squares / 99.0 / 100.0);
  INFO("mean wait " << mean << ", expected " << expected << ", standard error " << error);
  CHECK(error < 0.02 * expected);
  CHECK(std::abs(mean - expected) < 3.3 * error + 0.005 * expected);
}

TEST_CASE("copies share tasks and part ways from the middle of an episode", "[env][cloud_vm]") {
  rng g{3};
  const auto rows = random_tasks(g, 100, 6);
  cloud_vm<> one{mixed(), rows};
  one.reset(g);
  for (int k = 0; k < 30; ++k) (void)one.step(env::first_fit{}.choose(one, g), g);
  cloud_vm<> two = one;
  CHECK(&one.task(0) == &two.task(0));
  const auto middle = shown(one);
  while (!one.over()) (void)one.step(env::best_fit{}.choose(one, g), g);
  CHECK(shown(two) == middle);
  two.load(three_tasks());
  CHECK(two.task_count() == 3);
  CHECK(one.task_count() > 50);
  one.reset(g);
  CHECK(one.now() == 0);
}

TEST_CASE("many clouds side by side do what each does alone", "[env][cloud_vm]") {
  rng g{5};
  const auto rows = random_tasks(g, 60, 6);
  const cloud_vm<> prototype{mixed(), rows};
  rl::vector_env<cloud_vm<>> lanes{4, prototype};
  lanes.reset(g);
  cloud_vm<> alone = prototype;
  std::size_t finished = 0;
  for (int k = 0; k < 400; ++k) {
    std::vector<std::uint32_t> actions;
    for (std::size_t i = 0; i < 4; ++i) {
      actions.push_back(env::first_fit{}.choose(lanes.lane(i), g));
    }
    lanes.step(actions);
    for (std::size_t i = 0; i < 4; ++i) {
      if (!lanes.done(i)) continue;
      ++finished;
      CHECK(lanes.finished_return(i) == env::play(alone, env::first_fit{}, g));
    }
  }
  CHECK(finished >= 4);
}

TEST_CASE("an episode allocates nothing", "[env][cloud_vm]") {
  rng g{6};
  const auto rows = random_tasks(g, 200, 6);
  cloud_vm<> world{mixed(), rows};
  std::vector<float> all(world.observation_size()), some(world.live_columns().size());
  const muster::testing::no_alloc_scope scope;
  world.reset(g);
  double sum = 0.0;
  while (!world.over()) {
    world.observe(all);
    world.observe_live(some);
    (void)world.step(static_cast<std::uint32_t>(uniform_below(g, 8)), g);
    sum += world.metrics().utilisation;
  }
  const auto allocations = scope.allocations();
  CHECK(allocations == 0);
  CHECK(sum > 0.0);
}

TEST_CASE("tasks that are left waiting count in the metrics", "[env][cloud_vm]") {
  cloud_vm<> world{pair_of_machines(), three_tasks()};
  rng g{1};
  world.reset(g);
  for (int k = 0; k < 10; ++k) (void)world.step(world.wait_action(), g);
  REQUIRE(world.now() == 10);
  CHECK(world.metrics().response == Approx((10.0 + 10.0 + 9.0) / 3.0 * 60.0));
  CHECK(world.metrics().makespan == 600.0);
  (void)world.step(1, g);  // 1 vCPU for 2 slots, after 10
  CHECK(world.metrics().response == Approx((12.0 + 10.0 + 9.0) / 3.0 * 60.0));
  CHECK(world.metrics().makespan == 720.0);
}

TEST_CASE("broken preconditions say what to do", "[env][cloud_vm]") {
  using support::breaks;
  cloud_vm_config wrong;
  wrong.machines.clear();
  CHECK(breaks("env::check(config)", [&] { cloud_vm<>{wrong}; }));
  cloud_vm<> world{pair_of_machines()};
  rng g{1};
  CHECK(world.over());
  CHECK(world.queue_length() == 0);
  CHECK_FALSE(world.fits_anywhere());
  CHECK(shown(world)[2 * 3 + 3 * 2] == -1.0F);
  CHECK(breaks("no task that fits", [&] { world.reset(g); }));
  CHECK(breaks("the episode is over", [&] { (void)world.step(0, g); }));
  CHECK(breaks("empty queue", [&] { (void)world.head(); }));
  world.load(three_tasks());
  CHECK(breaks("an action that is none", [&] { (void)world.step(4, g); }));
  std::vector<float> small(3);
  CHECK(breaks("short span", [&] { world.observe(small); }));
  CHECK(breaks("short span", [&] { world.observe_live(small); }));
}
