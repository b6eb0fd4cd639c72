// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/env/cloud_vm_config.hpp>
#include <muster/env/cloud_vm_record.hpp>
#include <muster/trace/task.hpp>

namespace muster::inline MUSTER_ABI::env::detail {

/// GB in the whole units of the simulation.
[[nodiscard]] inline std::int32_t thousandths(double gigabytes) noexcept {
  return static_cast<std::int32_t>(std::llround(gigabytes * 1000.0));
}

/// The tasks of an episode in slots, in order of arrival, and what an agent sees of them.
struct cloud_workload {
  std::vector<cloud_task> tasks;
  std::vector<float> demands;  // of each task: vCPUs and memory as shares of the frame
  cloud_refusals refused;

  /// Lets in what fits an empty machine of `c`. Ties in time stay in the order of the rows.
  cloud_workload(std::span<const trace::task> rows, const cloud_vm_config& c) {
    struct entry {
      instant start;
      cloud_task task;
    };
    std::vector<entry> entries;
    entries.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const trace::task& t = rows[i];
      if (!well_formed(t, c)) {
        ++refused.malformed;
        continue;
      }
      cloud_task task;
      task.run =
          static_cast<std::uint32_t>((std::max)(slots(t.allowance, c.slot), std::int64_t{1}));
      task.cpu = (std::max)(static_cast<std::uint32_t>(std::ceil((std::min)(t.cpu, 1e9F))), 1U);
      task.memory =
          thousandths((std::min)(static_cast<double>(t.memory) * c.task_memory_unit, 2e6));
      task.row = static_cast<std::uint32_t>(i);
      bool enough_cpu = false, fits = false;
      for (const vm_spec& m : c.machines) {
        if (m.cpu < task.cpu) continue;
        enough_cpu = true;
        fits = fits || thousandths(m.memory) >= task.memory;
      }
      if (fits) {
        entries.push_back({t.start, task});
      } else {
        ++(enough_cpu ? refused.memory : refused.cpu);
      }
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const entry& a, const entry& b) { return a.start < b.start; });
    tasks.reserve(entries.size());
    demands.reserve(2 * entries.size());
    for (const entry& e : entries) {
      cloud_task task = e.task;
      task.arrival = slots(e.start - entries.front().start, c.slot);
      if (task.arrival >= too_many_slots) {
        ++refused.malformed;
        continue;
      }
      tasks.push_back(task);
      demands.push_back(static_cast<float>(task.cpu) / static_cast<float>(shown_cpu(c)));
      demands.push_back(static_cast<float>(task.memory) /
                        static_cast<float>(thousandths(shown_memory(c))));
    }
  }

 private:
  static constexpr std::int64_t too_many_slots = std::int64_t{1} << 31;

  [[nodiscard]] static std::int64_t slots(duration d, duration slot) noexcept {
    return d.us / slot.us + (d.us % slot.us > 0 ? 1 : 0);
  }
  [[nodiscard]] static bool well_formed(const trace::task& t, const cloud_vm_config& c) noexcept {
    constexpr instant limit{std::int64_t{1} << 62};  // so that two of them can be subtracted
    return std::isfinite(t.cpu) && t.cpu >= 0.0F && std::isfinite(t.memory) && t.memory >= 0.0F &&
           t.allowance >= duration{} && slots(t.allowance, c.slot) < too_many_slots &&
           t.start >= instant{-limit.us} && t.start < limit;
  }
};

}  // namespace muster::inline MUSTER_ABI::env::detail
