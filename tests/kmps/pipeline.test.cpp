// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include "support/catch.hpp"
#include "support/edge_workload.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <muster/concepts/markov_game.hpp>
#include <muster/env/bandit.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/baselines/random_choice.hpp>
#include <muster/kmps/orchestration/greedy_scaler.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/queue/earliest_deadline.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;

using scorer = kmps::scoring;
static_assert(
    std::is_same_v<kmps::pipeline<>, kmps::pipeline<slot::environment<env::edge_cloud<>>>>,
    "two spellings of one choice are one type");
static_assert(std::is_same_v<scorer::actor_type, rl::actor<kmps::target_scorer<>>>);

// Slots in any order make one type, and the defaults are what the alias says.
static_assert(
    std::is_same_v<
        kmps::pipeline<slot::drain<env::drain_one>, slot::dequeue<queue::earliest_deadline>>,
        kmps::pipeline<slot::dequeue<queue::earliest_deadline>, slot::drain<env::drain_one>>>);
static_assert(std::is_same_v<kmps::pipeline<>, kmps::pipeline<slot::drain<env::drain_all>>>);
static_assert(dispatcher<kmps::pipeline<>> && dispatcher<kmps::faithful>);
static_assert(markov_game<kmps::pipeline<>::environment_type, kmps::offers_observation,
                          kmps::difference_reward>);
static_assert(markov_game<env::edge_cloud<>, kmps::local_observation, kmps::slot_share>);
static_assert(!markov_game<env::bandit, kmps::local_observation, kmps::slot_share>);
static_assert(!markov_game<env::edge_cloud<>, kmps::slot_share, kmps::slot_share>);
static_assert(orchestrator<kmps::pipeline<>> && !resettable_orchestrator<kmps::pipeline<>>);
static_assert(
    std::is_same_v<kmps::pipeline<>, kmps::pipeline<slot::curriculum<kmps::no_curriculum>,
                                                    slot::buffering<kmps::in_turn>,
                                                    slot::orchestrator<kmps::fixed_replicas>,
                                                    slot::rescheduler<env::relocate_urgent>>>);
static_assert(std::is_same_v<
              kmps::pipeline<slot::rescheduler<env::stay_put>>::environment_type::rescheduler_type,
              env::stay_put>);

namespace {

/// A small system in which patient requests must make room for urgent ones.
template <class Pipeline>
typename Pipeline::config small() {
  typename Pipeline::config c;
  c.environment.clusters = 2;
  c.environment.nodes_per_cluster = 2;
  c.environment.cloud_nodes = 1;
  c.environment.services = 1;
  c.environment.deployment = {2, 2, 2, 2, 2};
  if constexpr (requires { c.actor.hidden; }) c.actor.hidden = {32, 16};
  c.critic.hidden = {32, 16};
  c.trainer.copies = 2;
  c.trainer.samples = 2048;
  c.sample = false;  // short trainings are judged without the noise of drawing
  c.trainer.minibatch = 128;
  c.trainer.actor_rate = 2e-3;
  c.trainer.critic_rate = 2e-3;
  return c;
}

std::vector<trace::arrival> work(std::uint64_t seed) {
  support::workload_shape s;
  s.rate = 200.0;
  s.seconds = 6.0;
  s.access_points = 2;
  s.services = 1;
  s.min_allowance_ms = 300.0;
  s.max_allowance_ms = 1200.0;
  auto w = support::edge_workload(s, seed);
  for (std::size_t i = 0; i < w.size(); i += 3) w[i].request.deadline += seconds(8);
  return w;
}

template <class Pipeline>
double score(Pipeline& p, std::uint64_t first, int episodes = 4) {
  double sum = 0.0;
  for (int i = 0; i < episodes; ++i) {
    const auto w = work(first + static_cast<std::uint64_t>(i));
    sum += p.evaluate(w, seconds(6), 1).throughput();
  }
  return sum / episodes;
}

template <class Rule>
double rule_score(const scorer& like, std::uint64_t first, int episodes = 4) {
  double sum = 0.0;
  for (int i = 0; i < episodes; ++i) {
    auto e = like.make_environment();
    const auto w = work(first + static_cast<std::uint64_t>(i));
    e.load(w, seconds(6));
    Rule rule;
    rng g{1};
    sum += kmps::run_episode(e, rule, g).throughput();
  }
  return sum / episodes;
}

/// An orchestrator that learns: one number, how often it was updated. It adds a replica of service
/// 0 to target 0 in its first frame, and writes down what it is asked.
struct scribe {
  struct config {
    std::uint64_t seed = 1;
    std::size_t services = 0;
  };
  struct stats {
    std::size_t frames = 0;
  };
  static constexpr const char* name = "scribe";

