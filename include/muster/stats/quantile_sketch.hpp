// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::stats {

/// Quantiles of a stream in fixed memory, each within a known relative error.
///
/// Idea         count values in buckets that grow with the value: every power of two is cut
///              into 2^bits equal parts, so the bucket of a number is just the front of its
///              floating-point bits, no logarithm. A bucket [a, b) answers with 2ab / (a + b),
///              whose relative error is the same at both ends.
/// Bound        (b - a) / (b + a) <= 1 / (2^(bits+1) + 1) for every bucket, hence for values of
///              one sign within [lowest, highest]
///                  |sketch.quantile(q) - quantile(x, q)| <= relative_error() |quantile(x, q)|
///              with definition 7 of quantile.hpp: interpolation lies between two order
///              statistics that both keep the bound. Magnitudes below `lowest` count as 0
///              (absolute error < lowest); above `highest` the answer is only known to lie
///              between `highest` and `maximum()`, and `overflowed()` tells how many those are.
/// Source       bucket by relative error as in C. Masson, J. Rim, H. Lee: DDSketch, VLDB 12(12),
///              2019, with the linear cuts of an HDR histogram.
/// Cost         add: O(1), no allocation, a few nanoseconds; quantile and merge: O(buckets).
///              Memory 8 bytes per bucket: 50 KB by default.
/// Determinism  integers only: any order of adding and merging gives the same counts.
/// See          stats/quantile.hpp for exact quantiles of values that are kept.
class quantile_sketch {
 public:
  struct config {
    int bits = 7;           ///< precision, 1 to 20: relative error 2^-(bits+1), 0.4 % by default
    double lowest = 1e-6;   ///< smallest magnitude told from 0, > 0; rounded down to 2^k
    double highest = 1e9;   ///< largest magnitude, > lowest; rounded up to 2^k
    bool negative = false;  ///< whether values below 0 may come; doubles the memory
    friend constexpr bool operator==(const config&, const config&) = default;
  };

  quantile_sketch() : quantile_sketch{config{}} {}
  explicit quantile_sketch(config c) : config_{c} {
    MUSTER_EXPECTS(c.bits >= 1 && c.bits <= 20,
                   "muster: quantile_sketch has no such precision; write 1 <= bits <= 20");
    MUSTER_EXPECTS(c.lowest >= 0x1p-1000 && c.lowest < c.highest && c.highest <= 0x1p1000,
                   "muster: quantile_sketch has an empty range; write 0 < lowest < highest");
    const int low = std::ilogb(c.lowest);
    const int high = std::ilogb(c.highest);
    lowest_ = std::ldexp(1.0, low);
    highest_ = std::ldexp(1.0, std::ldexp(1.0, high) < c.highest ? high + 1 : high);
    base_ = key(lowest_);
    positive_.resize(key(highest_) - base_ + 1);
    if (c.negative) negative_.resize(positive_.size());
  }

  /// Counts one value, `times` over; not NaN, and >= 0 unless the config says `negative`.
  void add(double x, std::uint64_t times = 1) noexcept {
    MUSTER_EXPECTS(x >= 0.0 || (config_.negative && x < 0.0),
                   "muster: quantile_sketch was given a negative value or NaN; set "
                   "config::negative, or leave such values out");
    if (times == 0) return;
    if (count_ == 0 || x < minimum_) minimum_ = x;
    if (count_ == 0 || x > maximum_) maximum_ = x;
    count_ += times;
    const double magnitude = std::fabs(x);
    if (magnitude < lowest_) {
      zeros_ += times;
    } else if (x < 0.0) {
      negative_[bucket(magnitude)] += times;
    } else {
      positive_[bucket(magnitude)] += times;
    }
  }

  /// Adds everything the other counted, which must have the same config. Afterwards this is
  /// the sketch that had seen both streams.
  void merge(const quantile_sketch& other) noexcept {
    MUSTER_EXPECTS(config_ == other.config_,
                   "muster: quantile_sketch cannot merge another config; write equal configs");
    if (other.count_ == 0) return;
    if (count_ == 0 || other.minimum_ < minimum_) minimum_ = other.minimum_;
    if (count_ == 0 || other.maximum_ > maximum_) maximum_ = other.maximum_;
    count_ += other.count_;
    zeros_ += other.zeros_;
    for (std::size_t i = 0; i < positive_.size(); ++i) positive_[i] += other.positive_[i];
    for (std::size_t i = 0; i < negative_.size(); ++i) negative_[i] += other.negative_[i];
  }

