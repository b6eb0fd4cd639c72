// SPDX-License-Identifier: Apache-2.0
// libFuzzer target of the SWF reader; scripts/fuzz builds and runs it.
#include <muster/trace/swf.hpp>

#include "trace/reader_checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return reader_checks::fuzz_one(data, size, [&](muster::trace::bad_row_policy p) {
    return muster::trace::swf{
        "fuzz", {.bad_rows = p, .keep_negative = true, .extended = size % 2 == 0, .max_line = 256}};
  });
}
