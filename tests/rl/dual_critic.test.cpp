// SPDX-License-Identifier: Apache-2.0
#include <muster/nn/init.hpp>
#include <muster/rl/dual_critic.hpp>
#include <muster/rl/ppo.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using rl::alpha_by_loss, rl::dual_critic, rl::fixed_alpha;

namespace {

constexpr std::array x{0.5F, -1.0F, 2.0F, 0.0F, 1.0F, 0.25F};
const num::view<const float> states{x.data(), {2, 3}};
const nn::mlp<>::config small{.in = 3, .out = 1, .hidden = {8}};

template <class Critic>
std::array<float, 2> ask(const Critic& c) {
  std::array<float, 2> y{};
  std::vector<float> space(c.workspace_size(2));
  c.values(states, {y.data(), {2, 1}}, space);
  return y;
}

}  // namespace

TEST_CASE("alpha mixes two different critics", "[rl][dual_critic]") {
  dual_critic<> c{{.network = small, .mix = {.alpha = 0.25}}};
  rng g{1};
  c.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  const auto mixed = ask(c);
  c.set_alpha(1.0);
  const auto first = ask(c);
  c.set_alpha(0.0);
  const auto second = ask(c);
  CHECK(first != second);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(mixed[i] == Approx(0.25F * first[i] + 0.75F * second[i]));
  }

  SECTION("the losses are two, and independent of alpha") {
    autodiff::tape<float> tape;
    const auto loss = c.loss(tape, tape.constant(states), [](auto v) { return sum(v); });
    CHECK(loss.item() == Approx(first[0] + first[1] + second[0] + second[1]));
  }
  SECTION("weighing by loss") {
    dual_critic<nn::mlp<>, alpha_by_loss> w{{.network = small}};
    rng again{1};
    w.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, again);
    std::vector<float> space(w.workspace_size(2));
    const std::array targets{1.0F, -1.0F};
    const double alpha = w.weigh(states, {targets.data(), {2, 1}}, space);
    double a = 0.0;
    double b = 0.0;
    for (std::size_t i = 0; i < 2; ++i) {
      a += std::pow(static_cast<double>(first[i] - targets[i]), 2) / 2.0;
      b += std::pow(static_cast<double>(second[i] - targets[i]), 2) / 2.0;
    }
    CHECK(alpha == Approx(std::exp(-a) / (std::exp(-a) + std::exp(-b))).epsilon(1e-5));
    CHECK(w.alpha() == alpha);
  }
}

TEST_CASE("alpha by loss is a logistic function that cannot overflow", "[rl][dual_critic]") {
  const alpha_by_loss mix;
  CHECK(mix(0.3, 0.3) == 0.5);
  CHECK(mix(1.0, 2.0) == Approx(1.0 / (1.0 + std::exp(-1.0))));
  CHECK(mix(2.0, 1.0) == Approx(1.0 - mix(1.0, 2.0)));
  CHECK(mix(0.0, 1e6) == 1.0);
  CHECK(mix(1e6, 0.0) == 0.0);
  const alpha_by_loss sharp{.temperature = 0.01};
  CHECK(sharp(0.03, 0.04) == Approx(mix(3.0, 4.0)));
  CHECK(sharp(0.0, 1e306) == 1.0);
  CHECK(fixed_alpha{0.3}(5.0, 1.0) == 0.3);
}

TEST_CASE("ppo learns values with a dual critic", "[rl][dual_critic]") {
  using learner = rl::ppo<rl::actor<>, dual_critic<>>;
  learner::config config{.actor = {.network = {.in = 3, .out = 2, .hidden = {8}}},
                         .critic = {.network = small, .mix = {.alpha = 0.5}}};
  config.critic_rate = 1e-2;
  rng g{4};
  learner ppo{config, g};
  const std::array<std::uint32_t, 2> actions{0, 1};
  const std::array log_probs{-0.69F, -0.69F};
  const std::array zeros{0.0F, 0.0F};
  const std::array targets{2.0F, -1.0F};
  const rl::ppo_batch batch{.observations = x,
                            .critic_observations = x,
                            .masks = {},
                            .actions = actions,
                            .log_probs = log_probs,
                            .advantages = zeros,
                            .targets = targets,
                            .values = zeros};
  for (int k = 0; k < 300; ++k) CHECK_FALSE(ppo.update(batch, g).refused);
  std::array<float, 2> v{};
  ppo.values(x, v);
  CHECK(v[0] == Approx(2.0F).margin(0.05));
  CHECK(v[1] == Approx(-1.0F).margin(0.05));
}
