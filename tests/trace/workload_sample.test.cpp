// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <muster/core/distributions.hpp>
#include <muster/trace/workload_sample.hpp>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/statistics.hpp"
#include "two_samples.hpp"

using muster::duration, muster::instant, muster::rng, muster::seconds;
using muster::trace::hybrid, muster::trace::means, muster::trace::offered_load;
using muster::trace::sample, muster::trace::scaled, muster::trace::split;
using muster::trace::task, muster::trace::workload_model, muster::trace::workload_row;

namespace {

// Work that grows with the cores: 1 core for 10 s, 2 for 30 s, 4 for 80 s; one task in 5 s.
workload_model three() {
  workload_model m;
  m.name = "three";
  m.rows = {{1, 8, seconds(10)}, {2, 4, seconds(30)}, {4, 2, seconds(80)}};
  m.rate = 0.2;
  return m;
}

workload_model many(std::uint64_t seed) {
  workload_model m;
  rng g{seed};
  for (int k = 0; k < 3000; ++k) {
    const double cores = std::exp(muster::normal{0.5, 0.7}(g));
    m.rows.push_back({static_cast<float>(cores), static_cast<float>(2.0 * cores),
                      muster::from_seconds(cores * muster::exponential{0.01}(g))});
  }
  m.rate = 0.05;
  for (int k = 0; k < 500; ++k) m.gaps.push_back(muster::gamma{0.4, 2.5}(g));
  std::sort(m.gaps.begin(), m.gaps.end());
  muster::trace::detail::to_mean_one(m.gaps);
  return m;
}

// Tasks that can be told apart: line = who, counted from 1, and which.
std::vector<task> tagged(std::uint64_t who, std::size_t n, float cpu, double gap) {
  std::vector<task> tasks(n);
  for (std::size_t k = 0; k < n; ++k) {
    tasks[k].start = instant{} + muster::from_seconds(gap * static_cast<double>(k + 1));
    tasks[k].cpu = cpu;
    tasks[k].memory = 2.0F * cpu;
    tasks[k].allowance = seconds(10);
    tasks[k].line = who * 1'000'000 + k;
  }
  return tasks;
}

bool same(const std::vector<task>& a, const std::vector<task>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const task& x, const task& y) {
    return x.start == y.start && x.allowance == y.allowance && x.cpu == y.cpu &&
           x.memory == y.memory && x.line == y.line;
  });
}

double work_of(const std::vector<task>& tasks) {
  double sum = 0.0;
  for (const task& t : tasks) sum += static_cast<double>(t.cpu) * t.allowance.seconds();
  return sum;
}

}  // namespace

