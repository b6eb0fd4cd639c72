// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/rng.hpp>
#include <muster/federated/detail/attend.hpp>
#include <muster/federated/similarity/rule.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Attention between models exactly as the equations print it, with projections nobody trains.
///
/// Idea       kept to show what the printed form does; use attention_similarity instead.
/// Source     PFRL-DM, Eqs. 18-20, with what the paper leaves open filled in the plainest way: W^Q
///            and W^K drawn independently and never trained, queries and keys the parameter
///            vectors as they are, weights averaged over the heads. W^V and W^O do not occur: Eq.
///            21 applies the weights to the models themselves.
/// Equation   w_kj = mean over heads i of softmax over j of (x_k W_i^Q)(x_j W_i^K)^T / sqrt(d_k)
/// Symbols    x_k all parameters of model k; the entries of W are +-deviation, by chance.
/// Degenerate the expected score is zero, whatever the models: nothing makes alike clients meet.
///            And as models trained from one global model have nearly equal queries, all rows
///            choose alike. With entries of size 1 the row's softmax collapses onto one client,
///            the same for everybody and decided by the seed; with 1/sqrt(P) it stays at 1/K.
/// Cost       O(K P heads d_k) time, slow: the matrices are drawn anew for each model rather than
///            kept, P x d_k being large. 2 K heads d_k + K^2 doubles. Layers are not looked at.
class literal_attention {
 public:
  struct config {
    std::size_t heads = 4;       ///< > 0
    std::size_t key_width = 64;  ///< d_k of each head; > 0
    double deviation = 0.0;      ///< size of the entries of W; finite, 0 means 1 / sqrt(P)
    std::uint64_t seed = 0;      ///< of the projections
  };

  literal_attention() : literal_attention(config{}) {}
  explicit literal_attention(const config& c) : config_{c} {
    MUSTER_EXPECTS(c.heads > 0 && c.key_width > 0 && std::isfinite(c.deviation),
                   "muster: federated::literal_attention needs heads, a key_width above zero and "
                   "a finite deviation");
  }

  void weigh(const model_set& set, std::span<double> weights) {
    const std::size_t count = set.models.size();
    const std::size_t width = config_.heads * config_.key_width;
    const double root = std::sqrt(static_cast<double>(config_.key_width));
    for (std::vector<double>* const x : {&queries_, &keys_}) x->resize(count * width);
    scores_.resize(count * count);
    const auto row = [](std::vector<double>& of, std::size_t k, std::size_t n) {
      return std::span{of}.subspan(k * n, n);
    };
    detail::for_each(set.pool, count, [&](std::size_t k) {
      project(set.models[k], query, row(queries_, k, width));
      project(set.models[k], key, row(keys_, k, width));
    });
    detail::for_each(set.pool, count, [&](std::size_t k) {
      detail::attend(row(queries_, k, width), keys_, config_.heads, root,
                     weights.subspan(k * count, count), row(scores_, k, count));
    });
  }

  /// Entry of W_i^Q (side 0) or W_i^K (side 1): parameter p, column c of all heads side by side.
  [[nodiscard]] double entry(std::size_t which, std::size_t p, std::size_t c,
                             std::size_t size) const noexcept {
    rng bits = signs(which == 0 ? query : key, p, c / 64);
    return sign(bits() >> (c % 64)) * deviation(size);
  }

 private:
  enum side : std::uint8_t { query, key };

  [[nodiscard]] rng signs(side s, std::size_t p, std::size_t word) const noexcept {
    const std::size_t words = (config_.heads * config_.key_width + 63) / 64;
    return rng{rng::state_type{config_.seed, stream + s, p * words + word}};
  }
  static double sign(std::uint64_t bit) noexcept { return (bit & 1) != 0 ? 1.0 : -1.0; }
  [[nodiscard]] double deviation(std::size_t size) const noexcept {
    return config_.deviation != 0.0 ? config_.deviation
                                    : 1.0 / std::sqrt(static_cast<double>(size));
  }

  void project(std::span<const float> model, side s, std::span<double> out) const {
    rng random = signs(s, 0, 0);
    for (double& x : out) x = 0.0;
    for (const float value : model) {
      const double x = static_cast<double>(value);
      for (std::size_t first = 0; first < out.size(); first += 64) {
        std::uint64_t bits = random();
        const std::size_t last = first + 64 < out.size() ? first + 64 : out.size();
        for (std::size_t c = first; c < last; ++c, bits >>= 1) out[c] += sign(bits) * x;
      }
    }
    for (double& x : out) x *= deviation(model.size());
  }

  static constexpr std::uint64_t stream = 0x6C61;  // apart from other uses of the same seed

  config config_;
  std::vector<double> queries_, keys_, scores_;
};

static_assert(similarity_rule<literal_attention>);

}  // namespace muster::inline MUSTER_ABI::federated
