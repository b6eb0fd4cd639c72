// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/detail/blocks.hpp>
#include <muster/federated/detail/roster.hpp>
#include <muster/federated/detail/scratch.hpp>
#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// What aggregators share that make a model for each client out of a matrix of weights.
///
/// Idea  everything is computed in the order of the clients' ids and only labelled in the order of
///       the updates, so that the order of the updates cannot matter.
class personal_models {
 public:
  /// Checks the round, its numbers included, and takes note of it. The models made last stay.
  [[nodiscard]] result<void> open(const aggregation_round& round, std::span<const float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    models_.resize(roster_.size());
    for (std::size_t a = 0; a < roster_.size(); ++a) {
      models_[a] = {roster_.values()[a], next.size()};
    }
    std::atomic<bool> finite{all_finite(round.global)};
    for_each(round.pool, models_.size(), [&](std::size_t a) {
      if (!all_finite(models_[a])) finite.store(false, std::memory_order_relaxed);
    });
    if (!finite.load(std::memory_order_relaxed)) return roster_.blame(round);
    rows_.resize((models_.size() + 1) * models_.size());
    return {};
  }

  /// In the order of the ids, from here on.
  [[nodiscard]] std::span<const std::span<const float>> models() const noexcept { return models_; }
  [[nodiscard]] const detail::roster& roster() const noexcept { return roster_; }
  /// Weights to fill: a row for each client, and a last one for all others.
  [[nodiscard]] std::span<double> rows() noexcept { return rows_; }
  [[nodiscard]] std::span<double> row(std::size_t a) noexcept {
    return std::span{rows_}.subspan(a * models_.size(), models_.size());
  }

  /// Makes the models by `rows()`; the last one goes to `next`.
  void mix(std::span<float> next, thread_pool* pool) {
    const std::size_t count = models_.size();
    count_ = count;
    size_ = next.size();
    personal_ = storage_.take(count * size_);
    weights_.resize(count * count);
    for (std::size_t a = 0; a < count; ++a) {
      const std::size_t at = roster_.place(a);
      for (std::size_t b = 0; b < count; ++b) {
        weights_[at * count + roster_.place(b)] = rows_[a * count + b];
      }
    }
    // Block by block, so that the models' share of a block is read from memory once.
    for_each_block(pool, size_, block, [&](std::size_t first, std::size_t n) {
      for (std::size_t a = 0; a <= count; ++a) {
        float* const out = a < count ? personal_.data() + roster_.place(a) * size_ : next.data();
        kernels().mean(roster_.values().data(), rows_.data() + a * count, count, first, n, out);
      }
    });
  }

  /// In the order of the updates, as of the last `mix`.
  [[nodiscard]] std::span<const float> personal(std::size_t i) const {
    MUSTER_EXPECTS(i < count_,
                   "muster: federated: personal(i) is for the clients of the last round; count "
                   "them as its updates");
    return personal_.subspan(i * size_, size_);
  }
  [[nodiscard]] num::view<const double> weights() const noexcept {
    return {weights_.data(), {count_, count_}};
  }

 private:
  static constexpr std::size_t block = 512;

  [[nodiscard]] static bool all_finite(std::span<const float> x) noexcept {
    bool all = true;
    for (const float v : x) all &= is_finite(v);
    return all;
  }

  detail::roster roster_;
  std::vector<std::span<const float>> models_;
  std::vector<double> rows_, weights_;
  scratch<float> storage_;
  std::span<float> personal_;
  std::size_t size_ = 0, count_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
