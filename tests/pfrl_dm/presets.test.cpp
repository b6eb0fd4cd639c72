// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <muster/pfrl_dm/presets.hpp>
#include <vector>

#include "pfrl_dm/small_study.hpp"
#include "support/catch.hpp"

using namespace muster;
using namespace muster::pfrl_dm;

TEST_CASE("the faithful preset reads what is printed", "[pfrl_dm][presets]") {
  using reward = faithful::client_type::environment_type::reward_type;
  STATIC_REQUIRE(std::is_same_v<reward, env::response_balance_reward<env::balance_change_literal>>);
  faithful p{support::quick_config<faithful>(3), support::members(3)};
  p.join_all();
  CHECK(p.run(2));
}

TEST_CASE("K is half of the clients, rounded up", "[pfrl_dm][presets]") {
  STATIC_REQUIRE(std::is_same_v<pipeline<>::rule_type, federated::first_k>);
  const auto c = paper_config<pipeline<>>(1, 10);
  round_progress five, four;
  five.fresh = 5;
  four.fresh = 4;
  five.waiting = four.waiting = 5;
  CHECK(c.rule.closes(five));
  CHECK_FALSE(c.rule.closes(four));
}

TEST_CASE("every preset trains", "[pfrl_dm][presets]") {
  fed_avg a{support::quick_config<fed_avg>(2), support::members(2)};
  a.join_all();
  CHECK(a.run(1));
  independent_ppo b{support::quick_config<independent_ppo>(2), support::members(2)};
  b.join_all();
  CHECK(b.run(1));
}

TEST_CASE("FedKL is FedAvg without its weight, and holds policies together with it",
          "[pfrl_dm][presets]") {
  // How far the policies of the clients are from their mean after a round, in squared numbers.
  const auto spread = [](auto& p) {
    p.join_all();
    REQUIRE(p.run(2));
    std::vector<std::vector<float>> all;
    for (std::size_t i = 0; i < p.size(); ++i) {
      all.push_back(support::numbers(p.client(i).learner().policy().store()));
    }
    double sum = 0.0;
    for (std::size_t k = 0; k < all[0].size(); ++k) {
      double mean = 0.0;
      for (const auto& one : all) mean += static_cast<double>(one[k]) / 3.0;
      for (const auto& one : all) {
        const double off = static_cast<double>(one[k]) - mean;
        sum += off * off;
      }
    }
    return sum;
  };
  const auto held = [&](double weight) {
    auto c = support::quick_config<fed_kl>(3);
    c.client.learner.actor_rate = 3e-2;
    c.client.learner.correction.weight = weight;
    fed_kl p{c, support::members(3)};
    return spread(p);
  };
  auto c = support::quick_config<fed_avg>(3);
  c.client.learner.actor_rate = 3e-2;
  fed_avg plain{c, support::members(3)};
  const double free = spread(plain);
  CHECK(free > 0.0);
  CHECK(held(0.0) == free);
  CHECK(held(100.0) < 0.7 * free);
}
