// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/kmps/orchestration/gpo.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "kmps/orchestration/frames.hpp"
#include "support/catch.hpp"

using namespace muster;
using kmps::adjustment;
using tests::made_frame, tests::starved_service;

namespace {

using learner = kmps::basic_gpo<nn::graph_encoder<>, kmps::two_step<>, kmps::clipped_surrogate,
                                kmps::frame_throughput, kmps::frame_throughput>;
static_assert(learning_orchestrator<learner>);
static_assert(resettable_orchestrator<learner>);

learner::config small(std::size_t services) {
  learner::config c;
  c.settings.services = services;
  c.settings.adjustments = 6;
  c.structure = {{16}, {16}, {8}};
  c.encoder.hidden = {8};
  return c;
}

// A few episodes in each of two lanes.
template <class Gpo>
void collect(Gpo& o, rng& g, int frames = 4) {
  o.prepare(2);
  for (std::size_t lane = 0; lane < 2; ++lane) {
    starved_service s{2, 3, 4};
    s.reset(g);
    for (int f = 0; f < frames; ++f) {
      s.apply(o.explore(lane, s.view(), g));
      s.run();
    }
    o.finish(lane, s.view());
  }
}

template <class Gpo>
std::vector<float> parameters(Gpo& o) {
  std::vector<float> all;
  for (auto* store : {&o.actor_store(), &o.critic_store()}) {
    const auto v = store->values().span();
    all.insert(all.end(), v.begin(), v.end());
  }
  return all;
}

}  // namespace

TEST_CASE("the encoder runs once per frame, whatever is decided in it", "[kmps][orchestration]") {
  learner o{small(4)};
  made_frame f{2, 3, 4};
  rng g{1};
  for (std::uint64_t frame = 1; frame <= 5; ++frame) {
    static_cast<void>(o.plan(f.view, g));
    CHECK(o.encodes() == frame);
    CHECK_FALSE(o.is_stale(f.view));
    for (int more = 0; more < 3; ++more) static_cast<void>(o.adjust(f.view, g));
    CHECK(o.encodes() == frame);
    f.next_frame();
    CHECK(o.is_stale(f.view));
  }
  collect(o, g, 4);
  CHECK(o.encodes() == 5 + 2 * 4);
  static_cast<void>(o.update(g));
  CHECK(o.encodes() == 5 + 2 * 4);
}

TEST_CASE("what cannot be carried out becomes 0 and keeps what was drawn",
          "[kmps][orchestration]") {
  auto c = small(4);
  c.settings.adjustments = 40;
  learner o{c};
  made_frame f{2, 3, 4};
  for (auto& r : f.rows) r.memory_used = r.memory_total;  // no room, and no replica at all
  rng g{1};
  CHECK(o.plan(f.view, g).empty());
  std::set<std::int32_t> drawn;
  for (const adjustment& a : o.adjustments()) {
    drawn.insert(a.drawn);
    CHECK(a.executed == 0);
    CHECK(std::abs(a.drawn) <= 4);
  }
  CHECK(drawn.size() > 5);  // nearly uniform over the nine actions
}

TEST_CASE("a plan is what its adjustments add up to", "[kmps][orchestration]") {
  auto c = small(4);
  c.settings.adjustments = 60;
  learner o{c};
  made_frame f{2, 3, 4};
  for (std::size_t n = 0; n < 6; ++n) f.place(n, 1, 2);
  rng g{4};
  const auto plan = o.plan(f.view, g);
  int expected[6][4] = {}, got[6][4] = {};
  for (const adjustment& a : o.adjustments()) {
    if (a.executed != 0) {
      expected[a.node][std::abs(a.executed) - 1] += a.executed > 0 ? 1 : -1;
      CHECK(a.executed == a.drawn);
    }
  }
  for (const auto& change : plan) {
    got[change.target][index_of(change.service)] += change.delta;
    CHECK(change.delta != 0);
  }
  for (int n = 0; n < 6; ++n) {
    int sum = 0;
    for (int w = 0; w < 4; ++w) {
      CHECK(got[n][w] == expected[n][w]);
      CHECK(got[n][w] + (w == 1 ? 2 : 0) >= 0);
      sum += (std::max)(got[n][w], 0);
    }
    CHECK(sum <= 14);  // 16 GB, two replicas already there
  }
}

TEST_CASE("H nodes of one draw are different", "[kmps][orchestration]") {
  auto c = small(4);
  c.settings.choose = 4;
  c.settings.adjustments = 10;
  learner o{c};
  made_frame f{2, 3, 4};
  rng g{1};
  static_cast<void>(o.plan(f.view, g));
  REQUIRE(o.adjustments().size() == 40);
  for (std::size_t r = 0; r < 10; ++r) {
    std::set<std::uint32_t> nodes;
    for (std::size_t h = 0; h < 4; ++h) nodes.insert(o.adjustments()[r * 4 + h].node);
    CHECK(nodes.size() == 4);
  }
  collect(o, g);  // and it can be learned from
  const auto stats = o.update(g);
  CHECK_FALSE(stats.refused);
  CHECK(stats.steps == 3);
}

