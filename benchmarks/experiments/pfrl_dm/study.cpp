// SPDX-License-Identifier: Apache-2.0
#include "experiments/pfrl_dm/study.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>
#include <muster/stats/quantile.hpp>
#include <muster/stats/summary.hpp>

#include "cli/interrupt.hpp"
#include "experiments/pfrl_dm/client_sets.hpp"

namespace experiments::pfrl_dm {

namespace paper = muster::pfrl_dm;

namespace {

std::string text_of(const study& s) {
  return fmt::format("pfrl-dm 4 {} {} {} {} {} {} {}", s.method, s.clients, s.episodes, s.every,
                     s.late, s.rates, s.temperature);
}

using records = std::vector<cli::run_record>;

void add_metrics(cli::run_record& r, const std::string& prefix,
                 const muster::env::cloud_vm_metrics& m) {
  r.metrics.push_back({prefix + "response", m.response});
  r.metrics.push_back({prefix + "makespan", m.makespan});
  r.metrics.push_back({prefix + "utilisation", m.utilisation});
  r.metrics.push_back({prefix + "load_balance", m.load_balance});
}

// Both tests of client `i`.
void test(method& m, const paper::study_client& who, std::size_t i, bool masked,
          cli::run_record& r) {
  const std::string prefix = masked ? "masked_" : "";
  if (!who.hybrid.empty()) add_metrics(r, prefix, m.evaluate(i, who.hybrid, r.seed, masked));
  add_metrics(r, "own_" + prefix, m.evaluate(i, who.test, r.seed, masked));
}

// Medians over the rounds: after some downloads of FedAvg an error is beyond all means.
void add_critic_errors(cli::run_record& r) {
  for (const char* name : {"critic_before", "critic_after"}) {
    std::vector<double> all;
    for (const auto& p : r.training) {
      for (const auto& v : p.values) {
        if (v.name == name && v.value > 0.0) all.push_back(v.value);  // none: nothing came
      }
    }
    if (!all.empty()) r.metrics.push_back({name, muster::stats::median(all)});
  }
}

// One record per client, filed under `part`; nothing unless all are there.
struct shelf {
  const store& files;
  const study& what;
  std::uint64_t seed;
  std::string part;

  [[nodiscard]] std::string key(std::size_t client) const {
    return files.key(what.method, fmt::format("{} {} client {}", text_of(what), part, client),
                     seed);
  }
  [[nodiscard]] muster::result<std::optional<records>> load(std::size_t n) const {
    records all;
    for (std::size_t i = 0; i < n; ++i) {
      auto kept = files.load(key(i));
      if (!kept) return kept.failure();
      if (!*kept) return std::optional<records>{};
      all.push_back(std::move(**kept));
    }
    return std::optional{std::move(all)};
  }
  [[nodiscard]] muster::result<void> save(const records& all) const {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (auto ok = files.save(key(i), all[i]); !ok) return ok;
    }
    return {};
  }
};

/// What is noted while a federation runs.
struct notes {
  std::vector<std::vector<cli::training_point>> curves;
  std::vector<double> weight, rounds;  // K x K: sums, and how often both took part

  explicit notes(std::size_t n) : curves(n), weight(n * n), rounds(n * n) {}

  void add(const method& m, const study& s, std::uint64_t done, std::size_t who) {
    const auto scores = m.scores(who);
    const auto [before, after] = m.critic_errors(who);
    for (std::size_t e = 0; e < scores.size(); ++e) {
      cli::training_point p;
      p.episode = done + e + 1;
      p.values.push_back({"reward", scores[e]});
      if (e == 0 && done >= s.every) {
        p.values.push_back({"critic_before", before});
        p.values.push_back({"critic_after", after});
      }
      curves[who].push_back(std::move(p));
    }
  }
  void add_weights(const method& m) {
    const auto w = m.weights();
    const auto in = m.participants();
    const std::size_t n = curves.size();
    if (w.size() != in.size() * in.size()) return;
    for (std::size_t i = 0; i < in.size(); ++i) {
      for (std::size_t j = 0; j < in.size(); ++j) {
        const std::size_t at = muster::index_of(in[i]) * n + muster::index_of(in[j]);
        weight[at] += w[i * in.size() + j];
        rounds[at] += 1.0;
      }
    }
  }
};

// When the last client joins: with the round in which that episode is, so before the last one.
std::uint64_t joins_after(const study& s) { return s.late / s.every * s.every; }

}  // namespace

double cost_of(const study& s) {
  return static_cast<double>(s.episodes) * static_cast<double>(client_count(s.clients));
}

