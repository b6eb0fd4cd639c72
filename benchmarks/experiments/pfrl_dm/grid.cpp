// SPDX-License-Identifier: Apache-2.0
#include "experiments/pfrl_dm/grid.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numeric>

#include "cli/interrupt.hpp"
#include "cli/parallel.hpp"

namespace experiments::pfrl_dm {
namespace {

// Means of what all records have under one name.
std::vector<cli::named_value> mean_metrics(const std::vector<const cli::run_record*>& all) {
  std::vector<cli::named_value> means;
  for (const cli::named_value& v : all.front()->metrics) {
    double sum = 0.0;
    for (const auto* r : all) sum += r->metric(v.name);
    if (std::isfinite(sum)) means.push_back({v.name, sum / static_cast<double>(all.size())});
  }
  return means;
}

std::vector<cli::training_point> mean_curve(const std::vector<const cli::run_record*>& all) {
  std::map<std::uint64_t, std::map<std::string, std::pair<double, double>>> sums;
  for (const auto* r : all) {
    for (const auto& p : r->training) {
      for (const auto& v : p.values) {
        auto& [sum, count] = sums[p.episode][v.name];
        sum += v.value;
        count += 1.0;
      }
    }
  }
  std::vector<cli::training_point> curve;
  for (const auto& [episode, values] : sums) {
    cli::training_point p{episode, {}};
    for (const auto& [name, value] : values) {
      p.values.push_back({name, value.first / value.second});
    }
    curve.push_back(std::move(p));
  }
  return curve;
}

std::vector<std::string> names_of(const auto& items) {
  std::vector<std::string> names;
  for (const auto& i : items) names.push_back(i.name);
  return names;
}

}  // namespace

muster::result<std::optional<grid>> grid::run(const run_context& context) && {
  struct cell {
    const study* what;
    std::uint64_t seed;
  };
  std::vector<cell> cells;
  double units = 0.0;
  for (const auto& row : studies_) {
    for (const study& s : row) {
      for (std::size_t k = 0; k < seeds_; ++k) {
        cells.push_back({&s, context.first_seed + k});
        units += cost_of(s);
      }
    }
  }
  done_.resize(cells.size());
  cli::progress bar{units};
  std::mutex mutex;
  std::optional<muster::error> failure;
  cli::parallel(cells.size(), context.threads, [&](std::size_t i) {
    {
      const std::lock_guard lock{mutex};
      if (failure || cli::interrupted()) return;
    }
    auto made = run_study(*cells[i].what, cells[i].seed, context, bar);
    const std::lock_guard lock{mutex};
    if (!made) {
      if (!failure) failure = made.failure();
    } else if (*made) {
      done_[i] = std::move(**made);
    }
  });
  bar.finish();
  if (failure) return *failure;
  if (cli::interrupted()) return std::optional<grid>{};
  return std::optional<grid>{std::move(*this)};
}

results by_seed(const experiment& e, const grid& g, std::uint64_t first_seed,
                std::optional<std::size_t> client) {
  std::vector<std::uint64_t> seeds(g.seeds());
  std::iota(seeds.begin(), seeds.end(), first_seed);
  results r{names_of(e.arms), names_of(e.settings), seeds};
  for (std::size_t a = 0; a < g.arms(); ++a) {
    for (std::size_t x = 0; x < g.settings(); ++x) {
      for (std::size_t k = 0; k < g.seeds(); ++k) {
        const federation& f = g.at(a, x, k);
        std::vector<const cli::run_record*> who;
        for (std::size_t i = 0; i < f.size(); ++i) {
          if (!client || *client == i) who.push_back(&f[i]);
        }
        cli::run_record& one = r.at(a, x, k);
        one.pipeline = f[0].pipeline;
        one.seed = seeds[k];
        one.metrics = mean_metrics(who);
        one.training = mean_curve(who);
        for (const auto& v : f[0].metrics) {  // matrices stand in the first record
          if (v.name.starts_with("weight_") && !std::isfinite(one.metric(v.name))) {
            one.metrics.push_back(v);
          }
        }
      }
    }
  }
  return r;
}

results by_client(const experiment& e, const grid& g) {
  std::vector<std::uint64_t> clients(g.at(0, 0, 0).size());
  std::iota(clients.begin(), clients.end(), std::uint64_t{1});
  results r{names_of(e.arms), names_of(e.settings), clients};
  for (std::size_t a = 0; a < g.arms(); ++a) {
    for (std::size_t x = 0; x < g.settings(); ++x) {
      for (std::size_t i = 0; i < clients.size(); ++i) {
        std::vector<const cli::run_record*> runs;
        for (std::size_t k = 0; k < g.seeds(); ++k) runs.push_back(&g.at(a, x, k)[i]);
        cli::run_record& one = r.at(a, x, i);
        one.pipeline = runs[0]->pipeline;
        one.seed = clients[i];
        one.metrics = mean_metrics(runs);
        one.training = mean_curve(runs);
      }
    }
  }
  return r;
}

}  // namespace experiments::pfrl_dm
