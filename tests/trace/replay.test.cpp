// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <muster/trace/replay.hpp>
#include <muster/trace/synthetic.hpp>
#include <set>
#include <vector>

#include "support/catch.hpp"

using muster::instant;
using muster::seconds;
using muster::trace::arrival;
using muster::trace::replay;
using muster::trace::task;
using part = muster::trace::part;

namespace {

// Rows that can be told apart in what comes out: the allowance is the number of the row.
std::vector<task> numbered(std::size_t rows, std::int64_t first, std::uint64_t seed) {
  muster::rng g{seed};
  std::vector<task> file;
  instant start{};
  for (std::size_t i = 0; i < rows; ++i) {
    task t;
    t.start = start;
    t.allowance = seconds(first + static_cast<std::int64_t>(i));
    t.cpu = 1.0F;
    file.push_back(t);
    if (muster::uniform_below(g, 3) == 0) {
      start += seconds(static_cast<std::int64_t>(muster::uniform_below(g, 100)));
    }
  }
  return file;
}

std::int64_t row_of(const arrival& a) {
  return (a.request.deadline - a.request.arrival).us / 1'000'000;
}

bool same(const std::vector<arrival>& a, const std::vector<arrival>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const arrival& x, const arrival& y) {
    return x.request.arrival == y.request.arrival && x.request.deadline == y.request.deadline &&
           x.request.id == y.request.id && x.access_point == y.access_point;
  });
}

}  // namespace

TEST_CASE("a replay makes exactly the requests of the rate profile, sorted and numbered",
          "[trace][replay]") {
  const std::vector<std::vector<task>> files{numbered(500, 0, 1), numbered(400, 1000, 2)};
  for (const double rate : {1.0, 33.3, 100.0, 600.0}) {
    for (const double surge : {1.0, 5.0}) {
      const replay r{{.rate = rate, .surge = surge, .horizon = seconds(50)}};
      const auto made = r.arrivals(files);
      REQUIRE(made);
      CHECK(static_cast<double>(made->size()) == std::round(r.profile().total()));
      std::map<std::uint32_t, std::size_t> per_point;
      bool sorted = true, dense = true, inside = true;
      for (std::size_t i = 0; i < made->size(); ++i) {
        const arrival& a = (*made)[i];
        ++per_point[a.access_point];
        sorted = sorted && (i == 0 || (*made)[i - 1].request.arrival <= a.request.arrival);
        dense = dense && a.request.id == muster::job_id{i};
        inside =
            inside && a.request.arrival >= instant{} && a.request.arrival < instant{} + seconds(50);
      }
      CHECK(sorted);
      CHECK(dense);
      CHECK(inside);
      REQUIRE(per_point.size() == 3);
      CHECK(per_point[0] - per_point[2] <= 1);
    }
  }
}