  /// Forgets all values and keeps the memory.
  void clear() noexcept {
    for (auto& n : positive_) n = 0;
    for (auto& n : negative_) n = 0;
    count_ = zeros_ = 0;
    minimum_ = maximum_ = 0.0;
  }

  /// The quantile, q in [0, 1], of at least one value; q = 0 and q = 1 are exact.
  [[nodiscard]] double quantile(double q) const noexcept {
    MUSTER_EXPECTS(count_ > 0, "muster: quantile_sketch is empty; ask count() first");
    MUSTER_EXPECTS(q >= 0.0 && q <= 1.0, "muster: quantile has no such level; write 0 <= q <= 1");
    const double h = q * static_cast<double>(count_ - 1);
    const auto rank = static_cast<std::uint64_t>(h);
    const double part = h - static_cast<double>(rank);
    const double below = ranked(rank);
    return part == 0.0 ? below : below + part * (ranked(rank + 1) - below);
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// Least and greatest value, exact; 0 when empty.
  [[nodiscard]] double minimum() const noexcept { return minimum_; }
  [[nodiscard]] double maximum() const noexcept { return maximum_; }
  /// The bound on the relative error of `quantile`.
  [[nodiscard]] double relative_error() const noexcept {
    return 1.0 / (std::ldexp(1.0, config_.bits + 1) + 1.0);
  }
  /// How many values were larger in magnitude than the bound covers.
  [[nodiscard]] std::uint64_t overflowed() const noexcept {
    return positive_.back() + (negative_.empty() ? 0 : negative_.back());
  }

 private:
  // The bits of a positive double order like its value; the front of them are the exponent and
  // the first `bits` digits.
  [[nodiscard]] std::size_t key(double magnitude) const noexcept {
    return static_cast<std::size_t>(std::bit_cast<std::uint64_t>(magnitude) >> (52 - config_.bits));
  }
  [[nodiscard]] std::size_t bucket(double magnitude) const noexcept {
    return magnitude < highest_ ? key(magnitude) - base_ : positive_.size() - 1;
  }
  [[nodiscard]] double edge(std::size_t i) const noexcept {
    return std::bit_cast<double>(static_cast<std::uint64_t>(base_ + i) << (52 - config_.bits));
  }
  [[nodiscard]] double representative(std::size_t i) const noexcept {
    if (i + 1 == positive_.size()) return highest_;
    const double a = edge(i), b = edge(i + 1);
    return a * (2.0 / (1.0 + a / b));
  }
  [[nodiscard]] double clamped(double x) const noexcept {
    return x < minimum_ ? minimum_ : (x > maximum_ ? maximum_ : x);
  }

  /// Estimate of the value with `rank` values below it; the ends are known exactly.
  [[nodiscard]] double ranked(std::uint64_t rank) const noexcept {
    if (rank == 0) return minimum_;
    if (rank + 1 >= count_) return maximum_;
    std::uint64_t seen = 0;
    for (std::size_t i = negative_.size(); i-- > 0;) {
      seen += negative_[i];
      if (seen > rank) return clamped(-representative(i));
    }
    seen += zeros_;
    if (seen > rank) return clamped(0.0);
    for (std::size_t i = 0; i < positive_.size(); ++i) {
      seen += positive_[i];
      if (seen > rank) return clamped(representative(i));
    }
    return maximum_;
  }

  config config_;
  double lowest_ = 0.0;
  double highest_ = 0.0;
  std::size_t base_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t zeros_ = 0;
  double minimum_ = 0.0;
  double maximum_ = 0.0;
  std::vector<std::uint64_t> positive_;  // the last bucket is everything from highest up
  std::vector<std::uint64_t> negative_;
};

}  // namespace muster::inline MUSTER_ABI::stats
