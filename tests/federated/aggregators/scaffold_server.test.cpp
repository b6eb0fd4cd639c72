// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/scaffold_server.hpp>
#include <muster/federated/control_variate.hpp>
#include <muster/nn/optim/sgd.hpp>
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
using federated::scaffold_server;

TEST_CASE("scaffold_server: one round by hand", "[federated][scaffold]") {
  // Two of four clients, weights 1 and 3: mean (y | d) = (4 | -1). x = 2, c = 0.5:
  // x' = 2 + 0.5 (4 - 2) = 3, c' = 0.5 + 2/4 * -1 = 0.
  const std::array first{1.0F, 2.0F};
  const std::array second{5.0F, -2.0F};
  const std::array global{2.0F, 0.5F};
  const std::array updates{
      model_update{.client = client_id{3}, .weight = 3.0, .values = second},
      model_update{.client = client_id{1}, .weight = 1.0, .values = first},
  };
  std::array<float, 2> next{};
  scaffold_server server{{.rate = 0.5, .clients = 4}};
  REQUIRE(server.aggregate({updates, global}, next).has_value());
  CHECK(next == std::array{3.0F, 0.0F});
}

TEST_CASE("two of three clients per round, many steps each, reach the optimum of all three",
          "[federated][scaffold]") {
  // Losses h/2 (w - b)^2; optimum sum h b / sum h = 2.5 / 5.5.
  struct client {
    float h, b;
    nn::parameter_store<> store{};
    nn::parameter w{};
    federated::control_variate<> drift{};
  };
  std::vector<client> clients(3);
  const std::array<std::array<float, 2>, 3> losses{{{1.0F, 0.0F}, {4.0F, 1.0F}, {0.5F, -3.0F}}};
  for (std::size_t k = 0; k < 3; ++k) {
    client& c = clients[k];
    c.h = losses[k][0];
    c.b = losses[k][1];
    c.w = c.store.add("w", {1});
    c.store.commit();
    c.drift.add(c.store);
  }
  scaffold_server server{{.clients = 3}};
  std::array<float, 2> global{4.0F, 0.0F};
  for (std::size_t round = 0; round < 600; ++round) {
    std::array<std::array<float, 2>, 2> sent{};
    std::array<model_update, 2> updates{};
    for (std::size_t i = 0; i < 2; ++i) {
      const std::size_t k = (round + i) % 3;
      client& c = clients[k];
      c.store.value(c.w)[0] = global[0];
      c.drift.start(std::span{global}.subspan(1));
      nn::sgd<> descent{{.rate = 0.05}};
      for (int step = 0; step < 20; ++step) {
        c.store.grad(c.w)[0] = c.h * (c.store.value(c.w)[0] - c.b);
        c.drift.correct();
        descent.step(c.store);
      }
      c.drift.finish(std::span{sent[i]}.subspan(1));
      sent[i][0] = c.store.value(c.w)[0];
      updates[i] = {.client = client_id{static_cast<std::uint32_t>(k)}, .values = sent[i]};
    }
    std::array<float, 2> next{};
    REQUIRE(server.aggregate({updates, global}, next).has_value());
    global = next;
  }
  CHECK(global[0] == Approx(2.5 / 5.5).margin(1e-4));
}

TEST_CASE("scaffold_server obeys the laws of aggregator", "[federated][scaffold][laws]") {
  const auto report = [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  };
  testing::check_aggregator_laws([] { return scaffold_server{{.rate = 0.5, .clients = 12}}; },
                                 {.numbers = 20'012, .same = testing::agreement::nothing_known}, 7,
                                 report);
}

TEST_CASE("scaffold_server: what it refuses", "[federated][scaffold]") {
  scaffold_server server{{.rate = 1e30, .clients = 1}};
  std::array<float, 2> next{};
  const std::array global{0.0F, 0.0F};
  std::array sent{1e20F, 1.0F};
  const std::array twice{model_update{.client = client_id{4}, .values = sent},
                         model_update{.client = client_id{5}, .values = sent}};
  const auto text = [&](std::span<const model_update> all) {
    const auto done = server.aggregate({all, global}, next);
    REQUIRE_FALSE(done.has_value());
    return done.failure().to_string();
  };
  CHECK(text(twice).find("config.clients = 1") != std::string::npos);
  const std::span<const model_update> one{twice.data(), 1};
  CHECK(text(one).find("out of the range of float") != std::string::npos);
  sent[1] = std::numeric_limits<float>::quiet_NaN();
  CHECK(text(one).find("client 4") != std::string::npos);
  CHECK(text({}).find("no updates") != std::string::npos);

  std::array<float, 3> odd{};
  const std::array three{0.0F, 0.0F, 0.0F};
  const std::array whole{model_update{.client = client_id{4}, .values = three}};
  const auto done = server.aggregate({whole, three}, odd);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.failure().to_string().find("control variate") != std::string::npos);
}
