// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <muster/report/chrome_trace.hpp>

#include "support/catch.hpp"

using muster::instant, muster::microseconds;
using muster::report::chrome_trace;

TEST_CASE("an empty trace is a complete document", "[report][chrome_trace]") {
  CHECK(chrome_trace{}.document() == "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n\n]}\n");
}

TEST_CASE("a slice carries microseconds, its process and its thread", "[report][chrome_trace]") {
  chrome_trace trace;
  trace.slice(2, 7, "request 9", "late", instant{1500}, microseconds(250), "\"service\":3");
  CHECK(trace.document() ==
        "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
        "{\"name\":\"request 9\",\"cat\":\"late\",\"ph\":\"X\",\"ts\":1500,\"dur\":250,\"pid\":2,"
        "\"tid\":7,\"args\":{\"service\":3}}\n]}\n");
}

TEST_CASE("names, marks and counters are events of their own", "[report][chrome_trace]") {
  chrome_trace trace;
  trace.name_process(1, "cluster 1", 4);
  trace.name_thread(1, 12, "node 2", 5);
  trace.mark("surge", instant{10});
  trace.counter(1, "waiting", instant{20}, 2.5);
  CHECK(trace.document() ==
        "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
        R"({"name":"process_name","ph":"M","pid":1,"tid":0,"args":{"name":"cluster 1"}},)"
        "\n"
        R"({"name":"process_sort_index","ph":"M","pid":1,"tid":0,"args":{"sort_index":4}},)"
        "\n"
        R"({"name":"thread_name","ph":"M","pid":1,"tid":12,"args":{"name":"node 2"}},)"
        "\n"
        R"({"name":"thread_sort_index","ph":"M","pid":1,"tid":12,"args":{"sort_index":5}},)"
        "\n"
        R"({"name":"surge","ph":"i","s":"g","ts":10,"pid":0,"tid":0},)"
        "\n"
        R"({"name":"waiting","ph":"C","ts":20,"pid":1,"tid":0,"args":{"value":2.5}})"
        "\n]}\n");
}

TEST_CASE("names may hold anything", "[report][chrome_trace]") {
  CHECK(chrome_trace::escaped("a\"b\\c\nd\x01") == "a\\\"b\\\\c\\u000ad\\u0001");
}
