// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <algorithm>
#include <muster/trace/swf.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "trace/reader_checks.hpp"

using namespace muster::trace;
using muster::duration;
using muster::instant;
using muster::seconds;

namespace {

constexpr std::string_view sample =
    "; Version: 2.2\n"
    "; Computer: Linux cluster (Seth)\r\n"
    ";  MaxProcs:  240 of them\n"
    ";UnixStartTime: 1027839845\n"
    "; TimeZoneString: Europe/Stockholm\n"
    "; MaxJobs: many\n"
    "; Note: no label here\n"
    ";\n"
    "   1      0   10   120   4  129.02  2048    8   600   4096  1   7  3  2  1  0  -1  -1\n"
    "2 30.25 -1 60 4 -1 2097152 -1 -1 -1 5 -1 -1 -1 -1 -1 1 45\r\n"
    "; a comment between\n"
    "\n"
    "3 31 5 -1 -1 -1 -1 -1 -1 -1 5 7 3 2 1 0 -1 -1\n"  // cancelled, never ran
    "4 32 0 0 1 0 -1 1 10 -1 0 7 3 2 1 0 -1 -1\n"      // below half a second
    "5 20 0 300 2 0 -1 2 400 -1 3 7 3 2 1 0 -1 -1";    // a part; no newline

std::string reason(const std::string& text, swf::config c = {}) {
  const auto t = read_tasks(swf{"t.swf", c}, text);
  return t ? std::string{"read"} : t.failure().to_string();
}

}  // namespace

