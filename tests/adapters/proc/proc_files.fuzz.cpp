// SPDX-License-Identifier: Apache-2.0
// libFuzzer target of the readers of process files; scripts/fuzz builds and runs it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <muster/adapters/proc/cgroup.hpp>
#include <muster/adapters/proc/cpu_times.hpp>
#include <muster/adapters/proc/load_average.hpp>
#include <muster/adapters/proc/memory_info.hpp>
#include <muster/adapters/proc/network_counters.hpp>
#include <string_view>

namespace {

template <class T, class Good>
void check(const muster::result<T>& answer, Good good) {
  if (answer ? !good(*answer) : answer.failure().to_string().find('\n') != std::string::npos) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace proc = muster::adapters::proc;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto any = [](const auto&) { return true; };
  check(proc::read_cpu_statistics(text), [](const proc::cpu_statistics& s) {
    return s.processors > 0 && s.all.total() >= s.all.busy();
  });
  check(proc::read_memory_info(text),
        [](const proc::memory_info& m) { return m.available <= m.total && m.total > 0; });
  check(proc::read_load_average(text),
        [](const proc::load_average& l) { return l.one >= 0.0 && l.runnable <= l.tasks; });
  check(proc::read_cgroup_cpu(text), any);
  check(proc::read_cgroup_amount(text, "memory.max"), any);
  check(proc::read_cgroup_quota(text), [](const proc::cgroup_quota& q) { return q.period_us > 0; });
  check(proc::read_network_counters(text), any);
  return 0;
}
