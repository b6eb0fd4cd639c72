// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include <muster/core/contracts.hpp>
#include <muster/stats/summary.hpp>

namespace muster::inline MUSTER_ABI::stats {

/// How evenly something is shared: 1 if all get the same, 1/n if one gets everything.
///
/// Equation   J = (sum x)^2 / (n sum x^2)
/// Source     R. Jain, D. Chiu, W. Hawe: A quantitative measure of fairness and discrimination
///            for resource allocation in shared computer systems, DEC TR-301, 1984.
/// Symbols    x_i >= 0, what user i gets. If users are entitled to different amounts, divide
///            first: x_i = got_i / entitled_i.
/// Edges      nobody gets anything: 1, for all are treated alike. Negative x have no meaning
///            here and break the precondition (clip slack at 0 before).
/// Cost       O(n), no allocation.
[[nodiscard]] inline double jain_index(std::span<const double> x) {
  MUSTER_EXPECTS(!x.empty(), "muster: jain_index of nobody; write at least one share");
  for (const double v : x) {
    MUSTER_EXPECTS(v >= 0.0, "muster: jain_index was given a negative share; write x >= 0");
    static_cast<void>(v);
  }
  const double total = sum(x);
  const double squares = pairwise_sum(x.size(), [&](std::size_t i) { return x[i] * x[i]; });
  return squares > 0.0 ? total / static_cast<double>(x.size()) * (total / squares) : 1.0;
}

/// The same where user i counts as w_i users, for tenants of different importance.
///
/// Equation   J_w = (sum w x)^2 / (sum w * sum w x^2)
/// Equal weights give the plain index; whole weights give that of a list in which user i
/// stands w_i times. Weights are >= 0 and not all 0.
[[nodiscard]] inline double jain_index(std::span<const double> x, std::span<const double> weights) {
  MUSTER_EXPECTS(x.size() == weights.size(),
                 "muster: jain_index has shares and weights of different length; write one "
                 "weight per share");
  for (std::size_t i = 0; i < x.size(); ++i) {
    MUSTER_EXPECTS(x[i] >= 0.0 && weights[i] >= 0.0,
                   "muster: jain_index was given a negative share or weight; write x, w >= 0");
  }
  const auto w = [&](std::size_t i) { return weights[i]; };
  const auto wx = [&](std::size_t i) { return weights[i] * x[i]; };
  const auto wxx = [&](std::size_t i) { return weights[i] * x[i] * x[i]; };
  const double weight = pairwise_sum(x.size(), w);
  MUSTER_EXPECTS(weight > 0.0, "muster: jain_index has no weight; write a positive one");
  const double total = pairwise_sum(x.size(), wx);
  const double squares = pairwise_sum(x.size(), wxx);
  return squares > 0.0 ? total / weight * (total / squares) : 1.0;
}

}  // namespace muster::inline MUSTER_ABI::stats
