// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <vector>

#include <muster/core/rng.hpp>
#include <muster/trace/task.hpp>

namespace support {

struct workload_shape {
  double rate = 100.0;  ///< requests per second, Poisson
  double seconds = 5.0;
  std::uint32_t access_points = 3;
  std::uint32_t services = 12;
  double mean_work_ms = 65.0;
  double min_allowance_ms = 100.0, max_allowance_ms = 1500.0;
};

/// Poisson arrivals with uniform deadlines; 70 % of one service.
inline std::vector<muster::trace::arrival> edge_workload(const workload_shape& s,
                                                         std::uint64_t seed) {
  muster::rng random{seed};
  std::vector<muster::trace::arrival> out;
  double t = 0.0;
  for (;;) {
    t += -std::log(1.0 - muster::uniform01(random)) / s.rate;
    if (t >= s.seconds) return out;
    muster::trace::arrival a;
    a.access_point = static_cast<std::uint32_t>(muster::uniform_below(random, s.access_points));
    muster::job& j = a.request;
    j.id = muster::job_id{out.size()};
    j.arrival = muster::instant{} + muster::from_seconds(t);
    const std::uint64_t w = muster::uniform_below(random, 10);
    j.service = muster::service_id{
        static_cast<std::uint32_t>(w < 7 ? 0 : muster::uniform_below(random, s.services))};
    j.work = muster::from_seconds(1e-3 * s.mean_work_ms * 2.0 * muster::uniform01(random));
    j.deadline =
        j.arrival + muster::from_seconds(
                        1e-3 * (s.min_allowance_ms + (s.max_allowance_ms - s.min_allowance_ms) *
                                                         muster::uniform01(random)));
    j.cpu = 0.1F + 0.4F * static_cast<float>(muster::uniform01(random));
    j.memory = 0.05F;
    out.push_back(a);
  }
}

}  // namespace support
