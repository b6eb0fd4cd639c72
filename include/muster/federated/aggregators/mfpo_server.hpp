// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>

#include <muster/concepts/aggregator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/detail/blocks.hpp>
#include <muster/federated/detail/roster.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Averages policies and momenta, then takes a step of its own along the mean momentum: the server
/// of MFPO.
///
/// Idea      the mean of the momenta is a better direction than any client has; a step along it
///           costs no further interaction and no further message.
/// Source    S. Yue, X. Hua, L. Chen, J. Ren: Momentum-based federated reinforcement learning with
///           interaction and communication efficiency, INFOCOM 2024 (arXiv 2405.17471); the clients
///           are rl/momentum_policy_gradient.hpp.
/// Equation  theta' = sum_k p_k theta_k,  u' = sum_k p_k u_k,  next = [theta' + rate u' | u']
/// Symbols   p_k = w_k / sum w, w_k = update.weight; an update is [theta_k | u_k], both of one
///           length; u points uphill, hence the plus; equal weights are the source's plain mean
/// Reading   the order of things is ours: the source speaks of an adjustment on the server, on top
///           of averaging, and of both columns being sent. Two readings are two rates: with rate 0
///           and plain local steps the result is that of P. Khanduri et al.: STEM, NeurIPS 2021,
///           where the server's step takes the place of the clients' last one; with the clients'
///           own rate it is one step more. The authors' program averages parameters and takes none.
/// Use       clients must know the rate: `resume(rate)` needs it to tell where u' belongs.
/// Cost      weighted_mean, and a pass over next. No allocation once warm.
class mfpo_server {
 public:
  struct config {
    double rate = 1e-4;  ///< of the step along the mean momentum; 0 = only average; >= 0
  };

  mfpo_server() : mfpo_server(config{}) {}
  explicit mfpo_server(config c) : config_{c} {
    MUSTER_EXPECTS(c.rate >= 0.0 && std::isfinite(c.rate),
                   "muster: federated::mfpo_server needs a finite rate >= 0; 0 only averages");
  }

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (next.size() % 2 != 0) {
      return error{.what = "has " + std::to_string(next.size()) + " numbers",
                   .file = {},
                   .field = "global model",
                   .expected = "policy and momentum, as many numbers each"};
    }
    if (auto opened = roster_.open(round, next); !opened) return opened;
    if (!detail::mean_into(round.pool, roster_.values(), roster_.shares(), next)) {
      return roster_.blame(round);
    }
    const std::size_t half = next.size() / 2;
    std::atomic<bool> finite{true};
    detail::for_each_block(
        round.pool, half, detail::mean_block, [&](std::size_t first, std::size_t n) {
          for (std::size_t i = first; i < first + n; ++i) {
            next[i] = static_cast<float>(static_cast<double>(next[i]) +
                                         config_.rate * static_cast<double>(next[half + i]));
            if (!detail::is_finite(next[i])) finite.store(false, std::memory_order_relaxed);
          }
        });
    if (!finite.load(std::memory_order_relaxed)) return roster_.blame(round);
    return {};
  }

  [[nodiscard]] const config& configuration() const noexcept { return config_; }

 private:
  config config_;
  detail::roster roster_;
};

static_assert(aggregator<mfpo_server>);

}  // namespace muster::inline MUSTER_ABI::federated
