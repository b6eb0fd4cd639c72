// SPDX-License-Identifier: Apache-2.0
#include <muster/env/matrix_game.hpp>

#include <array>
#include <cstdint>

#include "support/catch.hpp"

using muster::rng, muster::env::matrix_game;

TEST_CASE("the reward is the entry of row and column", "[env][matrix_game]") {
  matrix_game game{matrix_game::climbing()};
  rng g{1};
  game.reset(g);
  const auto play = [&](std::uint32_t a, std::uint32_t b) {
    const std::array actions{a, b};
    const auto outcome = game.step(actions, g);
    CHECK(outcome.terminated);
    return outcome.reward;
  };
  CHECK(play(0, 0) == 11.0F);
  CHECK(play(0, 1) == -30.0F);
  CHECK(play(1, 2) == 6.0F);
  CHECK(play(2, 1) == 0.0F);
  CHECK(play(2, 2) == 5.0F);

  game = matrix_game{matrix_game::penalty(-100.0F)};
  CHECK(play(0, 0) == 10.0F);
  CHECK(play(0, 2) == -100.0F);
  CHECK(play(1, 1) == 2.0F);
}

TEST_CASE("agents see who they are, the critic sees one state", "[env][matrix_game]") {
  const matrix_game game;
  std::array<float, 2> o{};
  game.observe(0, o);
  CHECK(o == std::array{1.0F, 0.0F});
  game.observe(1, o);
  CHECK(o == std::array{0.0F, 1.0F});
  std::array<float, 1> s{};
  game.observe_state(s);
  CHECK(s[0] == 1.0F);
  CHECK(game.agent_count() == 2);
  CHECK(game.action_count() == 3);
}
