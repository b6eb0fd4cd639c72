// SPDX-License-Identifier: Apache-2.0
#pragma once

// The step of ppo.bench.cpp written by hand on muster's own kernels: the same products and
// sweeps in the same order, with a fused loss, but no tape, no checks, no statistics. What
// rl::ppo costs beyond it is the price of the abstraction.

#include <muster/nn/optim/adam.hpp>
#include <muster/nn/optim/clip_norm.hpp>
#include <muster/nn/parameter_store.hpp>
#include <muster/num/backend/simd.hpp>
#include <muster/num/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kernel_peer {

using namespace muster;
using tensor = num::tensor<float>;

class network {
 public:
  network(const std::vector<std::size_t>& widths, std::size_t rows, std::uint64_t seed) {
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
      weights_.push_back(store_.add(name("w", l), {widths[l], widths[l + 1]}));
      biases_.push_back(store_.add(name("b", l), {widths[l + 1]}));
      y_.emplace_back(num::shape{rows, widths[l + 1]});
      dy_.emplace_back(num::shape{rows, widths[l + 1]});
      scratch_.emplace_back(num::shape{rows, widths[l + 1]});
    }
    store_.commit();
    rng g{seed};
    for (std::size_t l = 0; l < weights_.size(); ++l) {
      const double size = std::sqrt(6.0 / static_cast<double>(widths[l]));
      for (float& w : store_.value(weights_[l]).span()) {
        w = static_cast<float>(size * (2.0 * uniform01(g) - 1.0));
      }
    }
    optimiser_.reserve(store_);
  }

  tensor& forward(num::view<const float> x) {
    for (std::size_t l = 0; l < y_.size(); ++l) {
      store_.backend().affine(x, store_.value(weights_[l]), store_.value(biases_[l]), kind(l),
                              y_[l].view());
      x = y_[l].view();
    }
    return y_.back();
  }
  tensor& output_delta() { return dy_.back(); }
  void backward(num::view<const float> x) {
    const auto& backend = store_.backend();
    store_.zero_grads();
    for (std::size_t l = y_.size(); l-- > 0;) {
      num::view<float> dx;
      if (l > 0) {
        dx = dy_[l - 1].view();
        backend.fill(dx, 0.0F);
      }
      backend.affine_backward(l > 0 ? num::view<const float>{y_[l - 1].view()} : x,
                              store_.value(weights_[l]), y_[l].view(), dy_[l].view(), kind(l),
                              scratch_[l].view(), dx, store_.grad(weights_[l]),
                              store_.grad(biases_[l]));
    }
  }
  void clip_and_adam() { optimiser_.step(store_, 1.0, nn::clip_norm(store_, 0.5).scale); }

 private:
  [[nodiscard]] num::activation kind(std::size_t l) const {
    return l + 1 < y_.size() ? num::activation::relu : num::activation::identity;
  }
  static std::string name(const char* kind, std::size_t l) {
    std::string text{kind};
    text += std::to_string(l);
    return text;
  }
  nn::parameter_store<> store_;
  std::vector<nn::parameter> weights_, biases_;
  std::vector<tensor> y_, dy_, scratch_;
  nn::adam<> optimiser_;
};

class learner {
 public:
  learner(const std::vector<std::size_t>& actor, const std::vector<std::size_t>& critic,
          std::size_t rows)
      : actor_{actor, rows, 1},
        critic_{critic, rows, 2},
        x_{num::shape{rows, actor.front()}},
        log_p_{num::shape{rows, actor.back()}} {}

  void step(std::span<const float> observations, std::span<const std::uint32_t> actions,
            std::span<const float> old_log_probs, std::span<const float> advantages,
            std::span<const float> targets) {
    std::copy(observations.begin(), observations.end(), x_.data());
    const num::view<const float> x = x_.view();
    const tensor& logits = actor_.forward(x);
    const tensor& values = critic_.forward(x);
    tensor& d = actor_.output_delta();
    tensor& dv = critic_.output_delta();
    const std::size_t rows = actions.size();
    const std::size_t width = log_p_.shape()[1];
    const float by_n = 1.0F / static_cast<float>(rows);
    const num::simd backend;
    backend.log_softmax(logits.view(), log_p_.view());
    backend.apply(num::unary::exp, log_p_.view(), d.view());
    for (std::size_t i = 0; i < rows; ++i) {
      const auto log_p = log_p_.view().row(i);
      const auto row = d.view().row(i);
      float h = 0.0F;
      for (std::size_t j = 0; j < width; ++j) h -= row[j] * log_p[j];
      const std::size_t a = actions[i];
      const float ratio = std::exp(log_p[a] - old_log_probs[i]);
      const float plain = ratio * advantages[i];
      const float held = std::clamp(ratio, 0.8F, 1.2F) * advantages[i];
      const float dl = plain <= held ? -plain * by_n : 0.0F;
      for (std::size_t j = 0; j < width; ++j) {
        row[j] *= 0.01F * by_n * (log_p[j] + h) - dl;
      }
      row[a] += dl;
      dv[i] = (values[i] - targets[i]) * by_n;
    }
    actor_.backward(x);
    critic_.backward(x);
    actor_.clip_and_adam();
    critic_.clip_and_adam();
  }

 private:
  network actor_, critic_;
  tensor x_, log_p_;
};

}  // namespace kernel_peer
