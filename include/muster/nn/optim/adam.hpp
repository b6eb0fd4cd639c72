// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <muster/concepts/optimiser.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// Steps of about the learning rate in every coordinate, whatever the size of the gradient.
///
/// Source    D. Kingma, J. Ba: Adam, ICLR 2015, Algorithm 1; with weight_decay above zero
///           I. Loshchilov, F. Hutter: Decoupled weight decay regularization, ICLR 2019,
///           Algorithm 2 (AdamW).
/// Equation  m = b1 m + (1 - b1) g             v = b2 v + (1 - b2) g^2
///           p = p - rate weight_decay p - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
/// Symbols   g = gradient times gradient_scale, rate = config.rate times rate_scale, t = steps()
///           after this one; b1, b2, eps = beta1, beta2, epsilon
/// Differs   epsilon stands outside the corrected root, as in the paper and PyTorch; the older
///           TensorFlow optimiser adds it before the correction.
/// Cost      one sweep over the store; the first step, or `reserve`, allocates both moments,
///           later ones nothing. b^t comes from multiplications alone, so it does not depend
///           on a maths library and a resumed run computes the same.
template <class T = float, class Backend = num::simd>
class adam {
 public:
  using store_type = parameter_store<T, Backend>;

  struct config {
    double rate = 5e-4;         ///< learning rate; > 0
    double beta1 = 0.9;         ///< memory of the mean; [0, 1)
    double beta2 = 0.999;       ///< memory of the square; [0, 1)
    double epsilon = 1e-8;      ///< > 0
    double weight_decay = 0.0;  ///< decoupled, per step and unit of rate; >= 0
  };

  adam() : adam(config{}) {}
  explicit adam(config c) : config_{c} {
    MUSTER_EXPECTS(c.rate > 0.0 && c.epsilon > 0.0 && c.weight_decay >= 0.0,
                   "muster: nn::adam needs rate > 0, epsilon > 0 and weight_decay >= 0");
    MUSTER_EXPECTS(c.beta1 >= 0.0 && c.beta1 < 1.0 && c.beta2 >= 0.0 && c.beta2 < 1.0,
                   "muster: nn::adam needs beta1 and beta2 in [0, 1)");
  }
  adam(const store_type& store, config c) : adam(c) { reserve(store); }

  /// Allocates the moments for a committed store, zero; nothing if that was done before.
  void reserve(const store_type& store) {
    const std::size_t size = store.values().size();
    if (mean_.size() == 0) {
      mean_ = detail::block<T, Backend>{store.backend(), size};
      square_ = detail::block<T, Backend>{store.backend(), size};
    }
    MUSTER_EXPECTS(mean_.size() == size,
                   "muster: nn::adam has moments of another store; use one optimiser per store");
  }

  /// One update from `store.grads()`, which stay as they are.
  void step(store_type& store, double rate_scale = 1.0, double gradient_scale = 1.0) {
    MUSTER_EXPECTS(std::isfinite(gradient_scale),
                   "muster: nn::adam::step got a gradient scale that is not finite; skip the "
                   "update when clip_norm reports finite == false");
    reserve(store);
    ++steps_;
    store.backend().adam(store.values(), num::view<const T>{store.grads()}, mean_.view(),
                         square_.view(),
                         {.rate = static_cast<T>(config_.rate * rate_scale),
                          .beta1 = static_cast<T>(config_.beta1),
                          .beta2 = static_cast<T>(config_.beta2),
                          .epsilon = static_cast<T>(config_.epsilon),
                          .weight_decay = static_cast<T>(config_.weight_decay),
                          .correction1 = static_cast<T>(1.0 - power(config_.beta1, steps_)),
                          .correction2 = static_cast<T>(1.0 - power(config_.beta2, steps_)),
                          .gradient_scale = static_cast<T>(gradient_scale)});
  }

  [[nodiscard]] const config& configuration() const noexcept { return config_; }
  /// Updates made so far; set when a checkpoint is loaded.
  [[nodiscard]] std::uint64_t& steps() noexcept { return steps_; }
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
  /// Calls `f(name, view)` for each array of the size of `store.values()` that a checkpoint keeps.
  template <class F>
  void for_each_moment(F&& f) {
    f(std::string_view{"mean"}, mean_.view());
    f(std::string_view{"square"}, square_.view());
  }

 private:
  /// beta^t of the beta that the sweep uses, which is rounded to T: 1 - 0.999 in float is off by
  /// 1.3e-5 of itself, and only the same error in the correction takes it out of the step again.
  static double power(double beta, std::uint64_t exponent) noexcept {
    double base = static_cast<double>(static_cast<T>(beta));
    double product = 1.0;
    for (; exponent != 0; exponent /= 2, base *= base)
      if (exponent % 2 != 0) product *= base;
    return product;
  }

  config config_;
  detail::block<T, Backend> mean_;
  detail::block<T, Backend> square_;
  std::uint64_t steps_ = 0;
};

static_assert(optimiser_for<adam<>, parameter_store<>>);

}  // namespace muster::inline MUSTER_ABI::nn
