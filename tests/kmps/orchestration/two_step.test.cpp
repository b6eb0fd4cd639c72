// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/kmps/orchestration/two_step.hpp>
#include <muster/rl/ppo_loss.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <cmath>
#include <set>

#include "kmps/orchestration/structures.hpp"
#include "support/catch.hpp"

using namespace muster;
using built = tests::built_structure<kmps::two_step>;

namespace {

const built::structure::config small{{7, 6}, {7, 6}, {6, 5}};

// Eq. 7 for one part each of fixed advantages, and Eq. 6 for fixed targets.
template <class Built>
double losses(Built& b, autodiff::tape<double, num::reference>& tape, double actor, double critic,
              bool backward) {
  tape.reset();
  const auto t = b.evaluate(tape);
  static std::vector<double> advantage, target;
  advantage.clear(), target.clear();
  for (std::size_t i = 0; i < b.frames * b.rounds; ++i) {
    advantage.push_back(std::sin(1.0 + static_cast<double>(i)));
  }
  for (std::size_t i = 0; i < b.frames; ++i) target.push_back(std::cos(static_cast<double>(i)));
  const auto a = tape.constant({advantage.data(), {advantage.size()}});
  const auto v = tape.constant({target.data(), {target.size(), 1}});
  auto loss = t.entropy * (-0.1 * actor);
  for (std::size_t p = 0; p < Built::parts; ++p) {
    const auto old = tape.constant({b.old[p].data(), {b.old[p].size()}});
    loss = loss + rl::clipped_surrogate(t.log_probs[p], old, a, 0.2).loss * actor +
           mean(square(t.values[p] - v)) * critic;
  }
  if (backward) {
    b.actors.zero_grads();
    b.critics.zero_grads();
    tape.backward(loss);
  }
  return loss.item();
}

}  // namespace

TEST_CASE("node probabilities sum to one, services are a distribution on each node",
          "[kmps][orchestration]") {
  built b{small, 1, 1, 2};
  b.look(0);
  std::vector<double> sigma(4);
  b.s.node_probabilities(sigma);
  double sum = 0.0;
  for (const double p : sigma) sum += p;
  CHECK(sum == Approx(1.0));
  for (std::size_t n = 0; n < 4; ++n) {
    double total = 0.0;
    for (const double p : b.s.service_probabilities(n)) total += p;
    CHECK(total == Approx(1.0));
    CHECK(b.s.service_probabilities(n).size() == 7);
  }
}

TEST_CASE("the joint log-probability is the sum of both steps", "[kmps][orchestration]") {
  built b{small, 1, 1, 2};
  b.look(0);
  rng g{3};
  std::array<std::uint32_t, 2> nodes{}, actions{};
  for (int i = 0; i < 50; ++i) {
    const auto lp = b.s.draw(g, nodes, actions);
    REQUIRE(nodes[0] != nodes[1]);
    std::vector<double> sigma(4);
    b.s.node_probabilities(sigma);
    const double first = sigma[nodes[0]] * sigma[nodes[1]] / (1.0 - sigma[nodes[0]]);
    const double second = b.s.service_probabilities(nodes[0])[actions[0]] *
                          b.s.service_probabilities(nodes[1])[actions[1]];
    CHECK(lp[0] == Approx(std::log(first)).epsilon(1e-5));
    CHECK(lp[1] == Approx(std::log(second)).epsilon(1e-5));
    CHECK(lp[0] + lp[1] == Approx(std::log(first * second)).epsilon(1e-5));
  }
}

TEST_CASE("the most probable: distinct nodes by score, each with its best action",
          "[kmps][orchestration]") {
  built b{small, 1, 1, 1};
  b.look(0);
  std::vector<double> sigma(4);
  b.s.node_probabilities(sigma);
  std::array<std::uint32_t, 6> nodes{}, actions{};  // two more than there are nodes
  b.s.top(nodes, actions);
  CHECK(std::set<std::uint32_t>(nodes.begin(), nodes.begin() + 4).size() == 4);
  for (std::size_t i = 0; i + 1 < 4; ++i) CHECK(sigma[nodes[i]] >= sigma[nodes[i + 1]]);
  CHECK(nodes[4] == nodes[0]);
  CHECK(nodes[5] == nodes[1]);
  for (std::size_t i = 0; i < 6; ++i) {
    const auto p = b.s.service_probabilities(nodes[i]);
    for (const double other : p) CHECK(p[actions[i]] >= other);
  }
}

