// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <muster/core/job.hpp>

namespace queue_jobs {

/// A job from small numbers of seconds, for tests of queues.
constexpr muster::job make(std::uint64_t id, std::int64_t arrival, std::int64_t deadline,
                           std::int64_t work = 0, std::uint32_t service = 0, bool urgent = false) {
  muster::job j;
  j.id = muster::job_id{id};
  j.arrival = muster::instant{} + muster::seconds(arrival);
  j.deadline = muster::instant{} + muster::seconds(deadline);
  j.work = muster::seconds(work);
  j.service = muster::service_id{service};
  j.urgent = urgent;
  return j;
}

constexpr muster::instant at(std::int64_t s) { return muster::instant{} + muster::seconds(s); }

}  // namespace queue_jobs
