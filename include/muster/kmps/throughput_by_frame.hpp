// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>
#include <muster/env/edge_cloud_record.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// What became of the requests that arrived in one frame.
struct frame_cohort {
  std::uint64_t arrived = 0, on_time = 0;

  /// Part of them answered on time, [0, 1]; 1 when nothing arrived.
  [[nodiscard]] double throughput() const noexcept {
    return arrived == 0 ? 1.0 : static_cast<double>(on_time) / static_cast<double>(arrived);
  }
};

/// The short-term throughput of KMPS: Eq. 1 frame by frame, of a played episode.
///
/// Idea      a request counts in the frame in which it arrived, whenever it is answered; so the
///           frames add up to the episode. The last frame may be cut short by the horizon.
/// Source    KMPS III-A and IV-B.4: orchestration answers for a frame, and is judged by it.
/// Cost      one pass over the requests; allocates the result.
template <class Environment>
[[nodiscard]] std::vector<frame_cohort> throughput_by_frame(const Environment& e, duration frame) {
  MUSTER_EXPECTS(frame.us > 0,
                 "muster: kmps::throughput_by_frame needs frames that last; pass frame > 0");
  const auto requests = e.requests();
  const auto records = e.records();
  std::vector<frame_cohort> frames(
      static_cast<std::size_t>((e.horizon().us + frame.us - 1) / frame.us));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    frame_cohort& f = frames[static_cast<std::size_t>(requests[i].arrival.us / frame.us)];
    ++f.arrived;
    if (records[i].state == env::request_state::on_time) ++f.on_time;
  }
  return frames;
}

}  // namespace muster::inline MUSTER_ABI::kmps