muster::result<started_study> start(const study& s, std::uint64_t seed, const std::string& data) {
  auto all = clients_of(s.clients, data);
  if (!all) return all.failure();
  method::setup setup;
  for (const auto& c : *all) {
    setup.members.push_back({c.cloud, c.train});
    setup.members.back().cloud.step_limit = training_step_limit;
  }
  setup.seed = seed;
  setup.episodes_per_round = static_cast<std::uint32_t>(s.every);
  setup.rates = s.rates;
  setup.temperature = s.temperature;
  setup.focus_of = 0;
  setup.focus_on = 1;
  started_study made{make_method(s.method, std::move(setup)), std::move(*all)};
  if (made.federation == nullptr) {
    return muster::error{"is no method", "", 0, s.method, "a name that method.cpp knows"};
  }
  made.federation->join(0, made.clients.size() - (joins_after(s) == 0 ? 0 : 1));
  return made;
}

namespace {

// Trains what was begun and tests it with a mask.
muster::result<std::optional<records>> train(const study& s, std::uint64_t seed,
                                             const started_study& begun, cli::progress& bar) {
  const auto& [m, all] = begun;
  const std::size_t n = all.size();
  notes kept{n};
  const std::uint64_t late = joins_after(s);
  for (std::uint64_t done = 0; done < s.episodes; done += s.every) {
    if (cli::interrupted()) return std::optional<records>{};
    const bool joined = done >= late;
    if (late != 0 && done == late) m->join(n - 1, 1);
    auto round = m->round();
    if (!round) return round.failure();
    for (std::size_t i = 0; i < (joined ? n : n - 1); ++i) {
      kept.add(*m, s, done - (i + 1 == n ? late : 0), i);
    }
    kept.add_weights(*m);
    bar.advance(static_cast<double>(s.every * n),
                fmt::format("{} on {} (seed {}), episode {} of {}", s.method, s.clients, seed,
                            done + s.every, s.episodes));
  }
  records made(n);
  for (std::size_t i = 0; i < n; ++i) {
    cli::run_record& r = made[i];
    r.pipeline = s.method;
    r.seed = seed;
    test(*m, all[i], i, true, r);
    r.training = std::move(kept.curves[i]);
    if (!r.training.empty()) {  // rules do not train
      std::vector<double> rewards;
      for (const auto& p : r.training) rewards.push_back(p.values.front().value);
      const auto last = std::span{rewards}.last((rewards.size() + 9) / 10);
      r.metrics.push_back({"final_reward", muster::stats::mean(last)});
      r.metrics.push_back({"mean_reward", muster::stats::mean(rewards)});
    }
    r.metrics.push_back({"bytes_up", static_cast<double>(m->bytes().up) / static_cast<double>(n)});
    r.metrics.push_back(
        {"bytes_down", static_cast<double>(m->bytes().down) / static_cast<double>(n)});
    if (std::isfinite(m->alpha(i))) r.metrics.push_back({"alpha", m->alpha(i)});
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t at = i * n + j;
      if (kept.rounds[at] == 0.0) continue;
      made[0].metrics.push_back(
          {fmt::format("weight_{}_{}", i, j), kept.weight[at] / kept.rounds[at]});
    }
  }
  return std::optional{std::move(made)};
}

}  // namespace

muster::result<std::optional<std::vector<cli::run_record>>> run_study(const study& s,
                                                                      std::uint64_t seed,
                                                                      const run_context& context,
                                                                      cli::progress& bar) {
  const std::size_t n = client_count(s.clients);
  const shelf trained{*context.files, s, seed, "masked"};
  const shelf tested{*context.files, s, seed, "unmasked"};
  auto made = trained.load(n);
  if (!made) return made.failure();
  auto more = s.unmasked ? tested.load(n) : std::optional<records>{};
  if (!more) return more.failure();
  if (*made) bar.skip(cost_of(s));
  if (!*made || (s.unmasked && !*more)) {
    const std::string policies = context.files->model_path(trained.key(0));
    auto begun = start(s, seed, context.data);
    if (!begun) return begun.failure();
    if (!*made) {
      made = train(s, seed, *begun, bar);
      if (!made || !*made) return made;
      if (auto ok = begun->federation->save(policies); !ok) return ok.failure();
      if (auto ok = trained.save(**made); !ok) return ok.failure();
    } else if (auto ok = begun->federation->load(policies); !ok) {
      return ok.failure();
    }
    if (s.unmasked) {
      records tests(n);
      for (std::size_t i = 0; i < n; ++i) {
        tests[i].pipeline = s.method;
        tests[i].seed = seed;
        test(*begun->federation, begun->clients[i], i, false, tests[i]);
      }
      if (auto ok = tested.save(tests); !ok) return ok.failure();
      *more = std::move(tests);
    }
  }
  for (std::size_t i = 0; s.unmasked && i < n; ++i) {
    auto& all = (**made)[i].metrics;
    all.insert(all.end(), (**more)[i].metrics.begin(), (**more)[i].metrics.end());
  }
  for (cli::run_record& r : **made) add_critic_errors(r);
  return made;
}

}  // namespace experiments::pfrl_dm
