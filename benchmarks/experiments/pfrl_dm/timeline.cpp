// SPDX-License-Identifier: Apache-2.0
// What the schedules look like: who holds which machine, when.
#include <algorithm>
#include <memory>
#include <mutex>

#include <fmt/format.h>
#include <muster/report/timeline_figure.hpp>

#include "cli/interrupt.hpp"
#include "cli/parallel.hpp"
#include "experiments/pfrl_dm/grid.hpp"

namespace experiments::pfrl_dm {
namespace {

constexpr std::size_t shown_client = 0;
constexpr std::int64_t shown_slots = 240;

/// The bars of each arm, under the first seed.
struct seen {
  std::vector<muster::env::vm_spec> machines;
  std::vector<std::vector<muster::env::cloud_hold>> holds;
};

muster::result<std::optional<results>> play(const experiment& e, const effort& how_much,
                                            const run_context& context, seen& out) {
  const std::size_t seeds = how_much.seeds;
  std::vector<std::uint64_t> numbers;
  for (std::size_t k = 0; k < seeds; ++k) numbers.push_back(context.first_seed + k);
  std::vector<std::string> arms;
  for (const arm& a : e.arms) arms.push_back(a.name);
  results all{arms, {e.settings[0].name}, numbers};
  out.holds.assign(arms.size(), {});
  cli::progress bar{static_cast<double>(arms.size() * seeds * how_much.episodes)};
  std::mutex mutex;
  std::optional<muster::error> failure;
  cli::parallel(arms.size() * seeds, context.threads, [&](std::size_t cell) {
    const std::size_t a = cell / seeds, k = cell % seeds;
    study s{.method = e.arms[a].pipeline, .clients = "table2", .episodes = how_much.episodes};
    s.every = std::min(s.every, s.episodes);
    auto begun = start(s, numbers[k], context.data);
    for (std::uint64_t done = 0; begun && done < s.episodes && !cli::interrupted();
         done += s.every) {
      auto round = begun->federation->round();
      if (!round) begun = round.failure();
      bar.advance(static_cast<double>(s.every),
                  fmt::format("{} (seed {}), episode {} of {}", s.method, numbers[k],
                              done + s.every, s.episodes));
    }
    const std::lock_guard lock{mutex};
    if (!begun) {
      if (!failure) failure = begun.failure();
      return;
    }
    const auto& client = begun->clients[shown_client];
    const auto m = begun->federation->evaluate(shown_client, client.test, numbers[k], false);
    cli::run_record& r = all.at(a, 0, k);
    r.pipeline = s.method;
    r.seed = numbers[k];
    r.metrics = {{"response", m.response},
                 {"makespan", m.makespan},
                 {"utilisation", m.utilisation},
                 {"load_balance", m.load_balance}};
    if (k != 0) return;
    out.machines = client.cloud.machines;
    out.holds[a] = begun->federation->holds(shown_client, client.test, numbers[k]);
  });
  bar.finish();
  if (failure) return *failure;
  if (cli::interrupted()) return std::optional<results>{};
  return std::optional<results>{std::move(all)};
}

}  // namespace

experiment timeline() {
  experiment e;
  e.name = "timeline";
  e.paper = "pfrl-dm";
  e.title = "who holds which machine, when";
  e.question = fmt::format(
      "The first {} slots of client 1's own test under two trained policies and a rule: each bar "
      "is a task on the vCPUs that it holds.",
      shown_slots);
  e.arms = {{"pfrl_dm", "PFRL-DM", "pfrl_dm"},
            {"ppo", "PPO", "ppo"},
            {"least_loaded", "least loaded", "least_loaded"}};
  e.settings = {{"table2", 0.0}};
  e.full = {5, 300, 0, 0};
  e.quick = {2, 50, 0, 0};
  e.claims = {{"PFRL-DM balances better than PPO", claim::kind::below,
               metric("pfrl_dm", "load_balance"), metric("ppo", "load_balance"), "", "not shown"}};
  e.shown = {"response", "makespan", "utilisation", "load_balance"};
  e.note = "Policies draw their actions, as in training.";
  const auto kept = std::make_shared<seen>();
  e.run = [kept](const experiment& self, const effort& how_much, const run_context& context) {
    return play(self, how_much, context, *kept);
  };
  e.effort_text = [](const effort& how_much) {
    return fmt::format("{} seeds, {} episodes of each client", how_much.seeds, how_much.episodes);
  };
  e.pictures = [kept, arms = e.arms](const results&) {
    std::vector<cli::figure> pictures;
    for (std::size_t a = 0; a < kept->holds.size(); ++a) {
      muster::report::timeline_figure figure;
      figure.x_label = "time (slots of a minute)";
      figure.until = static_cast<double>(shown_slots);
      for (const auto& m : kept->machines) {
        for (std::uint32_t i = 0; i < m.count; ++i) {
          figure.rows.push_back({fmt::format("{} vCPUs", m.cpu), m.cpu});
        }
      }
      for (const auto& h : kept->holds[a]) {
        if (h.from >= shown_slots) continue;
        // Three shades by task, so that neighbours differ.
        figure.bars.push_back({h.machine, h.first_vcpu, h.vcpus, static_cast<double>(h.from),
                               static_cast<double>(h.until), static_cast<int>(h.task % 3)});
      }
      pictures.push_back(
          {"timeline-" + arms[a].name, arms[a].label,
           arms[a].label + ": tasks on the vCPUs of client 1",
           muster::report::gnuplot_script(figure, "timeline-" + arms[a].name + ".svg")});
    }
    return pictures;
  };
  return e;
}

}  // namespace experiments::pfrl_dm
