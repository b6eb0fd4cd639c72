// SPDX-License-Identifier: Apache-2.0
// libFuzzer target of the readers of openb; scripts/fuzz builds and runs it.
#include <muster/trace/openb.hpp>

#include "trace/reader_checks.hpp"

// A fuzzer would need long to guess a header: it is put before what comes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster::trace;
  if (size < 3) return 0;
  const bool pods = data[2] % 2 == 0;
  std::string text(reinterpret_cast<const char*>(data), 2);
  text += pods ? "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,"
                 "deletion_time,scheduled_time\n"
               : "sn,cpu_milli,memory_mib,gpu,model\n";
  text.append(reinterpret_cast<const char*>(data + 3), size - 3);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  if (!pods) {
    return reader_checks::fuzz_one(bytes, text.size(), [](bad_row_policy p) {
      return openb_nodes{"fuzz", {.bad_rows = p, .max_line = 256}};
    });
  }
  return reader_checks::fuzz_one(bytes, text.size(), [](bad_row_policy p) {
    return openb{"fuzz",
                 {.bad_rows = p, .keep_negative = true, .keep_unscheduled = true, .max_line = 256}};
  });
}
