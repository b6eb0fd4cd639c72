// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <map>
#include <muster/core/rng.hpp>
#include <muster/trace/google_2011.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "trace/reader_checks.hpp"

using namespace muster::trace;
using muster::instant;
using muster::microseconds;
using muster::seconds;

namespace {

/// A row of task_events; `demand` is its three requests and the last column.
std::string event(long long time, int job, int index, google_event e,
                  const std::string& demand = "0.125,0.07446,0.0004244,0") {
  return std::to_string(time) + ",," + std::to_string(job) + "," + std::to_string(index) +
         ",4155527081," + std::to_string(static_cast<int>(e)) + ",70s3v5qRyCO/1PCdI6fV=,2,9," +
         demand + "\n";
}

using enum google_event;

// Two tasks that overlap, one of them evicted and run again.
const std::string sample = event(600'000'000, 7, 0, submit) +        //
                           event(600'000'500, 7, 1, submit) +        //
                           event(602'000'000, 7, 0, schedule) +      //
                           event(603'000'000, 7, 1, schedule) +      //
                           event(604'000'000, 7, 1, evict) +         //
                           event(605'000'000, 7, 1, submit) +        //
                           event(662'000'000, 7, 0, finish) +        //
                           event(663'000'000, 7, 1, schedule) +      //
                           event(664'000'000, 7, 1, update_running,  //
                                 "2.5e-01,0.5,,0") +                 //
                           event(700'000'000, 7, 1, finish, ",,,");

muster::result<table_of<google_task>> read(const std::string& text, google_2011::config c = {}) {
  return read_rows(google_2011{"t.csv", c}, std::string_view{text});
}

std::string reason(const std::string& text, google_2011::config c = {}) {
  const auto t = read(text, c);
  return t ? std::string{"read"} : t.failure().to_string();
}

}  // namespace

TEST_CASE("events are joined to attempts", "[trace][google_2011]") {
  google_2011 reader{"t.csv"};
  const auto t = read_rows(reader, std::string_view{sample});
  REQUIRE(t);
  REQUIRE(t->tasks.size() == 2);

  const google_task& a = t->tasks[0];
  CHECK((a.job == 7 && a.index == 0));
  CHECK(a.start == instant{} + seconds(600));
  CHECK(a.wait == seconds(2));
  CHECK(a.allowance == seconds(60));
  CHECK(a.cpu == 0.125F);
  CHECK(a.memory == Approx(7.446F));  // per cent
  CHECK(a.disk == 0.0004244F);
  CHECK((a.type == 2 && a.scheduling_class == 2 && a.priority == 9));
  CHECK(a.end == finish);
  CHECK(a.line == 1);

  const google_task& b = t->tasks[1];  // its second attempt, with the demand of the update
  CHECK(b.index == 1);
  CHECK(b.start == instant{} + seconds(605));
  CHECK(b.wait == seconds(58));
  CHECK(b.allowance == seconds(37));
  CHECK(b.cpu == 0.25F);
  CHECK(b.memory == 50.0F);
  CHECK(b.disk == 0.0004244F);
  CHECK(b.line == 6);

  CHECK(t->counts.rows == 3);
  CHECK(t->counts.kept == 2);
  CHECK(t->counts.skipped == 1);
  CHECK(reader.joins().events == 10);
  CHECK(reader.joins().unfinished == 1);
  CHECK(reader.joins().most_open == 2);
  CHECK(reader.joins().refused == 0);
}

TEST_CASE("units, and attempts that did not finish", "[trace][google_2011]") {
  const auto t = read(sample, {.keep_unfinished = true, .cpu_unit = 32.0, .memory_unit = 256.0});
  REQUIRE(t);
  REQUIRE(t->tasks.size() == 3);
  CHECK(t->tasks[0].end == evict);
  CHECK(t->tasks[0].allowance == seconds(1));
  CHECK(t->tasks[0].wait == microseconds(2'999'500));
  CHECK(t->tasks[0].cpu == 4.0F);
  CHECK(t->tasks[0].memory == Approx(19.06176F));
}

