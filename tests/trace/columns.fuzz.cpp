// SPDX-License-Identifier: Apache-2.0
// libFuzzer target of the reader of any named columns; scripts/fuzz builds and runs it.
#include <muster/trace/columns.hpp>

#include "trace/reader_checks.hpp"

// Short names, so that a fuzzer can guess the header.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return reader_checks::fuzz_one(data, size, [&](muster::trace::bad_row_policy p) {
    muster::trace::columns::config c;
    c.start = "s";
    (size % 2 == 0 ? c.end : c.length) = "e";
    c.cpu = "c";
    c.memory = "m";
    c.type = "t";
    c.instances = "i";
    c.time_unit = 1e-3;
    c.bad_rows = p;
    c.keep_negative = true;
    c.max_types = 3;
    c.max_line = 256;
    return muster::trace::columns{"fuzz", c};
  });
}
