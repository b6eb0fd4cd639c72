// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/node_state.hpp>

#include <cmath>
#include <vector>

#include "kmps/orchestration/frames.hpp"
#include "support/catch.hpp"

using namespace muster;
using kmps::node_state;

static_assert(node_state::width(12) == 27);

TEST_CASE("a node's state by hand", "[kmps][orchestration]") {
  tests::made_frame f{2, 2, 2};
  f.at_access[1 * 2 + 0] = 6;  // cluster 1, service 0: 3 for each of its two nodes
  f.cell(3, 0).waiting = 4;
  f.place(3, 1, 3);
  f.starting[3 * 2 + 1] = 1;
  f.rows[3].cpu_used = 1000;
  f.rows[3].memory_used = 4000;
  std::vector<float> x(4 * node_state::width(2));
  const node_state s{{.queue = 15.0, .replicas = 8.0, .latency = 0.21}};
  s.encode(f.view, std::span{x});
  const float* node = x.data() + 3 * 7;
  CHECK(node[0] == Approx(std::log(8.0) / std::log(16.0)));  // 4 + 3 waiting: 3/4
  CHECK(node[0] == Approx(0.75));
  CHECK(node[1] == 0.0F);
  CHECK(node[2] == 0.0F);
  CHECK(node[3] == Approx(0.5));  // 3 + 1 of 8
  CHECK(node[4] == Approx(0.75));
  CHECK(node[5] == Approx(0.75));
  CHECK(node[6] == Approx(1.0));  // 2 x 105 ms
  const float* other = x.data();
  CHECK(other[0] == 0.0F);
  CHECK(other[4] == 1.0F);

  const node_state own_only{{.queue = 15.0, .access_share = false}};
  own_only.encode(f.view, std::span{x});
  CHECK(x[3 * 7] == Approx(std::log(5.0) / std::log(16.0)));
}

TEST_CASE("states of a crowded system stay of order one", "[kmps][orchestration]") {
  tests::made_frame f{3, 6, 12};
  for (auto& q : f.at_access) q = 1000;
  for (auto& c : f.cells) c.waiting = 500, c.replicas = 1;
  for (auto& r : f.rows) r.memory_used = 12000, r.cpu_used = 4000;
  std::vector<double> x(18 * 27);
  node_state{}.encode(f.view, std::span{x});
  for (const double v : x) {
    CHECK(v >= 0.0);
    CHECK(v <= 2.0);
  }
}
