// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/kmps/orchestration/joint.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <cmath>

#include "kmps/orchestration/structures.hpp"
#include "support/catch.hpp"

using namespace muster;
using built = tests::built_structure<kmps::joint>;

namespace {
const built::structure::config small{{7, 6}, {6, 5}};
}

TEST_CASE("all pairs of node and change share one distribution", "[kmps][orchestration]") {
  built b{small, 1, 1, 2};
  b.look(0);
  std::vector<double> on_node(4);
  b.s.node_probabilities(on_node);
  double sum = 0.0;
  for (const double p : on_node) sum += p;
  CHECK(sum == Approx(1.0));
  CHECK(b.s.choices(4) == 28);
  CHECK(b.s.choice(2, 5) == 19);

  rng g{2};
  std::array<std::uint32_t, 2> nodes{}, actions{};
  for (int i = 0; i < 50; ++i) {
    static_cast<void>(b.s.draw(g, nodes, actions));
    REQUIRE(nodes[0] < 4);
    REQUIRE(actions[0] < 7);
    const bool same = nodes[0] == nodes[1] && actions[0] == actions[1];
    CHECK_FALSE(same);
  }
}

TEST_CASE("a batch of joint draws on the tape agrees with the frames as they were seen",
          "[kmps][orchestration]") {
  for (const std::size_t picks : {1U, 2U}) {
    built b{small, 3, 2, picks};
    autodiff::tape<double, num::reference> tape;
    const auto t = b.evaluate(tape);
    for (std::size_t i = 0; i < 6; ++i) {
      CHECK(t.log_probs[0].value()[i] == Approx(b.old[0][i]).epsilon(1e-5));
    }
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(t.values[0].value()[i] == Approx(b.values[0][i]).epsilon(1e-5));
    }
    CHECK(t.entropy.item() < std::log(28.0));
    CHECK(t.entropy.item() > 0.0);
  }
}

TEST_CASE("the one critic leaves encoder and actor exactly alone", "[kmps][orchestration]") {
  built b{small, 3, 2, 1};
  autodiff::tape<double, num::reference> tape;
  const auto t = b.evaluate(tape);
  b.actors.zero_grads();
  b.critics.zero_grads();
  tape.backward(mean(square(t.values[0] + 1.0)));
  CHECK(tests::all_zero(b.actors.grads()));
  CHECK_FALSE(tests::all_zero(b.critics.grads()));
}

TEST_CASE("joint decisions allocate nothing once warm", "[kmps][orchestration]") {
  built b{small, 1, 1, 2};
  rng g{1};
  std::array<std::uint32_t, 2> nodes{}, actions{};
  const auto decide = [&] {
    b.look(0);
    static_cast<void>(b.s.draw(g, nodes, actions));
    static_cast<void>(b.s.values());
    b.s.top(nodes, actions);
  };
  decide();
  const testing::no_alloc_scope scope;
  decide();
  const auto allocations = scope.allocations();
  CHECK(allocations == 0);
}
