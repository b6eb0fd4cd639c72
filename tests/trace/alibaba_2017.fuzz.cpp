// SPDX-License-Identifier: Apache-2.0
// libFuzzer target of the reader of 2017; scripts/fuzz builds and runs it.
#include <muster/trace/alibaba_2017.hpp>

#include "trace/reader_checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return reader_checks::fuzz_one(data, size, [](muster::trace::bad_row_policy p) {
    return muster::trace::alibaba_2017{"fuzz",
                                       {.bad_rows = p,
                                        .keep_negative = true,
                                        .keep_unfinished = true,
                                        .keep_earlier = true,
                                        .max_line = 256}};
  });
}
