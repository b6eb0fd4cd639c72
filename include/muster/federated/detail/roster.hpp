// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/detail/kernels.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// How messages name a client.
[[nodiscard]] inline std::string name_of(client_id client) {
  return "client " + std::to_string(index_of(client));
}

/// The updates of a round by rising client id, so that no result depends on the order in which
/// they came, and whatever can be wrong with them.
class roster {
 public:
  /// Checks everything but the numbers themselves: that is left to the loop that reads them
  /// anyway, which calls `blame` when its result is not finite.
  [[nodiscard]] result<void> open(const aggregation_round& round, std::span<const float> next) {
    MUSTER_EXPECTS(next.size() == round.global.size() && !next.empty(),
                   "muster: federated: an aggregator writes a model of the size of the global one; "
                   "lend next with round.global.size() numbers");
    const std::size_t n = round.updates.size();
    if (n == 0)
      return error{
          .what = "has no updates", .file = {}, .field = "round", .expected = "at least one"};
    order_.resize(n);
    for (std::size_t i = 0; i < n; ++i) order_[i] = static_cast<std::uint32_t>(i);
    std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return round.updates[a].client < round.updates[b].client;
    });
    values_.resize(n);
    shares_.resize(n);
    double total = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const model_update& u = round.updates[order_[i]];
      if (i != 0 && round.updates[order_[i - 1]].client == u.client)
        return error{.what = "stands in the round twice",
                     .file = {},
                     .field = name_of(u.client),
                     .expected = "one update per client"};
      if (u.values.size() != round.global.size())
        return error{.what = "sent " + std::to_string(u.values.size()) + " numbers",
                     .file = {},
                     .field = name_of(u.client),
                     .expected = std::to_string(round.global.size()) + ", as the global model has"};
      if (!std::isfinite(u.weight) || u.weight < 0.0)
        return error{.what = "has the weight " + std::to_string(u.weight),
                     .file = {},
                     .field = name_of(u.client),
                     .expected = "a finite number, 0 or more"};
      values_[i] = u.values.data();
      shares_[i] = u.weight * 0x1p-40;  // exact, and the sum of up to 2^32 of them is finite
      total += shares_[i];
    }
    if (!(total > 0.0))
      return error{.what = "has weights that sum to zero",
                   .file = {},
                   .field = "round",
                   .expected = "at least one update with a positive weight"};
    for (double& share : shares_) share /= total;
    return {};
  }

  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  /// The numbers of each client, in the order of ids; so are the other answers.
  [[nodiscard]] std::span<const float* const> values() const noexcept { return values_; }
  /// Weights over their sum.
  [[nodiscard]] std::span<const double> shares() const noexcept { return shares_; }
  /// Where the i-th by id stands in `round.updates`.
  [[nodiscard]] std::size_t place(std::size_t i) const noexcept { return order_[i]; }

  /// Who sent a number that is not finite, if someone did.
  [[nodiscard]] std::optional<error> culprit(const aggregation_round& round) const {
    const auto find = [](std::string who, std::span<const float> x) -> std::optional<error> {
      std::size_t at = 0;
      while (at < x.size() && is_finite(x[at])) ++at;
      if (at == x.size()) return std::nullopt;
      const char* what = x[at] > 0.0F ? "inf" : x[at] < 0.0F ? "-inf" : "nan";
      return error{.what = std::string{"has "} + what + " at position " + std::to_string(at),
                   .file = {},
                   .field = std::move(who),
                   .expected = "finite numbers"};
    };
    for (const std::uint32_t i : order_) {
      const model_update& u = round.updates[i];
      if (auto found = find(name_of(u.client), u.values)) return found;
    }
    return find("global model", round.global);
  }
  /// Says who is to blame for a result that is not finite.
  [[nodiscard]] error blame(const aggregation_round& round) const {
    if (auto found = culprit(round)) return *std::move(found);
    return error{.what = "leads out of the range of float",
                 .file = {},
                 .field = "round",
                 .expected = "updates nearer to the global model; norm_clipping limits them"};
  }

 private:
  std::vector<std::uint32_t> order_;
  std::vector<const float*> values_;
  std::vector<double> shares_;
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
