// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/baselines/random_choice.hpp>
#include <muster/kmps/episode.hpp>
#include <muster/kmps/trainer.hpp>

#include "support/catch.hpp"
#include "support/edge_workload.hpp"

namespace support {

/// Two clusters of two nodes with one service, and networks to fit: a config that trains fast.
template <class Config>
Config tiny(Config c) {
  const auto frame = c.environment.frame;
  const auto long_slot = c.environment.long_slot;
  const auto scheduling = c.environment.scheduling;
  c.environment = {};
  c.environment.frame = frame.us > 0 ? muster::seconds(2) : frame;
  c.environment.long_slot = long_slot;
  c.environment.scheduling = scheduling;
  c.environment.clusters = 2;
  c.environment.nodes_per_cluster = 2;
  c.environment.cloud_nodes = 1;
  c.environment.services = 1;
  c.environment.deployment = {2, 2, 2, 2, 2};
  if constexpr (requires { c.actor.hidden; }) c.actor.hidden = {32, 16};
  c.critic.hidden = {32, 16};
  c.trainer.copies = 2;
  c.trainer.samples = 2048;
  c.sample = false;
  return c;
}

/// Urgent and patient requests, more of them than the system can run.
inline std::vector<muster::trace::arrival> tiny_work(std::uint64_t seed, double seconds = 6.0) {
  workload_shape s;
  s.rate = 200.0;
  s.seconds = seconds;
  s.access_points = 2;
  s.services = 1;
  s.min_allowance_ms = 300.0;
  s.max_allowance_ms = 1200.0;
  auto w = edge_workload(s, seed);
  for (std::size_t i = 0; i < w.size(); i += 3) w[i].request.deadline += muster::seconds(8);
  return w;
}

template <class Pipeline>
double tiny_score(Pipeline& p, int episodes = 4) {
  double sum = 0.0;
  for (int i = 0; i < episodes; ++i) {
    const auto w = tiny_work(900 + static_cast<std::uint64_t>(i));
    sum += p.evaluate(w, muster::seconds(6), 1).throughput();
  }
  return sum / episodes;
}

/// The score of a rule in the world of a pipeline.
template <class Rule, class Pipeline>
double tiny_rule_score(const Pipeline& like, int episodes = 4) {
  double sum = 0.0;
  for (int i = 0; i < episodes; ++i) {
    auto e = like.make_environment();
    const auto w = tiny_work(900 + static_cast<std::uint64_t>(i));
    e.load(w, muster::seconds(6));
    Rule rule;
    muster::rng g{1};
    sum += muster::kmps::run_episode(e, rule, g).throughput();
  }
  return sum / episodes;
}

template <class Pipeline>
void train_tiny(Pipeline& p, std::uint32_t rounds, double seconds = 6.0) {
  muster::kmps::train_config t;
  t.episodes = rounds;
  t.horizon = muster::from_seconds(seconds);
  p.train([&](std::uint64_t seed) { return tiny_work(seed % 500, seconds); }, t,
          [](const muster::kmps::train_progress& q) {
            CHECK_FALSE(q.learning.refused);
            CHECK(q.decisions > 0);
            return true;
          });
}

/// What every preset must do: train, lose no request, and repeat itself.
template <class Pipeline>
void check_preset(const typename Pipeline::config& c, bool repeats = true) {
  Pipeline a{tiny(c)}, b{tiny(c)};
  train_tiny(a, 2, 2.5);
  CHECK(a.updates() == 2);
  const auto w = tiny_work(7);
  const std::span<const muster::trace::arrival> arrivals{w};
  const auto r = a.evaluate(arrivals, muster::seconds(6), 1);
  CHECK(r.arrived == w.size());
  CHECK(r.arrived == r.done + r.missed + r.waiting + r.running);
  CHECK(r.done > 0);
  if (!repeats) return;
  train_tiny(b, 2, 2.5);
  const auto s = b.evaluate(arrivals, muster::seconds(6), 1);
  CHECK(s.done == r.done);
  CHECK(s.to_neighbour == r.to_neighbour);
}

}  // namespace support