TEST_CASE("inside the surge there is surge times as much", "[trace][replay]") {
  // Rows one second apart: without bursts of its own the trace shows the profile alone.
  std::vector<task> even;
  for (int i = 0; i < 1000; ++i) {
    task t;
    t.start = instant{} + seconds(i);
    even.push_back(t);
  }
  const replay r{{.rate = 50.0, .surge = 5.0, .horizon = seconds(100), .access_points = 2}};
  const auto made = r.arrivals(std::vector<std::vector<task>>{even});
  REQUIRE(made);
  CHECK(made->size() == 9'000);
  const auto between = [&](std::int64_t a, std::int64_t b) {
    return std::count_if(made->begin(), made->end(), [&](const arrival& x) {
      return x.request.arrival >= instant{} + seconds(a) &&
             x.request.arrival < instant{} + seconds(b);
    });
  };
  CHECK(std::abs(between(0, 40) - 2'000) <= 2);
  CHECK(std::abs(between(40, 60) - 5'000) <= 2);
  CHECK(std::abs(between(60, 100) - 2'000) <= 2);
  CHECK(std::abs(between(10, 11) - 50) <= 2);
}

TEST_CASE("rows keep their order and the proportion of their gaps", "[trace][replay]") {
  const auto file = numbered(300, 0, 5);
  const replay r{{.rate = 10.0, .surge = 1.0, .horizon = seconds(20), .access_points = 1}};
  const auto made = r.arrivals(std::vector<std::vector<task>>{file});
  REQUIRE(made);
  REQUIRE(made->size() == 200);
  const std::int64_t first = row_of(made->front());
  double scale = 0.0;
  for (std::size_t k = 0; k + 1 < made->size(); ++k) {
    const auto row = static_cast<std::size_t>(row_of((*made)[k]));
    REQUIRE(row == (static_cast<std::size_t>(first) + k) % file.size());
    if (row + 1 == file.size()) continue;  // the gap from the last row to the first is the mean
    const double trace_gap = (file[row + 1].start - file[row].start).seconds();
    const double gap = ((*made)[k + 1].request.arrival - (*made)[k].request.arrival).seconds();
    if (scale == 0.0 && trace_gap > 0.0) scale = gap / trace_gap;
    REQUIRE(gap == Approx(scale * trace_gap).margin(3e-6));
  }
}

TEST_CASE("training and test never share a row", "[trace][replay]") {
  const std::vector<std::vector<task>> files{numbered(500, 0, 1), numbered(401, 1000, 2)};
  std::set<std::int64_t> seen[2];
  for (const auto which : {part::train, part::test}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const auto made =
          replay{{.rate = 100.0, .horizon = seconds(30), .part = which, .seed = seed}}.arrivals(
              files);
      REQUIRE(made);
      for (const arrival& a : *made) seen[which == part::train ? 0 : 1].insert(row_of(a));
    }
  }
  CHECK(seen[0].size() == 300 + 240);  // floor(0.6 n), all of them
  CHECK(seen[1].size() == 200 + 161);
  for (const std::int64_t row : seen[0]) CHECK(seen[1].count(row) == 0);
}

TEST_CASE("the seed decides, and nothing else", "[trace][replay]") {
  const std::vector<std::vector<task>> files{numbered(500, 0, 1), numbered(400, 1000, 2)};
  const auto made = [&](std::uint64_t seed) {
    return std::move(replay{{.horizon = seconds(20), .seed = seed}}.arrivals(files)).value();
  };
  CHECK(same(made(3), made(3)));
  CHECK_FALSE(same(made(3), made(4)));
}

TEST_CASE("access points that share a file play different rows at the same time",
          "[trace][replay]") {
  const std::vector<std::vector<task>> files{numbered(600, 0, 1), numbered(400, 1000, 2)};
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    const auto made =
        replay{{.rate = 15.0, .surge = 1.0, .horizon = seconds(30), .seed = seed}}.arrivals(files);
    REQUIRE(made);
    std::map<std::uint32_t, std::set<std::int64_t>> rows;
    for (const arrival& a : *made) rows[a.access_point].insert(row_of(a));
    for (const std::int64_t row : rows[1]) CHECK(row >= 1000);  // the second file
    for (const std::int64_t row : rows[2]) {
      CHECK(row < 1000);
      CHECK(rows[0].count(row) == 0);  // 150 rows each, 300 apart
    }
  }
}

TEST_CASE("compression divides the gaps and leaves the number to the trace", "[trace][replay]") {
  std::vector<task> even;
  for (int i = 0; i < 100; ++i) {
    task t;
    t.start = instant{} + seconds(10 * i);
    even.push_back(t);
  }
  const replay r{{.rate = 0.0,
                  .compression = 20.0,
                  .surge = 1.0,
                  .horizon = seconds(100),
                  .access_points = 1}};
  const auto made = r.arrivals(std::vector<std::vector<task>>{even});
  REQUIRE(made);
  CHECK(made->size() == 200);  // one in 0.5 s, twice through the file
  CHECK((*made)[1].request.arrival - (*made)[0].request.arrival == muster::milliseconds(500));
}

TEST_CASE("unsorted files are put in order, and odd files still play", "[trace][replay]") {
  auto file = numbered(200, 0, 7);
  const replay r{{.rate = 20.0, .horizon = seconds(10), .access_points = 1}};
  const auto sorted = r.arrivals(std::vector<std::vector<task>>{file});
  std::stable_sort(file.begin(), file.end(),
                   [](const task& a, const task& b) { return a.start > b.start; });
  const auto again = r.arrivals(std::vector<std::vector<task>>{file});
  REQUIRE(again);
  CHECK(again->size() == sorted->size());

  std::vector<task> burst(5);  // all in one second
  const auto spread = r.arrivals(std::vector<std::vector<task>>{burst});
  REQUIRE(spread);
  CHECK(spread->size() == 360);
  CHECK(spread->front().request.arrival < spread->back().request.arrival);
  const auto single = r.arrivals(std::vector<std::vector<task>>{std::vector<task>(1)});
  REQUIRE(single);
  CHECK(single->size() == 360);
  const auto timed = replay{{.rate = 0.0, .horizon = seconds(10), .access_points = 1}}.arrivals(
      std::vector<std::vector<task>>{burst});
  REQUIRE(timed);
  CHECK(timed->size() == 18);  // one a second, five in the surge
}

TEST_CASE("what cannot be played is an error", "[trace][replay]") {
  CHECK_FALSE(replay{}.arrivals({}));
  const std::vector<std::vector<task>> empty{{}};
  CHECK_FALSE(replay{}.arrivals(empty));
  const std::vector<std::vector<task>> one{std::vector<task>(1)};
  CHECK_FALSE(replay{{.part = part::train}}.arrivals(one));
  CHECK(replay{{.part = part::test}}.arrivals(one));
  const auto much = replay{{.rate = 1e9}}.arrivals(one);
  REQUIRE_FALSE(much);
  CHECK(much.failure().to_string().find("more than 100000000 requests") != std::string::npos);
  CHECK_FALSE(replay{{.rate = 0.0, .compression = 1e9, .most = 1000}}.arrivals(one));
}

TEST_CASE("the deadline scale stretches every allowance", "[trace][replay]") {
  muster::rng g{1};
  const std::vector<std::vector<task>> files{muster::trace::synthetic{{.rows = 1000}}.tasks(g)};
  const auto plain = replay{{.rate = 10.0, .horizon = seconds(20)}}.arrivals(files);
  const auto wide =
      replay{{.rate = 10.0, .horizon = seconds(20), .deadline_scale = 2.0}}.arrivals(files);
  REQUIRE((plain && wide));
  for (std::size_t i = 0; i < plain->size(); ++i) {
    const auto& p = (*plain)[i].request;
    const auto& w = (*wide)[i].request;
    CHECK(2 * (p.deadline - p.arrival) == w.deadline - w.arrival);
  }
}
