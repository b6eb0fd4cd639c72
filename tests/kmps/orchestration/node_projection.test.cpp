// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/kmps/orchestration/node_projection.hpp>
#include <muster/nn/init.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/num/tensor.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"

using namespace muster;

namespace {

using encoder = kmps::node_projection<double, num::reference>;

struct built {
  nn::parameter_store<double, num::reference> store;
  encoder e;
  nn::graph<double> graph{nn::topology::uniform(2, 3)};
  num::tensor<double> states{{6, 5}}, x{{6, 4}}, y{{2, 4}}, z{{1, 4}}, workspace;

  built() : e{store, "encoder", {.state_width = 5, .embedding = 4, .hidden = {6}}} {
    store.commit();
    rng g{1};
    e.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
    for (double& s : states.span()) s = uniform01(g);
    workspace = num::tensor<double>{{e.workspace_size(graph.view()) + 1}};
  }
  void infer() {
    e.infer(states.view(), graph.view(), x.view(), y.view(), z.view(), workspace.span());
  }
};

}  // namespace

TEST_CASE("groups are the means of their members", "[kmps][orchestration]") {
  built b;
  b.infer();
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(b.y(0, i) == Approx((b.x(0, i) + b.x(1, i) + b.x(2, i)) / 3.0));
    CHECK(b.y(1, i) == Approx((b.x(3, i) + b.x(4, i) + b.x(5, i)) / 3.0));
    CHECK(b.z(0, i) == Approx((b.y(0, i) + b.y(1, i)) / 2.0));
  }
  CHECK(b.e.width() == 4);
}

TEST_CASE("a node does not hear of the others", "[kmps][orchestration]") {
  built b;
  b.infer();
  const auto before = b.x.clone();
  b.states(1, 2) += 3.0;
  b.infer();
  for (std::size_t n = 0; n < 6; ++n) {
    bool same = true;
    for (std::size_t i = 0; i < 4; ++i) same = same && b.x(n, i) == before(n, i);
    CHECK(same == (n != 1));
  }
}

TEST_CASE("with and without a tape: the same numbers, no allocation", "[kmps][orchestration]") {
  built b;
  b.infer();
  autodiff::tape<double, num::reference> tape;
  const auto e = b.e.forward(tape, tape.constant(b.states.view()), b.graph.view());
  for (std::size_t i = 0; i < 24; ++i) CHECK(e.nodes.value()[i] == Approx(b.x[i]));
  for (std::size_t i = 0; i < 8; ++i) CHECK(e.access_points.value()[i] == Approx(b.y[i]));
  for (std::size_t i = 0; i < 4; ++i) CHECK(e.clusters.value()[i] == Approx(b.z[i]));
  const testing::no_alloc_scope scope;
  b.infer();
  const auto allocations = scope.allocations();
  CHECK(allocations == 0);
}