TEST_CASE("a sample has the moments of its model", "[trace][workload]") {
  const workload_model m = many(1);
  const auto mm = means(m);
  rng g{2};
  const auto tasks = sample(m, 20'000, g);
  REQUIRE(tasks.size() == 20'000);
  // Bands of four standard errors, from the rows themselves.
  const auto band = [&](auto value, double middle) {
    double squares = 0.0;
    for (const workload_row& r : m.rows) squares += std::pow(value(r) - middle, 2);
    return 4.0 * std::sqrt(squares / 3000.0 / 20'000.0);
  };
  using support::mean;
  CHECK(std::fabs(mean(support::cpu_of(tasks)) - mm.cpu) <
        band([](const workload_row& r) { return static_cast<double>(r.cpu); }, mm.cpu));
  CHECK(std::fabs(mean(support::memory_of(tasks)) - mm.memory) <
        band([](const workload_row& r) { return static_cast<double>(r.memory); }, mm.memory));
  CHECK(std::fabs(mean(support::run_of(tasks)) - mm.run) <
        band([](const workload_row& r) { return r.run.seconds(); }, mm.run));
  CHECK(std::fabs(work_of(tasks) / 20'000.0 - mm.cpu_run) <
        band([](const workload_row& r) { return static_cast<double>(r.cpu) * r.run.seconds(); },
             mm.cpu_run));
  std::vector<double> cpu;
  for (const workload_row& r : m.rows) cpu.push_back(static_cast<double>(r.cpu));
  CHECK(support::distance(support::cpu_of(tasks), cpu) < support::chance(20'000, 20'000));
  std::vector<double> gaps = support::gaps_of(tasks);
  for (double& gap : gaps) gap *= m.rate;
  CHECK(support::distance(gaps, m.gaps) < support::chance(20'000, 20'000));
  // One gap in rate^-1 s: 20,000 of variation 1.6 are within 4 * 1.6 / sqrt(20000) of it.
  CHECK(tasks.back().start.seconds() * m.rate / 20'000.0 == Approx(1.0).margin(0.05));
}

TEST_CASE("samples are sorted, marked as made, and repeatable", "[trace][workload]") {
  const workload_model m = many(1);
  rng a{7}, b{7}, c{8};
  const auto one = sample(m, 500, a);
  CHECK(same(one, sample(m, 500, b)));
  CHECK_FALSE(same(one, sample(m, 500, c)));
  CHECK_FALSE(same(one, sample(m, 500, a)));  // the generator has moved on
  bool sorted = true, marked = true;
  for (std::size_t k = 0; k < one.size(); ++k) {
    sorted = sorted && (k == 0 || one[k - 1].start <= one[k].start);
    marked = marked && one[k].line == 0 && one[k].instances == 1 && one[k].type == 0;
  }
  CHECK(sorted);
  CHECK(marked);
  CHECK(sample(m, 0, a).empty());
}

TEST_CASE("a model without gaps is a Poisson process", "[trace][workload]") {
  rng g{4};
  const auto gaps = support::gaps_of(sample(three(), 5000, g));
  CHECK(support::fits(gaps, [](double x) { return 1.0 - std::exp(-0.2 * x); }));
}

TEST_CASE("arrivals follow the hours of the day", "[trace][workload]") {
  workload_model m = three();
  for (std::size_t h = 0; h < 24; ++h) m.hourly[h] = h < 12 ? 0.5 : 1.5;
  rng g{6};
  auto tasks = sample(m, 60'000, g);
  while (tasks.back().start.seconds() >= 3 * 86'400.0) tasks.pop_back();  // whole days only
  CHECK(static_cast<double>(tasks.size()) == Approx(0.2 * 3 * 86'400.0).epsilon(0.02));
  CHECK(support::fits(support::hour_of(tasks),
                      [](double h) { return h < 12.0 ? h / 48.0 : 0.25 + (h - 12.0) / 16.0; }));
}

TEST_CASE("the wanted load is set by the mean work of a task", "[trace][workload]") {
  // E[cpu run] = (10 + 60 + 320) / 3 = 130 core-seconds, E[memory run] = (80 + 120 + 160) / 3 =
  // 120 GB-seconds. 52 cores at load 0.8: a rate of 0.8 * 52 / 130 = 0.32 tasks/s.
  const auto cores = scaled(three(), {.load = 0.8, .capacity = {52.0, 0.0}});
  REQUIRE(cores);
  CHECK(cores->rate == Approx(0.32));
  CHECK(offered_load(*cores, {52.0, 0.0}) == Approx(0.8));
  // With 30 GB memory is scarcer: 120 / 30 = 4 s per task and not 130 / 52 = 2.5 s.
  const auto both = scaled(three(), {.load = 0.8, .capacity = {52.0, 30.0}});
  REQUIRE(both);
  CHECK(both->rate == Approx(0.2));
  // Columns drawn apart: E[cpu] E[run] = 7/3 * 40 = 280/3.
  workload_model apart = three();
  apart.joint = false;
  CHECK(scaled(apart, {.load = 0.8, .capacity = {52.0, 0.0}})->rate ==
        Approx(0.8 * 52.0 / (280.0 / 3.0)));
}

TEST_CASE("samples bring the wanted load within sampling error", "[trace][workload]") {
  for (const bool joint : {true, false}) {
    for (const double load : {0.3, 0.9}) {
      workload_model m = many(3);
      m.joint = joint;
      const auto client = scaled(m, {.load = load, .capacity = {64.0, 0.0}});
      REQUIRE(client);
      rng g{12};
      const auto tasks = sample(*client, 60'000, g);
      const double brought = work_of(tasks) / tasks.back().start.seconds() / 64.0;
      INFO("load " << load << ", joint " << joint);
      // The work of a task varies by about 2.5 means, the gaps by 1.6: 4 * 3 / sqrt(60000).
      CHECK(brought == Approx(load).epsilon(0.05));
    }
  }
}

TEST_CASE("the mean run time becomes a number of slots", "[trace][workload]") {
  const workload_model m = many(5);
  const duration slot = seconds(1);
  const auto client = scaled(m, {.mean_run = 12.0, .run_most = seconds(60), .slot = slot});
  REQUIRE(client);
  CHECK(means(*client).run == Approx(12.0).epsilon(0.001));
  bool whole = true;
  for (const workload_row& r : client->rows) {
    whole = whole && r.run.us % slot.us == 0 && r.run >= slot && r.run <= seconds(60);
  }
  CHECK(whole);
  // A change of the unit of time: the day and the gaps change with the run times.
  const auto plain = scaled(m, {.mean_run = means(m).run / 100.0});
  REQUIRE(plain);
  CHECK(plain->rate == Approx(m.rate * 100.0).epsilon(1e-6));
  CHECK(plain->day.seconds() == Approx(864.0).epsilon(1e-6));
  CHECK(scaled(m, {.mean_run = 5.0, .day = seconds(700)})->day == seconds(700));
  const muster::trace::cluster_capacity c{10.0, 0.0};
  CHECK(offered_load(*plain, c) == Approx(offered_load(m, c)).epsilon(1e-4));
}

TEST_CASE("requests are scaled, stepped and cut", "[trace][workload]") {
  const auto m = scaled(three(), {.cpu_scale = 0.3,
                                  .cpu_step = 0.5,
                                  .cpu_most = 1.0,
                                  .memory_scale = 2.0,
                                  .memory_most = 12.0});
  REQUIRE(m);
  // 0.3, 0.6 and 1.2 cores; in halves 0.5, 1.0 and 1.5; at most 1.
  CHECK(m->rows[0].cpu == 0.5F);
  CHECK(m->rows[1].cpu == 1.0F);
  CHECK(m->rows[2].cpu == 1.0F);
  CHECK(m->rows[0].memory == 12.0F);
  CHECK(m->rows[1].memory == 8.0F);
  CHECK(m->rows[2].run == seconds(80));
  CHECK(*scaled(three(), {}) == three());
  // Whole steps stay what they are, though 0.1F is a little more than 0.1.
  workload_model tenths = three();
  for (std::size_t i = 0; i < 3; ++i) tenths.rows[i].cpu = 0.1F * static_cast<float>(i + 1);
  const auto same_steps = scaled(tenths, {.cpu_step = 0.1});
  REQUIRE(same_steps);
  for (std::size_t i = 0; i < 3; ++i) CHECK(same_steps->rows[i].cpu == Approx(tenths.rows[i].cpu));
  tenths.rows[0].cpu = 0.0F;
  CHECK(scaled(tenths, {.cpu_step = 1.0})->rows[0].cpu == 1.0F);
}

TEST_CASE("a scale that cannot be reached is an error", "[trace][workload]") {
  const auto beyond = scaled(three(), {.mean_run = 90.0, .run_most = seconds(60)});
  REQUIRE_FALSE(beyond);
  CHECK(beyond.failure().field == "mean_run");
  CHECK(beyond.failure().expected.find("60.0") != std::string::npos);
  CHECK_FALSE(scaled(three(), {.mean_run = 0.5, .slot = seconds(1)}));
  workload_model idle = three();
  for (workload_row& r : idle.rows) r.run = {};
  CHECK(scaled(idle, {.mean_run = 5.0}).failure().field == "mean_run");
  CHECK(scaled(idle, {.load = 0.5, .capacity = {8.0, 0.0}}).failure().field == "load");
  CHECK(
      support::breaks("has a load but no capacity", [] { (void)scaled(three(), {.load = 0.5}); }));
  CHECK(support::breaks("negative amount", [] { (void)scaled(three(), {.cpu_scale = 0.0}); }));
}

TEST_CASE("a split is exact in size, disjoint, complete and seeded", "[trace][workload]") {
  const auto tasks = tagged(1, 3500, 1.0F, 2.0);
  rng g{1}, again{1}, other{2};
  const auto parts = split(tasks, g);
  CHECK(parts.train.size() == 2100);
  CHECK(parts.test.size() == 1400);
  std::vector<std::uint64_t> lines;
  for (const auto* part : {&parts.train, &parts.test}) {
    for (const task& t : *part) lines.push_back(t.line);
  }
  std::sort(lines.begin(), lines.end());
  bool once = true;
  for (std::size_t k = 0; k < lines.size(); ++k) once = once && lines[k] == 1'000'000 + k;
  CHECK(once);  // so no task is in both, and none is lost
  CHECK(same(parts.train, split(tasks, again).train));
  CHECK_FALSE(same(parts.train, split(tasks, other).train));

  rng h{3};
  CHECK(split(tasks, h, 0.0).test.size() == 3500);
  CHECK(split(tasks, h, 1.0).train.size() == 3500);
  CHECK(split(std::vector<task>{}, h).train.empty());
  CHECK(support::breaks("outside [0, 1]", [&] { (void)split(tasks, h, 1.5); }));
  CHECK(support::breaks("order of time", [&] {
    auto mixed = tasks;
    std::swap(mixed[0], mixed[9]);
    (void)split(mixed, h);
  }));
}

TEST_CASE("every task is as likely to be trained with", "[trace][workload]") {
  const auto tasks = tagged(0, 10, 1.0F, 1.0);
  std::vector<std::uint64_t> trained(10, 0);
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    rng g{seed};
    for (const task& t : split(tasks, g).train) ++trained[static_cast<std::size_t>(t.line)];
  }
  CHECK(support::fits(trained, std::vector<double>(10, 0.1)));
}

TEST_CASE("both parts of a split keep rate, gaps and demands", "[trace][workload]") {
  rng g{21};
  const workload_model m = many(4);
  const auto tasks = sample(m, 10'000, g);
  const auto parts = split(tasks, g);
  for (const auto* part : {&parts.train, &parts.test}) {
    const auto n = part->size();
    CHECK(static_cast<double>(n) / part->back().start.seconds() == Approx(m.rate).epsilon(0.1));
    CHECK(support::distance(support::gaps_of(*part), support::gaps_of(tasks)) <
          support::chance(n, 10'000));
    CHECK(support::distance(support::run_of(*part), support::run_of(tasks)) <
          support::chance(n, 10'000));
    CHECK(std::is_sorted(part->begin(), part->end(),
                         [](const task& a, const task& b) { return a.start < b.start; }));
  }
  // The test clock begins at the last training arrival.
  CHECK(parts.train.back().start == tasks[5999].start);
  CHECK(parts.test.front().start - instant{} == tasks[6000].start - tasks[5999].start);
}

TEST_CASE("a hybrid is composed exactly", "[trace][workload]") {
  const auto own = tagged(0, 1400, 1.0F, 2.0);
  std::vector<std::vector<task>> others;
  for (std::uint64_t i = 1; i <= 9; ++i) others.push_back(tagged(i, 1400, 4.0F, 1.0));
  rng g{5}, again{5}, other{6};
  const auto mix = hybrid(own, others, {}, g);
  REQUIRE(mix);
  REQUIRE(mix->tasks.size() == 1400);
  REQUIRE(mix->origin.size() == 1400);
  std::array<int, 10> from{};
  std::vector<std::uint64_t> lines;
  bool told = true;
  for (std::size_t k = 0; k < 1400; ++k) {
    ++from[mix->origin[k]];
    told = told && mix->tasks[k].line / 1'000'000 == mix->origin[k];
    lines.push_back(mix->tasks[k].line);
  }
  CHECK(told);
  // 20 % of 1400 are 280; the other 1120 are 9 * 124 + 4, so four clients give one more.
  CHECK(from[0] == 280);
  int more = 0;
  for (std::size_t i = 1; i < 10; ++i) {
    CHECK((from[i] == 124 || from[i] == 125));
    more += from[i] - 124;
  }
  CHECK(more == 4);
  std::sort(lines.begin(), lines.end());
  CHECK(std::adjacent_find(lines.begin(), lines.end()) == lines.end());  // nobody comes twice
  CHECK(same(mix->tasks, hybrid(own, others, {}, again)->tasks));
  CHECK_FALSE(same(mix->tasks, hybrid(own, others, {}, other)->tasks));
  // Own tasks are spread over the whole set: not all in the first half.
  int early = 0;
  for (std::size_t k = 0; k < 700; ++k) early += mix->origin[k] == 0 ? 1 : 0;
  CHECK(early > 100);
  CHECK(early < 180);
}

TEST_CASE("a hybrid keeps the load of the client, or its rate", "[trace][workload]") {
  const auto own = tagged(0, 100, 1.0F, 2.0);  // 10 core-seconds in 2 s
  const std::vector<std::vector<task>> others{tagged(1, 100, 4.0F, 1.0)};
  rng g{5};
  // 20 tasks of 10 and 80 of 40 core-seconds: 3.4 times as much work, so 3.4 times as long.
  const auto load = hybrid(own, others, {}, g);
  REQUIRE(load);
  CHECK(load->tasks.back().start.seconds() == Approx(200.0 * 3.4));
  CHECK(work_of(load->tasks) / load->tasks.back().start.seconds() == Approx(5.0));
  const auto rate = hybrid(own, others, {.keep_load = false}, g);
  REQUIRE(rate);
  CHECK(rate->tasks.back().start == own.back().start);
  // A cap at 2 cores makes it 20 of 10 and 80 of 20; and the memory is cut too.
  const auto cut = hybrid(own, others, {.cpu_most = 2.0, .memory_most = 3.0}, g);
  REQUIRE(cut);
  CHECK(cut->tasks.back().start.seconds() == Approx(200.0 * 1.8));
  for (const task& t : cut->tasks) CHECK((t.cpu <= 2.0F && t.memory <= 3.0F));
  // Memory decides where it is scarcer: twice the cores in GB, so the same factor.
  const auto memory = hybrid(own, others, {.capacity = {1000.0, 1.0}}, g);
  REQUIRE(memory);
  CHECK(memory->tasks.back().start.seconds() == Approx(200.0 * 3.4));
}

TEST_CASE("a hybrid may be longer than the client's own test set", "[trace][workload]") {
  const auto own = tagged(0, 10, 1.0F, 2.0);
  const std::vector<std::vector<task>> others{tagged(1, 100, 1.0F, 1.0)};
  rng g{5};
  const auto mix = hybrid(own, others, {.n = 25}, g);
  REQUIRE(mix);
  REQUIRE(mix->tasks.size() == 25);
  for (std::size_t k = 0; k < 25; ++k) {
    CHECK(mix->tasks[k].start.seconds() == Approx(2.0 * static_cast<double>(k + 1)));
  }
  CHECK(hybrid(own, others, {.n = 60}, g).failure().field == "own");  // 12 of 10
  CHECK(hybrid(own, others, {.share_own = 0.0, .n = 101}, g).failure().field == "others");
  CHECK(hybrid({}, others, {}, g).failure().field == "own");
  CHECK(hybrid(own, {}, {}, g).failure().field == "others");
  CHECK(hybrid(own, {}, {.share_own = 1.0}, g)->tasks.size() == 10);
}
