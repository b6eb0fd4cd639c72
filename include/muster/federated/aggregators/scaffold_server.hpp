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

/// SCAFFOLD, the server's half: moves the model by the mean change, and its control variate by the
/// mean change of the clients' ones.
///
/// Idea      c stays the mean of the c_i of all clients, also of those that take no part, so that
///           the correction c - c_i has the mean 0 over clients.
/// Source    S. Karimireddy, S. Kale, M. Mohri, S. Reddi, S. Stich, A. Suresh: SCAFFOLD:
///           stochastic controlled averaging for federated learning, ICML 2020, Algorithm 1, lines
///           16 and 17; the clients are federated/control_variate.hpp.
/// Equation  x' = x + rate (sum_k p_k y_k - x),   c' = c + (S / N) sum_k p_k d_k
/// Symbols   [x | c] = round.global, an update is [y_k | d_k] with d_k = c_k' - c_k; S = updates in
///           the round, N = clients; p_k = w_k / sum w, in the source 1 / S
/// Start     the first model is [x | 0].
/// Cost      weighted_mean, and a pass over next. No state of its own; no allocation once warm.
class scaffold_server {
 public:
  struct config {
    double rate = 1.0;        ///< eta_g, of the server; > 0
    std::size_t clients = 1;  ///< N, also those that are never chosen; >= updates in a round
  };

  scaffold_server() : scaffold_server(config{}) {}
  explicit scaffold_server(config c) : config_{c} {
    MUSTER_EXPECTS(c.rate > 0.0 && std::isfinite(c.rate) && c.clients > 0,
                   "muster: federated::scaffold_server needs a finite rate > 0, and how many "
                   "clients there are");
  }

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (next.size() % 2 != 0) {
      return error{.what = "has " + std::to_string(next.size()) + " numbers",
                   .file = {},
                   .field = "global model",
                   .expected = "model and control variate, as many numbers each"};
    }
    if (round.updates.size() > config_.clients) {
      return error{.what = "has " + std::to_string(round.updates.size()) + " updates",
                   .file = {},
                   .field = "round",
                   .expected = "at most config.clients = " + std::to_string(config_.clients)};
    }
    if (auto opened = roster_.open(round, next); !opened) return opened;
    if (!detail::mean_into(round.pool, roster_.values(), roster_.shares(), next)) {
      return roster_.blame(round);
    }
    const std::size_t half = next.size() / 2;
    const double part =
        static_cast<double>(round.updates.size()) / static_cast<double>(config_.clients);
    std::atomic<bool> finite{true};
    detail::for_each_block(
        round.pool, next.size(), detail::mean_block, [&](std::size_t first, std::size_t n) {
          for (std::size_t i = first; i < first + n; ++i) {
            const double old = static_cast<double>(round.global[i]);
            const double mean = static_cast<double>(next[i]);
            next[i] = static_cast<float>(i < half ? old + config_.rate * (mean - old)
                                                  : old + part * mean);
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

static_assert(aggregator<scaffold_server>);

}  // namespace muster::inline MUSTER_ABI::federated
