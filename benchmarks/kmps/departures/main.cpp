// SPDX-License-Identifier: Apache-2.0
// A table of what each departure of the released KMPS program costs, in markdown.
//   departures [--seeds N] [--episodes N] [--slots N] [--threads N]
// The same numbers give the same bytes on stdout for any number of threads; progress is on stderr.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <muster/core/thread_pool.hpp>
#include <muster/stats/holm.hpp>
#include <muster/stats/paired.hpp>
#include <muster/trace/synthetic.hpp>

#include "departures.hpp"

namespace departures {
namespace {

constexpr double rate = 300.0, surge = 5.0;
/// With the whole allowance of the trace every rule reaches the bound at this load.
constexpr double deadline_scale = 0.1;

/// Two files, as the authors use two; one seed, so that all runs cut from the same rows.
const std::vector<std::vector<muster::trace::task>>& files() {
  static const auto made = [] {
    std::vector<std::vector<muster::trace::task>> two;
    for (std::uint64_t file = 0; file < 2; ++file) {
      muster::rng random = muster::rng{2018}.fork(file);
      two.push_back(muster::trace::synthetic{}.tasks(random));
    }
    return two;
  }();
  return made;
}

void print(const rows& all, const std::vector<double>& shares, std::size_t seeds) {
  const auto of = [&](std::size_t r) { return std::span{shares}.subspan(r * seeds, seeds); };
  std::vector<std::size_t> reference(all.size());
  std::vector<muster::stats::paired_comparison> compared(all.size());
  std::vector<double> p;
  for (std::size_t r = 0; r < all.size(); ++r) {
    while (all[reference[r]].role != row::role::reference ||
           all[reference[r]].against != all[r].against) {
      ++reference[r];
    }
    muster::rng random{r};
    compared[r] = muster::stats::compare_paired(of(r), of(reference[r]), random);
    if (all[r].role == row::role::departure) p.push_back(compared[r].p_value);
  }
  const std::vector<double> corrected = muster::stats::holm(p);
  std::printf("| # | changed | on time (%%) | difference (points) | 95 %% | p (Holm, %zu) |\n",
              p.size());
  std::puts("| --- | --- | --- | --- | --- | --- |");
  for (std::size_t r = 0, tested = 0; r < all.size(); ++r) {
    std::printf("| %s | %s | %.2f |", all[r].number.c_str(), all[r].what.c_str(),
                100.0 * muster::stats::mean(of(r)));
    if (all[r].role == row::role::reference) {
      std::puts(" | | |");
      continue;
    }
    const auto& c = compared[r];
    std::printf(" %+.2f | %+.2f to %+.2f |", 100.0 * c.mean_difference, 100.0 * c.confidence.low,
                100.0 * c.confidence.high);
    if (all[r].role == row::role::departure) {
      std::printf(" %.3f |\n", corrected[tested++]);
    } else {
      std::puts(" |");
    }
  }
}

}  // namespace

std::vector<muster::trace::arrival> workload(muster::trace::part part, muster::duration horizon,
                                             std::uint64_t seed) {
  muster::trace::replay::config c;
  c.rate = rate;
  c.surge = surge;
  c.horizon = horizon;
  c.part = part;
  c.seed = seed;
  c.deadline_scale = deadline_scale;
  return *muster::trace::replay{c}.arrivals(files());
}

}  // namespace departures

int main(int argc, char** argv) {
  using namespace departures;
  effort e;
  // Twelve, because with ten the smallest p there is, 2 / 2^10, is not below 0.05 after Holm's
  // correction for 26 rows.
  std::size_t seeds = 12, threads = 2;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view flag = argv[i];
    const long value = i + 1 < argc ? std::strtol(argv[i + 1], nullptr, 10) : 0;
    const auto number = static_cast<std::uint32_t>(value);
    if (value > 0 && flag == "--seeds") {
      seeds = number;
    } else if (value > 0 && flag == "--episodes") {
      e.episodes = number;
    } else if (value > 0 && flag == "--slots") {
      e.slots = number;
    } else if (value > 0 && flag == "--threads") {
      threads = number;
    } else {
      std::fputs("departures [--seeds N] [--episodes N] [--slots N] [--threads N], all above 0\n",
                 stderr);
      return 2;
    }
  }
  rows all;
  add_numbers(all);
  add_queues(all);
  add_inputs(all);
  add_training(all);
  add_shares(all);
  add_replicas(all);

  std::vector<double> shares(all.size() * seeds);
  std::atomic<std::size_t> done{0};
  muster::thread_pool pool{threads};
  // Seed by seed, so that a run that is stopped early has told of all rows.
  pool.for_each(shares.size(), [&](std::size_t cell) {
    const std::size_t r = cell % all.size(), seed = cell / all.size();
    const auto begin = std::chrono::steady_clock::now();
    shares[r * seeds + seed] = all[r].on_time(e, seed + 1);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::fprintf(stderr, "%4zu/%zu seed %zu, %6.2f s, %6.2f %%  %s %s\n", ++done, shares.size(),
                 seed + 1, took.count(), 100.0 * shares[r * seeds + seed], all[r].number.c_str(),
                 all[r].what.c_str());
  });
  print(all, shares, seeds);
}
