// SPDX-License-Identifier: Apache-2.0
#include <muster/rl/replay_window.hpp>

#include <array>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using muster::rl::ppo_batch, muster::rl::replay_window;

namespace {

struct two_samples {
  std::array<float, 2> x;
  std::array<float, 2> column;
  std::array<std::uint32_t, 2> actions{0, 1};
  explicit two_samples(float mark) : x{mark, mark + 0.5F}, column{-mark, -mark - 0.5F} {}
  [[nodiscard]] ppo_batch batch() const {
    return {.observations = x,
            .critic_observations = x,
            .masks = {},
            .actions = actions,
            .log_probs = column,
            .advantages = column,
            .targets = column,
            .values = column};
  }
};

std::vector<float> list(std::span<const float> s) { return {s.begin(), s.end()}; }

}  // namespace

TEST_CASE("the window holds the last episodes, oldest first", "[rl][replay_window]") {
  replay_window window{{.episodes = 3}};
  CHECK(window.batch().size() == 0);
  window.add(two_samples{1.0F}.batch());
  CHECK(list(window.batch().observations) == std::vector{1.0F, 1.5F});
  for (const float mark : {2.0F, 3.0F, 4.0F}) window.add(two_samples{mark}.batch());
  CHECK(window.episodes() == 3);
  const ppo_batch all = window.batch();
  CHECK(all.size() == 6);
  CHECK(list(all.observations) == std::vector{2.0F, 2.5F, 3.0F, 3.5F, 4.0F, 4.5F});
  // The probabilities are those stored when the actions were drawn.
  CHECK(list(all.log_probs) == std::vector{-2.0F, -2.5F, -3.0F, -3.5F, -4.0F, -4.5F});
  CHECK(all.critic_observations.data() == all.observations.data());
  window.clear();
  CHECK(window.batch().size() == 0);
  window.add(two_samples{9.0F}.batch());
  CHECK(list(window.batch().targets) == std::vector{-9.0F, -9.5F});
}

TEST_CASE("states of a centralised critic are kept apart", "[rl][replay_window]") {
  replay_window window{{.episodes = 2}};
  const two_samples s{1.0F};
  const std::array states{7.0F, 8.0F};
  auto b = s.batch();
  b.critic_observations = states;
  window.add(b);
  window.add(b);
  CHECK(list(window.batch().critic_observations) == std::vector{7.0F, 8.0F, 7.0F, 8.0F});
  CHECK(list(window.batch().observations) == std::vector{1.0F, 1.5F, 1.0F, 1.5F});
}
