// SPDX-License-Identifier: Apache-2.0
#include <muster/core/job.hpp>

#include <type_traits>

#include "support/catch.hpp"

using muster::job;

// Queues hold jobs by the million and move them about: they stay plain and one cache line long.
static_assert(std::is_trivially_copyable_v<job> && std::is_aggregate_v<job>);
static_assert(sizeof(job) <= 64);

TEST_CASE("a job is empty until told otherwise", "[core][job]") {
  constexpr job j{};
  CHECK(j.id == muster::job_id{0});
  CHECK(j.arrival == muster::instant{});
  CHECK(j.deadline == muster::instant{});
  CHECK(j.work == muster::duration{});
  CHECK(j.service == muster::service_id{0});
  CHECK((j.cpu == 0.0F && j.memory == 0.0F));
  CHECK_FALSE(j.urgent);
}

TEST_CASE("a job is written by its field names", "[core][job]") {
  constexpr job j{.id = muster::job_id{3},
                  .arrival = {10},
                  .deadline = {40},
                  .work = muster::microseconds(25),
                  .service = muster::service_id{2},
                  .cpu = 0.5F,
                  .memory = 1.0F,
                  .urgent = true};
  static_assert(j.deadline - j.arrival - j.work == muster::microseconds(5));
  CHECK(j.urgent);
}
