// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// Four sums side by side, which need not wait for each other, then those.
[[nodiscard]] inline double dot(const double* a, const double* b, std::size_t n) noexcept {
  std::array<double, 4> sum{};
  const std::size_t whole = n - n % 4;
  for (std::size_t i = 0; i < whole; i += 4) {
    for (std::size_t l = 0; l < 4; ++l) sum[l] += a[i + l] * b[i + l];
  }
  for (std::size_t i = whole; i < n; ++i) sum[i % 4] += a[i] * b[i];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// Turns one row of scores into weights: exp(score / temperature), made to add up to 1.
/// The temperature may be infinite (equal weights) or as small as a double can be.
inline void softmax(std::span<double> row, double temperature) noexcept {
  double largest = row[0];
  for (const double s : row) largest = s > largest ? s : largest;
  double total = 0.0;
  for (double& s : row) {
    s = std::exp((s - largest) / temperature);
    total += s;
  }
  for (double& s : row) s /= total;
}

/// One row of attention weights: the mean over the heads of softmax(query . key / temperature).
/// A query holds its heads side by side, `keys` one such vector for each weight; `scores` is
/// scratch of as many numbers as there are weights. A head whose query is zero sees nothing of
/// this model and has no say; without any head all weights are equal.
inline void attend(std::span<const double> query, std::span<const double> keys, std::size_t heads,
                   double temperature, std::span<double> weights, std::span<double> scores) {
  const std::size_t width = query.size() / heads;
  std::size_t asked = 0;
  for (double& w : weights) w = 0.0;
  for (std::size_t h = 0; h < heads; ++h) {
    const double* const q = query.data() + h * width;
    bool blind = true;
    for (std::size_t c = 0; c < width; ++c) blind = blind && q[c] == 0.0;
    if (blind && (asked > 0 || h + 1 < heads)) continue;  // a last blind one: equal scores
    ++asked;
    for (std::size_t j = 0; j < scores.size(); ++j) {
      scores[j] = dot(q, keys.data() + j * query.size() + h * width, width);
    }
    softmax(scores, temperature);
    for (std::size_t j = 0; j < scores.size(); ++j) weights[j] += scores[j];
  }
  for (double& w : weights) w /= static_cast<double>(asked);
}

}  // namespace muster::inline MUSTER_ABI::federated::detail
