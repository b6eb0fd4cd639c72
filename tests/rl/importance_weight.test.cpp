// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/num/backend/reference.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/importance_weight.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using rl::ppo_batch;

namespace {

constexpr std::uint32_t none = ppo_batch::no_next;
using actor_type = rl::actor<nn::mlp<double, num::reference>>;

// A policy that ignores what it sees: probabilities 1/4, 3/4.
actor_type quarter() {
  actor_type p{{.network = {.in = 1, .out = 2, .hidden = {}}}};
  auto& store = p.store();
  store.values()[store.entries()[1].offset + 1] = std::log(3.0);
  return p;
}

struct columns {
  std::vector<float> x, log_probs;
  std::vector<std::uint32_t> actions, next;
  std::vector<std::uint8_t> masks{};
  [[nodiscard]] ppo_batch batch() const {
    return {.observations = x,
            .critic_observations = x,
            .masks = masks,
            .actions = actions,
            .log_probs = log_probs,
            .advantages = x,
            .targets = x,
            .values = x,
            .next = next};
  }
};

// Two trajectories that take turns, drawn by a fair coin: rows 0, 2, 3 and rows 1, 4.
columns two_trajectories() {
  const float half = std::log(0.5F);
  return {.x = {0, 0, 0, 0, 0},
          .log_probs = {half, half, half, half, half},
          .actions = {0, 1, 1, 1, 0},
          .next = {2, 4, 3, none, none}};
}

}  // namespace

TEST_CASE("decisions find their trajectory", "[rl][importance_weight]") {
  std::array<std::uint32_t, 5> sample{};
  const auto next = two_trajectories().next;
  CHECK(rl::whole_trajectory::number(next, sample) == 2);
  CHECK(sample == std::array<std::uint32_t, 5>{0, 1, 0, 0, 1});
  CHECK(rl::each_decision::number(next, sample) == 5);
  CHECK(sample == std::array<std::uint32_t, 5>{0, 1, 2, 3, 4});
  // What `rollout` says of two lanes of which one is cut between its second and third decision.
  rl::rollout memory{{.lanes = 2, .observation_size = 1}};
  const std::array x{0.0F};
  const auto decide = [&](std::size_t lane) {
    memory.add(lane, {.observation = x, .critic_observation = {}, .mask = {}});
  };
  decide(0), decide(1), decide(1);
  memory.truncate(1, 0.0F);
  decide(1), decide(0);
  memory.terminate(0), memory.terminate(1);
  memory.finish(rl::gae_advantage{});
  CHECK(rl::whole_trajectory::number(memory.batch().next, sample) == 3);
  CHECK(sample == std::array<std::uint32_t, 5>{0, 1, 1, 2, 0});
}

TEST_CASE("weights of known trajectories by hand", "[rl][importance_weight]") {
  // Ratios to the coin: action 0 has 1/2, action 1 has 3/2. The first trajectory has actions
  // 0, 1, 1: 1/2 * 9/4 = 9/8; the second 1, 0: 3/4.
  actor_type other = quarter();
  const columns c = two_trajectories();
  for (const std::size_t block : {1U, 2U, 100U}) {
    rl::importance_weights<> w;
    const auto s = w.measure(other, c.batch(), block, 0.0);
    CHECK(w.size() == 2);
    for (const std::size_t i : {0U, 2U, 3U}) CHECK(w[i] == Approx(9.0 / 8.0).epsilon(1e-6));
    for (const std::size_t i : {1U, 4U}) CHECK(w[i] == Approx(3.0 / 4.0).epsilon(1e-6));
    CHECK(s.mean == Approx(15.0 / 16.0).epsilon(1e-6));
    CHECK(s.largest == Approx(9.0 / 8.0).epsilon(1e-6));
    CHECK(s.capped == 0.0);
    // (r - 1) - ln r: twice for r = 1/2, three times for r = 3/2.
    const double kl = (2.0 * (-0.5 - std::log(0.5)) + 3.0 * (0.5 - std::log(1.5))) / 5.0;
    CHECK(s.kl == Approx(kl).epsilon(1e-5));

    rl::importance_weights<rl::each_decision> single;
    CHECK(single.measure(other, c.batch(), block, 0.0).mean == Approx(1.1).epsilon(1e-6));
    CHECK(single[0] == Approx(0.5).epsilon(1e-6));
    CHECK(single[3] == Approx(1.5).epsilon(1e-6));
  }
}