TEST_CASE("a batch on the tape agrees with the frames as they were seen", "[kmps][orchestration]") {
  for (const std::size_t picks : {1U, 2U, 3U}) {
    built b{small, 3, 2, picks};
    autodiff::tape<double, num::reference> tape;
    const auto t = b.evaluate(tape);
    for (std::size_t p = 0; p < 2; ++p) {
      for (std::size_t i = 0; i < 6; ++i) {
        CHECK(t.log_probs[p].value()[i] == Approx(b.old[p][i]).epsilon(1e-5));
      }
      for (std::size_t i = 0; i < 3; ++i) {
        CHECK(t.values[p].value()[i] == Approx(b.values[p][i]).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("the critics' losses leave encoder and actors exactly alone", "[kmps][orchestration]") {
  built b{small, 3, 2, 2};
  autodiff::tape<double, num::reference> tape;
  losses(b, tape, 0.0, 1.0, true);
  CHECK(tests::all_zero(b.actors.grads()));
  CHECK_FALSE(tests::all_zero(b.critics.grads()));
  losses(b, tape, 1.0, 0.0, true);
  CHECK_FALSE(tests::all_zero(b.actors.grads()));
  CHECK(tests::all_zero(b.critics.grads()));
}

TEST_CASE("the two critics learn independently", "[kmps][orchestration]") {
  built b{small, 3, 2, 1};
  autodiff::tape<double, num::reference> tape;
  for (const std::size_t part : {0U, 1U}) {
    tape.reset();
    const auto t = b.evaluate(tape);
    b.critics.zero_grads();
    tape.backward(mean(square(t.values[part] + 1.0)));
    const auto entries = b.critics.entries();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const bool node = entries[i].name.rfind("node_critic", 0) == 0;
      const bool zero =
          tests::all_zero(b.critics.grad(nn::parameter{static_cast<std::uint32_t>(i)}));
      // A ReLU that is off may leave a bias without gradient, so ask the weights of the output.
      if (node != (part == 0)) CHECK(zero);
      if (node == (part == 0) && entries[i].name.find(".2.weight") != std::string::npos) {
        CHECK_FALSE(zero);
      }
    }
  }
}

TEST_CASE("the gradient of the actors' loss through the encoder, by differences",
          "[kmps][orchestration]") {
  built b{small, 2, 2, 2};
  // Away from ratio 1, where the clipped surrogate has a corner.
  for (std::size_t p = 0; p < 2; ++p) {
    for (std::size_t i = 0; i < b.old[p].size(); ++i) b.old[p][i] += i % 2 == 0 ? 0.05 : -0.4;
  }
  autodiff::tape<double, num::reference> tape;
  losses(b, tape, 1.0, 1.0, true);
  const std::vector<double> slope(b.actors.grads().span().begin(), b.actors.grads().span().end());
  const auto values = b.actors.values().span();
  rng g{5};
  std::size_t compared = 0, nonzero = 0;
  for (std::size_t k = 0; k < 120; ++k) {
    const auto i = static_cast<std::size_t>(uniform_below(g, values.size()));
    const double kept = values[i], step = 1e-6;
    values[i] = kept + step;
    const double up = losses(b, tape, 1.0, 0.0, false);
    values[i] = kept - step;
    const double down = losses(b, tape, 1.0, 0.0, false);
    values[i] = kept;
    const double expected = (up - down) / (2.0 * step);
    CHECK(slope[i] == Approx(expected).epsilon(1e-4).margin(1e-7));
    ++compared;
    nonzero += slope[i] != 0.0 ? 1 : 0;
  }
  CHECK(compared == 120);
  CHECK(nonzero > 40);
}

TEST_CASE("the order of an access point's nodes does not matter to the critics",
          "[kmps][orchestration]") {
  built b{small, 1, 1, 1};
  const auto before = b.values;
  for (std::size_t i = 0; i < built::state; ++i) std::swap(b.states(0, i), b.states(1, i));
  b.look(0);
  const auto after = b.s.values();
  CHECK(after[0] == Approx(before[0][0]));
  CHECK(after[1] == Approx(before[1][0]));
}

TEST_CASE("deciding allocates nothing once warm", "[kmps][orchestration]") {
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
