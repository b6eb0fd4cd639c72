// SPDX-License-Identifier: Apache-2.0
#include <muster/rl/async_learner.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/ppo.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using rl::hand_over;

namespace {

using learner_type = rl::ppo<>;
using async = rl::async_learner<learner_type, rl::gae_advantage>;

learner_type::config networks() {
  learner_type::config c;
  c.actor.network.in = 2;
  c.actor.network.out = 3;
  c.actor.network.hidden = {8};
  c.critic.network.in = 2;
  c.critic.network.out = 1;
  c.critic.network.hidden = {8};
  c.minibatch = 16;
  c.actor_rate = c.critic_rate = 1e-2;
  return c;
}

rl::sample_ring::config pools(std::size_t capacity = 10000) {
  return {.lanes = 2,
          .observation_size = 2,
          .critic_observation = 2,
          .masked_actions = 3,
          .capacity = capacity,
          .page = 32};
}

/// A game with contexts: the right action is the sign of what is seen; action 2 is forbidden.
/// Plays `steps` decisions in each of two lanes.
void play(rl::actor<>& policy, rl::sample_ring& sink, rng& g, std::size_t steps,
          float scale = 1.0F) {
  constexpr std::array<std::uint8_t, 3> mask{1, 1, 0};
  for (std::size_t k = 0; k < steps; ++k) {
    for (std::size_t lane = 0; lane < 2; ++lane) {
      const float x = uniform01(g) < 0.5 ? -1.0F : 1.0F;
      const std::array seen{x, 1.0F};
      const rl::choice c = policy.decide(seen, mask, g);
      const std::size_t index = sink.add(
          lane, {seen, seen, mask, c.action, c.log_prob, std::numeric_limits<float>::quiet_NaN()});
      sink.discount(lane, 0.9F);
      sink.reward_at(index, scale * ((x > 0.0F) == (c.action == 1) ? 1.0F : 0.0F));
      if (k + 1 == steps) lane == 0 ? sink.terminate(lane) : sink.truncate(lane, 0.5F);
    }
  }
}

std::vector<float> numbers(const learner_type& l) {
  const auto a = l.policy().store().values().span();
  const auto c = l.critic().store().values().span();
  std::vector<float> all(a.begin(), a.end());
  all.insert(all.end(), c.begin(), c.end());
  return all;
}

struct outcome {
  std::vector<float> learned;
  std::vector<std::uint64_t> versions;  // acted with, by round
  std::vector<double> told;
  double right = 0.0;  // part of the last rounds' actions that were right
};

/// Where nobody waits, chance decides how many episodes there are before `rounds` updates have
/// come.
outcome train(hand_over exchange, std::uint64_t seed, std::uint64_t rounds = 20,
              bool looked_at = false) {
  rng g{seed};
  learner_type learner{networks(), g};
  const rl::gae_advantage advantage;
  outcome out;
  async a{learner,
          advantage,
          rl::actor<>{networks().actor},
          {.pool = pools(), .window = 3, .exchange = exchange},
          rng{seed}.fork(5),
          0};
  const auto over = [&](std::uint64_t played) {
    return (exchange == hand_over::free ? out.told.size() : played) >= rounds;
  };
  for (std::uint64_t r = 1; !over(r - 1); ++r) {
    out.versions.push_back(a.held().version);
    play(a.policy(), a.sink(), g, 40);
    if (auto s = a.end_episode(r)) out.told.push_back(s->value_loss);
    if (looked_at) a.settle();
  }
  if (auto s = a.finish()) out.told.push_back(s->value_loss);
  out.learned = numbers(learner);
  std::size_t right = 0;
  for (int k = 0; k < 200; ++k) {
    const float x = k % 2 == 0 ? -1.0F : 1.0F;
    const std::array seen{x, 1.0F};
    const std::array<std::uint8_t, 3> mask{1, 1, 0};
    right += (x > 0.0F) == (learner.policy().greedy(seen, mask) == 1) ? 1U : 0U;
  }
  out.right = static_cast<double>(right) / 200.0;
  return out;
}

/// Counts what it is given; sleeps until it is let go.
struct counting_learner {
  using actor_type = rl::actor<>;
  struct stats {
    bool refused = false;
    std::size_t samples = 0;
  };
  actor_type actor{networks().actor};
  std::vector<std::uint32_t> seen;
  std::vector<std::size_t> sizes;
  std::atomic<int>* gate = nullptr;
  std::atomic<int> updates{0};

