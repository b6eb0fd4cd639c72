// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <muster/core/rng.hpp>
#include <muster/kmps/curriculum.hpp>
#include <muster/kmps/detail/workload.hpp>
#include <muster/nn/checkpoint.hpp>

using namespace muster;
using kmps::progressive;

namespace {

progressive::config three_stages() {
  progressive::config c;
  c.stages = {{0.0, 0.3, 0.2}, {0.5, 0.6, 0.5}, {1.0, 1.0, 1.0}};
  c.reach = 0.8;
  c.window = 3;
  c.most = 6;
  return c;
}

}  // namespace

TEST_CASE("no_curriculum: everything at once", "[kmps][curriculum]") {
  kmps::no_curriculum c;
  c.observe(0.0);
  CHECK(c.current().difficulty == 1.0);
  CHECK(c.current().load == 1.0);
  CHECK(c.current().horizon == 1.0);
}

TEST_CASE("progressive: the next stage begins when the mean of the last rounds is reached",
          "[kmps][curriculum]") {
  progressive c{three_stages()};
  CHECK(c.stage() == 0);
  CHECK(c.current().load == 0.3);
  c.observe(1.0);
  c.observe(1.0);
  CHECK(c.stage() == 0);  // two rounds are not a window
  c.observe(0.39);        // mean 0.7967
  CHECK(c.stage() == 0);
  c.observe(1.0);  // mean of the last three 0.7967
  CHECK(c.stage() == 0);
  c.observe(1.02);  // 0.8033
  CHECK(c.stage() == 1);
  CHECK(c.current().difficulty == 0.5);
  CHECK(c.rounds() == 0);
  // What was good in the first stage does not count in the second.
  c.observe(0.9);
  c.observe(0.9);
  CHECK(c.stage() == 1);
  c.observe(0.61);  // mean 0.8033
  CHECK(c.stage() == 2);
  CHECK(c.current().horizon == 1.0);
}

TEST_CASE("progressive: a stage ends after so many rounds in any case", "[kmps][curriculum]") {
  progressive c{three_stages()};
  for (int k = 0; k < 5; ++k) c.observe(0.1);
  CHECK(c.stage() == 0);
  c.observe(0.1);
  CHECK(c.stage() == 1);
  auto patient = three_stages();
  patient.most = 0;
  progressive p{patient};
  for (int k = 0; k < 1000; ++k) p.observe(0.79);
  CHECK(p.stage() == 0);
}

TEST_CASE("progressive never goes back, and stays in the last stage", "[kmps][curriculum][law]") {
  rng g{5};
  for (int trial = 0; trial < 50; ++trial) {
    progressive c{three_stages()};
    std::size_t before = 0;
    double difficulty = 0.0;
    for (int k = 0; k < 40; ++k) {
      c.observe(uniform01(g));
      const bool forward = c.stage() == before || c.stage() == before + 1;
      CHECK(forward);
      CHECK(c.current().difficulty >= difficulty);
      before = c.stage();
      difficulty = c.current().difficulty;
    }
    CHECK(c.stage() == 2);
  }
}

TEST_CASE("progressive goes on from a file where it was", "[kmps][curriculum]") {
  progressive a{three_stages()}, b{three_stages()};
  for (int k = 0; k < 7; ++k) a.observe(0.5);
  nn::checkpoint out{"test"};
  a.add_to(out, "curriculum/");
  const std::string file = out.bytes();
  nn::checkpoint in{"test"};
  b.add_to(in, "curriculum/");
  REQUIRE(in.restore(std::as_bytes(std::span{file}), "memory"));
  for (int k = 0; k < 6; ++k) {
    CHECK(b.stage() == a.stage());
    CHECK(b.rounds() == a.rounds());
    a.observe(0.95);
    b.observe(0.95);
  }
}

TEST_CASE("progressive refuses stages out of range", "[kmps][curriculum][contract]") {
  CHECK(support::breaks("out of range", [] {
    auto c = three_stages();
    c.stages[1].load = 0.0;
    progressive p{c};
  }));
  CHECK(support::breaks("no stages", [] {
    auto c = three_stages();
    c.stages.clear();
    progressive p{c};
  }));
}

TEST_CASE("a workload is told the difficulty if it asks, else thinned", "[kmps][curriculum]") {
  const lesson easy{.difficulty = 0.25, .load = 0.3, .horizon = 1.0};
  std::vector<int> numbers(20000);
  for (int i = 0; i < 20000; ++i) numbers[static_cast<std::size_t>(i)] = i;

  double told = -1.0;
  const auto asks = [&](std::uint64_t, double difficulty) {
    told = difficulty;
    return numbers;
  };
  rng g{1};
  std::size_t size = 0;
  kmps::detail::with_workload(asks, g, easy, [&](auto all) { size = all.size(); });
  CHECK(told == 0.25);
  CHECK(size == numbers.size());

  const auto does_not = [&](std::uint64_t) { return numbers; };
  const auto thinned = [&](std::uint64_t seed) {
    rng h{seed};
    std::vector<int> some;
    kmps::detail::with_workload(does_not, h, easy,
                                [&](auto all) { some.assign(all.begin(), all.end()); });
    return some;
  };
  const std::vector<int> some = thinned(1);
  CHECK(std::abs(static_cast<double>(some.size()) / 20000.0 - 0.3) < 0.015);  // 4.6 sd
  CHECK(std::is_sorted(some.begin(), some.end()));
  CHECK(thinned(1) == some);
  CHECK(thinned(2) != some);
  kmps::detail::with_workload(does_not, g, lesson{}, [&](auto all) { size = all.size(); });
  CHECK(size == numbers.size());
}
