// SPDX-License-Identifier: Apache-2.0
// What the tests of all trace readers share: the laws with damaged texts, constant memory over a
// million rows, and the body of the libFuzzer targets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <muster/testing/laws/trace_reader.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <muster/trace/bad_rows.hpp>

#include "support/shared_trace.hpp"

namespace reader_checks {

/// The policy that an input of a fuzzer chooses.
inline muster::trace::bad_row_policy policy_of(std::uint64_t n) {
  return static_cast<muster::trace::bad_row_policy>(n % 3);
}

/// Body of a libFuzzer target: the first two bytes choose the policy and where the text is cut.
/// `make(policy)` gives a reader.
template <class Make>
int fuzz_one(const std::uint8_t* data, std::size_t size, Make&& make) {
  if (size < 2) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data + 2), size - 2};
  muster::testing::check_trace_reader_text([&] { return make(policy_of(data[0])); }, text,
                                           {data[1] % (text.size() + 1)},
                                           [](const char* law, bool holds) {
                                             if (holds) return;
                                             std::fprintf(stderr, "broken: %s\n", law);
                                             std::abort();
                                           });
  return 0;
}

/// Inputs for the short run of a fuzzer in a test: fewer where each one is slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
inline constexpr std::size_t inputs = 12'000;
#else
inline constexpr std::size_t inputs = 100'000;
#endif

/// The laws under each policy; the names of those that do not hold. `good` counts the texts that
/// gave rows.
template <class Make>
std::string broken_laws(Make&& make, std::string_view sample, std::size_t& good) {
  std::string broken;
  good = 0;
  for (std::uint64_t p = 0; p < 3; ++p) {
    good += muster::testing::check_trace_reader_laws(
        [&] { return make(policy_of(p)); }, sample, 2011 + p, inputs / 3,
        [&](const char* law, bool holds) {
          if (!holds && broken.find(law) == std::string::npos) broken += std::string{law} + "; ";
        });
  }
  return broken;
}

/// Feeds `block` until there were a million rows, and finishes: how often memory was taken after
/// the first block, which must be never. `rows` counts what came.
template <class Reader>
std::uint64_t allocations(Reader& reader, std::string_view header, std::string_view block,
                          std::uint64_t& rows) {
  rows = 0;
  const auto keep = [&rows](const auto&) { ++rows; };
  std::string text{header};
  while (text.size() < 60'000) text += block;
  (void)reader.feed(text, keep);
  text.erase(0, header.size());
  const muster::testing::no_alloc_scope scope;
  while (rows < 1'000'000) {
    const std::uint64_t before = rows;
    // Two odd chunks, so that lines begin in one and end in the other.
    const std::string_view view{text};
    const std::size_t cut = (rows / 3 + 777) % view.size();
    if (!reader.feed(view.substr(0, cut), keep) || !reader.feed(view.substr(cut), keep)) break;
    if (rows == before) break;
  }
  return scope.allocations();
}

/// Runs `zcat` over a published file; empty, with a line that says so, if it is absent.
inline std::string published(const std::string& name) {
  const std::string path = support::shared_data() + "/" + name;
  if (std::FILE* there = std::fopen(path.c_str(), "rb")) {
    std::fclose(there);
  } else {
    std::printf("skipped: no %s (set MUSTER_SHARED_DATA to the folder of the trace files)\n",
                path.c_str());
    return {};
  }
  std::string text;
  if (std::FILE* pipe = popen(("zcat -f '" + path + "'").c_str(), "r")) {
    char chunk[1 << 14];
    for (std::size_t n = 0; (n = std::fread(chunk, 1, sizeof chunk, pipe)) != 0;) {
      text.append(chunk, n);
    }
    pclose(pipe);
  }
  return text;
}

}  // namespace reader_checks
