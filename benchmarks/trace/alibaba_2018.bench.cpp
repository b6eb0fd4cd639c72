// SPDX-License-Identifier: Apache-2.0
// MB/s of the trace reader, over text size and chunk size. The baseline looks at every byte of the
// same text and nothing more (it counts lines and commas): what no reader can beat by much.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <muster/trace/alibaba_2018.hpp>
#include <muster/trace/replay.hpp>
#include <muster/trace/synthetic.hpp>
#include <string>
#include <vector>

namespace {

std::string text_of(std::size_t rows) {
  muster::rng g{1};
  std::string text;
  char line[128];
  for (const auto& t : muster::trace::synthetic{{.rows = rows}}.tasks(g)) {
    const auto start = static_cast<long long>(t.start.us / 1'000'000);
    std::snprintf(line, sizeof line, "R4_3,%u,j_%llu,%u,Terminated,%lld,%lld,%.0f,%.2f\r\n",
                  t.instances, static_cast<unsigned long long>(start % 9999), t.type + 1, start,
                  start + static_cast<long long>(t.allowance.us / 1'000'000),
                  static_cast<double>(t.cpu) * 100.0, static_cast<double>(t.memory));
    text += line;
  }
  return text;
}

void count_bytes(benchmark::State& state) {
  const std::string text = text_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    std::size_t lines = 0, commas = 0;
    for (const char c : text) {
      lines += c == '\n' ? 1U : 0U;
      commas += c == ',' ? 1U : 0U;
    }
    benchmark::DoNotOptimize(lines);
    benchmark::DoNotOptimize(commas);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

void read_rows(benchmark::State& state) {
  const std::string text = text_of(static_cast<std::size_t>(state.range(0)));
  const auto chunk = static_cast<std::size_t>(state.range(1));
  std::uint64_t rows = 0;
  for (auto _ : state) {
    muster::trace::alibaba_2018 reader{"bench"};
    const auto keep = [&rows](const muster::trace::task&) { ++rows; };
    for (std::size_t at = 0; at < text.size(); at += chunk) {
      (void)reader.feed(std::span{text}.subspan(at, (std::min)(chunk, text.size() - at)), keep);
    }
    (void)reader.finish(keep);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

void replay_rows(benchmark::State& state) {
  muster::rng g{1};
  const std::vector<std::vector<muster::trace::task>> files{muster::trace::synthetic{}.tasks(g)};
  const muster::trace::replay replay{{.rate = static_cast<double>(state.range(0))}};
  std::int64_t made = 0;
  for (auto _ : state) {
    const auto arrivals = replay.arrivals(files);
    made += static_cast<std::int64_t>(arrivals->size());
  }
  state.SetItemsProcessed(made);
}

}  // namespace

BENCHMARK(count_bytes)->Arg(1'000)->Arg(20'000)->Arg(200'000);
BENCHMARK(read_rows)->Args({1'000, 1 << 16})->Args({20'000, 1 << 16})->Args({200'000, 1 << 16});
BENCHMARK(read_rows)->Args({20'000, 64})->Args({20'000, 4096})->Args({20'000, 1 << 24});
BENCHMARK(replay_rows)->Arg(10)->Arg(100)->Arg(600)->Unit(benchmark::kMillisecond);
