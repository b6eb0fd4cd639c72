// SPDX-License-Identifier: Apache-2.0
// cloud_vm with first fit, beside a loop written by hand for this one purpose: steps per second
// over the size of the frame (L machines x U vCPUs) and the number of environments in turn, with
// no observation, with the live entries only, and with all of it.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <muster/env/cloud_vm.hpp>
#include <muster/env/cloud_vm_presets.hpp>
#include <muster/env/cloud_vm_rules.hpp>

namespace {

using namespace muster;

enum look : std::int64_t { nothing, live, everything };

/// L machines, one in four of them with all U vCPUs, the others with a quarter.
env::cloud_vm_config cloud(std::uint32_t machines, std::uint32_t cpus) {
  env::cloud_vm_config c;
  c.max_machines = machines;
  c.max_cpu = cpus;
  c.max_memory = 8.0 * cpus;
  c.machines.clear();
  const std::uint32_t large = (machines + 3) / 4;
  c.machines.push_back({cpus, 8.0 * cpus, large});
  if (machines > large) c.machines.push_back({cpus / 4, 2.0 * cpus, machines - large});
  return c;
}

/// Poisson arrivals that would keep four fifths of all vCPUs busy; 1 to 8 vCPUs, 1 to 60 slots.
std::vector<trace::task> tasks(const env::cloud_vm_config& c, std::size_t n) {
  double vcpus = 0.0;
  for (const auto& m : c.machines) vcpus += static_cast<double>(m.cpu) * m.count;
  const double gap = 60.0 * (4.5 * 30.5) / (0.8 * vcpus);
  rng g{1};
  std::vector<trace::task> rows(n);
  double at = 0.0;
  for (auto& t : rows) {
    at -= gap * std::log1p(-uniform01(g));
    t.start = instant{} + from_seconds(at);
    t.cpu = static_cast<float>(1 + uniform_below(g, 8));
    t.memory = t.cpu * static_cast<float>(1 + uniform_below(g, 8));
    t.allowance = seconds(60 * static_cast<std::int64_t>(1 + uniform_below(g, 60)));
  }
  return rows;
}

/// The same world, rewards and observation with everything in plain loops and nothing besides:
/// no checks, no metrics, one pass over the running tasks of each machine per slot.
struct by_hand {
  struct running {
    std::int64_t start, end;
    std::int32_t run, cpu, memory;
    std::array<std::uint16_t, 8> on;
  };
  struct machine {
    std::int32_t cpu, memory, free_cpu, free_memory;
    std::vector<running> tasks;
    std::vector<std::uint8_t> busy;
  };
  std::vector<machine> machines;
  std::vector<env::cloud_task> work;
  std::size_t frame, width, visible, head = 0, arrived = 0;
  float memory_frame;
  std::int64_t now = 0;
  double balance = 0.0;

