// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <muster/kmps/observation.hpp>

using namespace muster;

TEST_CASE("local_observation: the paper's local state", "[kmps][observation]") {
  support::hand_made h{2, 2};
  h.view.queue_length = 7;
  h.queue(1, 3);
  h.rows[0].cpu_used = 1000;
  h.rows[1].memory_used = 4000;
  const kmps::local_observation o;
  const auto layout = o.layout(2, 5, 1);
  CHECK(layout.size() == 10);
  CHECK(o.layout(6, 19, 12).size() == 22);
  std::vector<float> x(10, -9.0F);
  o.encode(h.view, x);
  const std::vector<float> expected{0.0F, 1.0F, 0.7F, 0.1F, 0.0F, 0.75F, 1.0F, 0.3F, 1.0F, 0.75F};
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(x[i] == Approx(expected[i]));
  h.queue(3, 50);  // a neighbour: not in it
  std::vector<float> y(10);
  o.encode(h.view, y);
  CHECK(x == y);
}

TEST_CASE("offers_observation: wait and margin of every target, nothing of masked ones",
          "[kmps][observation]") {
  support::hand_made h{2, 1};
  h.cells[1].replicas = 0;
  h.view.request.deadline = instant{560'000};  // own node: back at 60 ms, margin 0.5 s
  h.queue(2, 2);
  const kmps::offers_observation o;
  const auto layout = o.layout(2, 4, 1);
  CHECK(layout.size() == 6 + 4 * 9);
  std::vector<float> x(layout.size(), -9.0F);
  o.encode(h.view, x);
  const float* own = x.data() + layout.request;
  CHECK(own[0] == 1.0F);
  CHECK(own[1] == 1.0F);
  CHECK(own[2] == 0.0F);
  CHECK(own[3] == Approx(0.5));
  CHECK(own[4] == 1.0F);
  for (int i = 0; i < 9; ++i) CHECK(own[9 + i] == 0.0F);
  const float* neighbour = own + 18;
  CHECK(neighbour[1] == 0.0F);
  CHECK(neighbour[2] == Approx(std::log(3.0) / 5.0));  // 100 ms
  CHECK(neighbour[7] == Approx(0.25));
  bool finite = true;
  h.view.request.deadline = instant{-5'000'000};
  o.encode(h.view, x);
  for (const float v : x) finite = finite && std::isfinite(v) && std::abs(v) <= 4.0F;
  CHECK(finite);
}

TEST_CASE("global_state: entry by entry", "[kmps][observation]") {
  // Two clusters of one node, the cloud, two services; access point 1 decides about service 1.
  std::vector<target_table::row> rows(3);
  for (auto& r : rows) {
    r.cpu_total = 4000;
    r.memory_total = 16000;
  }
  rows[2].cpu_total = 24000;
  rows[2].memory_total = 96000;
  std::vector<target_table::cell> cells(6);
  const target_table table{rows, cells, 2};
  dispatch_view view;
  view.table = &table;
  view.own = 1;
  view.access_point = 1;
  view.first_row = 1;
  view.now = instant{1'000'000};
  view.queue_length = 4;
  view.lan = milliseconds(5);
  view.cross = milliseconds(25);
  view.wan = milliseconds(100);
  view.is_valid = [](const dispatch_view&, std::size_t) noexcept { return true; };
  view.request.service = service_id{1};
  view.request.deadline = instant{1'500'000};
  view.request.work = milliseconds(60);
  view.request.cpu = 0.25F;
  // Own node: three wait, two of them of this service with 0.2 s of work for two replicas; two
  // run on 1 core and 4 GB. The neighbour has nothing at all. The cloud: half its memory.
  rows[1].queue_length = 3;
  rows[1].running = 2;
  rows[1].cpu_used = 1000;
  rows[1].memory_used = 4000;
  cells[1 * 2 + 1].replicas = 2;
  cells[1 * 2 + 1].waiting = 2;
  cells[1 * 2 + 1].work_waiting = 200'000;
  rows[2].memory_used = 48000;
  rows[2].queue_length = 12;
  cells[2 * 2 + 1].replicas = 1;
  cells[2 * 2 + 1].busy = 1;
  cells[2 * 2 + 1].finish_sum = 1'450'000;  // 0.45 s left

  struct two_queues {
    [[nodiscard]] std::size_t access_points() const { return 2; }
    [[nodiscard]] std::size_t waiting_at(std::size_t a) const { return a == 0 ? 9 : 3; }
  };
  CHECK(kmps::global_state::size(2, 3, 2) == 24);
  CHECK(kmps::global_state::size(3, 19, 12) == 5 + 12 + 3 + 19 * 5);
  std::vector<float> x(24, -9.0F);
  kmps::global_state::encode(two_queues{}, view, x);
  const std::vector<double> expected{std::log(11.0) / 5,
                                     0.25,
                                     0.3,
                                     0.25,
                                     std::log(5.0) / 5,  // the request: 0.5 s left
                                     0,
                                     1,  // it is of service 1
                                     std::log(4.0) / 5,
                                     std::log(10.0) / 5,  // access points 1 and 0
                                     std::log(1.75) / 4,
                                     0.5,
                                     std::log(1 + 0.1 * 20) / 5,
                                     0.25,
                                     0.25,  // own node
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,  // the neighbour's
                                     std::log(1.5) / 4,
                                     0,
                                     std::log(1 + 0.45 * 20) / 5,
                                     0,
                                     0.5};  // the cloud
  REQUIRE(expected.size() == x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    CAPTURE(i);
    CHECK(x[i] == Approx(expected[i]).margin(1e-7));
  }
  // Its first part is what the actor sees of the request, word for word.
  std::vector<float> seen(kmps::offers_observation{}.layout(1, 3, 2).size());
  kmps::offers_observation{}.encode(view, seen);
  CHECK(std::equal(seen.begin(), seen.begin() + 7, x.begin()));
}

TEST_CASE("overload: nothing at 85 %, something at 86 %", "[kmps][observation]") {
  support::hand_made h{1, 0};
  h.rows[0].cpu_used = 3400;
  h.rows[0].memory_used = 13600;
  CHECK(kmps::overload_of(h.table, 0.85) == 0.0F);
  h.rows[0].cpu_used = 3440;
  CHECK(kmps::overload_of(h.table, 0.85) == Approx(0.01 / 2));  // mean over node and cloud
  h.rows[0].memory_used = 16000;
  CHECK(kmps::overload_of(h.table, 0.85) == Approx(0.16 / 2));
}
