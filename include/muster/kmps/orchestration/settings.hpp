// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/kmps/orchestration/node_state.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Numbers of an orchestrator that learns, whatever its networks and rewards are.
///
/// The paper has the rates, their decay "each 1000 steps" and the critics' half rate; gamma,
/// lambda, epochs, batch and entropy are those of the released program; the factor of the decay is
/// that of the released dispatch learner.
struct orchestration_settings {
  std::size_t services = 12;  ///< W; > 0
  std::size_t choose = 1;     ///< H, different nodes drawn at a time; paper: not given; > 0
  /// How often H nodes are drawn per frame; paper: not given; > 0. One for each of its 18 nodes: a
  /// surge lasts a few frames, and its replicas must come within one or two. Trained alike at 300
  /// (500) requests/s, 18 answer 94 % (85 %) on time, 6 only 89 % (76 %), none 81 % (70 %).
  std::size_t adjustments = 18;
  /// Whether `plan` draws from the policy, as in training, or takes the most probable. Several
  /// adjustments come from one embedding, so the most probable one would always be the same.
  bool sample = true;

  double gamma = 0.995;              ///< discount per frame; [0, 1]
  double lambda = 0.95;              ///< of generalised advantage estimation; [0, 1]
  double entropy = 0.1;              ///< beta of Eq. 7, per nat; >= 0
  std::size_t batch = 32;            ///< frames per step, at most; > 0
  double rate = 1e-3;                ///< Adam, encoder and actors; > 0
  double critic_rate = 5e-4;         ///< Adam, critics; > 0
  double decay = 0.96;               ///< of both rates, every `decay_every` steps; (0, 1]
  std::uint64_t decay_every = 1000;  ///< optimiser steps; > 0
  double max_grad_norm = 1.0;  ///< of all actors with the encoder, and of all critics; 0 = any
  bool normalise_advantages = true;  ///< of frames, and credits of draws, to mean 0 and sd 1
  double credit = 1.0;               ///< weight of what a draw was worth by itself; >= 0
  bool normalise_values = true;      ///< critics learn targets of mean 0 and sd 1
  /// An episode is a piece of a system that goes on: its last frame is continued by the critics.
  bool continuing = true;
  std::uint64_t seed = 1;  ///< of the first parameters
};

/// What an update did; means over the steps, by their frames.
struct orchestration_stats {
  double policy_loss = 0.0;  ///< L_node + L_service
  double value_loss = 0.0;   ///< Eq. 6, in the units of the critics
  double entropy = 0.0;      ///< nats, both steps
  double approx_kl = 0.0;    ///< mean of (r - 1) - ln r of the joint probability of one draw
  double actor_gradient_norm = 0.0;   ///< before clipping
  double critic_gradient_norm = 0.0;  ///< before clipping
  double reward[2] = {};              ///< mean per frame: of the nodes, of the services
  double executed = 0.0;    ///< part of the drawn changes other than 0 that could be carried out
  std::size_t frames = 0;   ///< learned from
  std::uint32_t steps = 0;  ///< optimiser steps
  bool refused = false;     ///< something was not finite; from there on no step was taken
};

}  // namespace muster::inline MUSTER_ABI::kmps
