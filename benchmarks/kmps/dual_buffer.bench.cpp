// SPDX-License-Identifier: Apache-2.0
// What the collecting thread feels of a training beside it: one decision of the paper's actor, one
// write into the pool, and the end of an episode, each with the learner idle and with the learner
// at work on another thread; and one update, which is what a decision waits for in turn.
// p50 and p99 are of single operations, the clock's own time (`clock_ns`) included.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/dual_buffer.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/stats/quantile.hpp>
#include <muster/trace/replay.hpp>
#include <muster/trace/synthetic.hpp>

namespace {

using namespace muster;
using pipeline = kmps::pipeline<>;
using learner_type = pipeline::learner_type;
using async = rl::async_learner<learner_type, rl::gae_advantage>;
using clock = std::chrono::steady_clock;

constexpr std::size_t episode_size = 4096;

/// Decisions of the default system and all they need, from one episode of a rule.
struct recorded {
  pipeline p;
  std::vector<float> observations, states;
  std::vector<std::uint8_t> masks;
  std::vector<std::uint32_t> actions;
  dispatch_view view;
  pipeline::environment_type environment = p.make_environment();

  recorded() {
    rng g{1};
    const std::vector<std::vector<trace::task>> files{trace::synthetic{}.tasks(g)};
    trace::replay::config r;
    r.rate = 300.0;
    r.horizon = seconds(60);
    const auto work = *trace::replay{r}.arrivals(files);
    environment.load(work, r.horizon);
    kmps::idle_first rule;
    const kmps::offers_observation encoder;
    std::vector<float> x(p.layout().size()), s(p.state_size());
    while (environment.next_decision(view) && actions.size() < episode_size) {
      encoder.encode(view, x);
      kmps::global_state::encode(environment, view, s);
      observations.insert(observations.end(), x.begin(), x.end());
      states.insert(states.end(), s.begin(), s.end());
      for (std::size_t k = 0; k < view.size(); ++k) masks.push_back(view.valid(k) ? 1 : 0);
      masks.back() = 1;
      actions.push_back(rule.choose(view, g));
      environment.dispatch(actions.back());
    }
  }
  [[nodiscard]] rl::decision_record decision(std::size_t k) const {
    const std::size_t w = p.layout().size(), s = p.state_size(),
                      a = p.settings().environment.targets();
    return {.observation = std::span{observations}.subspan(k * w, w),
            .critic_observation = std::span{states}.subspan(k * s, s),
            .mask = std::span{masks}.subspan(k * a, a),
            .action = actions[k],
            .log_prob = -2.9F};
  }
};
recorded& episode() {
  static recorded all;
  return all;
}

/// A learner with a thread of its own; `feed` keeps it at work without ever waiting for it.
class busy {
 public:
  explicit busy(bool at_work)
      : at_work_{at_work},
        async_{learner_,
               advantage_,
               rl::actor<>{learner_.configuration().actor},
               {.pool = {.lanes = 1,
                         .observation_size = episode().p.layout().size(),
                         .critic_observation = episode().p.state_size(),
                         .masked_actions = episode().p.settings().environment.targets()},
                .window = 1},
               rng{1},
               0} {
    if (at_work) {
      fill(episode_size);
      async_.end_episode(++round_);
    }
  }
  void fill(std::size_t n) {
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t index = async_.sink().add(0, episode().decision(k % episode_size));
      async_.sink().reward_at(index, k % 3 == 0 ? 0.0F : 1.0F);
      async_.sink().terminate(0);
    }
  }
  /// Hands an episode over, if the learner waits for one.
  bool feed() {
    const std::uint64_t before = async_.held().version;
    async_.end_episode(++round_);
    if (!at_work_) async_.settle();
    return async_.held().version != before;
  }
  async& operator*() noexcept { return async_; }

 private:
  bool at_work_;
  rng g_{3};
  learner_type learner_{episode().p.learner().configuration(), g_};
  rl::gae_advantage advantage_;
  std::uint64_t round_ = 0;
  async async_;
};

