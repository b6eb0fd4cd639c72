// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/core/rng.hpp>
#include <muster/env/bandit.hpp>
#include <muster/federated/aggregators/mfpo_server.hpp>
#include <muster/nn/flat_parameters.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/momentum_policy_gradient.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using federated::mfpo_server;

TEST_CASE("mfpo_server: one round by hand", "[federated][mfpo]") {
  // Weights 1 and 3: theta' = (1, 0) / 4 + 3 (5, -4) / 4 = (4, -3), u' = (2, 6) / 4 +
  // 3 (-2, 2) / 4 = (-1, 3); a step of 0.5 along it: (3.5, -1.5).
  const std::array first{1.0F, 0.0F, 2.0F, 6.0F};
  const std::array second{5.0F, -4.0F, -2.0F, 2.0F};
  const std::array global{9.0F, 9.0F, 9.0F, 9.0F};  // not read: both halves are replaced
  const std::array updates{
      model_update{.client = client_id{7}, .weight = 3.0, .values = second},
      model_update{.client = client_id{2}, .weight = 1.0, .values = first},
  };
  std::array<float, 4> next{};
  mfpo_server server{{.rate = 0.5}};
  REQUIRE(server.aggregate({updates, global}, next).has_value());
  CHECK(next == std::array{3.5F, -1.5F, -1.0F, 3.0F});
  mfpo_server only_mean{{.rate = 0.0}};
  REQUIRE(only_mean.aggregate({updates, global}, next).has_value());
  CHECK(next == std::array{4.0F, -3.0F, -1.0F, 3.0F});
}

TEST_CASE("mfpo_server obeys the laws of aggregator", "[federated][mfpo][laws]") {
  const auto report = [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  };
  testing::check_aggregator_laws([] { return mfpo_server{{.rate = 0.01}}; },
                                 {.numbers = 20'012, .same = testing::agreement::nothing_known}, 7,
                                 report);
  testing::check_aggregator_laws([] { return mfpo_server{{.rate = 0.0}}; },
                                 {.numbers = 1'002, .same = testing::agreement::that_model}, 8,
                                 report);
}

TEST_CASE("clients with different arms agree on the one that pays most for all",
          "[federated][mfpo][learning]") {
  // Arm 2 is nobody's best but the best on average: 0.1, 0.4, 0.4 against 0.6.
  using learner = rl::momentum_policy_gradient<>;
  const std::array<std::vector<float>, 3> pay{
      {{0.9F, 0.1F, 0.6F, 0.1F}, {0.1F, 0.9F, 0.6F, 0.1F}, {0.2F, 0.2F, 0.6F, 0.1F}}};
  rng g{3};
  learner::config c;
  c.actor.network = {.in = 1, .out = 4, .hidden = {}};
  c.critic.network = {.in = 1, .out = 1, .hidden = {}};
  c.critic_epochs = 0;
  c.actor_rate = 0.1;
  c.forget = 0.2;
  std::vector<learner> clients;
  for (int k = 0; k < 3; ++k) clients.emplace_back(c, g);
  mfpo_server server{{.rate = 0.1}};
  const std::size_t half = nn::flat_parameters{clients[0].policy().store()}.size();
  std::vector<float> global(2 * half);
  const std::array x{1.0F};
  for (int round = 0; round < 150; ++round) {
    std::array<std::vector<float>, 3> sent;
    std::vector<model_update> updates;
    for (std::uint32_t k = 0; k < 3; ++k) {
      learner& l = clients[k];
      const nn::flat_parameters policy{l.policy().store()};
      const nn::flat_parameters momentum{l.momentum()};
      policy.write(std::span<const float>{global}.first(half));
      momentum.write(std::span<const float>{global}.subspan(half));
      if (round > 0) l.resume(0.1);
      env::bandit arms{{.pay = pay[k]}};
      rl::rollout memory{{.observation_size = 1}};
      for (int local = 0; local < 3; ++local) {
        memory.clear();
        for (int i = 0; i < 32; ++i) {
          const auto d = l.policy().decide(x, {}, g);
          memory.add(0, {.observation = x,
                         .critic_observation = {},
                         .mask = {},
                         .action = d.action,
                         .log_prob = d.log_prob});
          memory.reward(0, arms.step(d.action, g).reward - 0.5F);
          memory.terminate(0);
        }
        memory.finish(rl::gae_advantage{{.lambda = 1.0}});
        REQUIRE_FALSE(l.update(memory.batch(), g).refused);
      }
      sent[k].resize(2 * half);
      policy.read(std::span{sent[k]}.first(half));
      momentum.read(std::span{sent[k]}.subspan(half));
      updates.push_back({.client = client_id{k}, .values = sent[k]});
    }
    std::vector<float> next(2 * half);
    REQUIRE(server.aggregate({updates, global}, next).has_value());
    global = next;
  }
  nn::flat_parameters{clients[0].policy().store()}.write(
      std::span<const float>{global}.first(half));
  std::array<float, 4> probabilities{};
  clients[0].policy().probabilities(x, {}, probabilities);
  CHECK(probabilities[2] > 0.8F);
}

TEST_CASE("mfpo_server: what it refuses", "[federated][mfpo]") {
  mfpo_server server{{.rate = 1e30}};
  std::array<float, 2> next{};
  const std::array global{0.0F, 0.0F};
  std::array sent{1.0F, 1e20F};
  std::array update{model_update{.client = client_id{4}, .values = sent}};
  const auto text = [&](std::span<const model_update> all) {
    const auto done = server.aggregate({all, global}, next);
    REQUIRE_FALSE(done.has_value());
    return done.failure().to_string();
  };
  CHECK(text(update).find("out of the range of float") != std::string::npos);
  sent[1] = std::numeric_limits<float>::quiet_NaN();
  CHECK(text(update).find("client 4") != std::string::npos);
  CHECK(text({}).find("no updates") != std::string::npos);
  update[0].weight = 0.0;
  CHECK(text(update).find("sum to zero") != std::string::npos);

  std::array<float, 3> odd{};
  const std::array three{0.0F, 0.0F, 0.0F};
  const std::array whole{model_update{.client = client_id{4}, .values = three}};
  const auto done = server.aggregate({whole, three}, odd);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.failure().to_string().find("policy and momentum") != std::string::npos);
}
