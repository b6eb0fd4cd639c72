// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <muster/concepts/critic.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/mlp.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Weight of the first of two critics: a number that stays.
struct fixed_alpha {
  double alpha = 0.5;  ///< weight of the first critic; [0, 1]
  [[nodiscard]] double operator()(double, double) const noexcept { return alpha; }
};

/// Weight of the first of two critics by how well each predicts: the softmax of both negative
/// losses, e^{-a/t} / (e^{-a/t} + e^{-b/t}), written so that losses of any size cannot overflow.
/// Critics of normalised values have small losses, between which t = 1 hardly chooses.
struct alpha_by_loss {
  double alpha = 0.5;        ///< before any loss is known; [0, 1]
  double temperature = 1.0;  ///< t, in the unit of the losses; > 0
  [[nodiscard]] double operator()(double first, double second) const noexcept {
    MUSTER_EXPECTS(temperature > 0.0,
                   "muster: rl::alpha_by_loss divides losses by temperature; set it above 0");
    const double gap = (first - second) / temperature;
    return gap > 0.0 ? std::exp(-gap) / (1.0 + std::exp(-gap)) : 1.0 / (1.0 + std::exp(gap));
  }
};

/// Two critics that both learn and speak with one voice.
///
/// Idea      two networks with different pasts (one local, one received from a federation, or
///           just another start) err differently; their mixture errs less than the worse one.
/// Source    PFRL-DM, eqs. 14 to 17: V = alpha V_phi + (1 - alpha) V_psi.
/// Equation  V(s) = alpha V_1(s) + (1 - alpha) V_2(s);  loss = f(V_1) + f(V_2), so each is
///           regressed by itself and the mixture takes no gradient
/// Symbols   alpha by `Mix`: `fixed_alpha`, or `alpha_by_loss` renewed by `weigh`
template <class Network = nn::mlp<>, class Mix = fixed_alpha>
class dual_critic {
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
    typename Network::config network{};  ///< of each critic; one output
    Mix mix{};
  };

  explicit dual_critic(const config& c)
      : first_{store_, "critic_1", c.network},
        second_{store_, "critic_2", c.network},
        mix_{c.mix},
        alpha_{c.mix.alpha} {
    MUSTER_EXPECTS(first_.out() == 1,
                   "muster: rl::dual_critic predicts one number; set network.out to 1");
    MUSTER_EXPECTS(alpha_ >= 0.0 && alpha_ <= 1.0,
                   "muster: rl::dual_critic mixes by alpha in [0, 1]; change mix.alpha");
    store_.commit();
  }

  /// The two networks start differently: the second draws after the first.
  template <class Hidden, class Output>
  void initialise(const Hidden& hidden, const Output& output, rng& g) {
    first_.initialise(hidden, output, g);
    second_.initialise(hidden, output, g);
  }

  void values(input_view states, output_view out, workspace_type workspace) const {
    const output_view other{workspace.data(), out.shape()};
    const auto rest = workspace.subspan(slot(states.rows()));
    const auto& backend = store_.backend();
    first_.infer(states, out, rest);
    second_.infer(states, other, rest);
    backend.scale(out, static_cast<value_type>(alpha_));
    backend.axpy(static_cast<value_type>(1.0 - alpha_), input_view{other}, out);
  }
  void next_values(input_view states, output_view out, workspace_type workspace) const {
    values(states, out, workspace);
  }
  template <class F>
  [[nodiscard]] var_type loss(tape_type& tape, var_type states, const F& f) const {
    return f(first_.forward(tape, states)) + f(second_.forward(tape, states));
  }
  void end_cycle() noexcept {}

  /// Measures both critics on `states` [n, in()] with `targets` [n, 1] (mean squared error)
  /// and asks Mix for the new weight, which it returns. Needs `workspace_size(n)`.
  double weigh(input_view states, input_view targets, workspace_type workspace) {
    MUSTER_EXPECTS(states.rows() > 0 && targets.size() == states.rows(),
                   "muster: rl::dual_critic::weigh needs one target per state; pass at least one");
    const output_view error{workspace.data(), {states.rows(), 1}};
    const auto rest = workspace.subspan(slot(states.rows()));
    const double first = mean_squared_error(first_, states, targets, error, rest);
    const double second = mean_squared_error(second_, states, targets, error, rest);
    return alpha_ = mix_(first, second);
  }
  [[nodiscard]] double alpha() const noexcept { return alpha_; }
  void set_alpha(double alpha) {
    MUSTER_EXPECTS(alpha >= 0.0 && alpha <= 1.0,
                   "muster: rl::dual_critic mixes by alpha in [0, 1]; pass such a number");
    alpha_ = alpha;
  }

  [[nodiscard]] std::size_t in() const noexcept { return first_.in(); }
  [[nodiscard]] std::size_t workspace_size(std::size_t rows) const noexcept {
    return slot(rows) + first_.workspace_size(rows);
  }
  [[nodiscard]] store_type& store() noexcept { return store_; }
  [[nodiscard]] const store_type& store() const noexcept { return store_; }
  /// Names in a checkpoint (nn/checkpoint.hpp) all that must be kept.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    const std::string p{prefix};
    c.add(store_, p);
    c.add(p + "critic/alpha", std::span<double>{&alpha_, 1});
  }

 private:
  // One prediction per row, rounded up to a cache line.
  [[nodiscard]] static std::size_t slot(std::size_t rows) noexcept {
    constexpr std::size_t granule = 64 / sizeof(value_type);
    return (rows + granule - 1) / granule * granule;
  }
  double mean_squared_error(const Network& network, input_view states, input_view targets,
                            output_view error, workspace_type workspace) {
    const auto& backend = store_.backend();
    network.infer(states, error, workspace);
    backend.axpy(value_type(-1), targets.reshaped(error.shape()), error);
    backend.sum_squares(input_view{error}, store_.scratch());
    value_type sum{};
    backend.download(input_view{store_.scratch()}, std::span<value_type>{&sum, 1});
    return static_cast<double>(sum) / static_cast<double>(states.rows());
  }

  store_type store_;
  Network first_;
  Network second_;
  Mix mix_;
  double alpha_;
};

static_assert(critic_strategy<dual_critic<>>);

}  // namespace muster::inline MUSTER_ABI::rl
