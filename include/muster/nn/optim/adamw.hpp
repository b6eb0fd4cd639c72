// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/nn/optim/adam.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// Adam that also shrinks every parameter a little, apart from the gradient.
///
/// Idea     a penalty in the loss would be divided by the root of the second moment and so
///          hardly touch parameters with large gradients; the decoupled form shrinks all alike.
/// Source   I. Loshchilov, F. Hutter: Decoupled weight decay regularization, ICLR 2019,
///          Algorithm 2, with the rate times the decay as in PyTorch.
/// See      adam, which holds the equation: this is the same type with other defaults.
template <class T = float, class Backend = num::simd>
class adamw : public adam<T, Backend> {
 public:
  using store_type = typename adam<T, Backend>::store_type;

  struct config {
    double rate = 1e-3;          ///< learning rate; > 0
    double beta1 = 0.9;          ///< memory of the mean; [0, 1)
    double beta2 = 0.999;        ///< memory of the square; [0, 1)
    double epsilon = 1e-8;       ///< > 0
    double weight_decay = 0.01;  ///< decoupled, per step and unit of rate; >= 0
  };

  adamw() : adamw(config{}) {}
  explicit adamw(config c)
      : adam<T, Backend>({c.rate, c.beta1, c.beta2, c.epsilon, c.weight_decay}) {}
  adamw(const store_type& store, config c) : adamw(c) { this->reserve(store); }
};

static_assert(optimiser_for<adamw<>, parameter_store<>>);

}  // namespace muster::inline MUSTER_ABI::nn
