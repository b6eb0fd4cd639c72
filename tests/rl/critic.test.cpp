// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops.hpp>
#include <muster/nn/init.hpp>
#include <muster/nn/optim/sgd.hpp>
#include <muster/num/tensor.hpp>
#include <muster/rl/critic.hpp>

#include <array>
#include <cstddef>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using rl::single_critic, rl::target_critic;

namespace {

const nn::mlp<>::config small{.in = 3, .out = 1, .hidden = {8}};

template <class Critic>
std::array<float, 2> ask(const Critic& c, bool next) {
  static constexpr std::array x{0.5F, -1.0F, 2.0F, 0.0F, 1.0F, 0.25F};
  std::array<float, 2> y{};
  std::vector<float> space(c.workspace_size(2));
  const num::view<const float> states{x.data(), {2, 3}};
  const num::view<float> out{y.data(), {2, 1}};
  if (next) {
    c.next_values(states, out, space);
  } else {
    c.values(states, out, space);
  }
  return y;
}

template <class Critic>
void learn(Critic& c, float target) {
  static constexpr std::array x{0.5F, -1.0F, 2.0F, 0.0F, 1.0F, 0.25F};
  nn::sgd<> optimiser{{.rate = 0.01}};
  autodiff::tape<float> tape;
  c.store().zero_grads();
  const auto loss = c.loss(tape, tape.constant({x.data(), {2, 3}}),
                           [&](auto v) { return mean(square(v - target)); });
  tape.backward(loss);
  optimiser.step(c.store());
}

}  // namespace

TEST_CASE("a single critic gives one answer and learns", "[rl][critic]") {
  single_critic<> c{{.network = small}};
  rng g{1};
  c.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  const auto before = ask(c, false);
  CHECK(before == ask(c, true));
  CHECK(before != std::array<float, 2>{});
  for (int k = 0; k < 2000; ++k) learn(c, 3.0F);
  CHECK(ask(c, false)[0] == Approx(3.0F).margin(0.01));
  CHECK(ask(c, false)[1] == Approx(3.0F).margin(0.01));
  c.end_cycle();
  CHECK(ask(c, false) == ask(c, true));
}

TEST_CASE("a target network stands still between refreshes", "[rl][critic]") {
  target_critic<> c{{.network = small, .refresh_every = 3}};
  rng g{2};
  c.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  const auto start = ask(c, true);
  CHECK(ask(c, false) == start);
  for (int cycle = 1; cycle <= 7; ++cycle) {
    const auto frozen = ask(c, true);
    learn(c, 3.0F);
    CHECK(ask(c, false) != frozen);
    CHECK(ask(c, true) == frozen);
    c.end_cycle();
    if (cycle % 3 == 0) {
      CHECK(ask(c, true) == ask(c, false));
    } else {
      CHECK(ask(c, true) == frozen);
    }
  }
  c.refresh();
  CHECK(ask(c, true) == ask(c, false));
  CHECK(ask(c, true) != start);
}

TEST_CASE("a moved critic keeps its networks", "[rl][critic]") {
  target_critic<> c{{.network = small}};
  rng g{3};
  c.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  learn(c, 1.0F);
  const auto value = ask(c, false);
  const auto next = ask(c, true);
  target_critic<> other = std::move(c);
  CHECK(ask(other, false) == value);
  CHECK(ask(other, true) == next);
  learn(other, 5.0F);
  CHECK(ask(other, false) != value);
}

TEST_CASE("the critic of KMPS has the parameters its layers say", "[rl][critic]") {
  const single_critic<> kmps{{.network = {.in = 120, .out = 1, .hidden = {256, 128, 64, 32}}}};
  CHECK(kmps.store().count() ==
        120 * 256 + 256 + 256 * 128 + 128 + 128 * 64 + 64 + 64 * 32 + 32 + 32 + 1);
}
