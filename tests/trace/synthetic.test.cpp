// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <muster/trace/alibaba_2018.hpp>
#include <muster/trace/synthetic.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/shared_trace.hpp"

using muster::trace::synthetic;
using muster::trace::task;

namespace {

struct statistics {
  std::array<double, 12> type{};      // shares
  std::array<double, 5> allowance{};  // quantiles 5, 25, 50, 75, 95 %, seconds
  double zero = 0.0, cpu_100 = 0.0, cpu_50 = 0.0, same_second = 0.0;
  double memory_median = 0.0, memory_95 = 0.0;
  double hour_min = 0.0, hour_median = 0.0, hour_max = 0.0, rate = 0.0;
};

double quantile(std::vector<double>& v, double q) {
  std::sort(v.begin(), v.end());
  return v[static_cast<std::size_t>(q * static_cast<double>(v.size() - 1))];
}

statistics of(const std::vector<task>& rows) {
  statistics s;
  const auto n = static_cast<double>(rows.size());
  std::vector<double> allowance, memory;
  std::vector<double> hours(1, 0.0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const task& t = rows[i];
    s.type[t.type] += 1.0 / n;
    if (t.allowance.us >= 0) allowance.push_back(t.allowance.seconds());
    memory.push_back(static_cast<double>(t.memory));
    s.zero += (t.allowance.us == 0 ? 1.0 : 0.0) / n;
    s.cpu_100 += (t.cpu == 1.0F ? 1.0 : 0.0) / n;
    s.cpu_50 += (t.cpu == 0.5F ? 1.0 : 0.0) / n;
    if (i > 0 && t.start == rows[i - 1].start) s.same_second += 1.0 / n;
    const auto hour = static_cast<std::size_t>((t.start - rows[0].start).seconds() / 3600.0);
    if (hours.size() <= hour) hours.resize(hour + 1, 0.0);
    hours[hour] += 1.0;
  }
  const double q[] = {0.05, 0.25, 0.5, 0.75, 0.95};
  for (std::size_t i = 0; i < 5; ++i) s.allowance[i] = quantile(allowance, q[i]);
  s.memory_median = quantile(memory, 0.5);
  s.memory_95 = quantile(memory, 0.95);
  s.rate = n / (rows.back().start - rows.front().start).seconds();
  hours.pop_back();  // not a whole hour
  s.hour_min = quantile(hours, 0.0);
  s.hour_median = quantile(hours, 0.5);
  s.hour_max = quantile(hours, 1.0);
  return s;
}

// Within the bands around what is published of the real files?
void check(const statistics& s) {
  const double rows = 39'931.0;
  const double shares[12] = {34243 / rows, 0.0,         106 / rows, 15 / rows,
                             1169 / rows,  3246 / rows, 2 / rows,   149 / rows,
                             10 / rows,    887 / rows,  88 / rows,  16 / rows};
  for (std::size_t k = 0; k < 12; ++k) {
    INFO("type " << k + 1);
    CHECK(s.type[k] == Approx(shares[k]).margin(0.002 + 0.05 * shares[k]));
  }
  CHECK(s.type[1] == 0.0);
  CHECK(s.cpu_100 == Approx(0.527).margin(0.015));
  CHECK(s.cpu_50 == Approx(0.350).margin(0.045));  // 39 % in one part, 31 % in the other
  CHECK(s.zero == Approx(0.0554).margin(0.015));
  CHECK(s.allowance[0] <= 1.0);
  CHECK(s.allowance[1] == Approx(3.0).margin(1.0));
  CHECK(s.allowance[2] == Approx(8.0).margin(1.0));
  CHECK(s.allowance[3] == Approx(40.0).margin(4.0));
  CHECK(s.allowance[4] == Approx(373.0).margin(40.0));
  CHECK(s.memory_median == Approx(0.30));
  CHECK(s.memory_95 == Approx(0.59));
  CHECK(s.same_second == Approx(0.624).margin(0.02));
  CHECK(s.rate == Approx(0.066).margin(0.008));
  CHECK(s.hour_median == Approx(217.0).margin(35.0));
  CHECK(s.hour_min > 35.0);
  CHECK(s.hour_min < 140.0);
  CHECK(s.hour_max > 350.0);
  CHECK(s.hour_max < 720.0);
}

}  // namespace

TEST_CASE("synthetic tasks have the statistics of the trace", "[trace][synthetic]") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    muster::rng g{seed};
    const auto rows = synthetic{}.tasks(g);
    REQUIRE(rows.size() == 20'000);
    const statistics s = of(rows);
    INFO("seed " << seed << ": hourly " << s.hour_min << " " << s.hour_median << " " << s.hour_max);
    check(s);
  }
}

TEST_CASE("the real files lie in the same bands", "[trace][synthetic][data]") {
  for (int part = 1; part <= 2; ++part) {
    const std::string text = support::alibaba_2018_text(part);
    if (text.empty()) return;
    const auto t = muster::trace::read_alibaba_2018(text, "Task.csv");
    REQUIRE(t);
    const statistics s = of(t->tasks);
    // The two parts differ from each other by more than chance in types 1 and 6.
    CHECK(s.type[0] == Approx(0.857).margin(0.04));
    CHECK(s.allowance[2] == Approx(8.0).margin(1.0));
    CHECK(s.allowance[3] == Approx(40.0).margin(4.0));
    CHECK(s.allowance[4] == Approx(373.0).margin(40.0));
    CHECK(s.same_second == Approx(0.624).margin(0.02));
    CHECK(s.hour_min > 35.0);
    CHECK(s.hour_max < 720.0);
  }
}

TEST_CASE("synthetic tasks are marked, sorted and repeatable", "[trace][synthetic]") {
  muster::rng a{5}, b{5}, c{6};
  const auto one = synthetic{{.rows = 3'000}}.tasks(a);
  const auto two = synthetic{{.rows = 3'000}}.tasks(b);
  const auto other = synthetic{{.rows = 3'000}}.tasks(c);
  bool equal = true, differs = false, marked = true, sorted = true, sane = true;
  for (std::size_t i = 0; i < one.size(); ++i) {
    equal = equal && one[i].start == two[i].start && one[i].allowance == two[i].allowance &&
            one[i].type == two[i].type && one[i].cpu == two[i].cpu;
    differs = differs || one[i].start != other[i].start;
    marked = marked && one[i].line == 0;
    sorted = sorted && (i == 0 || one[i - 1].start <= one[i].start);
    sane = sane && one[i].allowance.us >= 0 && one[i].cpu >= 0.0F && one[i].cpu <= 10.0F;
  }
  CHECK(equal);
  CHECK(differs);
  CHECK(marked);
  CHECK(sorted);
  CHECK(sane);
  CHECK(synthetic{{.rows = 0}}.tasks(a).empty());
}

TEST_CASE("rare types occur in a long synthetic trace, type 2 never", "[trace][synthetic]") {
  muster::rng g{9};
  std::array<int, 12> seen{};
  for (const task& t : synthetic{{.rows = 400'000}}.tasks(g)) ++seen[t.type];
  for (std::size_t k = 0; k < 12; ++k) {
    INFO("type " << k + 1);
    CHECK((seen[k] > 0) == (k != 1));
  }
}
