// SPDX-License-Identifier: Apache-2.0
#pragma once

// The peer of ppo.bench.cpp: one PPO minibatch step for two ReLU networks, written by hand on
// Eigen, with everything fused that a person would fuse.
//
// Include it last. Eigen chooses its kernels when it is compiled, and its AVX2 kernels are the
// faster ones for these sizes, so this file asks for AVX2 whatever the flags of the program
// are: then it is a fair peer also in a program built without -march, and with -march=native.

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iosfwd>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#ifndef __AVX2__
#define __SSE3__ 1
#define __SSSE3__ 1
#define __SSE4_1__ 1
#define __SSE4_2__ 1
#define __AVX__ 1
#define __AVX2__ 1
#define __FMA__ 1
#endif
#undef __AVX512F__
#undef __AVX512DQ__
#undef __AVX512BF16__
#endif
#include <Eigen/Dense>

namespace eigen_peer {

using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using map = Eigen::Map<matrix>;
using const_map = Eigen::Map<const matrix>;
using row = Eigen::Map<Eigen::RowVectorXf>;

#if defined(__AVX2__)
inline constexpr const char* instructions = "Eigen with AVX2";
#else
inline constexpr const char* instructions = "Eigen without AVX2";
#endif

// Parameters of one network and all that its training needs, each kind in one block.
class network {
 public:
  network(std::vector<int> widths, int batch, unsigned seed) : widths_{std::move(widths)} {
    std::size_t size = 0;
    for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
      offset_.push_back(size);
      size += static_cast<std::size_t>((widths_[l] + 1) * widths_[l + 1]);
      activations_.emplace_back(batch, widths_[l + 1]);
      deltas_.emplace_back(batch, widths_[l + 1]);
    }
    p_.setZero(static_cast<Eigen::Index>(size));
    g_ = m_ = v_ = p_;
    std::srand(seed);
    for (std::size_t l = 0; l < offset_.size(); ++l) {
      weight(p_, l) = matrix::Random(widths_[l], widths_[l + 1]) *
                      std::sqrt(6.0F / static_cast<float>(widths_[l]));
    }
  }

  matrix& forward(const const_map& x) {
    for (std::size_t l = 0; l < offset_.size(); ++l) {
      matrix& y = activations_[l];
      if (l == 0) {
        y.noalias() = x * weight(p_, l);
      } else {
        y.noalias() = activations_[l - 1] * weight(p_, l);
      }
      if (l + 1 < offset_.size()) {
        y = (y.rowwise() + bias(p_, l)).cwiseMax(0.0F);
      } else {
        y.rowwise() += bias(p_, l);
      }
    }
    return activations_.back();
  }
  matrix& output_delta() { return deltas_.back(); }
  void backward(const const_map& x) {
    for (std::size_t l = offset_.size(); l-- > 0;) {
      const matrix& d = deltas_[l];
      if (l == 0) {
        weight(g_, l).noalias() = x.transpose() * d;
      } else {
        weight(g_, l).noalias() = activations_[l - 1].transpose() * d;
      }
      bias(g_, l) = d.colwise().sum();
      if (l == 0) continue;
      matrix& before = deltas_[l - 1];
      before.noalias() = d * weight(p_, l).transpose();
      before.array() *= (activations_[l - 1].array() > 0.0F).cast<float>();
    }
  }
  void clip_and_adam(float max_norm, float rate) {
    const float norm = g_.norm();
    const float scale = norm > max_norm ? max_norm / norm : 1.0F;
    ++steps_;
    const float c1 = 1.0F - static_cast<float>(std::pow(0.9, steps_));
    const float c2 = 1.0F - static_cast<float>(std::pow(0.999, steps_));
    float* p = p_.data();
    float* m = m_.data();
    float* v = v_.data();
    const float* g = g_.data();
    const std::ptrdiff_t n = p_.size();
    const float by_c1 = rate / c1;
    const float by_c2 = 1.0F / c2;
    using array = Eigen::Array<float, Eigen::Dynamic, 1>;
    constexpr std::ptrdiff_t chunk = 1024;  // stays in the first cache
    for (std::ptrdiff_t i = 0; i < n; i += chunk) {
      const std::ptrdiff_t k = (std::min)(chunk, n - i);
      Eigen::Map<const array> gi{g + i, k};
      Eigen::Map<array> mi{m + i, k};
      Eigen::Map<array> vi{v + i, k};
      Eigen::Map<array> pi{p + i, k};
      mi = 0.9F * mi + (0.1F * scale) * gi;
      vi = 0.999F * vi + (0.001F * scale * scale) * gi.square();
      pi -= by_c1 * mi / ((vi * by_c2).sqrt() + 1e-8F);
    }
  }

 private:
  map weight(Eigen::VectorXf& block, std::size_t l) {
    return {block.data() + offset_[l], widths_[l], widths_[l + 1]};
  }
  row bias(Eigen::VectorXf& block, std::size_t l) {
    return {block.data() + offset_[l] +
                static_cast<std::size_t>(widths_[l]) * static_cast<std::size_t>(widths_[l + 1]),
            widths_[l + 1]};
  }

  std::vector<int> widths_;
  std::vector<std::size_t> offset_;
  std::vector<matrix> activations_, deltas_;
  Eigen::VectorXf p_, g_, m_, v_;
  int steps_ = 0;
};

// Forward, clipped surrogate + entropy + half squared error, backward, clip, Adam.
class learner {
 public:
  learner(std::vector<int> actor, std::vector<int> critic, int batch)
      : actor_{std::move(actor), batch, 1}, critic_{std::move(critic), batch, 2} {}

  float step(std::span<const float> observations, int rows, std::span<const std::uint32_t> actions,
             std::span<const float> old_log_probs, std::span<const float> advantages,
             std::span<const float> targets) {
    const const_map x{observations.data(), rows,
                      static_cast<Eigen::Index>(observations.size()) / rows};
    const matrix& logits = actor_.forward(x);
    const matrix& values = critic_.forward(x);
    matrix& d = actor_.output_delta();
    matrix& dv = critic_.output_delta();
    const float by_n = 1.0F / static_cast<float>(rows);
    float loss = 0.0F;
    log_p_ = logits;
    log_p_.colwise() -= logits.rowwise().maxCoeff();
    p_ = log_p_.array().exp();
    for (int i = 0; i < rows; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const float sum = p_.row(i).sum();
      log_p_.row(i).array() -= std::log(sum);
      p_.row(i) /= sum;
      const float h = -(p_.row(i).array() * log_p_.row(i).array()).sum();
      const auto a = static_cast<Eigen::Index>(actions[k]);
      const float ratio = std::exp(log_p_(i, a) - old_log_probs[k]);
      const float bounded = std::clamp(ratio, 0.8F, 1.2F);
      const float plain = ratio * advantages[k];
      const float held = bounded * advantages[k];
      loss -= (std::min)(plain, held) * by_n + 0.01F * h * by_n;
      const float dl = plain <= held ? -plain * by_n : 0.0F;
      d.row(i) = -dl * p_.row(i).array() +
                 (0.01F * by_n) * p_.row(i).array() * (log_p_.row(i).array() + h);
      d(i, a) += dl;
      const float off = values(i, 0) - targets[k];
      loss += 0.5F * off * off * by_n;
      dv(i, 0) = off * by_n;
    }
    actor_.backward(x);
    critic_.backward(x);
    actor_.clip_and_adam(0.5F, 5e-4F);
    critic_.clip_and_adam(0.5F, 5e-4F);
    return loss;
  }

 private:
  network actor_, critic_;
  matrix log_p_, p_;
};

}  // namespace eigen_peer

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
