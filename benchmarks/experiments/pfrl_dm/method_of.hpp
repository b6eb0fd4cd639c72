// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <muster/env/cloud_vm_masked.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/pfrl_dm/presets.hpp>

#include "experiments/pfrl_dm/method.hpp"

namespace experiments::pfrl_dm {

/// A pipeline as a `method`.
template <class Pipeline>
class method_of final : public method {
 public:
  explicit method_of(typename Pipeline::config c, std::vector<muster::pfrl_dm::member> members)
      : pipeline_{std::move(c), std::move(members)} {}

  void join(std::size_t first, std::size_t count) override { pipeline_.join(first, count); }
  muster::result<muster::federated::round_summary> round() override {
    muster::federated::round_summary last;
    auto done = pipeline_.run(1, [&](const muster::federated::round_summary& s) { last = s; });
    if (!done) return done.failure();
    return last;
  }
  std::span<const double> scores(std::size_t i) const override {
    return pipeline_.client(i).scores();
  }
  std::pair<double, double> critic_errors(std::size_t i) const override {
    const auto e = pipeline_.client(i).last_download();
    return {e.before, e.after};
  }
  muster::env::cloud_vm_metrics evaluate(std::size_t i, std::span<const muster::trace::task> tasks,
                                         std::uint64_t seed, bool masked) override {
    auto& client = pipeline_.client(i);
    if (!masked) return client.evaluate(tasks, seed);
    using environment = std::remove_cvref_t<decltype(client.environment())>;
    muster::env::masked_cloud_vm<environment> world{client.test_environment(), tasks};
    client.play(world, seed);
    return world.metrics();
  }
  muster::result<void> save(const std::string& path) override { return policies().save(path); }
  muster::result<void> load(const std::string& path) override {
    auto read = policies().load(path);
    if (!read) return read.failure();
    return {};
  }
  std::vector<muster::env::cloud_hold> holds(std::size_t i,
                                             std::span<const muster::trace::task> tasks,
                                             std::uint64_t seed) override {
    auto& client = pipeline_.client(i);
    using reward = typename std::remove_cvref_t<decltype(client.environment())>::reward_type;
    muster::env::cloud_vm<reward, muster::env::hold_log> world{client.test_environment(), tasks};
    client.play(world, seed);
    return world.watch().holds;
  }
  std::vector<double> weights() const override {
    std::vector<double> all;
    if constexpr (requires { pipeline_.federation()->server().aggregator().weights(); }) {
      if (!pipeline_.federation()) return all;
      const auto w = pipeline_.federation()->server().aggregator().weights();
      for (std::size_t i = 0; i < w.size(); ++i) all.push_back(w[i]);
    }
    return all;
  }
  std::span<const muster::client_id> participants() const override {
    if (!pipeline_.federation()) return {};
    return pipeline_.federation()->server().participants();
  }
  muster::federated::traffic bytes() const override {
    if (!pipeline_.federation()) return {};
    return pipeline_.federation()->server().bytes();
  }
  double alpha([[maybe_unused]] std::size_t i) const override {
    if constexpr (requires { pipeline_.client(i).learner().critic().alpha(); }) {
      return pipeline_.client(i).learner().critic().alpha();
    } else {
      return std::numeric_limits<double>::quiet_NaN();
    }
  }

 private:
  muster::nn::checkpoint policies() {
    muster::nn::checkpoint all{"policies of a federation"};
    for (std::size_t i = 0; i < pipeline_.size(); ++i) {
      all.add(pipeline_.client(i).learner().policy().store(), fmt::format("client {}/", i));
    }
    return all;
  }

  Pipeline pipeline_;
};

/// The paper's numbers for a pipeline, but three times its rates, which all of them learn faster
/// with (experiment `tuning`), and what a study changes.
template <class Pipeline>
[[nodiscard]] typename Pipeline::config config_for(const method::setup& s) {
  auto c = muster::pfrl_dm::paper_config<Pipeline>(s.seed, s.members.size());
  c.client.episodes = s.episodes_per_round;
  c.threads = s.threads;
  c.client.learner.actor_rate = 1e-3 * s.rates;
  c.client.learner.critic_rate = 3e-4 * s.rates;
  if constexpr (requires { c.aggregator.similarity.temperature; }) {
    if (s.temperature > 0.0) c.aggregator.similarity.temperature = s.temperature;
  }
  return c;
}

template <class Pipeline>
[[nodiscard]] std::unique_ptr<method> made(method::setup& s) {
  auto c = config_for<Pipeline>(s);
  return std::make_unique<method_of<Pipeline>>(std::move(c), std::move(s.members));
}

}  // namespace experiments::pfrl_dm