TEST_CASE("attempts of which a part is not in the text are left out", "[trace][google_2011]") {
  const std::string after = "9223372036854775807";
  const std::string text = event(0, 1, 0, submit) +      // before the trace
                           event(0, 1, 0, schedule) +    //
                           event(700, 1, 0, finish) +    // unknown start
                           event(800, 2, 0, finish) +    // never seen
                           event(810, 3, 0, schedule) +  // no SUBMIT
                           event(900, 3, 0, finish) +    // unknown start
                           event(910, 4, 0, submit) +    // never scheduled
                           event(920, 4, 0, finish) +    // unknown start (of the run)
                           event(930, 5, 0, submit) +    //
                           event(940, 5, 0, submit) +    // the first one: unknown end
                           event(950, 5, 0, schedule) +  //
                           after + event(950, 5, 0, finish).substr(3) +  // unknown end
                           event(960, 6, 0, update_pending) +            //
                           event(970, 7, 0, submit) +                    //
                           event(980, 7, 0, schedule);                   // 6 and 7 stay open
  const auto t = read(text);
  REQUIRE(t);
  CHECK(t->tasks.empty());
  CHECK(t->counts.rows == 8);
  CHECK(t->counts.skipped == 8);
  CHECK(t->counts.unknown_start == 4);
  CHECK(t->counts.unknown_end == 4);
}

TEST_CASE("demands that were never told", "[trace][google_2011]") {
  const std::string text = event(600, 1, 0, submit, ",,,") + event(700, 1, 0, schedule, ",,,") +
                           event(800, 1, 0, finish, ",,,") + event(810, 1, 1, submit) +
                           event(820, 1, 1, schedule, ",,,") + event(830, 1, 1, finish, ",,,");
  CHECK(reason(text) ==
        "t.csv:3: cpu_request: nothing is given; expected a share of the largest machine such as "
        "0.125");
  const auto skipped = read(text, {.bad_rows = bad_row_policy::skip});
  REQUIRE(skipped);
  CHECK(skipped->tasks.size() == 1);
  CHECK(skipped->counts.of(row_defect::blank_field) == 1);
  const auto mended = read(text, {.bad_rows = bad_row_policy::repair});
  REQUIRE(mended);
  REQUIRE(mended->tasks.size() == 2);
  CHECK(mended->tasks[0].cpu == 0.0625F);
  CHECK(mended->tasks[0].memory == 2.863F);
  CHECK(mended->tasks[0].disk == 0.0F);
  CHECK(mended->counts.repaired == 1);
}

TEST_CASE("no more than max_open attempts are held", "[trace][google_2011]") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += event(600 + i, 1, i, submit);
  for (int i = 0; i < 100; ++i) text += event(700 + i, 1, i, schedule);
  for (int i = 0; i < 100; ++i) text += event(800 + i, 1, i, finish);
  google_2011 reader{"t.csv", {.max_open = 30}};
  const auto t = read_rows(reader, std::string_view{text});
  REQUIRE(t);
  CHECK(t->tasks.size() == 30);
  CHECK(reader.joins().most_open == 30);
  CHECK(reader.joins().refused == 140);  // SUBMIT and SCHEDULE of seventy
  CHECK(t->counts.unknown_start == 70);  // their FINISH
  CHECK(t->counts.rows == 240);
}

TEST_CASE("the table of what is open is a map", "[trace][google_2011]") {
  muster::trace::detail::open_table<int> mine{200};
  std::map<std::pair<std::uint64_t, std::uint64_t>, int> other;
  muster::rng g{4};
  bool same = true;
  for (int i = 0; i < 200'000; ++i) {
    const auto a = muster::uniform_below(g, 20), b = muster::uniform_below(g, 20);
    int* found = mine.find(a, b);
    const auto there = other.find({a, b});
    same = same && (found != nullptr) == (there != other.end()) &&
           (found == nullptr || *found == there->second);
    if (found != nullptr) {
      mine.remove(a, b);
      other.erase(there);
    } else if (int* room = mine.add(a, b)) {
      *room = i;
      other[{a, b}] = i;
    } else {
      same = same && other.size() == 200;
    }
    same = same && mine.size() == other.size();
  }
  CHECK(same);
  for (const auto& [key, value] : other) same = same && *mine.find(key.first, key.second) == value;
  CHECK(same);
}