TEST_CASE("plan and explore draw alike; the most probable plan does not draw",
          "[kmps][orchestration]") {
  learner a{small(4)}, b{small(4)};
  made_frame f{2, 3, 4};
  rng g{9}, h{9};
  static_cast<void>(a.plan(f.view, g));
  b.prepare(1);
  static_cast<void>(b.explore(0, f.view, h));
  const std::vector<adjustment> x(a.adjustments().begin(), a.adjustments().end());
  const std::vector<adjustment> y(b.adjustments().begin(), b.adjustments().end());
  CHECK(x == y);
  CHECK(g == h);

  a.set_sample(false);
  static_cast<void>(a.plan(f.view, g));
  CHECK(g == h);
  std::set<std::uint32_t> nodes;
  for (const adjustment& one : a.adjustments()) nodes.insert(one.node);
  CHECK(nodes.size() == 6);
}

TEST_CASE("a first pass over fresh frames has ratio one", "[kmps][orchestration]") {
  auto c = small(4);
  c.objective.epochs = 1;
  learner o{c};
  rng g{1};
  collect(o, g);
  const auto stats = o.update(g);
  CHECK(stats.frames == 8);
  CHECK(stats.steps == 1);
  CHECK(stats.approx_kl == Approx(0.0).margin(1e-8));
  CHECK(stats.policy_loss == Approx(0.0).margin(1e-4));  // advantages have mean 0
  CHECK(stats.entropy == Approx(std::log(6.0) + std::log(9.0)).margin(0.05));
  CHECK(stats.reward[0] == stats.reward[1]);
  // The frames are spent.
  const auto none = o.update(g);
  CHECK(none.frames == 0);
  CHECK(none.steps == 0);
}

TEST_CASE("equal seeds learn equal parameters", "[kmps][orchestration]") {
  learner a{small(4)}, b{small(4)};
  rng g{2}, h{2};
  for (int i = 0; i < 2; ++i) {
    collect(a, g), static_cast<void>(a.update(g));
    collect(b, h), static_cast<void>(b.update(h));
  }
  CHECK(parameters(a) == parameters(b));
  auto other = small(4);
  other.settings.seed = 2;
  learner d{other};
  CHECK(parameters(d) != parameters(b));
}

TEST_CASE("a checkpoint goes on where it stopped", "[kmps][orchestration]") {
  learner a{small(4)}, b{small(4)};
  rng g{2};
  collect(a, g), static_cast<void>(a.update(g));
  const auto name = [](learner& o) {
    nn::checkpoint c{"gpo test"};
    o.add_to(c, "orchestrator.");
    return c;
  };
  const std::string bytes = name(a).bytes();
  REQUIRE(name(b).restore(std::as_bytes(std::span{bytes}), "memory").has_value());
  CHECK(parameters(a) == parameters(b));
  rng h = g;
  collect(a, g), static_cast<void>(a.update(g));
  collect(b, h), static_cast<void>(b.update(h));
  CHECK(parameters(a) == parameters(b));
}

namespace {
struct broken_reward {
  struct config {};
  struct memory {};
  broken_reward() = default;
  explicit broken_reward(config) {}
  void begin(memory&, const frame_view&, std::span<const adjustment>) const {}
  float end(memory&, const frame_view&, std::span<const adjustment>, std::span<float>) const {
    return std::numeric_limits<float>::quiet_NaN();
  }
};
}  // namespace

TEST_CASE("a reward that is not a number changes nothing", "[kmps][orchestration]") {
  using spoiled = kmps::basic_gpo<nn::graph_encoder<>, kmps::two_step<>, kmps::clipped_surrogate,
                                  broken_reward, kmps::frame_throughput>;
  spoiled::config c;
  c.settings.services = 4;
  spoiled o{c};
  rng g{2};
  const auto before = parameters(o);
  collect(o, g);
  const auto stats = o.update(g);
  CHECK(stats.refused);
  CHECK(stats.steps == 0);
  CHECK(parameters(o) == before);
  CHECK(o.update(g).frames == 0);  // they are not kept for another try
}

TEST_CASE("the last frame is paid by finish, and an unpaid one is not learned from",
          "[kmps][orchestration]") {
  learner o{small(4)};
  rng g{2};
  starved_service s{2, 3, 4};
  s.reset(g);
  o.prepare(1);
  for (int f = 0; f < 3; ++f) {
    s.apply(o.explore(0, s.view(), g));
    s.run();
  }
  CHECK(o.update(g).frames == 2);  // the third waits for what comes after it
  o.prepare(1);
  s.reset(g);
  for (int f = 0; f < 3; ++f) {
    s.apply(o.explore(0, s.view(), g));
    s.run();
  }
  o.finish(0, s.view());
  o.finish(0, s.view());  // twice is once
  CHECK(o.update(g).frames == 3);
}

TEST_CASE("plans and updates allocate nothing once warm", "[kmps][orchestration]") {
  learner o{small(4)};
  rng g{1};
  made_frame f{2, 3, 4};
  static_cast<void>(o.plan(f.view, g));
  f.next_frame();
  {
    const testing::no_alloc_scope scope;
    static_cast<void>(o.plan(f.view, g));
    const auto allocations = scope.allocations();
    CHECK(allocations == 0);
  }
  for (int i = 0; i < 2; ++i) collect(o, g), static_cast<void>(o.update(g));
  collect(o, g);
  const testing::no_alloc_scope scope;
  static_cast<void>(o.update(g));
  const auto allocations = scope.allocations();
  CHECK(allocations == 0);
}