  explicit scribe(config c) : numbers{c} {}
  std::span<const replica_change> plan(const frame_view& view, rng&) {
    return {&change, view.number == 0 ? std::size_t{1} : std::size_t{0}};
  }
  void prepare(std::size_t lanes) { frames.assign(lanes, 0), ended.assign(lanes, 0); }
  std::span<const replica_change> explore(std::size_t lane, const frame_view& view, rng& g) {
    drawn.push_back(g());
    in_order = in_order && view.number == frames[lane];
    ++frames[lane];
    return plan(view, g);
  }
  void finish(std::size_t lane, const frame_view&) { ++ended[lane]; }
  stats update(rng&) {
    ++updates;
    const stats s{frames[0] + frames[1]};
    frames.assign(frames.size(), 0);
    return s;
  }
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix) {
    c.add(std::string{prefix} + "updates", updates);
  }

  config numbers;
  replica_change change{0, service_id{0}, 1};
  std::vector<std::uint64_t> frames, ended, drawn;
  std::uint64_t updates = 0;
  bool in_order = true;
};
static_assert(learning_orchestrator<scribe>);

/// An orchestrator with a memory: adds a replica once per episode, if it is reset.
struct once {
  struct config {};
  std::span<const replica_change> plan(const frame_view&, rng&) {
    const std::size_t n = asked ? 0U : 1U;
    asked = true;
    return {&change, n};
  }
  void reset() { asked = false; }
  replica_change change{1, service_id{0}, 1};
  bool asked = false;
};

std::string path(const char* name) {
  const char* folder = std::getenv("TMPDIR");
  return std::string{folder != nullptr ? folder : "/tmp"} + "/muster_kmps_" + name + ".safetensors";
}

}  // namespace

TEST_CASE("kmps::pipeline: sizes of the paper's networks", "[kmps][pipeline]") {
  kmps::pipeline<> p;
  CHECK(p.layout().size() == 17 + 19 * 9);
  CHECK(p.learner().policy().actions() == 19);
  // (188 + 1) 256 + 257 128 + 129 32 + 33 19
  std::size_t actor = 0;
  for (const auto& layer : p.learner().policy().network().layers()) {
    actor += (layer.in() + 1) * layer.out();
  }
  CHECK(actor == 189 * 256 + 257 * 128 + 129 * 32 + 33 * 19);
  kmps::faithful f;
  CHECK(f.layout().size() == 22);
}

TEST_CASE("kmps::pipeline learns to beat the rules on unseen work", "[kmps][pipeline][learning]") {
  scorer p{small<scorer>()};
  kmps::train_config t;
  t.episodes = 12;
  t.horizon = seconds(6);
  const double before = score(p, 900);
  std::uint32_t told = 0;
  p.train([](std::uint64_t seed) { return work(seed % 500); }, t,
          [&](const kmps::train_progress& q) {
            ++told;
            CHECK(q.episode == told);
            CHECK_FALSE(q.learning.refused);
            return true;
          });
  CHECK(told == 12);
  CHECK(p.updates() == 12);
  const double after = score(p, 900);
  const double random = rule_score<kmps::random_choice>(p, 900);
  const double idle = rule_score<kmps::idle_first>(p, 900);
  CAPTURE(before, after, random, idle);
  CHECK(after > random + 0.02);
  CHECK(after > idle + 0.005);
}

TEST_CASE("kmps::pipeline: training repeats itself, and a callback stops it", "[kmps][pipeline]") {
  kmps::train_config t;
  t.episodes = 3;
  t.horizon = seconds(2);
  const auto make = [](std::uint64_t seed) { return work(seed); };
  scorer a{small<scorer>()}, b{small<scorer>()};
  CHECK(a.train(make, t) == 3);
  b.train(make, t);
  CHECK(std::equal(a.learner().policy().store().values().span().begin(),
                   a.learner().policy().store().values().span().end(),
                   b.learner().policy().store().values().span().begin()));
  std::uint32_t told = 0;
  CHECK(a.train(make, t, [&](const auto&) { return ++told < 2; }) == 2);
}

