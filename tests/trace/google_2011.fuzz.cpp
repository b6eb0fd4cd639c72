// SPDX-License-Identifier: Apache-2.0
// libFuzzer target of the reader of Google's trace; scripts/fuzz builds and runs it.
#include <muster/trace/google_2011.hpp>

#include "trace/reader_checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return reader_checks::fuzz_one(data, size, [](muster::trace::bad_row_policy p) {
    return muster::trace::google_2011{"fuzz",
                                      {.bad_rows = p,
                                       .keep_negative = true,
                                       .keep_unfinished = true,
                                       .max_open = 5,
                                       .max_line = 256}};
  });
}
