// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <muster/core/result.hpp>
#include <muster/federated/messages.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// Whether there is neither NaN nor infinity among them. By their bits: one pass without a branch,
/// and right under -ffast-math as well.
[[nodiscard]] inline bool all_finite(std::span<const float> values) noexcept {
  constexpr std::uint32_t exponent = 0x7F800000U;
  std::uint32_t bad = 0;
  for (const float x : values) {
    bad |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(x) & exponent) == exponent);
  }
  return bad == 0;
}

[[nodiscard]] inline error refuse(client_id client, std::string what, std::string expected) {
  return {.what = std::move(what),
          .file = {},
          .field = "client " + std::to_string(index_of(client)),
          .expected = std::move(expected)};
}

/// What is wrong with the content of an upload to a model of `size` numbers, if something is.
[[nodiscard]] inline std::optional<error> fault_of(const upload& u, std::size_t size) {
  if (u.values.size() != size) {
    return refuse(u.client, "sent " + std::to_string(u.values.size()) + " numbers",
                  std::to_string(size));
  }
  if (!all_finite(u.values)) {
    std::size_t i = 0;
    while (all_finite(u.values.subspan(i, 1))) ++i;
    return refuse(u.client, "sent a number that is not finite, at " + std::to_string(i),
                  "a model whose training did not diverge");
  }
  if (!(std::isfinite(u.report.weight) && u.report.weight >= 0.0) ||
      !(std::isfinite(u.importance) && u.importance > 0.0)) {
    return refuse(
        u.client,
        "has the weight " + std::to_string(u.report.weight) + " x " + std::to_string(u.importance),
        "a finite weight of 0 or more");
  }
  return std::nullopt;
}

}  // namespace muster::inline MUSTER_ABI::federated::detail
