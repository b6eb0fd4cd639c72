// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <cmath>

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