TEST_CASE("jobs of a log become tasks", "[trace][swf]") {
  swf reader{"t.swf"};
  const auto t = read_rows(reader, sample);
  REQUIRE(t);
  REQUIRE(t->tasks.size() == 3);

  const swf_job& a = t->tasks[0];
  CHECK(a.line == 9);
  CHECK(a.number == 1);
  CHECK(a.start == instant{});
  CHECK(a.wait == seconds(10));
  CHECK(a.began() == instant{} + seconds(10));
  CHECK(a.allowance == seconds(120));
  CHECK(a.cpu == 8.0F);                             // requested, not allocated
  CHECK(a.memory == 4096.0F / (1024.0F * 128.0F));  // 4096 KB for each of 8: 1/32 GB
  CHECK(a.requested_time == seconds(600));
  CHECK(a.status == 1);
  CHECK((a.user == 7 && a.group == 3 && a.executable == 2 && a.queue == 1 && a.partition == 0));
  CHECK_FALSE(a.follows_another());
  CHECK((a.type == 0 && a.instances == 1));

  const swf_job& b = t->tasks[1];
  CHECK(b.start == instant{} + muster::milliseconds(30'250));
  CHECK(b.wait == unknown_time);
  CHECK(b.began() == b.start);
  CHECK(b.cpu == 4.0F);     // allocated
  CHECK(b.memory == 8.0F);  // used: 2 GB for each of 4
  CHECK(b.follows_another());
  CHECK(b.preceding == 1);
  CHECK(b.think_time == seconds(45));
  CHECK(b.requested_time == unknown_time);
  CHECK(b.user == -1);

  CHECK(t->tasks[2].number == 4);
  CHECK(t->tasks[2].allowance == duration{});
  CHECK(t->counts.rows == 5);
  CHECK(t->counts.kept == 3);
  CHECK(t->counts.skipped == 2);
  CHECK(t->counts.zero_allowance == 1);
  CHECK(t->counts.negative_allowance == 1);
  CHECK(t->counts.unknown_end == 1);

  const swf_header& h = reader.header();
  CHECK(h.computer == "Linux cluster (Seth)");
  CHECK(h.max_procs == 240);
  CHECK(h.unix_start_time == 1'027'839'845);
  CHECK(h.time_zone == "Europe/Stockholm");
  CHECK(h.max_jobs == -1);
  CHECK(h.max_nodes == -1);
}

TEST_CASE("what is no run is kept by choice", "[trace][swf]") {
  const auto numbers = [](swf::config c) {
    std::vector<std::int64_t> n;
    const auto t = read_rows(swf{"t.swf", c}, sample);
    REQUIRE(t);
    for (const swf_job& j : t->tasks) n.push_back(j.number);
    CHECK(t->counts.rows == 5);
    CHECK(t->counts.zero_allowance == 1);
    return n;
  };
  CHECK(numbers({.keep_zero = false}) == std::vector<std::int64_t>{1, 2});
  CHECK(numbers({.keep_parts = true}) == std::vector<std::int64_t>{1, 2, 4, 5});
  // The cancelled job has no processors, which is a flaw once it is wanted.
  CHECK(numbers({.bad_rows = bad_row_policy::skip, .keep_negative = true}) ==
        std::vector<std::int64_t>{1, 2, 4});
  CHECK(numbers({.bad_rows = bad_row_policy::repair, .keep_negative = true}) ==
        std::vector<std::int64_t>{1, 2, 3, 4});
}

TEST_CASE("extended logs, and memory in other units", "[trace][swf]") {
  const std::string row =
      "0 1356996147 0 56011 64 1 1024 64 86400 68719476736 1 62 1 1 -1 1 1 1 {1241,1241} q_1d "
      "1:ppn=64\n";
  CHECK(reason(row).find("t.swf:1: the row has more than 18 columns") == 0);
  const auto t = read_tasks(
      swf{"t.swf", {.extended = true, .memory_unit = 1.0, .memory_per_processor = false}}, row);
  REQUIRE(t);
  REQUIRE(t->tasks.size() == 1);
  CHECK(t->tasks[0].memory == 64.0F);
  CHECK(t->tasks[0].cpu == 64.0F);
  CHECK(t->tasks[0].start == instant{} + seconds(1'356'996'147));
  const auto mended = read_tasks(swf{"t.swf", {.bad_rows = bad_row_policy::repair}}, row);
  REQUIRE(mended);
  CHECK(mended->counts.repaired == 1);
}

TEST_CASE("each kind of wrong log is told in one line", "[trace][swf]") {
  const std::string row = "1 0 10 120 4 129 2048 8 600 4096 1 7 3 2 1 0 -1 -1\n";
  struct example {
    std::string text;
    std::vector<std::string_view> parts;
  };
  const std::vector<example> examples{
      {"", {"t.swf: the file is empty", "18 columns: job_number submit_time"}},
      {"; Version: 2.2\n\n", {"t.swf: there are no rows"}},
      {row + "1 0 10\n", {"t.swf:2: run_time: missing, the row has only 3 of 18 columns"}},
      {"1,0,10,120,4,129\n", {"t.swf:1: the columns of the first row are separated by commas"}},
      {row + "1 soon 10 120 4 129 2048 8 600 4096 1 7 3 2 1 0 -1 -1\n",
       {"t.swf:2: submit_time: 'soon' is not a number", "such as 8"}},
      {row + "1 -1 10 120 4 129 2048 8 600 4096 1 7 3 2 1 0 -1 -1\n",
       {"t.swf:2: submit_time: '-1' is negative"}},
      {row + "1 0 1e99 120 4 129 2048 8 600 4096 1 7 3 2 1 0 -1 -1\n",
       {"t.swf:2: wait_time: '1e99' is too large"}},
      {row + "1 0 10 120 -1 129 2048 -1 600 4096 1 7 3 2 1 0 -1 -1\n",
       {"t.swf:2: requested_processors: nothing is given", "allocated_processors"}},
      {row + "1 0 10 120 4 129 2048 8 600 4096 1 7 3 2 1 0 -1 \x01\n",
       {"t.swf:2: control characters"}},
      {row + std::string(70'000, '1') + "\n", {"t.swf:2: the line has more than 65536"}},
      {"\x1F\x8B\x08", {"t.swf:1: this is gzip-compressed data", "zcat"}},
      {"<html>\n", {"this looks like HTML"}},
  };
  for (const example& e : examples) {
    const std::string text = reason(e.text);
    INFO(text);
    for (const auto part : e.parts) CHECK(text.find(part) != std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
  }
  const auto skipped =
      read_tasks(swf{"t.swf", {.bad_rows = bad_row_policy::skip}},
                 row + "1 0 10\n1 x 10 120 4 129 2048 8 600 4096 1 7 3 2 1 0 -1 -1\n" + row);
  REQUIRE(skipped);
  CHECK(skipped->counts.kept == 2);
  CHECK(skipped->counts.of(row_defect::missing_field) == 1);
  CHECK(skipped->counts.of(row_defect::not_a_number) == 1);
  REQUIRE(skipped->first_bad_row);
  CHECK(skipped->first_bad_row->line == 2);
}

TEST_CASE("swf obeys the laws of trace_reader, whatever the bytes", "[trace][swf][laws][fuzz]") {
  std::size_t good = 0;
  const auto make = [](bad_row_policy p) {
    return swf{"f", {.bad_rows = p, .keep_negative = true, .keep_parts = true, .max_line = 100}};
  };
  CHECK(reader_checks::broken_laws(make, sample, good).empty());
  CHECK(good > reader_checks::inputs / 4);
}

TEST_CASE("swf reads a million jobs without taking memory", "[trace][swf]") {
  swf reader{"t.swf", {.bad_rows = bad_row_policy::skip}};
  std::uint64_t rows = 0;
  CHECK(reader_checks::allocations(reader, {}, std::string{sample} + "\n1 0 bad\n", rows) == 0);
  CHECK(rows >= 1'000'000);
}

TEST_CASE("the published logs have the published numbers of jobs", "[trace][swf][data]") {
  struct expected {
    const char* file;
    swf::config config;
    std::uint64_t rows, negative, zero;
    std::int64_t max_procs;
    double run_median, most_cpu;
  };
  const swf::config cerit{.extended = true, .memory_unit = 1.0, .memory_per_processor = false};
  const expected logs[] = {
      {"swf-nasa-ipsc-1993/NASA-iPSC-1993-3.1-cln.swf.gz", {}, 18'239, 0, 173, 128, 86, 128},
      {"swf-hpc2n-2002/hpc2n-sample.swf.gz", {}, 3'170, 25, 0, 240, 0, 128},
      {"swf-cerit-wagap-2013/wagap-2013.swf.gz", cerit, 17'900, 2, 0, -1, 2'370, 256},
      {"swf-lcg-2005/LCG.swf.gz", {}, 188'041, 0, 521, 24'515, 255, 1},
  };
  for (const expected& e : logs) {
    const std::string text = reader_checks::published(e.file);
    if (text.empty()) continue;
    INFO(e.file);
    swf reader{e.file, e.config};
    auto t = read_rows(reader, text);
    INFO((t ? std::string{} : t.failure().to_string()));
    REQUIRE(t);
    CHECK(t->counts.rows == e.rows);
    CHECK(t->counts.negative_allowance == e.negative);
    CHECK(t->counts.zero_allowance == e.zero);
    CHECK(t->counts.kept == e.rows - e.negative);
    CHECK(t->counts.out_of_order == 0);
    CHECK(reader.header().max_procs == e.max_procs);
    std::vector<double> run, memory;
    float most = 0.0F;
    for (const swf_job& j : t->tasks) {
      run.push_back(j.allowance.seconds());
      memory.push_back(static_cast<double>(j.memory));
      most = (std::max)(most, j.cpu);
    }
    CHECK(static_cast<double>(most) == e.most_cpu);
    std::nth_element(run.begin(), run.begin() + run.size() / 2, run.end());
    if (e.run_median > 0) CHECK(run[run.size() / 2] == Approx(e.run_median).margin(1.0));
    if (e.config.extended) {  // 52 MB to 550 GB, median 4.3 GB, in units of 10^9 bytes
      std::sort(memory.begin(), memory.end());
      CHECK(memory[memory.size() / 2] * 1.073741824 == Approx(4.3).margin(0.1));
      CHECK(memory.front() * 1073.741824 == Approx(52.4).margin(0.5));
      CHECK(memory.back() * 1.073741824 == Approx(550).margin(2));
    }
  }
}
