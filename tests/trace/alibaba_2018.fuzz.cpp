// SPDX-License-Identifier: Apache-2.0
// libFuzzer target of the trace reader. Not part of the test programs; build it with
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude
//     tests/trace/alibaba_2018.fuzz.cpp -o fuzz_alibaba_2018
// and run it over a folder of example files: ./fuzz_alibaba_2018 -max_len=4096 corpus/
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <muster/trace/alibaba_2018.hpp>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // The first two bytes choose the policy and where the text is cut into chunks.
  using muster::trace::alibaba_2018;
  alibaba_2018 reader{
      "fuzz",
      {.bad_rows = static_cast<muster::trace::bad_row_policy>(data[0] % 3), .max_line = 256}};
  const std::string_view text{reinterpret_cast<const char*>(data + 2), size - 2};
  const std::size_t cut = data[1] % (text.size() + 1);
  std::uint64_t kept = 0;
  const auto keep = [&](const muster::trace::task& t) {
    ++kept;
    if (t.type >= 12 || !(t.cpu >= 0.0F) || !(t.memory >= 0.0F)) std::abort();
  };
  (void)reader.feed(text.substr(0, cut), keep);
  (void)reader.feed(text.substr(cut), keep);
  const auto counts = reader.finish(keep);
  if (counts && (counts->kept != kept || counts->rows != kept + counts->skipped)) std::abort();
  if (!counts && counts.failure().to_string().find('\n') != std::string::npos) std::abort();
  return 0;
}
