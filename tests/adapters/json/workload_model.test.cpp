// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <muster/adapters/json/workload_model.hpp>
#include <muster/trace/stand_ins.hpp>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using muster::duration, muster::rng, muster::seconds, muster::uniform_below;
using muster::adapters::json::load_workload_model, muster::adapters::json::save_workload_model;
using muster::trace::workload_model;

namespace {

workload_model small() {
  workload_model m;
  m.name = "a \"quoted\" n\xC3\xA4me";
  m.joint = false;
  m.tasks = 123'456'789'012;
  m.rows = {{0.1F, 1.0F / 3.0F, seconds(10)},
            {0.0F, 0.0F, {}},
            {1e-30F, 3.4e38F, {9'007'199'254'740'993}}};  // 2^53 + 1: no double
  m.rate = 0.1 + 0.2;
  m.day = duration{576'000'001};
  m.hourly[0] = 0.5, m.hourly[1] = 1.5;
  m.gaps = {0.0, 1.0 / 3.0, 8.0 / 3.0};
  return m;
}

std::string text_of(const workload_model& m) {
  const auto text = save_workload_model(m);
  REQUIRE(text);
  return *text;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("a workload model comes back bit for bit", "[adapters][json]") {
  const workload_model m = small();
  const std::string text = text_of(m);
  const auto back = load_workload_model(text, "small.json");
  REQUIRE(back);
  CHECK(*back == m);
  CHECK(text_of(*back) == text);
  CHECK(text.find("0.1,") != std::string::npos);  // not 0.10000000149011612
  for (const auto w : muster::trace::all_stand_ins) {
    const workload_model s = stand_in_model(w);
    const std::string long_text = text_of(s);
    const auto again = load_workload_model(long_text, "");
    REQUIRE(again);
    CHECK(*again == s);
    CHECK(long_text.size() < 200'000);
  }
}

TEST_CASE("every float survives as decimal text", "[adapters][json]") {
  rng g{3};
  workload_model m = small();
  m.rows.clear();
  while (m.rows.size() < 20'000) {
    const auto bits = static_cast<std::uint32_t>(g());
    float x = 0.0F;
    std::memcpy(&x, &bits, sizeof x);
    if (x >= 0.0F && x < 3.4e38F) m.rows.push_back({x, x, {}});
  }
  const auto back = load_workload_model(text_of(m), "");
  REQUIRE(back);
  CHECK(*back == m);
}

TEST_CASE("a workload model at its usual size is small", "[adapters][json]") {
  workload_model m = small();  // numbers with as many digits as a float or a second may have
  rng g{5};
  m.rows.clear();
  for (int k = 0; k < 4096; ++k) {
    m.rows.push_back({static_cast<float>(muster::uniform01(g)),
                      static_cast<float>(muster::uniform01(g) * 100.0),
                      {static_cast<std::int64_t>(uniform_below(g, 1'000'000'000'000))}});
  }
  m.gaps.clear();
  for (int k = 0; k < 1024; ++k) m.gaps.push_back((k + 0.5) / 512.0);
  CHECK(text_of(m).size() < 200'000);
}

TEST_CASE("a model that cannot be drawn from is not saved", "[adapters][json]") {
  workload_model m = small();
  m.rate = std::numeric_limits<double>::quiet_NaN();
  const auto text = save_workload_model(m);
  REQUIRE_FALSE(text);
  CHECK(text.failure().field == "rate");
}

TEST_CASE("what is wrong with a file is named", "[adapters][json]") {
  const std::string good = text_of(small());
  const auto refused = [](const std::string& text, std::string_view field, std::string_view what) {
    const auto m = load_workload_model(text, "w.json");
    INFO(what);
    REQUIRE_FALSE(m);
    CHECK(m.failure().file == "w.json");
    CHECK(m.failure().field == field);
    CHECK(m.failure().what.find(what) != std::string::npos);
    CHECK_FALSE(m.failure().expected.empty());
  };
  const auto spoilt = [&](std::string_view part, std::string_view by, std::string_view field,
                          std::string_view what) {
    refused(replaced(good, part, by), field, what);
  };
  refused("", "", "not JSON");
  refused("rows,cpu\n1,2\n", "", "not JSON");
  refused("[1, 2]", "", "no object");
  refused(good.substr(0, good.size() / 2), "", "not JSON");
  refused("{}", "format", "missing");
  spoilt("muster workload model", "muster checkpoint", "format", "another format");
  spoilt("\"version\": 1", "\"version\": 2", "version", "version 2 is not known");
  spoilt("\"version\": 1", "\"version\": 1.0", "version", "does not fit");
  spoilt("\"joint\": false", "\"joint\": 0", "joint", "another type");
  spoilt("\"joint\"", "\"jiont\"", "jiont", "no such field");
  spoilt("\"joint\"", "\"jo\\nint\"", "jo?int", "no such field");
  spoilt("\"tasks\": 123456789012", "\"tasks\": -1", "tasks", "does not fit");
  spoilt("\"name\": \"", "\"name\": 7, \"x\": \"", "x", "no such field");
  spoilt("\"rate\": 0.3", "\"rate\": -0.3", "rate", "not positive");
  spoilt("\"rate\": 0.3", "\"rate\": NaN, \"x\": 0.3", "", "not JSON");
  spoilt("\"rate\": 0.3", "\"rate\": null, \"x\": 0.3", "x", "no such field");
  spoilt("\"hourly\": [0.5,1.5,", "\"hourly\": [2.0,", "hourly", "23 hours");
  spoilt("\"hourly\": [0.5,", "\"hourly\": [0.6,", "hourly", "do not fit");
  spoilt("\"hourly\": [0.5,", "\"hourly\": [null,", "hourly[0]", "no number");
  spoilt("\"gaps\": [0.0,0.3", "\"gaps\": [3.0,0.3", "gaps", "do not fit");
  spoilt("\"gaps\": [0.0,0.3333333333333333,2.6666666666666665]", "\"gaps\": [2.0,0.5,0.5]", "gaps",
         "not sorted");
  spoilt("\"cpu\": [0.1,", "\"cpu\": [", "memory", "have 2, 3 and 3 entries");
  spoilt("\"cpu\": [0.1,", "\"cpu\": [-0.1,", "cpu[0]", "does not fit");
  spoilt("\"cpu\": [0.1,", "\"cpu\": [\"0.1\",", "cpu[0]", "no number");
  spoilt("\"cpu\": [0.1,", "\"cpu\": 0.1, \"x\": [", "x", "no such field");
  spoilt("\"memory\": [0.33333334,", "\"memory\": [1e39,", "memory[0]", "does not fit");
  spoilt("\"memory\": [0.33333334,", "\"memory\": [1e999,", "", "not JSON");
  spoilt("\"run_us\": [10000000,", "\"run_us\": [-1,", "run_us[0]", "does not fit");
  spoilt("\"run_us\": [10000000,", "\"run_us\": [0.5,", "run_us[0]", "does not fit");
  spoilt("\"run_us\": [10000000,", "\"run_us\": [9223372036854775808,", "run_us[0]",
         "does not fit");
  spoilt("\"day_us\": 576000001", "\"day_us\": 0", "day_us", "too short");
}

TEST_CASE("a field of another type is told from a missing one", "[adapters][json]") {
  const std::string good = text_of(small());
  const auto null_rate = load_workload_model(replaced(good, "0.30000000000000004", "null"), "f");
  REQUIRE_FALSE(null_rate);
  CHECK(null_rate.failure().to_string() ==
        "f: rate: the field is of another type; expected a number");
  const auto no_rows = load_workload_model(
      R"({"format": "muster workload model", "version": 1, "name": "", "synthetic": true,
          "joint": true, "tasks": 0, "rate": 1, "day_us": 86400000000,
          "hourly": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],
          "gaps": [], "cpu": [], "memory": [], "run_us": []})",
      "f");
  REQUIRE_FALSE(no_rows);
  CHECK(no_rows.failure().field == "rows");
  CHECK(no_rows.failure().file == "f");
}

TEST_CASE("mutated text gives a usable model or an error of one line", "[adapters][json][fuzz]") {
  const std::string good = text_of(small());
  constexpr std::string_view bytes = "0123456789-+.eE,:[]{}\"\\ntrufalse\x00\xff\x80 \n";
  rng g{17};
  int accepted = 0;
  for (int round = 0; round < 10'000; ++round) {
    std::string text = good;
    for (auto edits = 1 + uniform_below(g, 4); edits > 0 && !text.empty(); --edits) {
      const auto at = static_cast<std::size_t>(uniform_below(g, text.size()));
      const char byte = bytes[static_cast<std::size_t>(uniform_below(g, bytes.size()))];
      switch (uniform_below(g, 5)) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        case 2:
          text.erase(at, 1 + static_cast<std::size_t>(uniform_below(g, 20)));
          break;
        case 3:
          text.insert(at, text.substr(at, static_cast<std::size_t>(uniform_below(g, 40))));
          break;
        default:
          text[at] = static_cast<char>(g() & 0xFF);
      }
    }
    const auto m = load_workload_model(text, "f");
    if (m) {
      ++accepted;
      REQUIRE(check(*m));
      REQUIRE(load_workload_model(text_of(*m), "f"));
    } else {
      REQUIRE(m.failure().file == "f");
      REQUIRE_FALSE(m.failure().what.empty());
      REQUIRE_FALSE(m.failure().expected.empty());
      REQUIRE(m.failure().to_string().find('\n') == std::string::npos);
    }
  }
  // Most edits break something; a few change a digit or a blank.
  CHECK(accepted > 50);
  CHECK(accepted < 5000);
}

TEST_CASE("deep nesting does not exhaust the stack", "[adapters][json]") {
  CHECK_FALSE(load_workload_model(std::string(200'000, '['), "f"));
  const std::string deep =
      "{\"format\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  const auto m = load_workload_model(deep, "f");
  REQUIRE_FALSE(m);
  CHECK(m.failure().field == "format");
}
