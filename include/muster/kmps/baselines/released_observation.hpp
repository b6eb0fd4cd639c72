// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/concepts/observation.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// What an access point sees in the authors' program: nothing about the request.
///
/// Layout    replicas of every service on every edge node; the length of the own queue and of the
///           queues of the own nodes; use and size of the cores of each own node, then of memory.
///           2 x 6 nodes and 12 services: 144 + 7 + 12 + 12 = 175 numbers.
/// Source    KMPS's published program (KMPS-2025/KMPS). There all nodes have global numbers; here
///           they come in the frame of the deciding access point, own nodes first, as its
///           targets do, so that one actor can serve all of them.
/// Scale     none, as released: cores and GB as they are. With nodes of the paper's size all is of
///           order 1 to 16.
class released_observation {
 public:
  struct config {};
  static constexpr const char* name = "released";

  constexpr released_observation() noexcept = default;
  constexpr explicit released_observation(config) noexcept {}

  [[nodiscard]] observation_layout layout(std::size_t own, std::size_t targets,
                                          std::size_t services) const noexcept {
    return {(targets - 1) * services + 1 + 5 * own, 0, 0};
  }
  void encode(const dispatch_view& view, std::span<float> out) const noexcept {
    float* x = out.data();
    const target_table& table = *view.table;
    for (std::size_t k = 0; k < view.cloud(); ++k) {
      const std::size_t row = view.row_of(k);
      for (std::size_t w = 0; w < table.services; ++w) {
        *x++ = static_cast<float>(table.cells[row * table.services + w].replicas);
      }
    }
    *x++ = static_cast<float>(view.queue_length);
    for (std::size_t k = 0; k < view.own; ++k) {
      *x++ = static_cast<float>(table.rows[view.row_of(k)].queue_length);
    }
    for (std::size_t k = 0; k < view.own; ++k) {
      const auto& row = table.rows[view.row_of(k)];
      *x++ = units(row.cpu_used);
      *x++ = units(row.cpu_total);
    }
    for (std::size_t k = 0; k < view.own; ++k) {
      const auto& row = table.rows[view.row_of(k)];
      *x++ = units(row.memory_used);
      *x++ = units(row.memory_total);
    }
  }

 private:
  [[nodiscard]] static float units(std::int64_t thousandths) noexcept {
    return static_cast<float>(static_cast<double>(thousandths) * 1e-3);
  }
};

static_assert(observation_encoder<released_observation>);

}  // namespace muster::inline MUSTER_ABI::kmps
