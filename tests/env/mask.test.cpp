// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <muster/core/rng.hpp>
#include <muster/env/mask.hpp>

using namespace muster;

TEST_CASE("masks: replica, cores, memory, cloud", "[env][mask]") {
  support::hand_made h{3, 1};
  h.cells[0].replicas = 0;
  h.rows[1].cpu_used = 3501;      // 0.499 cores free for a request of 0.5
  h.rows[2].memory_used = 15901;  // 0.099 GB free for a request of 0.1
  h.rows[4].cpu_used = 4000;      // the cloud is full
  using res = env::resource_mask;
  CHECK_FALSE(res::allows(h.view, 0));
  CHECK_FALSE(res::allows(h.view, 1));
  CHECK_FALSE(res::allows(h.view, 2));
  CHECK(res::allows(h.view, 3));
  CHECK(res::allows(h.view, 4));  // always valid
  h.rows[1].cpu_used = 3500;
  h.rows[2].memory_used = 15000;
  CHECK(res::allows(h.view, 1));
  CHECK(res::allows(h.view, 2));
  using rep = env::replica_mask;
  CHECK_FALSE(rep::allows(h.view, 0));
  for (std::size_t k = 1; k < 5; ++k) CHECK(rep::allows(h.view, k));
  for (std::size_t k = 0; k < 5; ++k) CHECK(env::no_mask::allows(h.view, k));
}

TEST_CASE("resource_mask allows exactly what has a replica and room, whatever the books",
          "[env][mask]") {
  rng random{3};
  for (int round = 0; round < 500; ++round) {
    support::hand_made h{4, 4};
    h.view.request.cpu = 0.25F;
    for (std::size_t k = 0; k < h.rows.size(); ++k) {
      h.cells[k].replicas = static_cast<std::uint32_t>(uniform_below(random, 2));
      h.rows[k].cpu_used = static_cast<std::int64_t>(uniform_below(random, 4001));
      h.rows[k].memory_used = static_cast<std::int64_t>(uniform_below(random, 16001));
      h.queue(k, static_cast<std::uint32_t>(uniform_below(random, 50)));  // must not matter
    }
    bool right = true;
    for (std::size_t k = 0; k < h.rows.size(); ++k) {
      const bool room = h.rows[k].cpu_used <= 3750 && h.rows[k].memory_used <= 15900;
      const bool expected = h.cells[k].replicas > 0 && (room || k + 1 == h.rows.size());
      right = right && env::resource_mask::allows(h.view, k) == expected;
    }
    CHECK(right);
  }
}

TEST_CASE("no_neighbours leaves the own cluster and the cloud", "[env][mask]") {
  support::hand_made h{2, 2};
  using own = env::no_neighbours<>;
  using any = env::no_neighbours<env::no_mask>;
  h.cells[0].replicas = 0;
  CHECK_FALSE(own::allows(h.view, 0));  // the mask inside still holds
  CHECK(any::allows(h.view, 0));
  CHECK(own::allows(h.view, 1));
  for (std::size_t k = 2; k < h.view.cloud(); ++k) {
    CHECK_FALSE(own::allows(h.view, k));
    CHECK_FALSE(any::allows(h.view, k));
  }
  CHECK(own::allows(h.view, h.view.cloud()));
}
