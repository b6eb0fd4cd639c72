// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <string>

#include <muster/report/csv.hpp>

#include "support/catch.hpp"

using muster::report::csv_table;

TEST_CASE("a metric row has the columns that the header names", "[report][csv]") {
  csv_table table{muster::report::metric_header};
  append(table, {"test-greedy-3", "greedy", 3, 40, "throughput", 0.125});
  CHECK(table.text() ==
        "run,pipeline,seed,step,metric,value\n"
        "test-greedy-3,greedy,3,40,throughput,0.125\n");
}

TEST_CASE("numbers are the shortest text that reads back to the same number", "[report][csv]") {
  csv_table table{"a,b,c,d"};
  table.field(0.1 + 0.2).field(1e300).field(-0.0).field(std::uint64_t{18446744073709551615U});
  table.end_row();
  CHECK(table.text() == "a,b,c,d\n0.30000000000000004,1e+300,0,18446744073709551615\n");
}

TEST_CASE("what is not a number is a missing field", "[report][csv]") {
  csv_table table{"a,b,c"};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  table.field(nan).field(std::numeric_limits<double>::infinity()).field(nan).end_row();
  CHECK(table.text() == "a,b,c\n,inf,\n");
}

TEST_CASE("text with a comma, a quote or a line end is quoted", "[report][csv]") {
  csv_table table{"a,b,c,d"};
  table.field("plain").field("a,b").field("say \"hi\"").field("two\nlines").end_row();
  CHECK(table.text() == "a,b,c,d\nplain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\n");
}

TEST_CASE("an empty first field still separates", "[report][csv]") {
  csv_table table{"a,b"};
  table.field("").field("x").end_row();
  table.field("y").field("").end_row();
  CHECK(table.text() == "a,b\n,x\ny,\n");
}
