// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <muster/core/rng.hpp>
#include <muster/trace/alibaba_2018.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/shared_trace.hpp"
#include "trace/reader_checks.hpp"

using muster::instant;
using muster::seconds;
using muster::trace::alibaba_2018;
using muster::trace::bad_row_policy;
using muster::trace::read_alibaba_2018;
using muster::trace::row_defect;
using muster::trace::task;

namespace {

constexpr std::string_view good =
    "M3,1,j_1661,1,Terminated,86207,86210,50,0.2\n"
    "R4_3,12,j_1661,6,Running,86207,0,100,0.39\r\n"
    "task_LTE4=,1,j_33407,12,,86300,86300,5,0.03,30\r\n"  // no status, a number behind the row
    "\n"
    "M1,1,j_7,3,Failed,86400,86500,400,1.72,,";  // spare commas, no newline

std::string reason(std::string_view text, bad_row_policy policy = bad_row_policy::fail) {
  const auto t = read_alibaba_2018(text, "t.csv", {.bad_rows = policy});
  return t ? std::string{"read"} : t.failure().to_string();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

double quantile(std::vector<double> v, double q) {
  std::sort(v.begin(), v.end());
  const double at = q * static_cast<double>(v.size() - 1);
  const auto i = static_cast<std::size_t>(at);
  const double next = v[(std::min)(i + 1, v.size() - 1)];
  return v[i] + (next - v[i]) * (at - static_cast<double>(i));
}

}  // namespace

TEST_CASE("rows become tasks", "[trace][alibaba_2018]") {
  const auto t = read_alibaba_2018(good, "t.csv");
  REQUIRE(t);
  REQUIRE(t->tasks.size() == 4);
  const task& first = t->tasks[0];
  CHECK(first.start == instant{} + seconds(86'207));
  CHECK(first.allowance == seconds(3));
  CHECK(first.type == 0);
  CHECK(first.cpu == 0.5F);
  CHECK(first.memory == 0.2F);
  CHECK(first.instances == 1);
  CHECK(first.line == 1);
  CHECK(t->tasks[1].allowance == seconds(-86'207));  // end 0: not known
  CHECK(t->tasks[1].instances == 12);
  CHECK(t->tasks[2].type == 11);
  CHECK(t->tasks[2].allowance == seconds(0));
  CHECK(t->tasks[3].line == 5);  // blank lines count as lines
  CHECK(t->tasks[3].cpu == 4.0F);
  CHECK(t->counts.rows == 4);
  CHECK(t->counts.kept == 4);
  CHECK(t->counts.zero_allowance == 1);
  CHECK(t->counts.negative_allowance == 1);
  CHECK(t->counts.unknown_end == 1);
  CHECK_FALSE(t->first_bad_row);
}

TEST_CASE("chunks may be cut anywhere", "[trace][alibaba_2018]") {
  const auto whole = read_alibaba_2018(good, "t.csv");
  for (std::size_t size = 1; size <= good.size(); ++size) {
    alibaba_2018 reader{"t.csv"};
    std::vector<task> rows;
    const auto keep = [&](const task& t) { rows.push_back(t); };
    for (std::size_t at = 0; at < good.size(); at += size) {
      REQUIRE(reader.feed(good.substr(at, size), keep));
    }
    const auto counts = reader.finish(keep);
    REQUIRE(counts);
    REQUIRE(rows.size() == whole->tasks.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      REQUIRE(rows[i].start == whole->tasks[i].start);
      REQUIRE(rows[i].line == whole->tasks[i].line);
    }
  }
}

TEST_CASE("rows with an end before their start are kept or dropped by choice",
          "[trace][alibaba_2018]") {
  const auto t = read_alibaba_2018(good, "t.csv", {.keep_negative = false});
  REQUIRE(t);
  CHECK(t->tasks.size() == 3);
  CHECK(t->counts.skipped == 1);
  CHECK(t->counts.negative_allowance == 1);
}

TEST_CASE("each kind of wrong input is told in one line with file, line, field and form",
          "[trace][alibaba_2018]") {
  const std::string row = "M1,1,j_1,1,Terminated,5,7,100,0.3\n";
  struct example {
    std::string text;
    std::vector<std::string_view> parts;
  };
  const std::vector<example> examples{
      {"", {"t.csv: the file is empty", "9 columns"}},
      {"\n \n\r\n", {"t.csv: the file is empty"}},
      {row + "M1,1,j_1,1,T,5\n",
       {"t.csv:2: end_time: missing, the row has only 6 of 9", "expected whole seconds"}},
      {row + "M1,1,j_1,1,T,five,7,100,0.3\n",
       {"t.csv:2: start_time: 'five' is not a number", "expected whole seconds"}},
      {row + "M1,1,j_1,1,T,5,7,1e3,0.3\n", {"t.csv:2: plan_cpu: '1e3' is not a number"}},
      {row + "M1,1,j_1,1,T,-5,7,100,0.3\n", {"t.csv:2: start_time: '-5' is negative"}},
      {row + "M1,1,j_1,1,T,5,7,100,-0.3\n", {"t.csv:2: plan_mem: '-0.3' is negative"}},
      {row + "M1,1,j_1,1,T,5,,100,0.3\n", {"t.csv:2: end_time: nothing is given"}},
      {row + "M1,1,j_1,13,T,5,7,100,0.3\n",
       {"t.csv:2: task_type: '13' is not a known type", "from 1 to 12"}},
      {row + "M1,1,j_1,0,T,5,7,100,0.3\n", {"task_type: '0' is not a known type"}},
      {row + "M1,1,j_1,1,T,99999999999999999999,7,100,0.3\n",
       {"t.csv:2: start_time: '99999999999999999999' is too large"}},
      {row + "M1,1,j_1,1,T,5,7,100,0.3,x\n", {"t.csv:2: the row has more than 9 columns"}},
      {row + "M1,1,j_1,1,T,5,7,100,0.3,1,1\n", {"t.csv:2: the row has more than 9 columns"}},
      {row + std::string("M1,1,j\0_1,1,T,5,7,100,0.3\n", 26), {"t.csv:2: control characters"}},
      {row + std::string(5000, 'x') + "\n", {"t.csv:2: the line has more than 4096 characters"}},
      {std::string("\x1F\x8B\x08\x00\x00", 5), {"t.csv:1: this is gzip-compressed data", "zcat"}},
      {std::string("\x7F"
                   "ELF\x02\x01\x00\x00",
                   8),
       {"t.csv:1: this is binary data"}},
      {std::string(9000, '\0'), {"t.csv:1: this is binary data"}},
      {"PK\x03\x04zip", {"t.csv:1: this is a zip archive"}},
      {"  {\"tasks\": [1, 2]}\n", {"t.csv:1: this looks like JSON"}},
      {"<!doctype html>\n", {"t.csv:1: this looks like HTML"}},
      {"hello\n", {"t.csv:1: there is no comma"}},
      {std::string{alibaba_2018::columns_text} + "\n" + row,
       {"t.csv:1: the first line is a header", "delete it"}},
      {"M1,1,1,j_1,Terminated,5,7,100,0.3\n",
       {"t.csv:1: task_type: job_name and task_type are exchanged", "third"}},
      {"i1,M1,j_1,1,T,5,7,m_1,1,1,0.5,0.9,0.1,0.2\n", {"14 columns, like table batch_instance"}},
  };
  for (const example& e : examples) {
    const std::string text = reason(e.text);
    INFO(text);
    for (const auto part : e.parts) CHECK(contains(text, part));
    CHECK_FALSE(contains(text, "\n"));
    CHECK(text.size() < 400);
  }
}

TEST_CASE("skip leaves bad rows out and counts them by reason", "[trace][alibaba_2018]") {
  const std::string text =
      "M1,1,j_1,1,T,5,7,100,0.3\n"
      "M1,1,j_1,1,T,5\n"
      "M1,1,j_1,1,T,six,7,100,0.3\n"
      "M1,1,j_1,1,T,seven,7,100,0.3\n"
      "M1,,j_1,1,T,5,7,100,0.3\n"
      "M1,1,j_1,1,T,4,9,100,0.3\n";
  const auto t = read_alibaba_2018(text, "t.csv", {.bad_rows = bad_row_policy::skip});
  REQUIRE(t);
  CHECK(t->tasks.size() == 2);
  CHECK(t->counts.rows == 6);
  CHECK(t->counts.skipped == 4);
  CHECK(t->counts.of(row_defect::missing_field) == 1);
  CHECK(t->counts.of(row_defect::not_a_number) == 2);
  CHECK(t->counts.of(row_defect::blank_field) == 1);
  CHECK(t->counts.out_of_order == 1);
  REQUIRE(t->first_bad_row);
  CHECK(t->first_bad_row->line == 2);
}

TEST_CASE("repair uses the usual demand, but never makes up a time", "[trace][alibaba_2018]") {
  const std::string text = std::string{alibaba_2018::columns_text} +  // a header is stepped over
                           "\nM1,?,j_1,1,T,5,7,,oops\n"
                           "M1,1,j_1,1,T,,7,100,0.3\n"
                           "M1,1,j_1,1,T,5,7,100,0.3,x\n";
  const auto t = read_alibaba_2018(text, "t.csv", {.bad_rows = bad_row_policy::repair});
  REQUIRE(t);
  REQUIRE(t->tasks.size() == 2);
  CHECK(t->tasks[0].instances == 1);
  CHECK(t->tasks[0].cpu == 1.0F);
  CHECK(t->tasks[0].memory == 0.3F);
  CHECK(t->counts.repaired == 2);
  CHECK(t->counts.skipped == 1);
  CHECK(t->counts.rows == t->counts.kept + t->counts.skipped);
}

TEST_CASE("a file without one good row is an error under every policy", "[trace][alibaba_2018]") {
  const std::string text = "a,b,c\nM1,1,j_1,1,T,x,7,1,1\n";
  CHECK(contains(reason(text, bad_row_policy::skip), "no row can be read, and the first one says"));
  CHECK(contains(reason(text, bad_row_policy::repair), "t.csv:1: task_type"));
}

TEST_CASE("a reader that has failed stays failed", "[trace][alibaba_2018]") {
  alibaba_2018 reader{"t.csv"};
  int rows = 0;
  const auto keep = [&](const task&) { ++rows; };
  CHECK_FALSE(reader.feed(std::string_view{"a,b\n"}, keep));
  CHECK_FALSE(reader.feed(std::string_view{"M1,1,j_1,1,T,5,7,1,1\n"}, keep));
  CHECK_FALSE(reader.finish(keep));
  CHECK(rows == 0);
}

TEST_CASE("an open file is read to its end", "[trace][alibaba_2018]") {
  std::FILE* f = std::tmpfile();
  REQUIRE(f != nullptr);
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += "M1,1,j_1,1,T,5,7,100,0.3\n";
  std::fwrite(text.data(), 1, text.size(), f);
  std::rewind(f);
  const auto t = read_alibaba_2018(f, "t.csv");
  REQUIRE(t);
  CHECK(t->tasks.size() == 5'000);
  std::fclose(f);
}

TEST_CASE("numbers are read exactly", "[trace][alibaba_2018]") {
  using muster::trace::detail::number_state;
  using muster::trace::detail::read_decimal;
  using muster::trace::detail::read_whole;
  double x = -1.0;
  for (const auto& [text, value] :
       std::vector<std::pair<const char*, double>>{{"0", 0.0},
                                                   {"0.39", 0.39},
                                                   {" 1.72\t", 1.72},
                                                   {".5", 0.5},
                                                   {"7.", 7.0},
                                                   {"000012.5", 12.5},
                                                   {"0.000001", 1e-6},
                                                   {"123456789012345", 123456789012345.0},
                                                   {"0.1234567890123456789", 0.123456789012345},
                                                   {"-0", 0.0}}) {
    INFO(text);
    CHECK(read_decimal(text, 1e15, x) == number_state::good);
    CHECK(x == value);
  }
  CHECK(read_decimal("1234567890123456", 1e30, x) == number_state::too_large);
  CHECK(read_decimal("11", 10.0, x) == number_state::too_large);
  CHECK(read_decimal("-0.1", 10.0, x) == number_state::negative);
  CHECK(read_decimal("", 10.0, x) == number_state::blank);
  for (const char* text : {".", "-", "1.2.3", "nan", "inf", "0x1", "1,2", "+1", "1 2"}) {
    INFO(text);
    CHECK(read_decimal(text, 1e9, x) == number_state::not_a_number);
  }
  std::uint64_t n = 7;
  CHECK(read_whole("0000000000000000000000000042", 100, n) == number_state::good);
  CHECK(n == 42);
  CHECK(read_whole("101", 100, n) == number_state::too_large);
  CHECK(read_whole("-3", 100, n) == number_state::negative);
  CHECK(read_whole("1.5", 100, n) == number_state::not_a_number);
}

// A million mutated inputs: whatever comes in, rows or a one-line error come out.
TEST_CASE("no bytes can break the reader", "[trace][alibaba_2018][fuzz]") {
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
  constexpr int inputs = 100'000;
#else
  constexpr int inputs = 1'000'000;
#endif
  constexpr std::string_view tokens[] = {
      ",", "\n",           "\r\n",      "j_1", "-", "0", "9999999999999999999",
      ".", "\xEF\xBB\xBF", "task_type", "\"",  "e9"};
  muster::rng g{2018};
  const auto below = [&g](std::size_t n) {
    return static_cast<std::size_t>(muster::uniform_below(g, n));
  };
  std::string text;
  std::uint64_t rows = 0, errors = 0;
  for (int k = 0; k < inputs; ++k) {
    text.assign(good.substr(below(60), 40 + below(120)));
    for (std::size_t changes = below(6); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0:
          text[at] = static_cast<char>(below(256));
          break;
        case 1:
          text.erase(at, 1 + below(8));
          break;
        case 2:
          text.insert(at, tokens[below(std::size(tokens))]);
          break;
        case 3:
          text.insert(at, text.substr(below(text.size()), below(30)));
          break;
        default:
          text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
      }
    }
    const auto policy = static_cast<bad_row_policy>(below(3));
    alibaba_2018 reader{"f", {.bad_rows = policy, .max_line = 64 + below(100)}};
    std::uint64_t kept = 0;
    bool sane = true;
    const auto keep = [&](const task& t) {
      ++kept;
      sane = sane && t.type < 12 && t.cpu >= 0.0F && t.memory >= 0.0F && t.start >= instant{};
    };
    const std::size_t cut = below(text.size() + 1);
    const std::string_view view{text};
    bool fed = static_cast<bool>(reader.feed(view.substr(0, cut), keep));
    fed = static_cast<bool>(reader.feed(view.substr(cut), keep)) && fed;
    const auto counts = reader.finish(keep);
    sane = sane && (fed || !counts);
    if (counts) {
      sane = sane && counts->kept == kept && counts->rows == counts->kept + counts->skipped;
      rows += kept;
    } else {
      const std::string message = counts.failure().to_string();
      sane = sane && !message.empty() && message.find('\n') == std::string::npos;
      ++errors;
    }
    if (!sane) {
      INFO(text);
      REQUIRE(sane);
    }
  }
  CHECK(rows > 1000);
  CHECK(errors > 1000);
}

TEST_CASE("alibaba_2018 obeys the laws of trace_reader", "[trace][alibaba_2018][laws][fuzz]") {
  std::size_t kept = 0;
  const auto make = [](bad_row_policy p) {
    return alibaba_2018{"f", {.bad_rows = p, .max_line = 64}};
  };
  CHECK(reader_checks::broken_laws(make, good, kept).empty());
  CHECK(kept > reader_checks::inputs / 4);
}

TEST_CASE("alibaba_2018 reads a million rows without taking memory", "[trace][alibaba_2018]") {
  alibaba_2018 reader{"t.csv", {.bad_rows = bad_row_policy::skip}};
  std::uint64_t rows = 0;
  CHECK(reader_checks::allocations(reader, {}, std::string{good} + "\nM1,1,bad\n", rows) == 0);
  CHECK(rows >= 1'000'000);
}

TEST_CASE("a line may be as long as max_line, wherever it is cut", "[trace][alibaba_2018]") {
  const std::string row = "M1,1,j_1,1,T,5,7,100,0.3";
  for (const std::size_t length : {64U, 65U, 68U, 69U, 200U}) {
    for (const std::string_view mark : {"", "\xEF\xBB\xBF"}) {
      for (const std::string_view end : {"", "\n", "\r\n"}) {
        std::string text{mark};
        text += std::string(length - row.size(), ' ') + row;
        text += end;
        for (const std::size_t cut : {std::size_t{0}, std::size_t{30}, text.size() - 1}) {
          alibaba_2018 reader{"t.csv", {.max_line = 64}};
          int rows = 0;
          const auto keep = [&](const task&) { ++rows; };
          (void)reader.feed(std::string_view{text}.substr(0, cut), keep);
          (void)reader.feed(std::string_view{text}.substr(cut), keep);
          const auto counts = reader.finish(keep);
          REQUIRE(static_cast<bool>(counts) == (length == 64));
          REQUIRE(rows == (length == 64 ? 1 : 0));
        }
      }
    }
  }
}

TEST_CASE("the published files have the published statistics", "[trace][alibaba_2018][data]") {
  struct expected {
    std::size_t rows;
    std::array<std::size_t, 12> types;
    double first, last;               // start_time
    std::array<double, 5> allowance;  // quantiles 5, 25, 50, 75, 95 %
    std::size_t zero, negative;
    std::size_t cpu_100, cpu_50;
  };
  const expected parts[2] = {{20'000,
                              {17849, 0, 61, 8, 455, 1069, 1, 79, 4, 425, 44, 5},
                              86'207,
                              389'738,
                              {1, 3, 9, 42, 357},
                              844,
                              47,
                              10'432,
                              7'799},
                             {19'931,
                              {16394, 0, 45, 7, 714, 2177, 1, 70, 6, 462, 44, 11},
                              389'738,
                              691'171,
                              {0, 2, 8, 37, 377},
                              1'367,
                              71,
                              10'611,
                              6'166}};
  for (int part = 1; part <= 2; ++part) {
    const std::string text = support::alibaba_2018_text(part);
    if (text.empty()) return;
    const expected& want = parts[part - 1];
    const auto t = read_alibaba_2018(text, "Task_" + std::to_string(part) + ".csv");
    INFO((t ? std::string{} : t.failure().to_string()));
    REQUIRE(t);
    CHECK(t->tasks.size() == want.rows);
    std::array<std::size_t, 12> types{};
    std::vector<double> allowance, memory;
    std::size_t cpu_100 = 0, cpu_50 = 0;
    for (const task& row : t->tasks) {
      ++types[row.type];
      allowance.push_back(row.allowance.seconds());
      memory.push_back(static_cast<double>(row.memory));
      cpu_100 += row.cpu == 1.0F ? 1 : 0;
      cpu_50 += row.cpu == 0.5F ? 1 : 0;
    }
    CHECK(types == want.types);
    CHECK(t->tasks.front().start.seconds() == want.first);
    CHECK(t->tasks.back().start.seconds() == want.last);
    const double q[] = {0.05, 0.25, 0.5, 0.75, 0.95};
    for (std::size_t i = 0; i < 5; ++i)
      CHECK(quantile(allowance, q[i]) == Approx(want.allowance[i]));
    CHECK(quantile(memory, 0.5) == Approx(0.30));
    CHECK(quantile(memory, 0.95) == Approx(0.59));
    CHECK(t->counts.zero_allowance == want.zero);
    CHECK(t->counts.negative_allowance == want.negative);
    CHECK(t->counts.out_of_order == 0);
    CHECK(cpu_100 == want.cpu_100);
    CHECK(cpu_50 == want.cpu_50);
  }
}
