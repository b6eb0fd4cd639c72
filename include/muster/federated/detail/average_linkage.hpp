// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// Groups by likeness: everyone alone at first, then again and again the two groups that are most
/// alike become one.
///
/// Equation  likeness of two groups = mean over all pairs with one member in each
/// Cost      each group remembers its best partner, so O(n^2) as a rule and O(n^3) at worst.
/// Determinism  of equally good pairs the one with the smallest first, then second number.
class average_linkage {
 public:
  /// `likeness` is n x n, symmetric, and overwritten. Stops at `wanted` groups or, where that is
  /// 0, when no two groups are at least `least` alike. Groups are numbered by their first members;
  /// the answer is how many there are.
  std::size_t group(std::span<double> likeness, double least, std::size_t wanted,
                    std::span<std::uint32_t> group_of) {
    const std::size_t n = group_of.size();
    const auto at = [&](std::size_t i, std::size_t j) -> double& { return likeness[i * n + j]; };
    size_.assign(n, 1);
    partner_.assign(n, n);
    for (std::size_t i = 0; i < n; ++i) group_of[i] = static_cast<std::uint32_t>(i);
    const auto find_partner = [&](std::size_t i) {
      std::size_t best = n;
      for (std::size_t j = i + 1; j < n; ++j) {
        if (size_[j] != 0 && (best == n || at(i, j) > at(i, best))) best = j;
      }
      partner_[i] = best;
    };
    for (std::size_t i = 0; i < n; ++i) find_partner(i);

    std::size_t groups = n;
    while (groups > (wanted == 0 ? 1 : wanted)) {
      std::size_t a = n;
      for (std::size_t i = 0; i < n; ++i) {
        if (size_[i] == 0 || partner_[i] == n) continue;
        if (a == n || at(i, partner_[i]) > at(a, partner_[a])) a = i;
      }
      const std::size_t b = partner_[a];
      if (wanted == 0 && !(at(a, b) >= least)) break;
      const auto of_a = static_cast<double>(size_[a]), of_b = static_cast<double>(size_[b]);
      size_[a] += size_[b];
      size_[b] = 0;
      --groups;
      for (std::size_t k = 0; k < n; ++k) {
        if (group_of[k] == b) group_of[k] = static_cast<std::uint32_t>(a);
        if (k == a || size_[k] == 0) continue;
        at(a, k) = at(k, a) = (of_a * at(a, k) + of_b * at(b, k)) / (of_a + of_b);
      }
      for (std::size_t k = 0; k < n; ++k) {
        if (size_[k] == 0) continue;
        const std::size_t p = partner_[k];
        if (k == a || p == a || p == b) {
          find_partner(k);
        } else if (k < a && (at(k, a) > at(k, p) || (at(k, a) == at(k, p) && a < p))) {
          partner_[k] = a;
        }
      }
    }
    // A group stands under its first member so far.
    std::size_t number = 0;
    for (std::size_t i = 0; i < n; ++i) partner_[i] = size_[i] != 0 ? number++ : n;
    for (std::size_t i = 0; i < n; ++i) {
      group_of[i] = static_cast<std::uint32_t>(partner_[group_of[i]]);
    }
    return groups;
  }

 private:
  std::vector<std::size_t> size_, partner_;
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