TEST_CASE("kmps::pipeline: the literal reading trains too", "[kmps][pipeline]") {
  kmps::faithful p{small<kmps::faithful>()};
  kmps::train_config t;
  t.episodes = 2;
  t.horizon = seconds(3);
  p.train([](std::uint64_t seed) { return work(seed); }, t,
          [](const kmps::train_progress& q) {
            CHECK(q.decisions > 0);
            CHECK_FALSE(q.learning.refused);
            return true;
          });
  CHECK(p.updates() == 2);
  const auto w = work(1);
  const auto r = p.evaluate(w, seconds(6), 1);
  CHECK(r.arrived == r.done + r.missed);
}

TEST_CASE("kmps::pipeline: a saved one goes on as if it had never stopped", "[kmps][pipeline]") {
  kmps::train_config t;
  t.episodes = 2;
  t.horizon = seconds(2);
  const auto make = [](std::uint64_t seed) { return work(seed); };
  scorer whole{small<scorer>()}, first{small<scorer>()}, second{small<scorer>()};
  whole.train(make, t);
  whole.train(make, t);
  first.train(make, t);
  const std::string file = path("resume");
  REQUIRE(first.save(file));
  REQUIRE(second.load(file));
  CHECK(second.updates() == 2);
  second.train(make, t);
  CHECK(std::equal(whole.learner().policy().store().values().span().begin(),
                   whole.learner().policy().store().values().span().end(),
                   second.learner().policy().store().values().span().begin()));
  CHECK(score(whole, 7, 1) == score(second, 7, 1));

  // Another architecture, another head, another observation: refused, nothing changes.
  auto wide = small<scorer>();
  wide.actor.first = 48;
  scorer other{wide};
  const auto refused = other.load(file);
  REQUIRE_FALSE(refused);
  CHECK_FALSE(refused.failure().to_string().empty());
  CHECK(other.updates() == 0);
  kmps::faithful literal{small<kmps::faithful>()};
  CHECK_FALSE(literal.load(file));
  CHECK_FALSE(second.load(path("absent")));
  std::remove(file.c_str());
}

TEST_CASE("kmps::pipeline: decisions respect the mask and do not allocate", "[kmps][pipeline]") {
  kmps::scoring scores;
  kmps::pipeline<> p;
  auto e = p.make_environment();
  support::workload_shape s;
  s.rate = 500.0;
  s.seconds = 2.0;
  const auto w = support::edge_workload(s, 8);
  e.load(w, seconds(2));
  rng g{1};
  dispatch_view view;
  std::size_t decided = 0, allocations = 0;
  bool valid = true;
  while (e.next_decision(view)) {
    std::uint32_t k = 0;
    {
      muster::testing::no_alloc_scope none;
      p.set_sample(decided % 2 == 0);
      k = p.choose(view, g);
      valid = valid && view.valid(scores.choose(view, g));
      if (decided > 1) allocations += none.allocations();
    }
    valid = valid && view.valid(k);
    e.dispatch(k);
    ++decided;
  }
  CHECK(valid);
  CHECK(decided > 500);
  CHECK(allocations == 0);
}

TEST_CASE("kmps::pipeline: an orchestrator that learns sees every frame of every copy",
          "[kmps][pipeline][orchestration]") {
  using shown =
      kmps::pipeline<slot::actor<rl::actor<kmps::target_scorer<>>>, slot::orchestrator<scribe>>;
  auto c = small<shown>();
  c.environment.frame = seconds(1);
  kmps::train_config t;
  t.episodes = 2;
  t.horizon = seconds(4);
  const auto make = [](std::uint64_t seed) { return work(seed); };
  shown p{c};
  CHECK(p.orchestrator().numbers.services == 1);
  std::vector<std::uint64_t> changes;
  p.train(make, t, [&](const kmps::train_progress& q) {
    changes.push_back(q.replica_changes);
    return true;
  });
  const scribe& o = p.orchestrator();
  CHECK(o.updates == 2);
  CHECK(o.in_order);
  CHECK(o.ended == std::vector<std::uint64_t>{2, 2});
  CHECK(changes == std::vector<std::uint64_t>{2, 2});  // one in each copy
  REQUIRE(p.orchestration());
  CHECK(p.orchestration()->frames >= 2 * 4);
  // Lanes and rounds have streams of their own.
  auto drawn = o.drawn;
  std::sort(drawn.begin(), drawn.end());
  CHECK(std::adjacent_find(drawn.begin(), drawn.end()) == drawn.end());

  SECTION("the dispatcher draws the same numbers whatever the orchestrator draws") {
    using fixed = kmps::pipeline<slot::actor<rl::actor<kmps::target_scorer<>>>>;
    fixed q{small<fixed>()};
    shown r{small<shown>()};  // no frames: nothing is asked
    q.train(make, t);
    r.train(make, t);
    CHECK(r.orchestrator().drawn.empty());
    const auto a = q.learner().policy().store().values().span();
    const auto b = r.learner().policy().store().values().span();
    CHECK(std::equal(a.begin(), a.end(), b.begin()));
  }
  SECTION("it is kept in the file") {
    const std::string file = path("orchestra");
    REQUIRE(p.save(file));
    shown q{c};
    REQUIRE(q.load(file));
    CHECK(q.orchestrator().updates == 2);
    scorer other{small<scorer>()};
    CHECK_FALSE(other.load(file));
    std::remove(file.c_str());
  }
  SECTION("it plans where the pipeline is evaluated") {
    const auto w = work(3);
    const auto r = p.evaluate(w, seconds(4), 1);
    CHECK(r.replica_changes == 1);
    auto e = p.make_environment();
    e.load(w, seconds(4));
    rng g{1};
    CHECK(kmps::run_episode(e, p, p, g).done == r.done);
  }
}

