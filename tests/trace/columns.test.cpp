// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <algorithm>
#include <muster/trace/columns.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/contract.hpp"
#include "trace/reader_checks.hpp"

using namespace muster::trace;
using muster::duration;
using muster::instant;
using muster::milliseconds;
using muster::seconds;

namespace {

const std::string sample =
    "id,\"created, ms\", deleted ,milli,app,copies,GiB\n"
    "1,1500,4500,250,\"web, front\",2,0.5\n"
    "2,1000.5,1000.5,1e3,db,1,4,\r\n"
    "3,,4000,100,db,1,1\n"
    "4,2000,,100,cache,1,1\n"
    "5,3000,2000,100,\"web, front\",1,1\n"
    "6,5000,9000,2000,,1,16";

columns::config units() {
  columns::config c;
  c.start = "created, ms";
  c.end = "deleted";
  c.cpu = "milli";
  c.memory = "GiB";
  c.type = "app";
  c.instances = "copies";
  c.time_unit = 1e-3;
  c.cpu_unit = 1e-3;
  return c;
}

std::string reason(const std::string& text, columns::config c) {
  const auto t = read_tasks(columns{"t.csv", std::move(c)}, std::string_view{text});
  return t ? std::string{"read"} : t.failure().to_string();
}

}  // namespace

