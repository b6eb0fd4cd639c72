// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <muster/core/rng.hpp>
#include <muster/queue/discount.hpp>
#include <muster/queue/earliest_deadline.hpp>
#include <muster/testing/laws/dequeue_strategy.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using queue::discount;

namespace {

job make(std::uint64_t id, double deadline, double work) {
  job j;
  j.id = job_id{id};
  j.deadline = instant{} + from_seconds(deadline);
  j.work = from_seconds(work);
  return j;
}

}  // namespace

TEST_CASE("discount obeys the laws of dequeue_strategy", "[queue][laws]") {
  for (const bool by_work : {true, false}) {
    testing::check_laws(discount{{.by_work = by_work}}, /*seed=*/7, /*rounds=*/300,
                        [](const char* law, bool holds) {
                          INFO(law);
                          CHECK(holds);
                        });
  }
}

TEST_CASE("discount orders a hand-made queue", "[queue][discount]") {
  // gamma 1/2 per second: rho = ln 2, so a job of one second has the factor (1/2) / (1/2) = 1, one
  // of two seconds (1/4) / (3/4) = 1/3, and each second to the deadline halves.
  const discount d{{.gamma = 0.5, .step = seconds(1)}};
  const std::array jobs{make(1, 3.0, 1.0),   // 1/8
                        make(2, 2.0, 2.0),   // 1/4 x 1/3 = 1/12
                        make(3, 1.0, 2.0),   // 1/2 x 1/3 = 1/6: first
                        make(4, 2.5, 1.0)};  // 0.177: before all
  CHECK(std::exp(d.worth(jobs[0])) == Approx(1.0 / 8.0));
  CHECK(std::exp(d.worth(jobs[1])) == Approx(1.0 / 12.0));
  CHECK(std::exp(d.worth(jobs[2])) == Approx(1.0 / 6.0));
  CHECK(d.pick(jobs, instant{}) == 3);
  CHECK(d.pick(std::span{jobs}.first(3), instant{}) == 2);
  CHECK(d.before(jobs[0], jobs[1]));
  // Time passes for all alike.
  CHECK(d.pick(jobs, instant{} + seconds(100)) == 3);
}

TEST_CASE("discount without work is the order of deadlines", "[queue][discount]") {
  const discount d{{.by_work = false}};
  const queue::earliest_deadline edf;
  rng g{3};
  for (int k = 0; k < 200; ++k) {
    std::vector<job> jobs;
    for (std::uint64_t i = 0; i < 8; ++i) {
      jobs.push_back(make(i, static_cast<double>(uniform_below(g, 5)), uniform01(g)));
    }
    REQUIRE(d.pick(jobs, instant{}) == edf.pick(jobs, instant{}));
  }
}

TEST_CASE("no order of service earns more than discount's", "[queue][discount]") {
  // Rothkopf's theorem: the sum of r_i gamma^{completion} over all orders of six jobs.
  const discount d{{.gamma = 0.6, .step = seconds(1)}};
  rng g{8};
  for (int round = 0; round < 20; ++round) {
    std::vector<job> jobs;
    for (std::uint64_t i = 0; i < 6; ++i) {
      jobs.push_back(make(i, 10.0 * uniform01(g), 0.05 + 3.0 * uniform01(g)));
    }
    const auto earned = [&](const std::vector<job>& order) {
      double time = 0.0, sum = 0.0;
      for (const job& j : order) {
        time += j.work.seconds();
        sum += std::pow(0.6, (j.deadline - instant{}).seconds()) * std::pow(0.6, time);
      }
      return sum;
    };
    std::vector<job> ours, left = jobs;
    while (!left.empty()) {
      const std::size_t i = d.pick(left, instant{});
      ours.push_back(left[i]);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(i));
    }
    const double got = earned(ours);
    std::array<std::size_t, 6> order{0, 1, 2, 3, 4, 5};
    double best = 0.0;
    do {
      std::vector<job> other;
      for (const std::size_t i : order) other.push_back(jobs[i]);
      best = (std::max)(best, earned(other));
    } while (std::next_permutation(order.begin(), order.end()));
    REQUIRE(got == Approx(best).epsilon(1e-9));
  }
}

TEST_CASE("discount at the edges", "[queue][discount]") {
  const discount d;
  const std::array nothing_to_do{make(5, 9.0, 0.0), make(4, 8.0, 0.0), make(1, 0.1, 0.1)};
  CHECK(d.worth(nothing_to_do[0]) == std::numeric_limits<double>::infinity());
  CHECK(d.pick(nothing_to_do, instant{}) == 1);  // the earlier deadline of the two for free
  const std::array twins{make(9, 3.0, 1.0), make(2, 3.0, 1.0)};
  CHECK(d.pick(twins, instant{}) == 1);
  testing::no_alloc_scope scope;
  CHECK(d.pick(twins, instant{}) == 1);
  CHECK(scope.allocations() == 0);
}