TEST_CASE("kmps::pipeline: what an orchestrator remembers ends with the episode",
          "[kmps][pipeline][orchestration]") {
  using remembering =
      kmps::pipeline<slot::actor<rl::actor<kmps::target_scorer<>>>, slot::orchestrator<once>>;
  static_assert(resettable_orchestrator<remembering>);
  auto c = small<remembering>();
  c.environment.frame = seconds(1);
  remembering p{c};
  kmps::train_config t;
  t.episodes = 3;
  t.horizon = seconds(3);
  p.train([](std::uint64_t seed) { return work(seed); }, t,
          [](const kmps::train_progress& q) {
            CHECK(q.replica_changes == 2);  // one per copy and round
            return true;
          });
  const auto w = work(3);
  for (int i = 0; i < 2; ++i) {
    CHECK(p.evaluate(w, seconds(3), 1).replica_changes == 1);
  }
  // A rule that plans: more replicas where requests wait, so more is on time.
  using scaled = kmps::pipeline<slot::actor<rl::actor<kmps::target_scorer<>>>,
                                slot::orchestrator<kmps::greedy_scaler>>;
  auto more = small<scaled>();
  more.environment.frame = seconds(1);
  scaled s{more};
  const auto r = s.evaluate(w, seconds(6), 1);
  CHECK(r.replica_changes > 2);
}

TEST_CASE("kmps::pipeline: a curriculum begins with short quiet episodes", "[kmps][pipeline]") {
  using taught = kmps::pipeline<slot::actor<rl::actor<kmps::target_scorer<>>>,
                                slot::curriculum<kmps::progressive>>;
  auto c = small<taught>();
  c.curriculum.stages = {{0.0, 0.25, 0.5}, {1.0, 1.0, 1.0}};
  c.curriculum.reach = 1.0;
  c.curriculum.window = 2;
  c.curriculum.most = 2;
  kmps::train_config t;
  t.episodes = 4;
  t.horizon = seconds(4);
  const auto make = [](std::uint64_t seed) { return work(seed); };
  taught p{c};
  std::vector<std::uint64_t> decisions;
  std::vector<double> difficulty;
  p.train(make, t, [&](const kmps::train_progress& q) {
    decisions.push_back(q.decisions);
    difficulty.push_back(q.level.difficulty);
    return true;
  });
  CHECK(difficulty == std::vector{0.0, 0.0, 1.0, 1.0});
  // 2 copies x 200/s x 2 s x a quarter, then 2 x 200 x 4
  CHECK(decisions[0] > 150);
  CHECK(decisions[1] < 250);
  CHECK(decisions[2] > 1400);

  SECTION("a file knows the stage") {
    const std::string file = path("curriculum");
    REQUIRE(p.save(file));
    taught q{c};
    REQUIRE(q.load(file));
    CHECK(q.curriculum().stage() == 1);
    std::remove(file.c_str());
  }
  SECTION("who asks how hard it shall be makes the workload") {
    taught q{c};
    std::vector<double> asked;
    q.train(
        [&](std::uint64_t seed, double hard) {
          asked.push_back(hard);
          return work(seed);
        },
        t);
    CHECK(asked == std::vector{0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0});
  }
}
