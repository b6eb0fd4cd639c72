// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/trace/alibaba_2017.hpp>
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
    "59581,59592,12702,79304,29,Terminated,100,0.005404705821447985\n"  // as published
    "59590,59590,12702,79305,1,Terminated,50,0.0159\r\n"
    "-10,0,4,7,393,Waiting,,\n"
    "0,300,5,8,2,Terminated,50,0.01\n"
    "59580,60000,,,3,Running,50,0.01\n"
    "59600,59500,6,9,4,Terminated,150,0.02,\n"
    "59600,59700,6,10,4,Failed,150,0.02";

std::vector<std::uint64_t> lines(alibaba_2017::config c) {
  const auto t = read_tasks(alibaba_2017{"t.csv", c}, sample);
  REQUIRE(t);
  CHECK(t->counts.rows == 7);
  std::vector<std::uint64_t> n;
  for (const task& row : t->tasks) n.push_back(row.line);
  return n;
}

std::string reason(const std::string& text, bad_row_policy p = bad_row_policy::fail) {
  const auto t = read_tasks(alibaba_2017{"t.csv", {.bad_rows = p}}, text);
  return t ? std::string{"read"} : t.failure().to_string();
}

}  // namespace

TEST_CASE("rows of 2017 become tasks", "[trace][alibaba_2017]") {
  const auto t = read_tasks(alibaba_2017{"t.csv"}, sample);
  REQUIRE(t);
  REQUIRE(t->tasks.size() == 2);
  const task& a = t->tasks[0];
  CHECK(a.start == instant{} + seconds(59'581));
  CHECK(a.allowance == seconds(11));
  CHECK(a.instances == 29);
  CHECK(a.cpu == 1.0F);  // 100 is one core, as the publisher confirmed
  CHECK(a.memory == Approx(0.5404705821));
  CHECK(a.type == 0);
  CHECK(a.line == 1);
  CHECK(t->tasks[1].cpu == 0.5F);
  CHECK(t->counts.zero_allowance == 1);
  CHECK(t->counts.unknown_start == 2);
  CHECK(t->counts.unknown_end == 3);  // Waiting, Running and Failed
  CHECK(t->counts.negative_allowance == 1);
  CHECK(t->counts.skipped == 5);
}

TEST_CASE("what has no start or no end is kept by choice", "[trace][alibaba_2017]") {
  using list = std::vector<std::uint64_t>;
  CHECK(lines({}) == list{1, 2});
  CHECK(lines({.keep_negative = true}) == list{1, 2, 6});
  CHECK(lines({.keep_unfinished = true}) == list{1, 2, 5, 7});
  CHECK(lines({.keep_earlier = true}) == list{1, 2, 4});
  // The task that waits has no demand yet: repaired, or left out.
  const alibaba_2017::config all{.bad_rows = bad_row_policy::repair,
                                 .keep_negative = true,
                                 .keep_unfinished = true,
                                 .keep_earlier = true};
  CHECK(lines(all) == list{1, 2, 3, 4, 5, 6, 7});
  const auto t = read_tasks(alibaba_2017{"t.csv", all}, sample);
  CHECK(t->counts.repaired == 1);
  CHECK(t->tasks[2].start == instant{} - seconds(10));
  CHECK(t->tasks[2].cpu == 1.0F);
  CHECK(t->tasks[2].memory == 0.5F);
}

TEST_CASE("an edition in whole cores", "[trace][alibaba_2017]") {
  const auto t = read_tasks(alibaba_2017{"t.csv", {.cpu_unit = 1.0, .memory_unit = 256.0}},
                            std::string_view{"1,2,3,4,5,Terminated,0.5,0.25\n"});
  REQUIRE(t);
  CHECK(t->tasks[0].cpu == 0.5F);
  CHECK(t->tasks[0].memory == 64.0F);
}

TEST_CASE("each kind of wrong 2017 table is told in one line", "[trace][alibaba_2017]") {
  const std::string row = "1,2,3,4,5,Terminated,100,0.01\n";
  struct example {
    std::string text;
    std::vector<std::string_view> parts;
  };
  const std::vector<example> examples{
      {"", {"t.csv: the file is empty", "8 columns: create_timestamp,modify"}},
      {"hello\n", {"t.csv:1: there is no comma"}},
      {"create_timestamp,modify_timestamp,job_id,task_id,instance_num,status,plan_cpu,plan_mem\n",
       {"t.csv:1: the first line is a header", "delete it"}},
      {"1,2,3,4,5,Terminated,1,1,0,0,0,0\n", {"12 columns, like table batch_instance"}},
      {"M1,1,j_1,1,Terminated,5,7,100,0.3\n", {"batch_task of the trace of 2018", "alibaba_2018"}},
      {row + "1,2,3\n", {"t.csv:2: task_id: missing, the row has only 3 of 8 columns"}},
      {row + "1,2,3,4,5,Terminated,100,0.01,x\n", {"t.csv:2: the row has more than 8 columns"}},
      {row + "one,2,3,4,5,Terminated,100,0.01\n",
       {"t.csv:2: create_timestamp: 'one' is not a number", "such as 59581"}},
      {row + "1,,3,4,5,Terminated,100,0.01\n", {"modify_timestamp: nothing is given"}},
      {row + "1,2e30,3,4,5,Terminated,100,0.01\n", {"modify_timestamp: '2e30' is too large"}},
      {row + "1,2,3,4,5,Done,100,0.01\n", {"status: 'Done' is not a known type", "Terminated"}},
      {row + "1,2,3,4,-5,Terminated,100,0.01\n", {"instance_num: '-5' is negative"}},
      {row + "1,2,3,4,5,Terminated,,0.01\n", {"plan_cpu: nothing is given"}},
      {row + "1,2,3,4,5,Terminated,100,-0.01\n", {"plan_mem: '-0.01' is negative"}},
      {row + "1,2,3,4,5,Term\x02,100,0.01\n", {"t.csv:2: control characters"}},
      {row + "1,2,3,4,5,\"Terminated,100,0.01\n", {"t.csv:2: a quote that does not end"}},
      {row + std::string(5'000, '1'), {"t.csv:2: the line has more than 4096 characters"}},
  };
  for (const example& e : examples) {
    const std::string text = reason(e.text);
    INFO(text);
    for (const auto part : e.parts) CHECK(text.find(part) != std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
  }
  CHECK(reason("1,2,3\nx,2,3,4,5,Ready,1,1\n", bad_row_policy::skip)
            .find("t.csv:1: task_id: no row can be read") == 0);
}

TEST_CASE("numbers may be small, signed and have exponents", "[trace][alibaba_2017]") {
  using muster::trace::detail::number_state;
  using muster::trace::detail::read_decimal;
  using muster::trace::detail::read_real;
  double x = 7.0;
  CHECK(read_decimal("0.005404705821447985", 1.0, x) == number_state::good);
  CHECK(x == 0.00540470582144798);  // fifteen digits
  CHECK(read_decimal("0.0000000000000000000001", 1.0, x) == number_state::good);
  CHECK(x == 1e-22);
  CHECK(read_decimal("0.00000000000000000000019", 1.0, x) == number_state::good);
  CHECK(x == 1e-22);
  struct example {
    std::string_view text;
    double value;
  };
  for (const auto& [text, value] :
       {example{"-1", -1.0}, example{"+2.5", 2.5}, example{" 4.25e-05\t", 4.25e-05},
        example{"1E3", 1000.0}, example{"-7.e+2", -700.0}, example{".5e1", 5.0}, example{"-0", 0.0},
        example{"3e-400", 0.0}, example{"0e999", 0.0}}) {
    INFO(text);
    CHECK(read_real(text, 1e9, x) == number_state::good);
    CHECK(x == Approx(value).epsilon(1e-15));
  }
  for (const std::string_view text : {"-", "+", ".", "e5", "1e", "1e+", "1e-", "--1", "+-1", "- 1",
                                      "1 e5", "1e 5", "1e5.0", "nan", "inf", "0x1", "1e1e1"}) {
    INFO(text);
    CHECK(read_real(text, 1e9, x) == number_state::not_a_number);
  }
  CHECK(read_real(" ", 1e9, x) == number_state::blank);
  CHECK(read_real("-2e9", 1e9, x) == number_state::too_large);
  CHECK(read_real("1e999", 1e300, x) == number_state::too_large);
  CHECK(read_real("1e99999999999999999999", 1e300, x) == number_state::too_large);
}

TEST_CASE("alibaba_2017 obeys the laws of trace_reader", "[trace][alibaba_2017][laws][fuzz]") {
  std::size_t good = 0;
  const auto make = [](bad_row_policy p) {
    return alibaba_2017{"f",
                        {.bad_rows = p,
                         .keep_negative = true,
                         .keep_unfinished = true,
                         .keep_earlier = true,
                         .max_line = 64}};
  };
  CHECK(reader_checks::broken_laws(make, sample, good).empty());
  CHECK(good > reader_checks::inputs / 4);
}

TEST_CASE("alibaba_2017 reads a million rows without taking memory", "[trace][alibaba_2017]") {
  alibaba_2017 reader{"t.csv", {.bad_rows = bad_row_policy::skip}};
  std::uint64_t rows = 0;
  CHECK(reader_checks::allocations(reader, {}, std::string{sample} + "\n1,2,bad\n", rows) == 0);
  CHECK(rows >= 1'000'000);
}
