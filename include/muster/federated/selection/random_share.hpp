// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/client_selection.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// A random part of the clients takes part, a new one in each round.
///
/// Equation  m_r = a whole number between ceil(low n) and floor(high n), uniform from (seed, r);
///           the m_r clients with the smallest keys, key = a number from (seed, r, client)
/// Limits    with few clients there may be no whole number between the bounds: then the one
///           nearest to their middle is taken, at least one.
/// Weights   all are equally likely to be chosen, so none needs another weight. For sampled_mean,
///           `population` is then the mean share of the weights of all.
/// Cost      about 50 ns per client.
/// Determinism  equal keys (one case in 2^64): the smaller id.
class random_share {
 public:
  struct config {
    double low = 0.6;        ///< smallest share; in (0, 1]
    double high = 0.8;       ///< largest share; in [low, 1]
    std::uint64_t seed = 0;  ///< of the choices
  };

  random_share() = default;
  explicit random_share(config c) noexcept : config_{c} {
    MUSTER_EXPECTS(c.low > 0.0 && c.low <= c.high && c.high <= 1.0,
                   "muster: federated::random_share needs 0 < low <= high <= 1");
  }

  void select(std::uint64_t round, std::span<const client_id> awake,
              std::vector<client_id>& chosen) {
    const rng streams = rng{config_.seed}.fork(round);
    const std::size_t m = count(awake.size(), streams);
    keys_.clear();
    for (const client_id c : awake) keys_.emplace_back(streams.fork(index_of(c))(), c);
    const auto end = keys_.begin() + static_cast<std::ptrdiff_t>(m);
    if (end != keys_.end()) std::nth_element(keys_.begin(), end, keys_.end());
    const std::size_t first = chosen.size();
    for (auto k = keys_.begin(); k != end; ++k) chosen.push_back(k->second);
    std::sort(chosen.begin() + static_cast<std::ptrdiff_t>(first), chosen.end());
  }

 private:
  [[nodiscard]] std::size_t count(std::size_t n, rng draw) const {
    const double all = static_cast<double>(n);
    // 0.6 x 5 is 3, although the product of the two doubles may be a little above.
    const double least = std::ceil(config_.low * all - 1e-9);
    const double most = std::floor(config_.high * all + 1e-9);
    if (most < (std::max)(1.0, least)) {
      return (std::max)(std::size_t{1}, static_cast<std::size_t>(
                                            std::lround(0.5 * (config_.low + config_.high) * all)));
    }
    const auto from = static_cast<std::size_t>((std::max)(1.0, least));
    return from +
           static_cast<std::size_t>(uniform_below(draw, static_cast<std::size_t>(most) - from + 1));
  }

  config config_{};
  std::vector<std::pair<std::uint64_t, client_id>> keys_;
};

static_assert(client_selection<random_share>);

}  // namespace muster::inline MUSTER_ABI::federated
