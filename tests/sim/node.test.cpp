// SPDX-License-Identifier: Apache-2.0
#include <muster/core/rng.hpp>
#include <muster/sim/node.hpp>
#include <vector>

#include "support/catch.hpp"

using muster::job;
using muster::service_id;
using muster::sim::node;

namespace {
job need(std::uint32_t service, float cpu, float memory) {
  job j;
  j.service = service_id{service};
  j.cpu = cpu;
  j.memory = memory;
  return j;
}
}  // namespace

TEST_CASE("a job needs an idle replica, cores and memory", "[sim][node]") {
  node n{{.cores = 1.0, .memory = 4.0, .services = 2, .replica_memory = 1.0}};
  CHECK_FALSE(n.start(need(0, 0.1F, 0.1F)));  // no replica
  CHECK(n.add_replica(service_id{0}));
  CHECK(n.add_replica(service_id{0}));
  CHECK(n.memory_free() == 2000);
  CHECK(n.start(need(0, 0.4F, 0.5F)));
  CHECK_FALSE(n.start(need(1, 0.4F, 0.5F)));  // service 1 is not here
  CHECK_FALSE(n.start(need(0, 0.7F, 0.5F)));  // 1.1 cores
  CHECK_FALSE(n.start(need(0, 0.1F, 1.6F)));  // 4.1 GB
  CHECK(n.start(need(0, 0.6F, 1.5F)));        // exactly full
  CHECK(n.cores_free() == 0);
  CHECK(n.memory_free() == 0);
  CHECK(n.idle(service_id{0}) == 0);
  CHECK_FALSE(n.remove_replica(service_id{0}));  // both busy
  CHECK_FALSE(n.add_replica(service_id{1}));     // no memory
  n.finish(need(0, 0.4F, 0.5F));
  CHECK(n.remove_replica(service_id{0}));
  CHECK(n.replicas(service_id{0}) == 1);
  CHECK(n.busy(service_id{0}) == 1);
}

TEST_CASE("random use never goes below zero or above what there is, and ends at nothing",
          "[sim][node]") {
  muster::rng g{9};
  node n{{.cores = 4.0, .memory = 16.0, .services = 3, .replica_memory = 0.25}};
  std::vector<job> running;
  int refused = 0;
  for (int step = 0; step < 20'000; ++step) {
    const auto s = static_cast<std::uint32_t>(muster::uniform_below(g, 3));
    switch (muster::uniform_below(g, 6)) {
      case 0:
        refused += n.add_replica(service_id{s}) ? 0 : 1;
        break;
      case 1:
        refused += n.remove_replica(service_id{s}) ? 0 : 1;
        break;
      case 2:
      case 3: {
        const job j = need(s, static_cast<float>(muster::uniform01(g)),
                           static_cast<float>(2 * muster::uniform01(g)));
        const bool could = n.can_start(j);
        const bool did = n.start(j);
        REQUIRE(could == did);
        if (did) running.push_back(j);
        refused += did ? 0 : 1;
        break;
      }
      default:
        if (running.empty()) break;
        n.finish(running.back());
        running.pop_back();
    }
    REQUIRE(n.cores_in_use() >= 0);
    REQUIRE(n.cores_free() >= 0);
    REQUIRE(n.memory_in_use() >= 0);
    REQUIRE(n.memory_free() >= 0);
    std::size_t busy = 0;
    for (std::uint32_t k = 0; k < 3; ++k) {
      REQUIRE(n.busy(service_id{k}) <= n.replicas(service_id{k}));
      busy += n.busy(service_id{k});
    }
    REQUIRE(busy == running.size());
  }
  CHECK(refused > 100);
  for (const job& j : running) n.finish(j);
  for (std::uint32_t k = 0; k < 3; ++k) {
    while (n.remove_replica(service_id{k})) {
    }
  }
  CHECK(n.cores_in_use() == 0);
  CHECK(n.memory_in_use() == 0);
}