  actor_type& policy() { return actor; }
  void values(std::span<const float>, std::span<float> out) {
    std::fill(out.begin(), out.end(), 0.0F);
  }
  void next_values(std::span<const float>, std::span<float> out) {
    std::fill(out.begin(), out.end(), 0.0F);
  }
  stats update(const rl::ppo_batch& b, rng&) {
    if (gate != nullptr) {
      while (gate->load() <= updates.load()) std::this_thread::yield();
    }
    seen.insert(seen.end(), b.actions.begin(), b.actions.end());
    sizes.push_back(b.size());
    ++updates;
    return {false, b.size()};
  }
};
using counted = rl::async_learner<counting_learner, rl::gae_advantage>;

/// An episode of n decisions numbered from `next` on.
void episode(rl::sample_ring& sink, std::uint32_t& next, std::size_t n) {
  const std::array seen{0.0F, 1.0F};
  const std::array<std::uint8_t, 3> mask{1, 1, 1};
  for (std::size_t k = 0; k < n; ++k) {
    sink.add(0, {seen, seen, mask, next++, 0.0F, 0.0F});
    sink.terminate(0);
  }
}

}  // namespace

TEST_CASE("two threads that meet equal one thread, bit for bit", "[rl][async_learner][threads]") {
  const outcome one = train(hand_over::one_thread, 4);
  const outcome two = train(hand_over::rendezvous, 4);
  const outcome again = train(hand_over::rendezvous, 4);
  CHECK(one.learned == two.learned);
  CHECK(two.learned == again.learned);
  CHECK(one.told == two.told);
  CHECK(one.told.size() == 20);
  CHECK(one.versions == two.versions);
  CHECK(train(hand_over::rendezvous, 5).learned != one.learned);
  // Round k + 1 acts with what was learned up to k - 1.
  for (std::size_t k = 0; k < one.versions.size(); ++k) {
    CHECK(one.versions[k] == (k < 2 ? 0 : k - 1));
  }
  // A look at the learner changes nothing.
  CHECK(train(hand_over::one_thread, 4, 20, true).learned == one.learned);
  CHECK(train(hand_over::rendezvous, 4, 20, true).learned == one.learned);
}

TEST_CASE("it learns, also where nobody waits", "[rl][async_learner][threads][learning]") {
  CHECK(train(hand_over::rendezvous, 1, 30).right == 1.0);
  const outcome free = train(hand_over::free, 1, 60);
  CHECK(free.right == 1.0);
  CHECK(std::is_sorted(free.versions.begin(), free.versions.end()));
  CHECK(free.versions.back() > 0);
}

TEST_CASE("no decision is lost or read twice while the window is one episode",
          "[rl][async_learner][threads]") {
  counting_learner learner;
  const rl::gae_advantage advantage;
  std::uint32_t next = 0;
  {
    counted a{learner,
              advantage,
              rl::actor<>{networks().actor},
              {.pool = pools(), .window = 1, .exchange = hand_over::rendezvous},
              rng{1},
              0};
    for (std::uint64_t r = 1; r <= 300; ++r) {
      episode(a.sink(), next, 1 + r % 7);
      a.end_episode(r);
    }
    a.finish();
    CHECK(a.dropped() == 0);
    CHECK(a.passed_over() == 0);
  }
  REQUIRE(learner.seen.size() == next);
  for (std::uint32_t k = 0; k < next; ++k) CHECK(learner.seen[k] == k);
}