TEST_CASE("named columns become fields of tasks", "[trace][columns]") {
  columns reader{"t.csv", units()};
  const auto t = read_tasks(reader, std::string_view{sample});
  INFO((t ? std::string{} : t.failure().to_string()));
  REQUIRE(t);
  REQUIRE(t->tasks.size() == 3);
  const task& a = t->tasks[0];
  CHECK(a.start == instant{} + milliseconds(1'500));
  CHECK(a.allowance == seconds(3));
  CHECK(a.cpu == 0.25F);
  CHECK(a.memory == 0.5F);
  CHECK(a.instances == 2);
  CHECK(a.type == 0);
  CHECK(a.line == 2);
  CHECK(t->tasks[1].start.us == 1'000'500);
  CHECK(t->tasks[1].cpu == 1.0F);
  CHECK(t->tasks[1].type == 1);
  CHECK(t->tasks[2].type == 2);  // a blank word is a type, too
  CHECK(reader.types() == std::vector<std::string>{"web, front", "db", ""});
  CHECK(t->counts.rows == 6);
  CHECK(t->counts.skipped == 3);
  CHECK(t->counts.unknown_start == 1);
  CHECK(t->counts.unknown_end == 1);
  CHECK(t->counts.negative_allowance == 1);
  CHECK(t->counts.zero_allowance == 1);
  CHECK(t->counts.out_of_order == 1);
}

TEST_CASE("a length, another separator, and no more than a start", "[trace][columns]") {
  const auto t = read_tasks(columns{"t.tsv",
                                    {.start = "at",
                                     .length = "run",
                                     .memory = "mb",
                                     .memory_unit = 1.0 / 1024.0,
                                     .separator = '\t'}},
                            std::string_view{"at\trun\tmb\n7\t2.5\t2048\n"});
  REQUIRE(t);
  CHECK(t->tasks[0].start == instant{} + seconds(7));
  CHECK(t->tasks[0].allowance == milliseconds(2'500));
  CHECK(t->tasks[0].memory == 2.0F);
  const auto bare = read_tasks(columns{"t.csv"}, std::string_view{"start\n7\n9\n"});
  REQUIRE(bare);
  CHECK(bare->tasks.size() == 2);
  CHECK(bare->tasks[1].allowance == duration{});
  CHECK(bare->tasks[1].cpu == 0.0F);
}

TEST_CASE("each kind of wrong table is told in one line", "[trace][columns]") {
  const std::string head = "at,end,cpu,n,kind\n";
  columns::config c{.start = "at", .end = "end", .cpu = "cpu"};
  c.type = "kind";
  c.instances = "n";
  c.max_types = 2;
  struct example {
    std::string text;
    std::vector<std::string_view> parts;
  };
  const std::vector<example> examples{
      {"", {"t.csv: the file is empty", "a first line that names the columns"}},
      {head, {"t.csv: there are no rows"}},
      {"time,end,cpu\n",
       {"t.csv:1: at: the header has no such column", "one of 3 columns: time,end,cpu"}},
      {"at,end,cpu,at,n,kind\n", {"t.csv:1: at: two columns have this name"}},
      {"at,\"end,cpu\n", {"t.csv:1: a quote does not end in the header"}},
      {std::string(70'000, 'x') + "\n", {"t.csv:1: the header is too long"}},
      {"{\"at\": 1}\n", {"t.csv:1: this looks like JSON"}},
      {"PK\x03\x04", {"t.csv:1: this is a zip archive"}},
      {head + "1,2\n", {"t.csv:2: cpu: missing, the row has only 2 of 5 columns", "0.5"}},
      {head + "1,2,3,4,5,6\n",
       {"t.csv:2: the row has more than 5 columns", "5 columns: at,end,cpu,n,kind"}},
      {head + "noon,2,3,4,5\n", {"t.csv:2: at: 'noon' is not a number", "a time such as"}},
      {head + "1,2e99,3,4,5\n", {"t.csv:2: end: '2e99' is too large"}},
      {head + "1,2,-3,4,5\n", {"t.csv:2: cpu: '-3' is negative", "an amount"}},
      {head + "1,2,3,x,5\n", {"t.csv:2: n: 'x' is not a number", "a whole number"}},
      {head + "1,2,3,4,a\n1,2,3,4,b\n1,2,3,4,a\n1,2,3,4,c\n",
       {"t.csv:5: kind: 'c' is not a known type", "max_types"}},
      {head + "1,2,3,4," + std::string(257, 'a'), {"t.csv:2: kind: 'aaa", "256 characters"}},
      {head + "1,2,3,4,\"a\n", {"t.csv:2: a quote that does not end"}},
      {head + "1,2,3,4,\"a\"b\n", {"t.csv:2: a quote that does not end"}},
      {head + "1,2,3,4,\x01\n", {"t.csv:2: control characters"}},
  };
  for (const example& e : examples) {
    const std::string text = reason(e.text, c);
    INFO(text);
    for (const auto part : e.parts) CHECK(text.find(part) != std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
  }
  c.bad_rows = bad_row_policy::repair;
  c.usual_cpu = 4.0;
  const auto t = read_tasks(columns{"t.csv", c}, std::string_view{head + "1,2,?,?,a\n1,2,3\n"});
  REQUIRE(t);
  REQUIRE(t->tasks.size() == 1);
  CHECK(t->tasks[0].cpu == 4.0F);
  CHECK(t->tasks[0].instances == 1);
  CHECK(t->counts.repaired == 1);
  CHECK(t->counts.skipped == 1);
}

TEST_CASE("units are above zero, and an end is given once", "[trace][columns]") {
  const auto breaks = [](columns::config c) {
    return support::breaks("muster: trace::columns", [&] { columns{"t.csv", c}; });
  };
  CHECK_FALSE(breaks({.end = "e", .time_unit = 1e-6}));
  CHECK(breaks({.end = "e", .length = "l"}));
  CHECK(breaks({.time_unit = 0.0}));
  CHECK(breaks({.cpu_unit = -1.0}));
  CHECK(breaks({.memory_unit = 0.0}));
  CHECK(breaks({.start = ""}));
}

TEST_CASE("columns obeys the laws of trace_reader", "[trace][columns][laws][fuzz]") {
  std::size_t good = 0;
  const auto make = [](bad_row_policy p) {
    columns::config c = units();
    c.bad_rows = p;
    c.keep_negative = true;
    c.max_types = 2;
    c.max_line = 64;
    return columns{"f", std::move(c)};
  };
  CHECK(reader_checks::broken_laws(make, sample, good).empty());
  CHECK(good > reader_checks::inputs / 8);
}

TEST_CASE("columns reads a million rows without taking memory", "[trace][columns]") {
  columns::config c = units();
  c.bad_rows = bad_row_policy::skip;
  columns reader{"t.csv", c};
  const std::size_t head = sample.find('\n') + 1;
  std::uint64_t rows = 0;
  CHECK(reader_checks::allocations(reader, sample.substr(0, head),
                                   sample.substr(head) + "\nbad,row\n", rows) == 0);
  CHECK(rows >= 1'000'000);
}

TEST_CASE("the published table of serving replicas is read by its names",
          "[trace][columns][data]") {
  const std::string text =
      reader_checks::published("alibaba-dlrm-2025/disaggregated_DLRM_trace.csv.gz");
  if (text.empty()) return;
  columns reader{"dlrm",
                 {.start = "creation_time",
                  .end = "deletion_time",
                  .cpu = "cpu_request",
                  .memory = "memory_request",
                  .type = "app_name"}};
  const auto t = read_tasks(reader, std::string_view{text});
  INFO((t ? std::string{} : t.failure().to_string()));
  REQUIRE(t);
  CHECK(t->counts.rows == 23'871);
  CHECK(t->counts.kept == 12'390);  // both times given
  CHECK(t->counts.unknown_start == 23'871 - 16'591);
  CHECK(t->counts.out_of_order > 0);
  CHECK(reader.types().size() <= 156);
  std::vector<double> life;
  for (const task& row : t->tasks) life.push_back(row.allowance.seconds());
  std::sort(life.begin(), life.end());
  CHECK(life[life.size() / 2] == Approx(8'409).margin(10));

  const auto all = read_tasks(columns{"dlrm", {.start = "instance_sn"}}, std::string_view{text});
  CHECK(all.failure().to_string().find("dlrm:2: instance_sn: 'instance_0' is not a number") == 0);
}
