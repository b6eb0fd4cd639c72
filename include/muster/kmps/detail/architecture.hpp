// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

#include <muster/concepts/observation.hpp>
#include <muster/env/edge_cloud_config.hpp>
#include <muster/rl/heads.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// Widths of the hidden layers: KMPS IV-A.4.
struct actor_widths {
  std::vector<std::size_t> hidden{256, 128, 32};
};
/// Widths of a network that scores targets one by one.
struct scorer_widths {
  std::size_t first = 64;
  std::size_t second = 32;
};
struct critic_widths {
  std::vector<std::size_t> hidden{256, 128, 64, 32};
};
struct target_critic_widths {
  std::vector<std::size_t> hidden{256, 128, 64, 32};
  std::size_t refresh_every = 1;  ///< updates between copies to the target network; > 0
};

template <class Config>
concept scores_targets = requires(Config c) {
  c.layout;
};

template <class Actor>
using actor_config = std::conditional_t<scores_targets<typename Actor::network_type::config>,
                                        scorer_widths, actor_widths>;

template <class Critic>
using critic_config = std::conditional_t < requires(typename Critic::config c) {
  c.refresh_every;
}
, target_critic_widths, critic_widths > ;

/// The config of an actor's network: widths from the user, inputs and outputs from the system.
template <class Network>
[[nodiscard]] typename Network::config network_config(const actor_widths& w,
                                                      const observation_layout& layout,
                                                      std::size_t targets) {
  typename Network::config c;
  c.in = layout.size();
  c.out = targets;
  c.hidden = w.hidden;
  return c;
}
template <class Network>
[[nodiscard]] typename Network::config network_config(const scorer_widths& w,
                                                      const observation_layout& layout,
                                                      std::size_t targets) {
  MUSTER_EXPECTS(layout.per_target > 0 && layout.targets == targets,
                 "muster: kmps::pipeline has an actor that scores targets and an observation "
                 "without them; use slot::observation<kmps::offers_observation>");
  typename Network::config c;
  c.layout = layout;
  c.first = w.first;
  c.second = w.second;
  return c;
}

template <class Critic, class Widths>
[[nodiscard]] typename Critic::config critic_network_config(const Widths& w, std::size_t state) {
  typename Critic::config c;
  c.network.in = state;
  c.network.out = 1;
  c.network.hidden = w.hidden;
  if constexpr (requires { w.refresh_every; }) c.refresh_every = w.refresh_every;
  return c;
}

/// Whether a trainer's critic reads what the actor reads, not the state of the whole system.
template <class Trainer>
[[nodiscard]] constexpr bool critic_is_local() noexcept {
  if constexpr (requires { Trainer::local_critic; }) {
    return Trainer::local_critic;
  } else {
    return false;
  }
}

/// A dequeue strategy from its config; one that keeps numbers by service learns how many.
template <class Strategy>
[[nodiscard]] Strategy make_strategy(typename Strategy::config c,
                                     const env::edge_cloud_config& system) {
  if constexpr (requires { c.services; }) c.services = system.services;
  return Strategy{c};
}

/// Part of a checkpoint's type, because heads differ in nothing that a shape shows.
template <class Head>
[[nodiscard]] constexpr const char* head_name() noexcept {
  if constexpr (std::is_same_v<Head, rl::masked_softmax_head>) return "masked_softmax";
  if constexpr (std::is_same_v<Head, rl::relu1_l1_head>) return "relu1_l1";
  return "other";
}

}  // namespace muster::inline MUSTER_ABI::kmps::detail
