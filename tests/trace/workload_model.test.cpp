// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <array>
#include <cmath>
#include <limits>
#include <muster/core/distributions.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <muster/trace/alibaba_2018.hpp>
#include <muster/trace/workload_model.hpp>
#include <muster/trace/workload_sample.hpp>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/shared_trace.hpp"
#include "support/statistics.hpp"
#include "two_samples.hpp"

using muster::duration, muster::instant, muster::rng, muster::seconds;
using muster::trace::check, muster::trace::fit, muster::trace::means, muster::trace::sample;
using muster::trace::task, muster::trace::workload_config, muster::trace::workload_fitter,
    muster::trace::workload_model;

namespace {

task at(double start, float cpu, float memory, std::int64_t run) {
  task t;
  t.start = instant{} + muster::from_seconds(start);
  t.cpu = cpu;
  t.memory = memory;
  t.allowance = seconds(run);
  return t;
}

// Ten days with two arrivals a minute from 8 to 20 o'clock and none by night.
std::vector<task> ten_days() {
  std::vector<task> tasks;
  for (int day = 0; day < 10; ++day) {
    for (int k = 0; k < 12 * 120; ++k) {
      tasks.push_back(at(day * 86'400.0 + 8 * 3600.0 + 30.0 * k, 1.0F, 2.0F, 60));
    }
  }
  return tasks;
}

double share_of_work_of(const workload_model& m) {
  const auto mm = means(m);
  return mm.cpu_run / (mm.cpu * mm.run);
}

}  // namespace

TEST_CASE("a small trace is kept whole", "[trace][workload]") {
  const std::vector<task> tasks{at(0, 1, 2, 10), at(10, 2, 4, 20), at(30, 4, 6, 60)};
  const auto m = fit(tasks, {.name = "three"});
  REQUIRE(m);
  CHECK(m->name == "three");
  CHECK(m->tasks == 3);
  CHECK_FALSE(m->synthetic);
  REQUIRE(m->rows.size() == 3);
  CHECK(m->rows[1].memory == 4.0F);
  // Means by hand: cores 7/3, GB 12/3, seconds 90/3, core-seconds (10 + 40 + 240) / 3.
  const auto mm = means(*m);
  CHECK(mm.cpu == Approx(7.0 / 3.0));
  CHECK(mm.memory == Approx(4.0));
  CHECK(mm.run == Approx(30.0));
  CHECK(mm.cpu_run == Approx(290.0 / 3.0));
  CHECK(mm.memory_run == Approx((20.0 + 80.0 + 360.0) / 3.0));
  // 30 s are too short for hours; two gaps, 10 and 20 s.
  CHECK(m->rate == Approx(2.0 / 30.0));
  CHECK(m->hourly == workload_model::flat_day());
  REQUIRE(m->gaps.size() == 2);
  CHECK(m->gaps[0] == Approx(10.0 / 15.0));
  CHECK(m->gaps[1] == Approx(20.0 / 15.0));
}

TEST_CASE("independent columns lose what ties cpu to run time", "[trace][workload]") {
  const std::vector<task> tasks{at(0, 1, 2, 10), at(10, 2, 4, 20), at(30, 4, 6, 60)};
  const auto joint = fit(tasks);
  const auto apart = fit(tasks, {.joint = false});
  REQUIRE(joint);
  REQUIRE(apart);
  CHECK(share_of_work_of(*joint) == Approx(290.0 / 210.0));
  CHECK(share_of_work_of(*apart) == Approx(1.0));
  rng g{3};
  const auto whole = sample(*joint, 4000, g);
  const auto mixed = sample(*apart, 4000, g);
  bool rows_stay = true, rows_mix = false;
  for (const task& t : whole) rows_stay = rows_stay && t.memory == (t.cpu == 4 ? 6 : 2 * t.cpu);
  for (const task& t : mixed) rows_mix = rows_mix || (t.cpu == 1.0F && t.memory == 6.0F);
  CHECK(rows_stay);
  CHECK(rows_mix);
  CHECK(support::distance(support::cpu_of(whole), support::cpu_of(mixed)) <
        support::chance(4000, 4000));
}

TEST_CASE("hours of the day and gaps are told apart", "[trace][workload]") {
  const auto m = fit(ten_days());
  REQUIRE(m);
  // Watched from 8 o'clock of day 1 to 20 o'clock of day 10: every hour of the day many times.
  for (std::size_t h = 0; h < 24; ++h) {
    INFO("hour " << h);
    CHECK(m->hourly[h] == Approx(h >= 8 && h < 20 ? 2.0 : 0.0).margin(0.01));
  }
  CHECK(m->rate == Approx(1.0 / 60.0).epsilon(0.01));
  // With the night taken out all gaps are equal: nothing of it is left in the table.
  CHECK(m->gaps.front() == Approx(1.0).epsilon(0.02));
  CHECK(m->gaps.back() == Approx(1.0).epsilon(0.02));
  rng g{5};
  const auto drawn = sample(*m, 14'400, g);
  const auto hours = support::hour_of(drawn);
  bool by_day = true;
  for (const double h : hours) by_day = by_day && h >= 8.0 && h < 20.0 + 1e-9;
  CHECK(by_day);
  CHECK(drawn.back().start.seconds() == Approx(10 * 86'400.0).epsilon(0.05));
}

TEST_CASE("midnight is where the config says", "[trace][workload]") {
  const auto m = fit(ten_days(), {.midnight = instant{} + seconds(2 * 3600)});
  REQUIRE(m);
  CHECK(m->hourly[6] == Approx(2.0).margin(0.01));
  CHECK(m->hourly[18] == Approx(0.0).margin(0.01));
}

TEST_CASE("hours that were hardly watched get the mean", "[trace][workload]") {
  std::vector<task> tasks;  // from 10:00 to 12:10, twice as busy from 11 on
  for (int k = 0; k < 60; ++k) tasks.push_back(at(36'000.0 + 60.0 * k, 1, 1, 1));
  for (int k = 0; k < 140; ++k) tasks.push_back(at(39'600.0 + 30.0 * k, 1, 1, 1));
  const auto m = fit(tasks);
  REQUIRE(m);
  CHECK(m->hourly[11] / m->hourly[10] == Approx(2.0).epsilon(0.03));
  CHECK(m->hourly[12] == Approx(1.0).epsilon(0.01));
  CHECK(m->hourly[3] == Approx(1.0).epsilon(0.01));
}

TEST_CASE("a stream of any length is fitted in memory that does not grow", "[trace][workload]") {
  workload_fitter fitter{{.rows = 2000, .gaps = 500}};
  rng g{11};
  std::vector<double> cpu, run;
  double now = 0.0;
  const auto next = [&] {
    const float cores = static_cast<float>(1 + muster::uniform_below(g, 8));
    const double length = static_cast<double>(cores) * muster::exponential{0.01}(g);
    now += muster::exponential{0.5}(g);
    return at(now, cores, 2.0F * cores, static_cast<std::int64_t>(length));
  };
  cpu.reserve(100'000);
  run.reserve(100'000);
  {
    const muster::testing::no_alloc_scope quiet;
    bool taken = true;
    for (int k = 0; k < 100'000; ++k) {
      const task t = next();
      cpu.push_back(static_cast<double>(t.cpu));
      run.push_back(t.allowance.seconds());
      taken = fitter.add(t).has_value() && taken;
    }
    CHECK(taken);
    CHECK(quiet.allocations() == 0);
  }
  const auto m = fitter.finish();
  REQUIRE(m);
  CHECK(m->tasks == 100'000);
  CHECK(m->rows.size() == 2000);
  CHECK(m->gaps.size() == 500);
  std::vector<double> kept_cpu, kept_run;
  for (const auto& r : m->rows) {
    kept_cpu.push_back(static_cast<double>(r.cpu));
    kept_run.push_back(r.run.seconds());
  }
  CHECK(support::distance(kept_cpu, cpu) < support::chance(2000, 100'000));
  CHECK(support::distance(kept_run, run) < support::chance(2000, 100'000));
  CHECK(m->rate == Approx(0.5).epsilon(0.02));
  // The gaps of a Poisson process stay exponential.
  CHECK(support::fits(m->gaps, [](double x) { return 1.0 - std::exp(-x); }));
  // Long tasks are the large ones: E[cpu run] = 100 E[cpu^2], E[cpu] E[run] = 100 E[cpu]^2.
  CHECK(share_of_work_of(*m) == Approx(25.5 / 20.25).epsilon(0.06));
}

TEST_CASE("the sample of a stream is even: each row is kept as often", "[trace][workload]") {
  std::vector<std::uint64_t> kept(20, 0);
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    workload_fitter fitter{{.rows = 5, .seed = seed}};
    for (int k = 0; k < 20; ++k) REQUIRE(fitter.add(at(k, static_cast<float>(k), 1, 1)));
    const auto m = fitter.finish();
    REQUIRE(m);
    for (const auto& r : m->rows) ++kept[static_cast<std::size_t>(r.cpu)];
  }
  CHECK(support::fits(kept, std::vector<double>(20, 0.05)));
}

TEST_CASE("order does not matter to fit, and late rows count together", "[trace][workload]") {
  auto tasks = ten_days();
  const auto sorted = fit(tasks);
  std::swap(tasks[3], tasks[4000]);
  std::swap(tasks[77], tasks[9]);
  // Sorting is stable and all rows are equal but for their start.
  REQUIRE(sorted);
  CHECK(*fit(tasks) == *sorted);

  workload_fitter stream{{}};
  for (const double start : {0.0, 10.0, 4.0, 20.0}) REQUIRE(stream.add(at(start, 1, 1, 1)));
  const auto m = stream.finish();
  REQUIRE(m);
  REQUIRE(m->gaps.size() == 3);  // 10, 0 and 10 s
  CHECK(m->gaps[0] == 0.0);
  CHECK(m->gaps[2] == Approx(1.5));
  CHECK(m->rate == Approx(3.0 / 20.0));
}

TEST_CASE("the same seed keeps the same rows, another one others", "[trace][workload]") {
  auto tasks = ten_days();
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i].cpu = static_cast<float>(i);
  const auto a = fit(tasks, {.rows = 100, .seed = 4});
  REQUIRE(a);
  CHECK(*a == *fit(tasks, {.rows = 100, .seed = 4}));
  CHECK_FALSE(*a == *fit(tasks, {.rows = 100, .seed = 5}));
}

TEST_CASE("memory in per cent of a machine becomes GB", "[trace][workload]") {
  const std::vector<task> tasks{at(0, 1, 50.0F, 1), at(1, 1, 25.0F, 1)};
  const auto m = fit(tasks, {.memory_unit = 512.0 / 100.0});
  REQUIRE(m);
  CHECK(m->rows[0].memory == Approx(256.0F));
  CHECK(m->rows[1].memory == Approx(128.0F));
}

TEST_CASE("what cannot be fitted is named", "[trace][workload]") {
  const auto refused = [](task t, const char* field) {
    t.line = 7;
    const std::vector<task> tasks{at(0, 1, 1, 1), t};
    const auto m = fit(tasks, {.name = "bad.csv"});
    INFO(field);
    REQUIRE_FALSE(m);
    CHECK(m.failure().field == field);
    CHECK(m.failure().line == 7);
    CHECK(m.failure().file == "bad.csv");
    CHECK_FALSE(m.failure().expected.empty());
    // The same row is left out and counted where the caller says so.
    workload_fitter skip{{.bad_rows = muster::trace::bad_row_policy::skip}};
    REQUIRE(skip.add(at(0, 1, 1, 1)));
    REQUIRE(skip.add(t));
    REQUIRE(skip.add(at(5, 1, 1, 1)));
    CHECK(skip.skipped() == 1);
    CHECK(skip.finish()->tasks == 2);
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  refused(at(1, nan, 1, 1), "cpu");
  refused(at(1, -1, 1, 1), "cpu");
  refused(at(1, inf, 1, 1), "cpu");
  refused(at(1, 1, nan, 1), "memory");
  refused(at(1, 1, -0.5F, 1), "memory");
  refused(at(1, 1, inf, 1), "memory");
  refused(at(1, 1, 1, -1), "run time");
  task late = at(1, 1, 1, 1);
  late.start = muster::never;
  refused(late, "start");

  const auto none = fit(std::vector<task>{});
  REQUIRE_FALSE(none);
  CHECK(none.failure().what == "there is no task to fit");
  CHECK(fit(std::vector<task>{at(0, nan, 1, 1)}, {.bad_rows = muster::trace::bad_row_policy::skip})
            .failure()
            .what == "there is no task to fit, and 1 were left out");
}

TEST_CASE("a trace without times needs a rate", "[trace][workload]") {
  const std::vector<task> tasks{at(0, 1, 1, 1), at(0, 2, 1, 1), at(0, 3, 1, 1)};
  const auto refused = fit(tasks);
  REQUIRE_FALSE(refused);
  CHECK(refused.failure().field == "start");
  const auto m = fit(tasks, {.assume_rate = 0.25});
  REQUIRE(m);
  CHECK(m->rate == 0.25);
  CHECK(m->gaps.empty());  // Poisson
}

TEST_CASE("check names what is wrong with a model from outside", "[trace][workload]") {
  const auto good = fit(std::vector<task>{at(0, 1, 2, 10), at(10, 2, 4, 20), at(30, 4, 6, 60)});
  REQUIRE(good);
  REQUIRE(check(*good));
  const auto refused = [&](const char* field, auto&& spoil) {
    workload_model m = *good;
    spoil(m);
    const auto ok = check(m);
    INFO(field);
    REQUIRE_FALSE(ok);
    CHECK(ok.failure().field == field);
    CHECK_FALSE(ok.failure().expected.empty());
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refused("rows", [](workload_model& m) { m.rows.clear(); });
  refused("cpu[1]", [](workload_model& m) { m.rows[1].cpu = -1.0F; });
  refused("memory[2]",
          [](workload_model& m) { m.rows[2].memory = std::numeric_limits<float>::infinity(); });
  refused("run_us[0]", [](workload_model& m) { m.rows[0].run = seconds(-1); });
  refused("rate", [](workload_model& m) { m.rate = 0.0; });
  refused("rate", [&](workload_model& m) { m.rate = nan; });
  refused("day_us", [](workload_model& m) { m.day = duration{}; });
  refused("hourly", [](workload_model& m) { m.hourly[3] = 2.0; });
  refused("hourly", [](workload_model& m) { m.hourly[3] = -1.0, m.hourly[4] = 3.0; });
  refused("hourly", [&](workload_model& m) { m.hourly[23] = nan; });
  refused("gaps", [](workload_model& m) { m.gaps = {0.5, 1.0}; });
  refused("gaps", [](workload_model& m) { m.gaps = {1.5, 0.5}; });
  refused("gaps", [](workload_model& m) { m.gaps = {-1.0, 3.0}; });
}

TEST_CASE("the daily clock runs there and back", "[trace][workload]") {
  std::array<double, 24> hourly{};
  for (std::size_t h = 0; h < 24; ++h) hourly[h] = h < 6 ? 0.0 : 24.0 / 18.0;
  const muster::trace::detail::daily_profile p{hourly, 240.0};  // hours of 10 s
  CHECK(p.count(0.0) == 0.0);
  CHECK(p.count(60.0) == Approx(0.0));
  CHECK(p.count(150.0) == Approx(120.0));
  CHECK(p.count(240.0) == Approx(240.0));
  CHECK(p.count(-90.0) == Approx(-120.0));
  CHECK(p.at(0.0) == Approx(60.0));  // not in an hour without arrivals
  for (double n = 1.0; n < 1000.0; n += 7.3) CHECK(p.count(p.at(n)) == Approx(n));
  CHECK(p.hour_at(-5.0) == 23);
  CHECK(p.hour_at(245.0) == 0);
  CHECK(p.time_in(0, 245.0) == Approx(15.0));
}

TEST_CASE("the real 2018 trace survives fitting and drawing", "[trace][workload][data]") {
  std::vector<task> tasks;
  for (int part = 1; part <= 2; ++part) {
    const std::string text = support::alibaba_2018_text(part);
    if (text.empty()) return;
    const auto t = muster::trace::read_alibaba_2018(text, "Task.csv", {.keep_negative = false});
    REQUIRE(t);
    tasks.insert(tasks.end(), t->tasks.begin(), t->tasks.end());
  }
  const auto m = fit(tasks, {.name = "alibaba_2018"});
  REQUIRE(m);
  CHECK(m->tasks == tasks.size());
  rng g{1};
  const auto drawn = sample(*m, 3500, g);
  const double limit = support::chance(3500, 4096);
  CHECK(support::distance(support::cpu_of(drawn), support::cpu_of(tasks)) < limit);
  CHECK(support::distance(support::memory_of(drawn), support::memory_of(tasks)) < limit);
  CHECK(support::distance(support::run_of(drawn), support::run_of(tasks)) < limit);
  // The gaps go through the table of 1024 and the hourly clock.
  CHECK(support::distance(support::gaps_of(drawn), support::gaps_of(tasks)) <
        support::chance(3500, 1024));
  const double seen =
      static_cast<double>(tasks.size()) / (tasks.back().start - tasks.front().start).seconds();
  CHECK(m->rate == Approx(seen).epsilon(0.02));
  // Memory belongs to cores in this trace (correlation 0.87); a joint draw keeps that.
  const auto together = [](const std::vector<task>& all) {
    const auto c = support::cpu_of(all);
    const auto y = support::memory_of(all);
    const double mc = support::mean(c), my = support::mean(y);
    double cc = 0.0, yy = 0.0, cy = 0.0;
    for (std::size_t i = 0; i < c.size(); ++i) {
      cc += (c[i] - mc) * (c[i] - mc), yy += (y[i] - my) * (y[i] - my);
      cy += (c[i] - mc) * (y[i] - my);
    }
    return cy / std::sqrt(cc * yy);
  };
  CHECK(together(drawn) == Approx(together(tasks)).margin(0.05));
}
