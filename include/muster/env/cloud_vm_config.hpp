// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::env {

/// Equal machines of a cloud.
struct vm_spec {
  std::uint32_t cpu = 1;    ///< vCPUs of each; >= 1
  double memory = 1.0;      ///< GB of each; > 0, kept to a thousandth
  std::uint32_t count = 1;  ///< how many there are; >= 1

  friend constexpr bool operator==(const vm_spec&, const vm_spec&) = default;
};

/// One cloud of `cloud_vm` and the frame in which an agent sees it.
///
/// Clouds with equal frames (the three limits and `visible_tasks`) have equal observations and
/// actions, which is what lets clients of a federation share a network.
/// Defaults    machines: the first client of PFRL-DM's Table 2; frame: wide enough for Tables 2
///             and 3. The paper names neither the frame nor the slot.
struct cloud_vm_config {
  std::vector<vm_spec> machines{{16, 128.0, 4}, {32, 256.0, 1}};  ///< at least one

  std::uint32_t max_machines = 7;   ///< L; >= the number of machines
  std::uint32_t max_cpu = 64;       ///< U of vCPUs per machine; >= each machine's
  double max_memory = 512.0;        ///< U of memory, GB; >= each machine's, at most 1e6
  std::uint32_t visible_tasks = 5;  ///< Q: tasks of the queue that are shown; >= 1

  duration slot = seconds(60);  ///< what a run time and an arrival are rounded up to; > 0
  /// GB per unit of `trace::task::memory`. A reader of a trace gives per cent of a machine:
  /// write a hundredth of the GB of that machine. Finite, > 0
  double task_memory_unit = 1.0;
  std::array<double, 2> weights{0.5, 0.5};  ///< w of vCPUs and memory; >= 0, sum 1

  /// What an observation shows as 1, vCPUs and GB; 0 = the widest the frame allows. A task is small
  /// beside that, and an agent learns sooner if whether it fits is not a matter of hundredths.
  double shown_cpu = 0.0, shown_memory = 0.0;
  float padding = -1.0F;  ///< shown for what does not exist; outside what is shown: below 0
  /// Time passes after each placement, not only after waiting or a denial.
  bool one_placement_per_slot = false;
  /// Ask also while no machine has room for the head of the queue, when waiting is all there
  /// is, as the paper does. false: time passes unasked until one has.
  bool ask_when_full = true;
  std::uint64_t step_limit = 100'000;  ///< steps until truncation; >= 1
};

/// What an observation of `c` shows as 1.
[[nodiscard]] inline double shown_cpu(const cloud_vm_config& c) noexcept {
  return c.shown_cpu > 0.0 ? c.shown_cpu : static_cast<double>(c.max_cpu);
}
[[nodiscard]] inline double shown_memory(const cloud_vm_config& c) noexcept {
  return c.shown_memory > 0.0 ? c.shown_memory : c.max_memory;
}

/// Whether an environment can be built from `c`, or which field is wrong.
[[nodiscard]] inline result<void> check(const cloud_vm_config& c) {
  const auto wrong = [](const char* field, std::string what, std::string expected) {
    return error{std::move(what), "", 0, field, std::move(expected)};
  };
  if (c.max_memory <= 0.0 || !(c.max_memory <= 1e6)) {
    return wrong("max_memory", "is not an amount of memory", "GB above 0, at most 1e6");
  }
  if (c.machines.empty()) return wrong("machines", "is empty", "at least one vm_spec");
  std::uint64_t count = 0;
  for (const vm_spec& m : c.machines) {
    if (m.cpu == 0 || m.count == 0 || !(m.memory >= 0.001)) {
      return wrong("machines", "has a machine of nothing", "cpu, count and memory above 0");
    }
    if (m.cpu > c.max_cpu || m.memory > c.max_memory) {
      return wrong("machines", "has a machine above max_cpu or max_memory",
                   "machines within the frame, or a wider frame");
    }
    count += m.count;
  }
  if (count > c.max_machines) {
    return wrong("max_machines", "is less than the " + std::to_string(count) + " machines",
                 "at least their number");
  }
  if (std::uint64_t{c.max_machines} * c.max_cpu >= std::uint64_t{1} << 24) {
    return wrong("max_cpu", "makes too many vCPUs", "max_machines x max_cpu below 2^24");
  }
  if (c.visible_tasks == 0) return wrong("visible_tasks", "is 0", "at least 1");
  if (c.slot <= duration{}) return wrong("slot", "is not a length of time", "above 0");
  if (!(c.task_memory_unit > 0.0) || !std::isfinite(c.task_memory_unit)) {
    return wrong("task_memory_unit", "is not an amount of memory", "GB above 0");
  }
  const double sum = c.weights[0] + c.weights[1];
  if (!(c.weights[0] >= 0.0 && c.weights[1] >= 0.0 && std::abs(sum - 1.0) < 1e-9)) {
    return wrong("weights", "are not shares", "two numbers >= 0 with sum 1");
  }
  if (!(c.shown_cpu >= 0.0 && c.shown_memory >= 0.0) || !std::isfinite(c.shown_cpu) ||
      !std::isfinite(c.shown_memory)) {
    return wrong("shown_cpu", "or shown_memory is not an amount", "0 or more");
  }
  const double most = (std::max)(
      {1.0, static_cast<double>(c.max_cpu) / shown_cpu(c), c.max_memory / shown_memory(c)});
  if (!std::isfinite(c.padding) || (c.padding >= 0.0F && static_cast<double>(c.padding) <= most)) {
    return wrong("padding", "could be mistaken for a value", "a number below 0");
  }
  if (c.step_limit == 0) return wrong("step_limit", "is 0", "at least 1");
  return {};
}

}  // namespace muster::inline MUSTER_ABI::env
