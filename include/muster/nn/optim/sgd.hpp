// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <muster/concepts/optimiser.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// Steps against the gradient, with a memory of earlier steps if wanted.
///
/// Source    B. Polyak: Some methods of speeding up the convergence of iteration methods, 1964,
///           in the form of I. Sutskever et al., ICML 2013, with the rate outside the buffer
///           as PyTorch does it.
/// Equation  u = momentum u + g        p = p - rate u
/// Symbols   g = gradient times gradient_scale, rate = config.rate times rate_scale, u = buffer
/// Cost      one sweep over the store; with momentum the first step, or `reserve`, allocates
///           the buffer, later ones nothing.
template <class T = float, class Backend = num::simd>
class sgd {
 public:
  using store_type = parameter_store<T, Backend>;

  struct config {
    double rate = 0.01;     ///< learning rate; > 0
    double momentum = 0.0;  ///< [0, 1)
  };

  sgd() : sgd(config{}) {}
  explicit sgd(config c) : config_{c} {
    MUSTER_EXPECTS(c.rate > 0.0 && c.momentum >= 0.0 && c.momentum < 1.0,
                   "muster: nn::sgd needs rate > 0 and momentum in [0, 1)");
  }
  sgd(const store_type& store, config c) : sgd(c) { reserve(store); }

  /// Allocates the buffer for a committed store, zero; nothing without momentum.
  void reserve(const store_type& store) {
    if (config_.momentum == 0.0) return;
    const std::size_t size = store.values().size();
    if (buffer_.size() == 0) buffer_ = detail::block<T, Backend>{store.backend(), size};
    MUSTER_EXPECTS(buffer_.size() == size,
                   "muster: nn::sgd has the buffer of another store; use one optimiser per store");
  }

  /// One update from `store.grads()`, which stay as they are.
  void step(store_type& store, double rate_scale = 1.0, double gradient_scale = 1.0) {
    MUSTER_EXPECTS(std::isfinite(gradient_scale),
                   "muster: nn::sgd::step got a gradient scale that is not finite; skip the "
                   "update when clip_norm reports finite == false");
    reserve(store);
    ++steps_;
    const num::view<T> buffer = buffer_.size() == 0 ? num::view<T>{} : buffer_.view();
    store.backend().sgd(store.values(), num::view<const T>{store.grads()}, buffer,
                        static_cast<T>(config_.rate * rate_scale), static_cast<T>(config_.momentum),
                        static_cast<T>(gradient_scale));
  }

  [[nodiscard]] const config& configuration() const noexcept { return config_; }
  /// Updates made so far; set when a checkpoint is loaded.
  [[nodiscard]] std::uint64_t& steps() noexcept { return steps_; }
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
  /// Calls `f(name, view)` for each array of the size of `store.values()` that a checkpoint keeps.
  template <class F>
  void for_each_moment(F&& f) {
    if (buffer_.size() != 0) f(std::string_view{"momentum"}, buffer_.view());
  }

 private:
  config config_;
  detail::block<T, Backend> buffer_;
  std::uint64_t steps_ = 0;
};

static_assert(optimiser_for<sgd<>, parameter_store<>>);

}  // namespace muster::inline MUSTER_ABI::nn
