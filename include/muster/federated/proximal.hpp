// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

#include <muster/core/contracts.hpp>
#include <muster/federated/detail/joined_parameters.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// FedProx: holds a client near the common model while it trains alone.
///
/// Idea      clients with different data run apart when they take many steps; a spring to the
///           model they all began with bounds how far.
/// Source    T. Li, A. Sahu, M. Zaheer, M. Sanjabi, A. Talwalkar, V. Smith: Federated optimization
///           in heterogeneous networks, MLSys 2020, eq. 2.
/// Equation  h(w) = F(w) + mu/2 |w - w_g|^2          gradient: dF + mu (w - w_g)
/// Symbols   F = the client's own loss, w_g = the common model, as `anchor` found it
/// Use       `add` the parameters that are shared, once; `anchor()` after each download; give it
///           to a learner as its gradient correction (`rl::ppo<Actor, Critic, proximal<>>`), or
///           call `correct()` between backward and step. Before the first `anchor` it does nothing.
/// Notice    the pull is part of the gradient, as in the source; with Adam instead of plain
///           descent it is therefore scaled like the rest of the gradient.
/// Cost      three sweeps over the shared parameters per step; allocates at the first `anchor`.
///           Nothing for a checkpoint: whoever resumes a round downloads its model again.
template <class T = float, class Backend = num::simd>
class proximal {
 public:
  using store_type = nn::parameter_store<T, Backend>;

  struct config {
    double mu = 0.01;  ///< stiffness of the spring, loss per squared parameter; >= 0
  };

  proximal() : proximal(config{}) {}
  explicit proximal(config c) : config_{c} {
    MUSTER_EXPECTS(c.mu >= 0.0 && std::isfinite(c.mu),
                   "muster: federated::proximal needs a finite mu >= 0; 0 switches it off");
  }

  /// Holds the parameters of the store whose names begin with `prefix`. It refers to the store
  /// and must not outlive it. All of them before the first `anchor`.
  void add(const store_type& store, std::string_view prefix = {}) { shared_.add(store, prefix); }

  /// What the parameters hold now is the common model.
  void anchor() {
    if (!rows_.committed()) {
      MUSTER_EXPECTS(shared_.size() > 0,
                     "muster: federated::proximal holds no parameters; add(store) first");
      anchor_ = rows_.add("anchor", {shared_.size()});
      gap_ = rows_.add("gap", {shared_.size()});
      rows_.commit();
    }
    shared_.for_each(rows_.value(anchor_), [&](num::view<T> value, num::view<T>, num::view<T> at) {
      rows_.backend().copy(num::view<const T>{value}, at);
    });
  }

  /// Adds mu (w - w_g) to the gradients; exactly nothing where they are equal. The arguments,
  /// which a learner passes, are not looked at: `add` said which stores.
  template <class... Stores>
  void correct(Stores&...) {
    if (!rows_.committed()) return;
    measure();
    shared_.for_each(rows_.value(gap_), [&](num::view<T>, num::view<T> grad, num::view<T> gap) {
      rows_.backend().axpy(static_cast<T>(config_.mu), num::view<const T>{gap}, grad);
    });
  }

  /// mu/2 |w - w_g|^2 as it stands; 0 before the first `anchor`.
  [[nodiscard]] double penalty() {
    if (!rows_.committed()) return 0.0;
    measure();
    rows_.backend().sum_squares(num::view<const T>{rows_.value(gap_)}, rows_.scratch());
    T sum{};
    rows_.backend().download(num::view<const T>{rows_.scratch()}, std::span<T>{&sum, 1});
    return 0.5 * config_.mu * static_cast<double>(sum);
  }

  [[nodiscard]] const config& configuration() const noexcept { return config_; }

 private:
  void measure() {
    const Backend& backend = rows_.backend();
    shared_.for_each(rows_.value(gap_), [&](num::view<T> value, num::view<T>, num::view<T> gap) {
      backend.copy(num::view<const T>{value}, gap);
    });
    backend.axpy(T(-1), num::view<const T>{rows_.value(anchor_)}, rows_.value(gap_));
  }

  config config_;
  detail::joined_parameters<T, Backend> shared_;
  store_type rows_;
  nn::parameter anchor_, gap_;
};

}  // namespace muster::inline MUSTER_ABI::federated