TEST_CASE("the collector goes on while the learner is busy; old episodes give way",
          "[rl][async_learner][threads]") {
  std::atomic<int> gate{0};
  counting_learner learner;
  learner.gate = &gate;
  const rl::gae_advantage advantage;
  std::uint32_t next = 0;
  counted a{learner,
            advantage,
            rl::actor<>{networks().actor},
            {.pool = pools(50), .window = 2, .exchange = hand_over::free},
            rng{1},
            0};
  // The learner hangs in the first update, and nobody waits for it.
  episode(a.sink(), next, 10);
  a.end_episode(1);
  for (std::uint64_t r = 2; r <= 9; ++r) {
    episode(a.sink(), next, 10);
    a.end_episode(r);
  }
  // 80 decisions for a pool of 50: the three oldest episodes are gone.
  CHECK(a.dropped() == 30);
  CHECK(learner.updates.load() == 0);
  gate.store(100);
  a.finish();
  // First the episode that was handed over; then, of the five that were left, the newest two.
  CHECK(learner.sizes == std::vector<std::size_t>{10, 20});
  CHECK(a.passed_over() == 3);
  std::vector<std::uint32_t> expected;
  for (std::uint32_t k = 0; k < 10; ++k) expected.push_back(k);
  for (std::uint32_t k = 70; k < 90; ++k) expected.push_back(k);
  CHECK(learner.seen == expected);
}

TEST_CASE("the window slides over episodes, oldest first", "[rl][async_learner]") {
  counting_learner learner;
  const rl::gae_advantage advantage;
  std::uint32_t next = 0;
  counted a{learner,
            advantage,
            rl::actor<>{networks().actor},
            {.pool = pools(), .window = 3, .exchange = hand_over::one_thread},
            rng{1},
            0};
  for (std::uint64_t r = 1; r <= 4; ++r) {
    episode(a.sink(), next, 1);
    a.end_episode(r);
  }
  a.finish();
  CHECK(learner.seen == std::vector<std::uint32_t>{0, 0, 1, 0, 1, 2, 1, 2, 3});
}

TEST_CASE("an update that is refused publishes nothing", "[rl][async_learner][threads]") {
  rng g{2};
  learner_type learner{networks(), g};
  const rl::gae_advantage advantage;
  async a{learner,
          advantage,
          rl::actor<>{networks().actor},
          {.pool = pools(), .window = 1, .exchange = hand_over::rendezvous},
          rng{3},
          7};
  CHECK(a.held().version == 7);
  play(a.policy(), a.sink(), g, 20);
  a.end_episode(8);
  a.settle();
  play(a.policy(), a.sink(), g, 20, std::numeric_limits<float>::infinity());
  a.end_episode(9);
  const rl::parameter_stamp good = a.held();
  CHECK(good.version == 8);
  a.settle();
  play(a.policy(), a.sink(), g, 20);
  const auto told = a.end_episode(10);
  REQUIRE(told);
  CHECK(told->refused);
  CHECK(a.held() == good);  // round 9 left no trace
  a.finish();
  CHECK(a.held().version == 10);
  for (const float x : numbers(learner)) CHECK(std::isfinite(x));
}

TEST_CASE("parameters may be published less often than they are learned", "[rl][async_learner]") {
  rng g{2};
  learner_type learner{networks(), g};
  const rl::gae_advantage advantage;
  async a{learner,
          advantage,
          rl::actor<>{networks().actor},
          {.pool = pools(), .window = 1, .exchange = hand_over::one_thread, .publish_every = 3},
          rng{3},
          0};
  std::vector<std::uint64_t> versions;
  for (std::uint64_t r = 1; r <= 8; ++r) {
    play(a.policy(), a.sink(), g, 5);
    a.end_episode(r);
    versions.push_back(a.held().version);
  }
  CHECK(versions == std::vector<std::uint64_t>{0, 0, 0, 3, 3, 3, 6, 6});
}

TEST_CASE("a training that is given up ends its thread", "[rl][async_learner][threads]") {
  rng g{2};
  learner_type learner{networks(), g};
  const rl::gae_advantage advantage;
  for (const auto exchange : {hand_over::free, hand_over::rendezvous, hand_over::one_thread}) {
    async a{
        learner, advantage, rl::actor<>{networks().actor}, {.pool = pools(), .exchange = exchange},
        rng{3},  0};
    play(a.policy(), a.sink(), g, 5);
    a.end_episode(1);
    play(a.policy(), a.sink(), g, 5);
  }
  CHECK(std::isfinite(numbers(learner)[0]));
}
