// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::trace::detail {

/// An even random sample of a stream whose length nobody knows.
///
/// Idea    the first `capacity` values fill the sample; value i after that enters with
///         probability capacity / i and pushes a random one out. All subsets are then equally
///         likely at every moment.
/// Source  algorithm R of A. Waterman in J. Vitter: Random sampling with a reservoir, ACM TOMS
///         11(1), 1985.
/// Cost    one random number per value, no allocation after construction.
template <class T>
class reservoir {
 public:
  reservoir(std::size_t capacity, rng g) : capacity_{capacity}, rng_{g} {
    MUSTER_EXPECTS(capacity > 0,
                   "muster: trace: a sample of no rows is asked for; write at least 1");
    kept_.reserve(capacity);
  }

  void add(const T& value) noexcept {
    ++seen_;
    if (kept_.size() < capacity_) {
      kept_.push_back(value);
    } else if (const std::uint64_t i = uniform_below(rng_, seen_); i < capacity_) {
      kept_[static_cast<std::size_t>(i)] = value;
    }
  }

  [[nodiscard]] std::span<const T> kept() const noexcept { return kept_; }
  [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }

 private:
  std::size_t capacity_;
  rng rng_;
  std::vector<T> kept_;
  std::uint64_t seen_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::trace::detail
