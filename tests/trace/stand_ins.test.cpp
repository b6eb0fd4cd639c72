// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <muster/trace/stand_ins.hpp>
#include <muster/trace/workload_sample.hpp>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/shared_trace.hpp"
#include "two_samples.hpp"

using muster::instant, muster::rng;
using muster::trace::all_stand_ins, muster::trace::name_of, muster::trace::stand_in;
using muster::trace::stand_in_model, muster::trace::task;

static_assert(name_of(stand_in::google) == "google");
static_assert(name_of(stand_in::k8s) == "k8s");

namespace {

std::vector<task> drawn(stand_in w, std::size_t n = 3500) {
  rng g{40 + static_cast<std::uint64_t>(w)};
  return sample(stand_in_model(w), n, g);
}

// Two columns of numbers that a command prints; empty, with a line that says so, without the file.
std::array<std::vector<double>, 2> columns(const std::string& file, const std::string& program) {
  std::array<std::vector<double>, 2> x;
  const std::string path = support::shared_data() + '/' + file;
  std::FILE* there = std::fopen(path.c_str(), "rb");
  if (there == nullptr) {
    std::printf("skipped: no %s\n", path.c_str());
    return x;
  }
  std::fclose(there);
  const std::string cat = file.ends_with(".gz") ? "zcat" : "cat";
  if (std::FILE* pipe = popen((cat + " '" + path + "' | awk " + program).c_str(), "r")) {
    for (double a = 0, b = 0; std::fscanf(pipe, "%lf %lf", &a, &b) == 2;) {
      x[0].push_back(static_cast<double>(static_cast<float>(a)));  // as task::cpu holds it
      x[1].push_back(static_cast<double>(static_cast<float>(b)));
    }
    pclose(pipe);
  }
  return x;
}

}  // namespace

TEST_CASE("stand-ins are valid, marked and repeatable", "[trace][stand_ins]") {
  for (const stand_in w : all_stand_ins) {
    const auto m = stand_in_model(w);
    INFO(m.name);
    CHECK(m.name == name_of(w));
    CHECK_FALSE(source_of(w).empty());
    CHECK(check(m));
    CHECK(m.synthetic);
    CHECK(m.tasks == 0);
    CHECK(m.rows.size() == 4096);
    CHECK(m == stand_in_model(w));
    CHECK_FALSE(m == stand_in_model(w, {.seed = 2}));
    bool marked = true;
    for (const task& t : drawn(w, 200)) marked = marked && t.line == 0;
    CHECK(marked);
  }
}

TEST_CASE("stand-ins of unpublished data say so", "[trace][stand_ins]") {
  for (const stand_in w : {stand_in::hpc_ks, stand_in::hpc_hf, stand_in::hpc_wz}) {
    CHECK(source_of(w).find("not public") != std::string_view::npos);
  }
}

// What tells the clients apart in figures 2 to 5 of the paper: cores, memory, arrivals, run times.
TEST_CASE("each pair of stand-ins differs in all four figures", "[trace][stand_ins]") {
  std::array<std::vector<task>, 10> tasks;
  for (const stand_in w : all_stand_ins) tasks[static_cast<std::size_t>(w)] = drawn(w);
  // Two samples of one workload stay below 0.047 in 999 of 1000 cases.
  const double apart = 2.0 * support::chance(3500, 3500);
  for (std::size_t i = 0; i < 10; ++i) {
    for (std::size_t j = i + 1; j < 10; ++j) {
      const auto gap = [&](auto column) {
        return support::distance(column(tasks[i]), column(tasks[j]));
      };
      INFO(name_of(all_stand_ins[i]) << " and " << name_of(all_stand_ins[j]));
      CHECK(gap(support::cpu_of) > apart);
      CHECK(gap(support::memory_of) > apart);
      CHECK(gap(support::gaps_of) > apart);
      CHECK(gap(support::run_of) > apart);
      // The daily pattern too, as a share of the day that comes at another time.
      const auto a = stand_in_model(all_stand_ins[i]).hourly;
      const auto b = stand_in_model(all_stand_ins[j]).hourly;
      double moved = 0.0;
      for (std::size_t h = 0; h < 24; ++h) moved += std::fabs(a[h] - b[h]) / 48.0;
      CHECK(moved > 0.03);
    }
  }
  // The same workload drawn twice is not told apart: the distance measures the workload.
  rng g{99};
  const auto again = sample(stand_in_model(stand_in::google), 3500, g);
  CHECK(support::distance(support::run_of(again), support::run_of(tasks[0])) < apart / 2.0);
  CHECK(support::distance(support::cpu_of(again), support::cpu_of(tasks[0])) < apart / 2.0);
}

