// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <array>
#include <utility>

#include <muster/kmps/edge_neighbours.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
using kmps::edge_neighbours, kmps::sufficiency;

namespace {
offered_job from(const dispatch_view& view, std::uint64_t id) {
  offered_job o{view.access_point, view.request};
  o.request.id = job_id{id};
  return o;
}
edge_neighbours::config rule(sufficiency s) {
  edge_neighbours::config c;
  c.accept = s;
  return c;
}
}  // namespace

TEST_CASE("edge_neighbours: a neighbour takes what an idle replica can run, node by node",
          "[kmps][edge_neighbours]") {
  support::hand_made h{2, 4};  // three clusters of two nodes
  edge_neighbours n{rule(sufficiency::idle)};
  n.look(h.view);
  CHECK(n.clusters() == 3);
  rng random{1};
  const auto offer = [&](std::uint32_t cluster, std::uint64_t id) {
    n.look(h.view);
    const auto a = n.offer(cluster, from(h.view, id), {h.view.now, never}, random);
    REQUIRE(a);
    CHECK(a.at == h.view.now + milliseconds(50));
    if (a.value->accepted()) {  // as the environment and the router do
      const std::size_t k = cluster * 2 + a.value->node;
      h.queue(k, 1);
      n.placed(h.view, k);
    }
    return *a.value;
  };
  CHECK(offer(1, 0) == offer_reply{offer_verdict::accepted, 0, never});
  CHECK(offer(1, 1) == offer_reply{offer_verdict::accepted, 1, never});
  CHECK(offer(1, 2).verdict == offer_verdict::full);
  CHECK(offer(2, 2).accepted());
  h.cells[2].replicas = h.cells[3].replicas = 0;
  CHECK(offer(1, 3).verdict == offer_verdict::no_service);
  CHECK(n.capacity(2, service_id{0}, {}, random).value->idle == 1);
  CHECK(n.load(2, {}, random).value->waiting == 1);
  CHECK(n.capacity(1, service_id{0}, {}, random).value->replicas == 0);
}

TEST_CASE("a repeated offer gets the same answer and no second place", "[kmps][edge_neighbours]") {
  support::hand_made h{2, 2};
  edge_neighbours n{rule(sufficiency::idle)};
  n.look(h.view);
  rng random{1};
  const auto once = n.offer(1, from(h.view, 5), {}, random);
  CHECK(*n.offer(1, from(h.view, 5), {}, random).value == *once.value);
  CHECK(n.offer(1, from(h.view, 6), {}, random).value->node == 1);  // the turn went on by one
}

TEST_CASE("a neighbour knows what others have sent in this slot; the asking view does not",
          "[kmps][edge_neighbours]") {
  support::hand_made h{1, 2};  // three clusters of one node with one replica
  edge_neighbours n{rule(sufficiency::idle)};
  rng random{1};
  n.look(h.view);       // access point 0 ...
  n.placed(h.view, 2);  // ... sends to row 2, cluster 2; its books show it to itself only
  dispatch_view second = h.view;
  second.access_point = 1;
  second.first_row = 1;
  n.look(second);
  CHECK(second[1].idle() == 1);  // row 2 looks idle to access point 1
  CHECK(n.offer(2, from(second, 1), {}, random).value->verdict == offer_verdict::full);
  CHECK(n.capacity(2, service_id{0}, {}, random).value->idle == 0);
  CHECK(n.offer(0, from(second, 1), {}, random).value->accepted());
  // In the next slot everybody's books have it, so it does not count twice.
  second.now = second.now + milliseconds(250);
  n.look(second);
  CHECK(n.offer(2, from(second, 2), {}, random).value->accepted());
  // After a move the hosts still look at the right books.
  edge_neighbours moved = std::move(n);
  moved.look(second);
  moved.placed(second, 1);
  dispatch_view third = second;
  third.access_point = 2;
  third.first_row = 2;
  moved.look(third);
  CHECK(third.row_of(2) == 1);
  CHECK(moved.offer(1, from(third, 3), {}, random).value->accepted());
  CHECK(moved.offer(0, from(third, 4), {}, random).value->accepted());
}

TEST_CASE("on time: the queue of the neighbour and the way count", "[kmps][edge_neighbours]") {
  support::hand_made h{1, 1};
  edge_neighbours n;
  rng random{1};
  h.queue(1, 4);  // 200 ms of work before the replica of cluster 1; ours takes 50 ms
  const auto verdict = [&](std::int64_t deadline_us, std::int64_t now_us = 0) {
    h.view.request.deadline = instant{deadline_us};
    n.look(h.view);
    return n
        .offer(1, from(h.view, static_cast<std::uint64_t>(deadline_us)), {instant{now_us}, never},
               random)
        .value->verdict;
  };
  // Free at 200 ms, run until 250 ms, back at 275 ms.
  CHECK(verdict(275'000) == offer_verdict::accepted);
  CHECK(verdict(274'999) == offer_verdict::full);
  // Asked at 190 ms: there at 215 ms, so back at 290 ms.
  CHECK(verdict(290'000, 190'000) == offer_verdict::accepted);
  CHECK(verdict(289'999, 190'000) == offer_verdict::full);
  // What another access point sent in this slot adds its work.
  support::hand_made g{1, 2};
  dispatch_view first = g.view;
  n.look(first);
  n.placed(first, 1);
  dispatch_view second = g.view;
  second.access_point = 2;
  second.first_row = 2;
  second.request.deadline = instant{125'000};  // free at 50 ms, run until 100 ms, back at 125 ms
  n.look(second);
  CHECK(n.offer(1, from(second, 1), {}, random).value->accepted());
  second.request.deadline = instant{124'999};
  n.look(second);
  CHECK(n.offer(1, from(second, 2), {}, random).value->verdict == offer_verdict::full);
}

TEST_CASE("edge_neighbours has the links of a system", "[kmps][edge_neighbours]") {
  env::edge_cloud_config c;
  c.cross = milliseconds(20);
  c.outages = {{1, instant{}, instant{1'000'000}}};
  edge_neighbours n{edge_neighbours::like(c)};
  support::hand_made h{6, 12};
  n.look(h.view);
  rng random{1};
  CHECK(n.offer(1, from(h.view, 0), {instant{}, instant{200'000}}, random).status ==
        rpc_status::timed_out);
  CHECK(n.offer(2, from(h.view, 0), {}, random).at == instant{40'000});
  CHECK(n.messages().lost == 1);
  std::array<request_key, 1> key{};
  std::array<request_outcome, 1> told{};
  CHECK(n.outcomes(2, key, told, {}, random));
  CHECK(told[0] == request_outcome::unknown);
}

TEST_CASE("edge_neighbours does not allocate once warm", "[kmps][edge_neighbours]") {
  support::hand_made h{2, 4};
  edge_neighbours n;
  rng random{1};
  const auto slots = [&] {
    for (int s = 0; s < 20; ++s) {
      h.view.now = h.view.now + milliseconds(250);
      for (std::uint32_t ap = 0; ap < 3; ++ap) {
        h.view.access_point = ap;
        h.view.first_row = 2 * ap;
        for (std::uint64_t i = 0; i < 10; ++i) {
          n.look(h.view);
          static_cast<void>(n.offer((ap + 1) % 3, from(h.view, i), {h.view.now, never}, random));
          n.placed(h.view, 2);
        }
      }
    }
  };
  slots();
  testing::no_alloc_scope quiet;
  slots();
  CHECK(quiet.allocations() == 0);
}