TEST_CASE("the mean weight over all trajectories of a policy is one", "[rl][importance_weight]") {
  // All 8 trajectories of three tosses of a coin: equally probable, so the plain mean is exact.
  columns c;
  for (std::uint32_t t = 0; t < 8; ++t) {
    for (std::uint32_t k = 0; k < 3; ++k) {
      const auto row = static_cast<std::uint32_t>(c.actions.size());
      c.x.push_back(0.0F);
      c.log_probs.push_back(std::log(0.5F));
      c.actions.push_back((t >> k) & 1U);
      c.next.push_back(k < 2 ? row + 1 : none);
    }
  }
  actor_type other = quarter();
  rl::importance_weights<> w;
  CHECK(w.measure(other, c.batch(), 64, 0.0).mean == Approx(1.0).epsilon(1e-6));
  CHECK(w.size() == 8);
}

TEST_CASE("the policy that drew the data weighs 1 exactly", "[rl][importance_weight]") {
  actor_type own = quarter();
  columns c = two_trajectories();
  rng g{3};
  for (std::size_t i = 0; i < 5; ++i) {
    const auto d = own.decide(std::span{c.x}.subspan(i, 1), {}, g);
    c.actions[i] = d.action;
    c.log_probs[i] = d.log_prob;
  }
  rl::importance_weights<> w;
  const auto s = w.measure(own, c.batch(), 2, 0.0);
  CHECK(s.mean == 1.0);
  CHECK(s.largest == 1.0);
  CHECK(s.kl == 0.0);
}

TEST_CASE("long trajectories and impossible actions stay numbers", "[rl][importance_weight]") {
  // 5000 decisions of ratio 3/2: the product is 10^880, beyond every double.
  actor_type other = quarter();
  columns c;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    c.x.push_back(0.0F);
    c.log_probs.push_back(std::log(0.5F));
    c.actions.push_back(1);
    c.next.push_back(i + 1 < 5000 ? i + 1 : none);
  }
  rl::importance_weights<> w;
  auto s = w.measure(other, c.batch(), 512, 4.0);
  CHECK(w[0] == 4.0);
  CHECK(s.capped == 1.0);
  CHECK(std::isfinite(s.kl));
  w.measure(other, c.batch(), 512, 0.0);
  CHECK(w[0] == std::numeric_limits<double>::infinity());
  for (auto& a : c.actions) a = 0;  // (1/2)^5000: too small for a double, which is what it counts
  s = w.measure(other, c.batch(), 512, 0.0);
  CHECK(w[4999] == 0.0);
  CHECK(s.mean == 0.0);

  columns masked = two_trajectories();
  masked.masks = {0, 1, 1, 1, 1, 1, 1, 1, 1, 1};  // the other never takes action 0 in row 0
  s = w.measure(other, masked.batch(), 512, 0.0);
  CHECK(w[0] == 0.0);
  CHECK(w[1] == Approx(0.75).epsilon(1e-6));
  CHECK(std::isfinite(s.kl));
}

TEST_CASE("measuring does not allocate once warm", "[rl][importance_weight]") {
  actor_type other = quarter();
  const columns c = two_trajectories();
  rl::importance_weights<> w;
  w.measure(other, c.batch(), 4, 2.0);
  muster::testing::no_alloc_scope scope;
  w.measure(other, c.batch(), 4, 2.0);
  CHECK(scope.allocations() == 0);
}