void report(benchmark::State& state, std::vector<double>& ns) {
  if (ns.empty()) return;
  state.counters["p50_ns"] = stats::quantile(ns, 0.5);
  state.counters["p99_ns"] = stats::quantile(ns, 0.99);
  state.counters["p999_ns"] = stats::quantile(ns, 0.999);
  std::vector<double> clocks;
  for (int k = 0; k < 10001; ++k) {
    const auto a = clock::now();
    const auto b = clock::now();
    clocks.push_back(std::chrono::duration<double, std::nano>(b - a).count());
  }
  state.counters["clock_ns"] = stats::quantile(clocks, 0.5);
}

template <class F>
void timed(benchmark::State& state, std::vector<double>& ns, F&& f) {
  const auto a = clock::now();
  f();
  const auto b = clock::now();
  const double seconds = std::chrono::duration<double>(b - a).count();
  state.SetIterationTime(seconds);
  ns.push_back(seconds * 1e9);
}

void decision(benchmark::State& state) {
  recorded& r = episode();
  busy learner{state.range(0) != 0};
  rng g{1};
  std::vector<float> x(r.p.layout().size());
  const kmps::offers_observation encoder;
  std::vector<double> ns;
  std::size_t k = 0;
  const std::size_t actions = r.p.settings().environment.targets();
  for (auto _ : state) {
    const auto d = r.decision(k++ % episode_size);
    timed(state, ns, [&] {
      encoder.encode(r.view, x);
      benchmark::DoNotOptimize((*learner).policy().act(d.observation, d.mask.first(actions), g));
    });
    if (state.range(0) != 0 && k % 256 == 0) {
      learner.fill(256);
      learner.feed();
    }
  }
  report(state, ns);
}
BENCHMARK(decision)->ArgName("training")->Arg(0)->Arg(1)->UseManualTime()->MinTime(1.0);

void add(benchmark::State& state) {
  recorded& r = episode();
  busy learner{state.range(0) != 0};
  std::vector<double> ns;
  std::size_t k = 0;
  for (auto _ : state) {
    const auto d = r.decision(k++ % episode_size);
    std::size_t index = 0;
    timed(state, ns, [&] { index = (*learner).sink().add(0, d); });
    (*learner).sink().reward_at(index, 1.0F);
    (*learner).sink().terminate(0);
    if (k % episode_size == 0) {
      if (state.range(0) != 0) {
        learner.feed();
      } else {
        (*learner).sink().clear();
      }
    }
  }
  report(state, ns);
}
BENCHMARK(add)->ArgName("training")->Arg(0)->Arg(1)->UseManualTime()->Iterations(2'000'000);

/// The end of an episode as the collector feels it: parameters fetched, pool handed over or kept.
void end_of_episode(benchmark::State& state) {
  busy learner{state.range(0) != 0};
  std::vector<double> ns;
  std::uint64_t round = 1000;
  for (auto _ : state) {
    learner.fill(state.range(0) != 0 ? 256 : 0);
    timed(state, ns, [&] { (*learner).end_episode(++round); });
  }
  report(state, ns);
}
BENCHMARK(end_of_episode)->ArgName("training")->Arg(1)->UseManualTime()->Iterations(500);

/// Where collecting and learning take turns, the collector waits this long.
void update_in_turn(benchmark::State& state) {
  recorded& r = episode();
  rng g{3};
  learner_type learner{r.p.learner().configuration(), g};
  rl::rollout kept{{.lanes = 1,
                    .observation_size = r.p.layout().size(),
                    .critic_observation = r.p.state_size(),
                    .masked_actions = r.p.settings().environment.targets(),
                    .capacity = episode_size}};
  for (std::size_t k = 0; k < episode_size; ++k) {
    kept.add(0, r.decision(k));
    kept.reward(0, k % 3 == 0 ? 0.0F : 1.0F);
    kept.terminate(0);
  }
  kept.finish(rl::gae_advantage{});
  for (auto _ : state) benchmark::DoNotOptimize(learner.update(kept.batch(), g));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(episode_size));
}
BENCHMARK(update_in_turn)->Unit(benchmark::kMillisecond)->MinTime(1.0);

}  // namespace