TEST_CASE("no stand-in asks for more than its client's largest machine", "[trace][stand_ins]") {
  // Largest cores and memory (GB) of each client in table 3, and of tables 2 and 3 where both
  // have the client.
  const std::array<std::array<float, 2>, 10> machine{{{32, 256},
                                                      {32, 256},
                                                      {64, 512},
                                                      {40, 256},
                                                      {32, 256},
                                                      {40, 256},
                                                      {32, 256},
                                                      {64, 512},
                                                      {64, 512},
                                                      {16, 128}}};
  for (std::size_t i = 0; i < 10; ++i) {
    const auto m = stand_in_model(all_stand_ins[i]);
    INFO(m.name);
    bool fits = true;
    for (const auto& r : m.rows) fits = fits && r.cpu <= machine[i][0] && r.memory <= machine[i][1];
    CHECK(fits);
  }
}

// The distances are those of a shape with few parameters, not those of a fit: far below what
// separates the clients, and above what chance gives.
TEST_CASE("stand-ins lie beside the public data they follow", "[trace][stand_ins][data]") {
  const auto beside = [](const std::string& file, const std::string& program, stand_in w,
                         auto second, double limit_first, double limit_second) {
    const auto real = columns(file, program);
    if (real[0].empty()) return;
    const auto tasks = drawn(w);
    INFO(name_of(w));
    CHECK(support::distance(support::cpu_of(tasks), real[0]) < limit_first);
    CHECK(support::distance(second(tasks), real[1]) < limit_second);
  };
  beside("google-2011-sample/task_events.csv",
         "-F, 'NR > 1 && $10 != \"\" && $11 != \"\" {print 32 * $10, 128 * $11}'", stand_in::google,
         support::memory_of, 0.1, 0.25);
  for (const char* part : {"1", "2"}) {
    const std::string file = std::string{"alibaba-batch-2018/Task_"} + part + ".csv.gz";
    beside(file, "-F, '$7 >= $6 {print $8 / 100, $7 - $6}'", stand_in::alibaba_2018,
           support::run_of, 0.1, 0.12);
    beside(file, "-F, '$8 > 0 {print $8 / 100, 5.12 * $9}'", stand_in::alibaba_2018,
           support::memory_of, 0.1, 0.2);
  }
  beside("swf-hpc2n-2002/hpc2n-sample.swf.gz", "'/^ *[0-9]/ && $4 >= 0 && $8 <= 40 {print $8, $4}'",
         stand_in::hpc_ks, support::run_of, 0.1, 0.1);
  beside("swf-nasa-ipsc-1993/NASA-iPSC-1993-3.1-cln.swf.gz",
         "'/^ *[0-9]/ && $5 <= 32 {print $5, $4}'", stand_in::hpc_hf, support::run_of, 0.1, 0.15);
  beside("swf-lcg-2005/LCG.swf.gz", "'/^ *[0-9]/ && $4 >= 0 {print $5, $4}'", stand_in::hpc_wz,
         support::run_of, 0.35, 0.25);  // all of LCG has one core
  beside("swf-cerit-wagap-2013/wagap-2013.swf.gz",
         "'/^ *[0-9]/ && $4 >= 0 && $8 <= 64 {print $8, $10 / 1073741824}'", stand_in::cerit_sc,
         support::memory_of, 0.1, 0.2);
  beside("swf-cerit-wagap-2013/wagap-2013.swf.gz",
         "'/^ *[0-9]/ && $4 >= 0 && $8 <= 64 {print $8, $4}'", stand_in::cerit_sc, support::run_of,
         0.1, 0.2);
  beside("alibaba-openb-2023/openb_pod_list_default.csv.gz",
         "-F, 'NR > 1 && $2 <= 16000 {print $2 / 1000, $3 / 1024}'", stand_in::k8s,
         support::memory_of, 0.1, 0.2);
  beside("alibaba-openb-2023/openb_pod_list_default.csv.gz",
         "-F, 'NR > 1 && $2 <= 16000 {print $2 / 1000, $10 - $9}'", stand_in::k8s, support::run_of,
         0.1, 0.15);
}

TEST_CASE("published shares of Google's run times are met", "[trace][stand_ins]") {
  const auto run = support::run_of(drawn(stand_in::google, 20'000));
  const auto within = [&](double s) {
    return static_cast<double>(
               std::count_if(run.begin(), run.end(), [s](double r) { return r <= s; })) /
           20'000.0;
  };
  CHECK(within(600.0) == Approx(0.55).margin(0.03));
  CHECK(within(3600.0) == Approx(0.90).margin(0.02));
  const auto batch = support::run_of(drawn(stand_in::alibaba_2017, 20'000));
  const auto slow = std::count_if(batch.begin(), batch.end(), [](double r) { return r > 1003.0; });
  CHECK(static_cast<double>(slow) / 20'000.0 == Approx(0.01).margin(0.005));
}
