// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <muster/concepts/critic.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/mlp.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// One network V(s): the usual critic.
template <class Network = nn::mlp<>>
class single_critic {
 public:
  using network_type = Network;
  using value_type = typename Network::value_type;
  using backend_type = typename Network::backend_type;
  using store_type = nn::parameter_store<value_type, backend_type>;
  using tape_type = typename Network::tape_type;
  using var_type = typename Network::var_type;
  using input_view = num::view<const value_type>;
  using output_view = num::view<value_type>;
  using workspace_type = std::span<value_type>;

  struct config {
    typename Network::config network{};  ///< one output
  };

  explicit single_critic(const config& c) : network_{store_, "critic", c.network} {
    MUSTER_EXPECTS(network_.out() == 1,
                   "muster: rl::single_critic predicts one number; set network.out to 1");
    store_.commit();
  }

  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    network_.initialise(hidden, output, g);
  }

  /// V of each row of `states` [n, in()] into `out` [n, 1].
  void values(input_view states, output_view out, workspace_type workspace) const {
    network_.infer(states, out, workspace);
  }
  void next_values(input_view states, output_view out, workspace_type workspace) const {
    network_.infer(states, out, workspace);
  }
  /// f(prediction [n, 1]) on the tape.
  template <class F>
  [[nodiscard]] var_type loss(tape_type& tape, var_type states, const F& f) const {
    return f(network_.forward(tape, states));
  }
  void end_cycle() noexcept {}

  [[nodiscard]] std::size_t in() const noexcept { return network_.in(); }
  [[nodiscard]] std::size_t workspace_size(std::size_t rows) const noexcept {
    return network_.workspace_size(rows);
  }
  [[nodiscard]] store_type& store() noexcept { return store_; }
  [[nodiscard]] const store_type& store() const noexcept { return store_; }
  /// Names in a checkpoint (nn/checkpoint.hpp) all that must be kept.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    c.add(store_, prefix);
  }

 private:
  store_type store_;
  Network network_;
};

/// A critic whose targets come from a frozen copy of itself.
///
/// Idea      a network that chases targets made of its own output can run away; targets from
///           parameters that stand still for a while do not move while they are chased.
/// Source    KMPS IV-A: "a target value network (with fixed parameters, update at the end of
///           each cycle)"; V. Mnih et al.: Human-level control through deep reinforcement
///           learning, 2015, for the idea.
/// Use       `values` (the baseline) are of the learning network, `next_values` (in targets) of
///           the frozen one; `end_cycle` after each update of the trainer.
template <class Network = nn::mlp<>>
class target_critic {
  using online = single_critic<Network>;

 public:
  using network_type = Network;
  using value_type = typename online::value_type;
  using backend_type = typename online::backend_type;
  using store_type = typename online::store_type;
  using tape_type = typename online::tape_type;
  using var_type = typename online::var_type;
  using input_view = typename online::input_view;
  using output_view = typename online::output_view;
  using workspace_type = typename online::workspace_type;

  struct config {
    typename Network::config network{};  ///< one output
    std::uint64_t refresh_every = 1;     ///< cycles (updates of the trainer) between copies; >= 1
  };

  explicit target_critic(const config& c)
      : learning_{{c.network}}, frozen_{{c.network}}, refresh_every_{c.refresh_every} {
    MUSTER_EXPECTS(c.refresh_every > 0,
                   "muster: rl::target_critic never refreshes; set refresh_every to 1 or more");
  }

  /// Both networks start with the same values.
  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    learning_.initialise(hidden, output, g);
    refresh();
  }

  void values(input_view states, output_view out, workspace_type workspace) const {
    learning_.values(states, out, workspace);
  }
  void next_values(input_view states, output_view out, workspace_type workspace) const {
    frozen_.values(states, out, workspace);
  }
  template <class F>
  [[nodiscard]] var_type loss(tape_type& tape, var_type states, const F& f) const {
    return learning_.loss(tape, states, f);
  }
  void end_cycle() {
    if (++cycles_ % refresh_every_ == 0) refresh();
  }
  /// Copies the learning network to the frozen one now.
  void refresh() { frozen_.store().copy_values(learning_.store()); }

  [[nodiscard]] std::size_t in() const noexcept { return learning_.in(); }
  [[nodiscard]] std::size_t workspace_size(std::size_t rows) const noexcept {
    return learning_.workspace_size(rows);
  }
  [[nodiscard]] store_type& store() noexcept { return learning_.store(); }
  [[nodiscard]] const store_type& store() const noexcept { return learning_.store(); }
  /// Names in a checkpoint (nn/checkpoint.hpp) all that must be kept.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    const std::string p{prefix};
    c.add(learning_.store(), p);
    c.add(frozen_.store(), p + "frozen/");
    c.add(p + "critic/cycles", cycles_);
  }

 private:
  online learning_;
  online frozen_;
  std::uint64_t refresh_every_;
  std::uint64_t cycles_ = 0;
};

static_assert(critic_strategy<single_critic<>>);
static_assert(critic_strategy<target_critic<>>);

}  // namespace muster::inline MUSTER_ABI::rl
