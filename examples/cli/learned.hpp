// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <utility>

#include <muster/kmps/pipeline.hpp>

#include "evaluate.hpp"
#include "watched.hpp"

namespace cli {

/// A learner around a pipeline type of the library; one source file per pipeline, because each
/// is a program of its own to the compiler.
template <class Pipeline>
class learned final : public learner {
 public:
  learned(const muster::env::edge_cloud_config& system, std::uint64_t seed)
      : pipeline_{config_for(system, seed)}, seed_{seed} {}

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

  muster::kmps::episode_result evaluate(const workload& w, std::uint64_t seed,
                                        const muster::kmps::episode_options& options,
                                        const decision_listener& listener) override {
    const std::span<const muster::trace::arrival> arrivals{w.arrivals};
    if (!listener) return pipeline_.evaluate(arrivals, w.horizon, seed, options);
    auto environment = pipeline_.make_environment();
    environment.load(arrivals, w.horizon);
    muster::rng random{seed};
    watched<by_reference> d{by_reference{&pipeline_}, listener};
    return muster::kmps::run_episode(environment, d, random, options);
  }

  muster::result<void> save(const std::string& path) override { return pipeline_.save(path); }
  muster::result<void> load(const std::string& path) override { return pipeline_.load(path); }

 private:
  // A pipeline is too large to copy for watching it.
  struct by_reference {
    Pipeline* pipeline;
    [[nodiscard]] std::uint32_t choose(const muster::dispatch_view& view, muster::rng& random) {
      return pipeline->choose(view, random);
    }
  };

  static typename Pipeline::config config_for(const muster::env::edge_cloud_config& system,
                                              std::uint64_t seed) {
    typename Pipeline::config c;
    c.environment = system;
    c.seed = seed;
    return c;
  }

  Pipeline pipeline_;
  std::uint64_t seed_;
};

}  // namespace cli
