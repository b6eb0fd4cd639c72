// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/cloud_only.hpp>
#include <muster/kmps/baselines/earliest_finish.hpp>
#include <muster/kmps/baselines/firmament.hpp>
#include <muster/kmps/baselines/greedy.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/baselines/least_queue.hpp>
#include <muster/kmps/baselines/local_only.hpp>
#include <muster/kmps/baselines/power_of_two.hpp>
#include <muster/kmps/baselines/random_choice.hpp>
#include <muster/kmps/baselines/round_robin.hpp>
#include <muster/kmps/clairvoyant.hpp>
#include <muster/kmps/orchestration/pod_autoscaler.hpp>
#include <muster/queue/adaptive_hybrid.hpp>
#include <muster/queue/arrival_order.hpp>
#include <muster/queue/earliest_deadline.hpp>

#include "evaluate.hpp"
#include "observe.hpp"
#include "timed_plans.hpp"
#include "watched.hpp"

namespace cli {
namespace {

namespace kmps = muster::kmps;
namespace queue = muster::queue;

// The same queues as the pipelines that learn, so that a comparison is about dispatching only.
using hybrid_queues = muster::env::edge_cloud<queue::adaptive_hybrid, queue::adaptive_hybrid>;
using deadline_queues = muster::env::edge_cloud<queue::earliest_deadline, queue::earliest_deadline>;

template <class Environment, class Rule, class Orchestrator = kmps::fixed_replicas>
tested run(const muster::env::edge_cloud_config& system, const workload& w, std::uint64_t seed,
           const kmps::episode_options& options, const decision_listener& listener) {
  Environment environment{system};
  environment.load(w.arrivals, w.horizon);
  muster::rng random{seed};
  Orchestrator orchestrator{};
  timed_plans<Orchestrator> o{orchestrator};
  kmps::episode_result episode;
  if (listener) {
    watched<Rule> d{Rule{}, listener};
    episode = kmps::run_episode(environment, d, o, random, options);
  } else {
    Rule d{};
    episode = kmps::run_episode(environment, d, o, random, options);
  }
  return {std::move(episode), observe(environment, w), o.times()};
}

// Plain Kubernetes: queues in order of arrival, nothing is moved, and the autoscaler looks every
// 15 s, whatever the frames of the others are.
template <class Rule>
tested run_native(const muster::env::edge_cloud_config& system, const workload& w,
                  std::uint64_t seed, const kmps::episode_options& options,
                  const decision_listener& listener) {
  muster::env::edge_cloud_config native = system;
  native.long_slot = {};
  if (native.frame.us > 0) native.frame = muster::seconds(15);
  using queues = muster::env::edge_cloud<queue::arrival_order, queue::arrival_order>;
  return run<queues, Rule, kmps::pod_autoscaler>(native, w, seed, options, listener);
}

using runner = tested (*)(const muster::env::edge_cloud_config&, const workload&, std::uint64_t,
                          const kmps::episode_options&, const decision_listener&);

struct named_runner {
  const char* name;
  runner function;
};

constexpr named_runner runners[] = {
    {"random", run<hybrid_queues, kmps::random_choice>},
    {"round_robin", run<hybrid_queues, kmps::round_robin>},
    {"local_only", run<hybrid_queues, kmps::local_only>},
    {"cloud_only", run<hybrid_queues, kmps::cloud_only>},
    {"idle_first", run<hybrid_queues, kmps::idle_first>},
    {"least_queue", run<hybrid_queues, kmps::least_queue>},
    {"power_of_two", run<hybrid_queues, kmps::power_of_two>},
    {"greedy", run<hybrid_queues, kmps::greedy>},
    {"edf_fastest", run<deadline_queues, kmps::earliest_finish>},
    {"firmament", run<hybrid_queues, kmps::firmament>},
    {"firmament_native", run_native<kmps::firmament>},
    {"greedy_native", run_native<kmps::greedy>},
};

}  // namespace

tested run_rule(const std::string& pipeline, const muster::env::edge_cloud_config& system,
                const workload& w, std::uint64_t seed, const kmps::episode_options& options,
                const decision_listener& listener) {
  for (const named_runner& r : runners) {
    if (pipeline == r.name) return r.function(system, w, seed, options, listener);
  }
  MUSTER_EXPECTS(false, "muster: cli::run_rule got a name that is no rule; check the registry");
  return {};
}

run_record run_bound(const muster::env::edge_cloud_config& system, const workload& w,
                     std::uint64_t seed) {
  muster::env::edge_cloud_config at_most = system;
  if (system.frame.us > 0 && system.replica_memory > 0.0) {
    const auto each = static_cast<std::uint32_t>(system.node_memory / system.replica_memory);
    at_most.deployment.assign(std::size_t{system.targets()} * system.services, each);
    std::fill_n(at_most.deployment.end() - system.services, system.services,
                each * system.cloud_nodes);
  }
  const kmps::clairvoyant_bound b =
      kmps::clairvoyant{}(at_most, std::span<const muster::trace::arrival>{w.arrivals}, w.horizon);
  return make_bound_record(seed, b.requests, b.on_time, b.infeasible, w.horizon.seconds());
}

}  // namespace cli