TEST_CASE("each kind of wrong task_events is told in one line", "[trace][google_2011]") {
  const std::string row = event(600, 1, 0, submit);
  struct example {
    std::string text;
    std::vector<std::string_view> parts;
  };
  const std::vector<example> examples{
      {"", {"t.csv: the file is empty", "13 columns: time,missing_info"}},
      {"hello\n", {"t.csv:1: there is no comma"}},
      {"time_us,missing_info,job_id,task_index,machine_id,event_type,user,scheduling_class,"
       "priority,cpu_request,memory_request,disk_request,different_machine\n",
       {"t.csv:1: the first line is a header", "part files", "all times 0"}},
      {"0,5,0,HofLGzk1Or/8Ildj2=,0.5,0.2493\n", {"6 columns, like table machine_events"}},
      {"0,,3418309,0,70s3v5q,3,IHgtoxEBuUTHNbUeVs4hzptMY4n8rZKLbZg+Jh5fNG4=,x\n",
       {"8 columns, like table job_events"}},
      {row + "600,,1,0\n", {"t.csv:2: machine_id: missing, the row has only 4 of 13 columns"}},
      {row + "600,,1,0,,9,u,2,9,0,0,0,0\n",
       {"t.csv:2: event_type: '9' is not a known type", "8 (UPDATE_RUNNING)"}},
      {row + "6.5,,1,0,,0,u,2,9,0,0,0,0\n", {"time: '6.5' is not a number"}},
      {row + "9223372036854775808,,1,0,,0,u,2,9,0,0,0,0\n", {"time: '9223372036854775808' is too"}},
      {row + "600,,,0,,0,u,2,9,0,0,0,0\n", {"job_id: nothing is given"}},
      {row + "600,,1,4294967296,,0,u,2,9,0,0,0,0\n", {"task_index: '4294967296' is too large"}},
      {row + "600,,1,0,,0,u,4,9,0,0,0,0\n", {"scheduling_class: '4' is too large", "0 to 3"}},
      {row + "600,,1,0,,0,u,2,,0,0,0,0\n", {"priority: nothing is given"}},
      {row + "600,,1,0,,0,u,2,9,-1,0,0,0\n", {"cpu_request: '-1' is negative"}},
      {row + "600,,1,0,,0,u,2,9,0,much,0,0\n", {"memory_request: 'much' is not a number"}},
      {row + "600,,1,0,,0,u,2,9,0,0,0,0,0\n", {"t.csv:2: the row has more than 13 columns"}},
      {row + std::string(5'000, '1'), {"t.csv:2: the line has more than 4096 characters"}},
  };
  for (const example& e : examples) {
    const std::string text = reason(e.text);
    INFO(text);
    for (const auto part : e.parts) CHECK(text.find(part) != std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
  }
  // A bad line does not end the attempt it belongs to.
  const auto t = read(event(600, 1, 0, submit) + event(650, 1, 0, schedule) + "700,,1,0,,4\n" +
                          event(800, 1, 0, finish),
                      {.bad_rows = bad_row_policy::skip});
  REQUIRE(t);
  CHECK(t->tasks.size() == 1);
  CHECK(t->counts.rows == 2);
}

TEST_CASE("google_2011 obeys the laws of trace_reader", "[trace][google_2011][laws][fuzz]") {
  std::size_t good = 0;
  const auto make = [](bad_row_policy p) {
    return google_2011{"f",
                       {.bad_rows = p,
                        .keep_negative = true,
                        .keep_unfinished = true,
                        .max_open = 3,
                        .max_line = 100}};
  };
  CHECK(reader_checks::broken_laws(make, sample, good).empty());
  CHECK(good > reader_checks::inputs / 8);
}

TEST_CASE("google_2011 joins a million tasks without taking memory", "[trace][google_2011]") {
  google_2011 reader{"t.csv", {.bad_rows = bad_row_policy::skip}};
  std::string block;  // a thousand tasks are open at once
  for (int i = 0; i < 1'000; ++i) block += event(600'000'000 + i, i % 30, i, submit);
  for (int i = 0; i < 1'000; ++i) block += event(610'000'000 + i, i % 30, i, schedule, ",,,");
  for (int i = 0; i < 1'000; ++i) block += event(620'000'000 + i, i % 30, i, finish, ",,,");
  std::uint64_t rows = 0;
  CHECK(reader_checks::allocations(reader, {}, block + "1,2,bad\n", rows) == 0);
  CHECK(rows >= 1'000'000);
  CHECK(reader.joins().most_open == 1'000);
}

TEST_CASE("the sample with a header: demands, but no times", "[trace][google_2011][data]") {
  std::string text = reader_checks::published("google-2011-sample/task_events.csv");
  if (text.empty()) return;
  CHECK(reason(text).find("t.csv:1: the first line is a header") == 0);
  google_2011 reader{"t.csv"};
  const auto t = read_rows(reader, std::string_view{text}.substr(text.find('\n') + 1));
  REQUIRE(t);
  CHECK(reader.joins().events == 1'015);
  CHECK(reader.joins().most_open == 1'015);
  CHECK(t->counts.unknown_end == 1'015);  // all of them stay open
  CHECK(t->tasks.empty());
}
