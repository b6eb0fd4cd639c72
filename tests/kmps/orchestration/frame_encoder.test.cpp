// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/kmps/orchestration/frame_encoder.hpp>
#include <muster/kmps/orchestration/node_projection.hpp>
#include <muster/nn/graph_encoder.hpp>
#include <muster/nn/init.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "kmps/orchestration/frames.hpp"
#include "support/catch.hpp"

using namespace muster;

TEST_CASE("a frame is encoded once and known again", "[kmps][orchestration]") {
  nn::parameter_store<> store;
  nn::graph_encoder_config c;
  c.state_width = kmps::node_state::width(4);
  nn::graph_encoder<> encoder{store, "encoder", c};
  store.commit();
  rng g{1};
  encoder.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);

  tests::made_frame f{2, 3, 4};
  f.at_access[5] = 7;
  kmps::frame_encoder<nn::graph_encoder<>> once;
  CHECK(once.is_stale(f.view));
  once.encode(encoder, {}, f.view);
  CHECK_FALSE(once.is_stale(f.view));
  CHECK(once.encodes() == 1);
  CHECK(once.states().rows() == 6);
  CHECK(once.states().columns() == 11);
  CHECK(once.result().nodes.rows() == 6);
  CHECK(once.result().nodes.columns() == 24);
  CHECK(once.result().access_points.rows() == 2);
  CHECK(once.result().cluster.rows() == 1);
  CHECK(once.result().access_point_of[2] == 0);
  CHECK(once.result().access_point_of[3] == 1);

  f.next_frame();
  CHECK(once.is_stale(f.view));
  const testing::no_alloc_scope scope;
  once.encode(encoder, {}, f.view);
  const auto allocations = scope.allocations();
  CHECK(allocations == 0);
  CHECK(once.encodes() == 2);
  once.reset();
  CHECK(once.is_stale(f.view));
}

TEST_CASE("systems may change their size", "[kmps][orchestration]") {
  nn::parameter_store<> store;
  kmps::node_projection<> encoder{store, "encoder", {.state_width = 11}};
  store.commit();
  rng g{1};
  encoder.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  kmps::frame_encoder<kmps::node_projection<>> once;
  tests::made_frame large{3, 6, 4}, small{1, 2, 4};
  once.encode(encoder, {}, large.view);
  CHECK(once.result().nodes.rows() == 18);
  once.encode(encoder, {}, small.view);
  CHECK(once.result().nodes.rows() == 2);
  CHECK(once.result().access_points.rows() == 1);
  CHECK(once.topology().access_point.size() == 2);
}
