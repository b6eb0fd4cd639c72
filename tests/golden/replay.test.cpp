// SPDX-License-Identifier: Apache-2.0
// What a replay makes of two short traces: a surge, a split into training and test, rows of
// one second, a hopeless row, and a deadline scale.
#include "golden.hpp"
#include "support/catch.hpp"

#include <muster/trace/replay.hpp>

using namespace muster;

namespace {

trace::task row(std::int64_t start, std::int64_t allowance, std::uint32_t type, int cpu_percent,
                int memory_percent) {
  trace::task t;
  t.start = instant{} + seconds(start);
  t.allowance = seconds(allowance);
  t.type = type;
  t.cpu = static_cast<float>(cpu_percent) / 100.0F;
  t.memory = static_cast<float>(memory_percent) / 100.0F;
  return t;
}

}  // namespace

TEST_CASE("replay: every arrival of two short traces", "[golden][replay]") {
  const std::vector<std::vector<trace::task>> files{
      {row(100, 5, 0, 100, 50), row(100, 2, 0, 50, 39), row(103, 0, 4, 100, 59),
       row(110, 30, 0, 1000, 100), row(111, 1, 9, 10, 20), row(140, 8, 0, 100, 49)},
      {row(7, 12, 0, 100, 30), row(9, 3, 3, 50, 30), row(30, 1, 0, 100, 24)}};
  golden::log out;
  const auto show = [&](const char* title, const trace::replay::config& c) {
    out.line("%s", title);
    const auto made = trace::replay{c}.arrivals(files);
    REQUIRE(made.has_value());
    for (const trace::arrival& a : *made) {
      const job& j = a.request;
      out.line(
          "  %2zu  at %8lld us  ap %u  service %2zu  work %7lld us  deadline %9lld  cpu %.3f  "
          "memory %.4f",
          index_of(j.id), static_cast<long long>(j.arrival.us), a.access_point, index_of(j.service),
          static_cast<long long>(j.work.us), static_cast<long long>(j.deadline.us),
          static_cast<double>(j.cpu), static_cast<double>(j.memory));
    }
  };
  trace::replay::config c;
  c.horizon = seconds(5);
  c.rate = 4.0;
  show("4 requests per second, 20 in the surge from 2 s to 3 s", c);
  c.seed = 2;
  c.surge = 1.0;
  c.deadline_scale = 0.1;
  c.part = trace::part::train;
  show("another seed, no surge, the first 60 % of the rows, deadlines at a tenth", c);
  c.part = trace::part::test;
  c.rate = 0.0;
  c.compression = 20.0;
  show("the rest of the rows, time compressed twenty times", c);
  const std::string difference = golden::difference("replay", out.text());
  INFO(difference);
  CHECK(difference.empty());
}
