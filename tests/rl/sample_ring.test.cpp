// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/core/rng.hpp>
#include <muster/rl/sample_ring.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "support/catch.hpp"
#include "support/contract.hpp"

using muster::rl::sample_ring;

namespace {

sample_ring::config shape(std::size_t capacity, std::size_t page) {
  return {.lanes = 2,
          .observation_size = 2,
          .critic_observation = 1,
          .masked_actions = 3,
          .capacity = capacity,
          .page = page};
}

std::size_t add(sample_ring& r, std::size_t lane, float mark) {
  const std::array observation{mark, -mark};
  const std::array state{10.0F * mark};
  const std::array<std::uint8_t, 3> mask{1, 0, 1};
  return r.add(lane, {observation, state, mask, 2, -mark, 0.0F});
}

std::vector<float> marks(const sample_ring& r, std::size_t e) {
  std::vector<float> all;
  r.for_each_part(e, [&](const sample_ring::part& p) {
    for (std::size_t i = 0; i < p.samples.size(); ++i) {
      const float mark = p.observations[2 * i];
      CHECK(p.observations[2 * i + 1] == -mark);
      CHECK(p.critic_observations[i] == 10.0F * mark);
      CHECK(p.masks[3 * i + 1] == 0);
      CHECK(p.samples[i].log_prob == -mark);
      all.push_back(mark);
    }
  });
  return all;
}

}  // namespace

TEST_CASE("what is written is read back, across pages", "[rl][sample_ring]") {
  sample_ring r{shape(8, 3)};
  const std::size_t first = add(r, 0, 1.0F);
  add(r, 1, 2.0F);
  r.discount(0, 0.25F);
  add(r, 0, 3.0F);
  r.truncate(0, 7.0F);
  add(r, 1, 4.0F);
  r.terminate(1);
  r.reward_at(first, 2.0F);
  r.reward_at(first, 0.5F);
  r.reward_at(99, 1.0F);  // no such decision: ignored
  r.end_episode();
  r.end_episode();  // nothing in between: no second episode
  CHECK(r.size() == 4);
  REQUIRE(r.episodes() == 1);
  CHECK(r.episode_size(0) == 4);
  CHECK(marks(r, 0) == std::vector{1.0F, 2.0F, 3.0F, 4.0F});
  std::vector<sample_ring::sample> s;
  std::size_t parts = 0;
  r.for_each_part(0, [&](const sample_ring::part& p) {
    ++parts;
    s.insert(s.end(), p.samples.begin(), p.samples.end());
  });
  CHECK(parts == 2);
  CHECK(s[0].reward == 2.5F);
  CHECK(s[0].discount == 0.25F);
  CHECK_FALSE(s[0].end);
  CHECK(s[1].lane == 1);
  CHECK(s[2].end);
  CHECK(s[2].bootstrap == 7.0F);
  CHECK(s[2].discount == 1.0F);
  CHECK(s[3].end);
  CHECK(s[3].discount == 0.0F);
  r.clear();
  CHECK(r.size() == 0);
  CHECK(r.episodes() == 0);
}

TEST_CASE("a full ring drops its oldest episodes, whole, and counts them", "[rl][sample_ring]") {
  sample_ring r{shape(5, 2)};
  float mark = 0.0F;
  const auto episode = [&](std::size_t n) {
    for (std::size_t k = 0; k < n; ++k) {
      add(r, 0, ++mark);
      r.terminate(0);
    }
    r.end_episode();
  };
  episode(2);
  episode(2);
  episode(1);
  CHECK(r.dropped() == 0);
  episode(1);  // the first episode makes room, both of its decisions
  CHECK(r.dropped() == 2);
  CHECK(r.dropped_episodes() == 1);
  REQUIRE(r.episodes() == 3);
  CHECK(marks(r, 0) == std::vector{3.0F, 4.0F});
  CHECK(marks(r, 2) == std::vector{6.0F});
  episode(4);  // 3, 4 go first, then 5
  CHECK(r.dropped() == 5);
  REQUIRE(r.episodes() == 2);
  CHECK(marks(r, 0) == std::vector{6.0F});
  CHECK(marks(r, 1) == std::vector{7.0F, 8.0F, 9.0F, 10.0F});
  CHECK(r.size() == 5);
}

TEST_CASE("an episode longer than the ring loses its beginning", "[rl][sample_ring]") {
  sample_ring r{shape(3, 2)};
  const std::size_t lost = add(r, 1, 1.0F);  // its lane stays open while it is dropped
  for (const float mark : {2.0F, 3.0F, 4.0F}) {
    add(r, 0, mark);
    r.terminate(0);
  }
  CHECK(r.dropped() == 1);
  CHECK(r.dropped_episodes() == 0);
  r.reward_at(lost, 5.0F);
  r.discount(1, 0.5F);
  r.terminate(1);  // closes the lane; there is nothing to write to
  r.end_episode();
  CHECK(marks(r, 0) == std::vector{2.0F, 3.0F, 4.0F});
  r.for_each_part(0, [](const sample_ring::part& p) {
    for (const auto& s : p.samples) CHECK(s.reward == 0.0F);
  });
}

TEST_CASE("like a list that forgets its first episodes", "[rl][sample_ring][law]") {
  muster::rng g{3};
  sample_ring r{shape(23, 5)};
  std::deque<std::vector<float>> kept;
  std::size_t size = 0, dropped = 0;
  float mark = 0.0F;
  for (int e = 0; e < 400; ++e) {
    const auto n = 1 + muster::uniform_below(g, 9);
    kept.emplace_back();
    for (std::uint64_t k = 0; k < n; ++k) {
      if (size == 23) {
        dropped += kept.front().size();
        size -= kept.front().size();
        kept.pop_front();
      }
      add(r, 1, ++mark);
      r.terminate(1);
      kept.back().push_back(mark);
      ++size;
    }
    r.end_episode();
    if (e % 60 == 59) {
      r.clear();
      kept.clear();
      size = 0;
    }
    REQUIRE(r.size() == size);
    REQUIRE(r.episodes() == kept.size());
    for (std::size_t k = 0; k < kept.size(); ++k) REQUIRE(marks(r, k) == kept[k]);
  }
  CHECK(r.dropped() == dropped);
  CHECK(dropped > 500);
}

TEST_CASE("a warm ring does not allocate", "[rl][sample_ring]") {
  sample_ring r{shape(64, 16)};
  const auto fill = [&] {
    for (std::size_t k = 0; k < 100; ++k) {
      add(r, 0, 1.0F);
      r.terminate(0);
      if (k % 10 == 9) r.end_episode();
    }
  };
  fill();
  r.clear();
  muster::testing::no_alloc_scope none;
  fill();
  CHECK(none.allocations() == 0);
}

TEST_CASE("misuse of a ring is told", "[rl][sample_ring][contract]") {
  CHECK(support::breaks("open lane", [] {
    sample_ring r{shape(4, 2)};
    add(r, 0, 1.0F);
    r.end_episode();
  }));
  CHECK(support::breaks("another width", [] {
    sample_ring r{shape(4, 2)};
    const std::array x{1.0F};
    r.add(0, {x, x, {}, 0, 0.0F, 0.0F});
  }));
}
