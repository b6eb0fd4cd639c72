// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <muster/core/contracts.hpp>
#include <muster/federated/detail/joined_parameters.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// How a client finds out where its own data pull.
enum class variate_rule : std::uint8_t {
  displacement,   ///< from how far it moved: option II of the source; right for plain descent
  mean_gradient,  ///< the mean of the gradients it met: the same number for plain descent, and
                  ///< right for every optimiser
};

/// SCAFFOLD, the client's half: takes the drift of its own data out of every step.
///
/// Idea      a client knows how its gradients differ from everyone's (c_i against c); without that
///           difference it steps as all clients together would, however many steps it takes.
/// Source    S. Karimireddy, S. Kale, M. Mohri, S. Reddi, S. Stich, A. Suresh: SCAFFOLD:
///           stochastic controlled averaging for federated learning, ICML 2020, Algorithm 1.
/// Equation  gradient of a step: g_i(y) + c - c_i
///           displacement:   c_i' = c_i - c + (x - y_i) / (K eta)
///           mean_gradient:  c_i' = mean over the K steps of g_i(y)
///           With plain descent x - y_i = eta sum (g_i + c - c_i), so both rules are one. Adam's
///           step is not eta times the gradient: (x - y_i) / (K eta) is then a number of size 1
///           per coordinate and no gradient, only of the right sign. Hence the default.
/// Symbols   x = model as downloaded, y_i = model after K steps, eta = rate of a step
/// Exchange  down [x | c], up [y_i | c_i' - c_i]; the server moves c by the mean of the changes
///           times the part of all clients that took part.
/// Use       `add` the shared parameters, once. Each round: write x into them, `start(c)`, train
///           (as a gradient correction, like federated/proximal.hpp), `finish(change)`.
/// Notice    a limit on the gradient's norm acts on the corrected gradient; `displacement` sees
///           its effect, `mean_gradient` does not.
/// Cost      two or three sweeps over the shared parameters per step; allocates at the first use.
template <class T = float, class Backend = num::simd>
class control_variate {
 public:
  using store_type = nn::parameter_store<T, Backend>;

  struct config {
    variate_rule rule = variate_rule::mean_gradient;
    double rate = 0.0;  ///< eta; > 0 with `displacement`, else not read
  };

  control_variate() : control_variate(config{}) {}
  explicit control_variate(config c) : config_{c} {
    MUSTER_EXPECTS(c.rule != variate_rule::displacement || (c.rate > 0.0 && std::isfinite(c.rate)),
                   "muster: federated::control_variate divides by the rate of a step; set "
                   "config.rate to that of the client's optimiser, or use mean_gradient");
  }

  /// Corrects the parameters of the store whose names begin with `prefix`. It refers to the store
  /// and must not outlive it. All of them before the first `start`.
  void add(const store_type& store, std::string_view prefix = {}) { shared_.add(store, prefix); }
  /// How many numbers c has.
  [[nodiscard]] std::size_t size() const noexcept { return shared_.size(); }

  /// A round begins: the parameters hold x, the server says c, [size()].
  void start(std::span<const T> server) {
    MUSTER_EXPECTS(server.size() == size(),
                   "muster: federated::control_variate::start takes c of the server, one number "
                   "per shared parameter");
    prepare();
    backend().upload(server, rows_.value(server_));
    backend().fill(rows_.value(round_), T(0));
    if (config_.rule == variate_rule::displacement) collect(T(1), true);
    steps_ = 0;
  }

  /// Adds c - c_i to the gradients. The arguments, which a learner passes, are not looked at:
  /// `add` said which stores. Before the first `start` it does nothing.
  template <class... Stores>
  void correct(Stores&...) {
    if (!rows_.committed()) return;
    if (config_.rule == variate_rule::mean_gradient) collect(T(1), false);
    add_to_gradients(T(1), server_);
    add_to_gradients(T(-1), client_);
    ++steps_;
  }

  /// The round is over: renews c_i and writes c_i' - c_i, [size()]. A round without a step, or with
  /// a gradient that was not finite, changes nothing.
  void finish(std::span<T> change) {
    MUSTER_EXPECTS(change.size() == size(),
                   "muster: federated::control_variate::finish writes one number per shared "
                   "parameter; lend size() of them");
    prepare();
    const num::view<T> sum = rows_.value(round_);
    double scale = steps_ == 0 ? 0.0 : 1.0 / static_cast<double>(steps_);
    if (config_.rule == variate_rule::displacement) {
      collect(T(-1), true);
      scale /= config_.rate;
    }
    backend().sum_squares(num::view<const T>{sum}, rows_.scratch());
    T squares{};
    backend().download(num::view<const T>{rows_.scratch()}, std::span<T>{&squares, 1});
    if (steps_ == 0 || !std::isfinite(squares)) {
      backend().fill(sum, T(0));
    } else {
      const nn::parameter known = config_.rule == variate_rule::displacement ? server_ : client_;
      backend().scale(sum, static_cast<T>(scale));
      backend().axpy(T(-1), num::view<const T>{rows_.value(known)}, sum);
      backend().axpy(T(1), num::view<const T>{sum}, rows_.value(client_));
    }
    backend().download(num::view<const T>{sum}, change);
    steps_ = 0;
  }

  /// Steps since `start`: K.
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
  [[nodiscard]] const config& configuration() const noexcept { return config_; }

  /// Names in a checkpoint (nn/checkpoint.hpp) all that a resumed training needs.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    prepare();
    c.add(rows_, prefix);
    c.add(std::string{prefix} + "control_variate/steps", steps_);
  }

 private:
  [[nodiscard]] const Backend& backend() const noexcept { return rows_.backend(); }

  void prepare() {
    if (rows_.committed()) return;
    MUSTER_EXPECTS(size() > 0,
                   "muster: federated::control_variate corrects nothing; add(store) first");
    server_ = rows_.add("control_variate/server", {size()});
    client_ = rows_.add("control_variate/client", {size()});
    round_ = rows_.add("control_variate/round", {size()});
    rows_.commit();
  }
  // Adds `factor` times all values, or all gradients, to the sum of this round.
  void collect(T factor, bool values) {
    shared_.for_each(rows_.value(round_),
                     [&](num::view<T> value, num::view<T> grad, num::view<T> at) {
                       backend().axpy(factor, num::view<const T>{values ? value : grad}, at);
                     });
  }
  void add_to_gradients(T factor, nn::parameter row) {
    shared_.for_each(rows_.value(row), [&](num::view<T>, num::view<T> grad, num::view<T> at) {
      backend().axpy(factor, num::view<const T>{at}, grad);
    });
  }

  config config_;
  detail::joined_parameters<T, Backend> shared_;
  store_type rows_;
  nn::parameter server_, client_, round_;
  std::uint64_t steps_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::federated
