// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/kmps/orchestration/adjustment.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// The frames of one episode as learning needs them, laid end to end. Memory is kept by `clear`.
template <class T, std::size_t Parts>
struct lane_record {
  std::vector<T> states;                            // [frames, nodes, width]
  std::vector<std::uint32_t> nodes, actions;        // [frames, rounds, picks]
  std::vector<adjustment> done;                     // likewise
  std::array<std::vector<float>, Parts> log_probs;  // [frames, rounds]
  std::array<std::vector<float>, Parts> values;     // [frames], in units of reward
  std::array<std::vector<float>, Parts> rewards;    // [frames]
  std::array<std::vector<float>, Parts> credits;    // [frames, rounds], above the frame's mean
  std::array<std::vector<float>, Parts> advantages, targets;  // [frames]
  std::size_t frames = 0;                                     // decided
  bool open = false;                                          // the last one waits for its reward

  /// Frames with their reward.
  [[nodiscard]] std::size_t finished() const noexcept { return frames - (open ? 1 : 0); }

  void clear() noexcept {
    states.clear(), nodes.clear(), actions.clear(), done.clear();
    for (std::size_t p = 0; p < Parts; ++p) {
      log_probs[p].clear(), values[p].clear(), rewards[p].clear(), credits[p].clear();
      advantages[p].clear(), targets[p].clear();
    }
    frames = 0;
    open = false;
  }
};

}  // namespace muster::inline MUSTER_ABI::kmps::detail
