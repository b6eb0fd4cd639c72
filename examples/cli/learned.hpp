// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <utility>

#include <muster/kmps/pipeline.hpp>

#include "evaluate.hpp"
#include "observe.hpp"
#include "timed_plans.hpp"
#include "watched.hpp"

namespace cli {

/// A learner around a pipeline type of the library; one source file per pipeline, because each
/// is a program of its own to the compiler.
template <class Pipeline>
class learned final : public learner {
 public:
  explicit learned(const learner_setup& setup) : learned(typename Pipeline::config{}, setup) {}
  /// `c` without what the setup says: the numbers of a pipeline that are not the default.
  learned(typename Pipeline::config c, const learner_setup& setup)
      : pipeline_{config_for(std::move(c), setup)}, seed_{setup.seed} {}

  muster::result<void> train(const workloads& make, std::uint64_t episodes,
                             const episode_listener& told) override {
    if (episodes_done() >= episodes) return {};
    std::optional<muster::error> failure;
    auto first = make(seed_);
    if (!first) return first.failure();
    muster::kmps::train_config t;
    t.episodes = static_cast<std::uint32_t>(episodes - episodes_done());
    t.horizon = first->horizon;
    t.seed = seed_;
    const auto arrivals = [&](std::uint64_t seed) {
      auto w = make(seed);
      if (w) return std::move(w->arrivals);
      failure = w.failure();
      return std::vector<muster::trace::arrival>{};
    };
    pipeline_.train(arrivals, t, [&](const muster::kmps::train_progress& p) {
      if (failure) return false;
      const auto& l = p.learning;
      return told({episodes_done(),
                   {{"throughput", p.throughput},
                    {"reward", p.reward},
                    {"policy_loss", l.policy_loss},
                    {"value_loss", l.value_loss},
                    {"entropy", l.entropy},
                    {"clip_fraction", l.clip_fraction},
                    {"approx_kl", l.approx_kl},
                    {"explained_variance", l.explained_variance}}});
    });
    if (failure) return *failure;
    return {};
  }

  std::uint64_t episodes_done() const override { return pipeline_.updates(); }

  tested evaluate(const workload& w, std::uint64_t seed,
                  const muster::kmps::episode_options& options,
                  const decision_listener& listener) override {
    auto environment = pipeline_.make_environment();
    environment.load(w.arrivals, w.horizon);
    muster::rng random{seed};
    if (listener) {
      watched<by_reference> d{by_reference{&pipeline_}, listener};
      return run(environment, d, w, random, options);
    }
    return run(environment, pipeline_, w, random, options);
  }

  muster::result<void> save(const std::string& path) override { return pipeline_.save(path); }
  muster::result<void> load(const std::string& path) override { return pipeline_.load(path); }

 private:
  template <class Environment, class Dispatcher>
  tested run(Environment& environment, Dispatcher& d, const workload& w, muster::rng& random,
             const muster::kmps::episode_options& options) {
    if constexpr (muster::orchestrator<Pipeline>) {
      timed_plans<Pipeline> o{pipeline_};
      auto episode = muster::kmps::run_episode(environment, d, o, random, options);
      return {std::move(episode), observe(environment, w), o.times()};
    } else {
      auto episode = muster::kmps::run_episode(environment, d, random, options);
      return {std::move(episode), observe(environment, w), {}};
    }
  }
  // A pipeline is too large to copy for watching it.
  struct by_reference {
    Pipeline* pipeline;
    [[nodiscard]] std::uint32_t choose(const muster::dispatch_view& view, muster::rng& random) {
      return pipeline->choose(view, random);
    }
  };

  static typename Pipeline::config config_for(typename Pipeline::config c,
                                              const learner_setup& setup) {
    c.environment = setup.system;
    c.seed = setup.seed;
    if constexpr (requires { c.buffering.window; }) {
      if (setup.window > 0) c.buffering.window = setup.window;
    }
    if constexpr (requires { c.trainer.actor_rate; }) {
      c.trainer.actor_rate *= setup.rates;
      c.trainer.critic_rate *= setup.rates;
    } else {
      c.trainer.rate *= setup.rates;
    }
    return c;
  }

  Pipeline pipeline_;
  std::uint64_t seed_;
};

}  // namespace cli
