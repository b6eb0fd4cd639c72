// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/detail/blocks.hpp>
#include <muster/federated/detail/roster.hpp>
#include <muster/federated/detail/scratch.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// Where one number of the server's state goes, and by how much the model moves.
struct server_step {
  double momentum = 0.0;
  double square = 0.0;
  double move = 0.0;
};

/// Treats the mean of the clients' changes as a gradient, for an optimiser with a state of one or
/// two numbers per parameter: what server_momentum and the FedOpt family have in common.
///
///   delta = sum over k of w_k x_k / sum over k of w_k - x,    x = round.global
///   next = x + rule(delta, momentum, square).move
///
/// A round that fails leaves the state alone: steps are first tried, and kept if all are finite.
template <class Rule>
class server_optimiser {
 public:
  explicit server_optimiser(Rule rule) : rule_{rule} {}

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    if (momentum_.empty()) {
      momentum_.assign(next.size(), 0.0F);
      square_.assign(Rule::has_square ? next.size() : 0, static_cast<float>(rule_.first_square()));
    }
    MUSTER_EXPECTS(momentum_.size() == next.size(),
                   "muster: federated: a server optimiser has the state of another model; use one "
                   "per federation");
    // What becomes of the state is tried first, the momentum in the place of the mean.
    const std::span<float> momentum = momentum_tried_.take(next.size());
    const std::span<float> square = square_tried_.take(square_.size());
    if (!mean_into(round.pool, roster_.values(), roster_.shares(), momentum)) {
      return roster_.blame(round);
    }
    std::atomic<bool> finite{true};
    for_each_block(round.pool, next.size(), mean_block, [&](std::size_t first, std::size_t n) {
      bool good = true;
      for (std::size_t i = first; i < first + n; ++i) {
        const double x = static_cast<double>(round.global[i]);
        const server_step s =
            rule_(static_cast<double>(momentum[i]) - x, static_cast<double>(momentum_[i]),
                  Rule::has_square ? static_cast<double>(square_[i]) : 0.0);
        next[i] = static_cast<float>(x + s.move);
        momentum[i] = static_cast<float>(s.momentum);
        good = good && is_finite(next[i]) && is_finite(momentum[i]);
        if constexpr (Rule::has_square) {
          square[i] = static_cast<float>(s.square);
          good = good && is_finite(square[i]);
        }
      }
      if (!good) finite.store(false, std::memory_order_relaxed);
    });
    if (!finite.load(std::memory_order_relaxed)) return roster_.blame(round);
    std::copy(momentum.begin(), momentum.end(), momentum_.begin());
    std::copy(square.begin(), square.end(), square_.begin());
    return {};
  }

  /// Names the state in a checkpoint (nn/checkpoint.hpp); before the first round it is empty.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    const std::string p{prefix};
    c.add(p + "momentum", momentum_);
    if constexpr (Rule::has_square) c.add(p + "square", square_);
  }

 private:
  Rule rule_;
  roster roster_;
  scratch<float> momentum_tried_, square_tried_;
  std::vector<float> momentum_, square_;
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
