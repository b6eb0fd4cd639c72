// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/core/part.hpp>
#include <muster/core/rng.hpp>
#include <muster/env/edge_cloud_config.hpp>
#include <muster/kmps/detail/architecture.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// What was chosen for each slot of a pipeline.
template <class Environment, class Dequeue, class NodeDequeue, class Drain, class Mask,
          class Rescheduler, class Observation, class Actor, class Critic, class Advantage,
          class Reward, class Trainer, class Orchestrator, class Buffering, class Curriculum>
struct choices {
  using environment =
      typename Environment::template with<Dequeue, NodeDequeue, Drain, Mask, Rescheduler>;
  using dequeue = Dequeue;
  using node_dequeue = NodeDequeue;
  using drain = Drain;
  using mask = Mask;
  using rescheduler = Rescheduler;
  using observation = Observation;
  using actor = Actor;
  using critic = Critic;
  using advantage = Advantage;
  using reward = Reward;
  using trainer = Trainer;
  using orchestrator = Orchestrator;
  using buffering = Buffering;
  using curriculum = Curriculum;
};

/// The configs of a pipeline's parts, under the names of their slots.
template <class Choices>
struct pipeline_config {
  typename Choices::environment::config environment{};
  config_of<typename Choices::dequeue> dequeue{};
  config_of<typename Choices::node_dequeue> node_dequeue{};
  config_of<typename Choices::rescheduler> rescheduler{};
  config_of<typename Choices::observation> observation{};
  actor_config<typename Choices::actor> actor{};
  critic_config<typename Choices::critic> critic{};
  config_of<typename Choices::advantage> advantage{};
  config_of<typename Choices::reward> reward{};
  config_of<typename Choices::trainer> trainer{};
  /// `services` and `seed` in it are set by the pipeline: from the system, and so that another seed
  /// of the pipeline is another seed here.
  config_of<typename Choices::orchestrator> orchestrator{};
  config_of<typename Choices::buffering> buffering{};
  config_of<typename Choices::curriculum> curriculum{};
  /// Decide by drawing from the policy, as in training, or take its most probable target.
  /// Access points that decide at the same moment on the same news would all take the same
  /// target and meet there; drawing spreads them.
  bool sample = true;
  std::uint64_t seed = 1;  ///< of the first parameters and of exploration
};

/// An orchestrator for a system.
template <class Orchestrator>
[[nodiscard]] Orchestrator make_orchestrator(config_of<Orchestrator> c,
                                             const env::edge_cloud_config& system,
                                             std::uint64_t seed) {
  if constexpr (requires { c.services; }) c.services = system.services;
  if constexpr (requires { c.seed; }) c.seed = rng{seed}.fork(c.seed)();
  if constexpr (requires { c.settings.services; }) c.settings.services = system.services;
  if constexpr (requires { c.settings.seed; }) c.settings.seed = rng{seed}.fork(c.settings.seed)();
  return make_part<Orchestrator>(c);
}

}  // namespace muster::inline MUSTER_ABI::kmps::detail