  by_hand(const env::cloud_vm_config& c, const env::cloud_vm<>& like)
      : frame{c.max_machines},
        width{c.max_cpu},
        visible{c.visible_tasks},
        memory_frame{static_cast<float>(c.max_memory * 1000.0)} {
    for (std::size_t i = 0; i < like.task_count(); ++i) work.push_back(like.task(i));
    for (std::size_t v = 0; v < like.machine_count(); ++v) {
      const auto cpu = static_cast<std::int32_t>(like.cpu(v));
      machines.push_back({cpu, like.memory(v), cpu, like.memory(v), {}, {}});
      machines.back().tasks.reserve(like.cpu(v));
      machines.back().busy.resize(like.cpu(v));
    }
    reset();
  }
  void reset() {
    for (machine& m : machines) {
      m.free_cpu = m.cpu;
      m.free_memory = m.memory;
      m.tasks.clear();
      std::fill(m.busy.begin(), m.busy.end(), 0);
    }
    head = arrived = 0;
    now = 0;
    balance = 0.0;
    while (arrived < work.size() && work[arrived].arrival <= now) ++arrived;
  }
  double imbalance() const {
    double a = 0, b = 0, x = 0, y = 0;
    const auto n = static_cast<double>(machines.size());
    for (const machine& m : machines) {
      a += static_cast<double>(m.free_cpu) / m.cpu;
      b += static_cast<double>(m.free_memory) / m.memory;
    }
    a /= n;
    b /= n;
    for (const machine& m : machines) {
      const double p = static_cast<double>(m.free_cpu) / m.cpu - a;
      const double q = static_cast<double>(m.free_memory) / m.memory - b;
      x += p * p;
      y += q * q;
    }
    return 0.5 * std::sqrt(x / n) + 0.5 * std::sqrt(y / n);
  }
  void tick() {
    ++now;
    bool changed = false;
    for (machine& m : machines) {
      for (std::size_t i = 0; i < m.tasks.size();) {
        if (m.tasks[i].end > now) {
          ++i;
          continue;
        }
        const running& r = m.tasks[i];
        for (std::int32_t k = 0; k < r.cpu; ++k) m.busy[r.on[static_cast<std::size_t>(k)]] = 0;
        m.free_cpu += r.cpu;
        m.free_memory += r.memory;
        m.tasks[i] = m.tasks.back();
        m.tasks.pop_back();
        changed = true;
      }
    }
    if (changed) balance = imbalance();
    while (arrived < work.size() && work[arrived].arrival <= now) ++arrived;
  }
  std::size_t first_fit() const {
    for (std::size_t v = 0; v < machines.size(); ++v) {
      const machine& m = machines[v];
      if (m.free_cpu >= static_cast<std::int32_t>(work[head].cpu) &&
          m.free_memory >= work[head].memory) {
        return v;
      }
    }
    return frame;
  }
  /// Only for answers of `first_fit`.
  double step(std::size_t v, bool& done) {
    double reward = 0.0;
    if (v == frame) {
      tick();
    } else {
      const env::cloud_task& t = work[head++];
      machine& m = machines[v];
      running r{
          now,      now + t.run, static_cast<std::int32_t>(t.run), static_cast<std::int32_t>(t.cpu),
          t.memory, {}};
      for (std::uint16_t u = 0, k = 0; k < r.cpu; ++u) {
        if (m.busy[u] == 0) {
          m.busy[u] = 1;
          r.on[k++] = u;
        }
      }
      m.tasks.push_back(r);
      m.free_cpu -= r.cpu;
      m.free_memory -= r.memory;
      const double before = balance;
      balance = imbalance();
      const double change = balance - before;
      const double response = static_cast<double>(now - t.arrival + t.run);
      reward = 0.5 * std::exp(static_cast<double>(t.run) / response) +
               0.5 * (change <= 1e-6 ? 1.0 : -change);
    }
    done = head == work.size();
    if (!done) {
      while (head == arrived) tick();
    }
    return reward;
  }
  void observe(float* out) const {
    const std::size_t n = machines.size();
    std::fill_n(out, frame * (2 + width) + 2 * visible, -1.0F);
    float* progress = out + 2 * frame;
    for (std::size_t v = 0; v < n; ++v) {
      const machine& m = machines[v];
      out[2 * v] = static_cast<float>(m.free_cpu) / static_cast<float>(width);
      out[2 * v + 1] = static_cast<float>(m.free_memory) / memory_frame;
      float* row = progress + v * width;
      std::fill_n(row, m.cpu, 0.0F);
      for (const running& r : m.tasks) {
        const float done = static_cast<float>(now - r.start) / static_cast<float>(r.run);
        for (std::int32_t k = 0; k < r.cpu; ++k) row[r.on[static_cast<std::size_t>(k)]] = done;
      }
    }
    float* queue = progress + frame * width;
    for (std::size_t i = head; i < arrived && i < head + visible; ++i) {
      *queue++ = static_cast<float>(work[i].cpu) / static_cast<float>(width);
      *queue++ = static_cast<float>(work[i].memory) / memory_frame;
    }
  }
};

constexpr std::size_t episode = 2'100;

/// Both worlds must agree on an episode before their speeds are compared.
void must_agree(const env::cloud_vm_config& c, const env::cloud_vm<>& prototype) {
  env::cloud_vm<> e = prototype;
  by_hand h{c, prototype};
  rng g{1};
  e.reset(g);
  std::vector<float> a(e.observation_size()), b(a.size());
  bool done = false;
  const env::first_fit rule;
  while (!done) {
    e.observe(a);
    h.observe(b.data());
    for (std::size_t i = 0; i < a.size(); ++i) done = done || std::abs(a[i] - b[i]) > 1e-5F;
    const std::uint32_t v = rule.choose(e, g);
    if (done || v != h.first_fit()) break;
    const auto outcome = e.step(v, g);
    const double reward = h.step(v, done);
    if (outcome.done() != done || std::abs(static_cast<double>(outcome.reward) - reward) > 1e-5) {
      done = false;
      break;
    }
  }
  if (!e.over()) {
    std::fprintf(stderr, "cloud_vm and the loop by hand differ at slot %lld\n",
                 static_cast<long long>(e.now()));
    std::abort();
  }
}

void muster_steps(benchmark::State& state) {
  const auto machines = static_cast<std::uint32_t>(state.range(0));
  const auto cpus = static_cast<std::uint32_t>(state.range(1));
  const auto lanes = static_cast<std::size_t>(state.range(2));
  const auto what = state.range(3);
  const env::cloud_vm_config c = cloud(machines, cpus);
  const auto rows = tasks(c, episode);
  const env::cloud_vm<> prototype{c, rows};
  must_agree(c, prototype);
  std::vector<env::cloud_vm<>> worlds(lanes, prototype);
  const std::size_t width = prototype.observation_size();
  std::vector<float> block(lanes * width);
  rng g{1};
  const env::first_fit rule;
  // Lanes start at different places, as they would be in training.
  for (std::size_t i = 0; i < lanes; ++i) {
    for (std::size_t k = 0; k < i * episode / lanes; ++k) {
      (void)worlds[i].step(rule.choose(worlds[i], g), g);
    }
  }
  for (auto _ : state) {
    for (std::size_t i = 0; i < lanes; ++i) {
      env::cloud_vm<>& e = worlds[i];
      const auto outcome = e.step(rule.choose(e, g), g);
      benchmark::DoNotOptimize(outcome.reward);
      if (outcome.done()) e.reset(g);
      const std::span<float> row{block.data() + i * width, width};
      if (what == everything) e.observe(row);
      if (what == live) e.observe_live(row);
    }
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(lanes) * state.iterations());
}

void hand_steps(benchmark::State& state) {
  const auto machines = static_cast<std::uint32_t>(state.range(0));
  const auto cpus = static_cast<std::uint32_t>(state.range(1));
  const auto lanes = static_cast<std::size_t>(state.range(2));
  const auto what = state.range(3);
  const env::cloud_vm_config c = cloud(machines, cpus);
  const auto rows = tasks(c, episode);
  const env::cloud_vm<> prototype{c, rows};
  std::vector<by_hand> worlds(lanes, by_hand{c, prototype});
  const std::size_t width = prototype.observation_size();
  std::vector<float> block(lanes * width);
  bool done = false;
  for (std::size_t i = 0; i < lanes; ++i) {
    for (std::size_t k = 0; k < i * episode / lanes; ++k) {
      (void)worlds[i].step(worlds[i].first_fit(), done);
    }
  }
  for (auto _ : state) {
    for (std::size_t i = 0; i < lanes; ++i) {
      by_hand& e = worlds[i];
      const double reward = e.step(e.first_fit(), done);
      benchmark::DoNotOptimize(reward);
      if (done) e.reset();
      if (what == everything) e.observe(block.data() + i * width);
    }
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(lanes) * state.iterations());
}

// From a small client of the paper's tables to a hall of machines; the paper's frame is 7 x 64.
#define SIZES(looks)                                  \
  ->ArgNames({"machines", "cpus", "envs", "look"})    \
      ->ArgsProduct({{3}, {32}, {1, 256}, looks})     \
      ->ArgsProduct({{7}, {64}, {1, 16, 256}, looks}) \
      ->ArgsProduct({{28}, {128}, {1, 256}, looks})   \
      ->ArgsProduct({{112}, {128}, {1}, looks})
BENCHMARK(muster_steps) SIZES((std::vector<std::int64_t>{nothing, live, everything}));
BENCHMARK(hand_steps) SIZES((std::vector<std::int64_t>{nothing, everything}));

}  // namespace
