// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// How much an update counts that was trained from an older model.
///
/// Syntax   `d(s)` -> double, for s = versions published since
/// Meaning  d(0) = 1, never rises, never negative
template <class D>
concept staleness_decay = std::copyable<D> && requires(const D& d, std::uint64_t s) {
  { d(s) } -> std::same_as<double>;
};

// Source   C. Xie, S. Koyejo, I. Gupta: Asynchronous federated optimization, 2019, section 5.2,
//          where the three have the names constant, polynomial and hinge.

/// Every update counts the same, however old.
struct constant_decay {
  [[nodiscard]] double operator()(std::uint64_t) const noexcept { return 1.0; }
};

/// (1 + s)^-exponent: falls with every version.
struct polynomial_decay {
  double exponent = 0.5;  ///< a; >= 0
  [[nodiscard]] double operator()(std::uint64_t s) const noexcept {
    return std::pow(1.0 + static_cast<double>(s), -exponent);
  }
};

/// 1 up to `patience` versions, then 1 / (slope (s - patience) + 1).
struct hinge_decay {
  double slope = 10.0;         ///< a; >= 0
  std::uint64_t patience = 4;  ///< b
  [[nodiscard]] double operator()(std::uint64_t s) const noexcept {
    return s <= patience ? 1.0 : 1.0 / (slope * static_cast<double>(s - patience) + 1.0);
  }
};

static_assert(staleness_decay<constant_decay> && staleness_decay<polynomial_decay> &&
              staleness_decay<hinge_decay>);

}  // namespace muster::inline MUSTER_ABI::federated
