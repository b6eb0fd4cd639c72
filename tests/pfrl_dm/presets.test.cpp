// SPDX-License-Identifier: Apache-2.0
#include <muster/pfrl_dm/presets.hpp>

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
