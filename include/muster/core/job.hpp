// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/core/ids.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI {

/// One request for work: what queues order, dispatchers place and simulators run.
struct job {
  job_id id{};           ///< unique in one run; ties are broken by the smaller id
  instant arrival{};     ///< when it entered the system
  instant deadline{};    ///< on time if its answer is back at or before this
  duration work{};       ///< execution time on a node of speed 1; >= 0
  service_id service{};  ///< which service can run it
  float cpu = 0.0F;      ///< cores held while it runs; >= 0
  float memory = 0.0F;   ///< GB held while it runs; >= 0
  bool urgent = false;   ///< lifted to the head of its queue
};

}  // namespace muster::inline MUSTER_ABI
