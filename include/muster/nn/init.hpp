// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <muster/core/distributions.hpp>
#include <muster/core/rng.hpp>

/// First values of a weight matrix [in, out].
///
/// Each type is a small aggregate that is called as `init(values, in, out, rng)`, writes host
/// memory in row-major order and draws from the given generator only. Layers make the values
/// on the host, once, and upload them; biases start at zero.
namespace muster::inline MUSTER_ABI::nn {

/// The same number everywhere.
struct constant {
  double value = 0.0;
  template <class T>
  void operator()(std::span<T> values, std::size_t, std::size_t, rng&) const {
    for (T& v : values) v = static_cast<T>(value);
  }
};

/// Normal with a given standard deviation.
struct gaussian {
  double sigma = 0.01;  ///< standard deviation; >= 0
  template <class T>
  void operator()(std::span<T> values, std::size_t, std::size_t, rng& g) const {
    for (T& v : values) v = static_cast<T>(normal{0.0, sigma}(g));
  }
};

/// Normal with sd = gain / sqrt(in): keeps the size of a signal through layers of ReLU.
///
/// Source  K. He et al.: Delving deep into rectifiers, ICCV 2015, Eq. 10.
struct he {
  double gain = 1.4142135623730951;  ///< sqrt(2) for ReLU, 1 for linear; > 0
  template <class T>
  void operator()(std::span<T> values, std::size_t in, std::size_t, rng& g) const {
    gaussian{gain / std::sqrt(static_cast<double>(in))}(values, in, 0, g);
  }
};

/// Uniform in +-gain sqrt(6 / (in + out)): equal variance forwards and backwards.
///
/// Source  X. Glorot, Y. Bengio: Understanding the difficulty of training deep feedforward
///         neural networks, AISTATS 2010, Eq. 16.
struct glorot {
  double gain = 1.0;  ///< > 0
  template <class T>
  void operator()(std::span<T> values, std::size_t in, std::size_t out, rng& g) const {
    const double limit = gain * std::sqrt(6.0 / static_cast<double>(in + out));
    for (T& v : values) v = static_cast<T>(uniform{-limit, limit}(g));
  }
};

/// A random orthogonal matrix times `gain`: no direction of a signal grows or fades.
///
/// Idea    min(in, out) vectors of length max(in, out), drawn normal and made orthonormal in
///         turn, are uniform over all orthonormal sets. They become the columns of a tall
///         matrix and the rows of a wide one, so W'W or WW' is gain^2 times the identity.
/// Source  A. Saxe et al.: Exact solutions to the nonlinear dynamics of learning in deep
///         linear neural networks, ICLR 2014. Gram-Schmidt in double, each vector twice, which
///         reaches rounding accuracy (L. Giraud et al., 2005).
/// Cost    O(max(in, out) min(in, out)^2), once; allocates.
struct orthogonal {
  double gain = 1.4142135623730951;  ///< sqrt(2) before ReLU, 0.01 for a policy's last layer; > 0
  template <class T>
  void operator()(std::span<T> values, std::size_t in, std::size_t out, rng& g) const {
    const bool tall = in >= out;
    const std::size_t length = tall ? in : out;
    const std::size_t number = tall ? out : in;
    std::vector<double> q(length * number);
    for (std::size_t k = 0; k < number; ++k) {
      double* v = q.data() + k * length;
      double drawn = 0.0;
      double kept = 0.0;
      do {  // again only if the draw lies in the span of the vectors before it
        for (std::size_t i = 0; i < length; ++i) v[i] = normal{0.0, 1.0}(g);
        drawn = dot(v, v, length);
        for (int pass = 0; pass < 2; ++pass)
          for (std::size_t j = 0; j < k; ++j) {
            const double* u = q.data() + j * length;
            const double along = dot(u, v, length);
            for (std::size_t i = 0; i < length; ++i) v[i] -= along * u[i];
          }
        kept = dot(v, v, length);
      } while (!(kept > 1e-20 * drawn));
      const double scale = 1.0 / std::sqrt(kept);
      for (std::size_t i = 0; i < length; ++i) v[i] *= scale;
    }
    for (std::size_t i = 0; i < in; ++i)
      for (std::size_t j = 0; j < out; ++j)
        values[i * out + j] = static_cast<T>(gain * (tall ? q[j * length + i] : q[i * length + j]));
  }

 private:
  static double dot(const double* a, const double* b, std::size_t n) noexcept {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
  }
};

}  // namespace muster::inline MUSTER_ABI::nn
