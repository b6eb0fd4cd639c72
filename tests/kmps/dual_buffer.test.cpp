// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/edge_workload.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <muster/kmps/dual_buffer.hpp>
#include <muster/kmps/pipeline.hpp>

using namespace muster;

namespace {

using doubled = kmps::pipeline<slot::actor<rl::actor<kmps::target_scorer<>>>,
                               slot::buffering<kmps::dual_buffer>>;
using chained = kmps::pipeline<slot::buffering<kmps::dual_buffer>, slot::reward<kmps::slot_share>,
                               slot::critic<rl::target_critic<>>>;

template <class Pipeline>
typename Pipeline::config small(rl::hand_over exchange) {
  typename Pipeline::config c;
  c.environment.clusters = 2;
  c.environment.nodes_per_cluster = 2;
  c.environment.cloud_nodes = 1;
  c.environment.services = 1;
  c.environment.deployment = {2, 2, 2, 2, 2};
  if constexpr (requires { c.actor.hidden; }) c.actor.hidden = {16, 8};
  if constexpr (requires { c.actor.first; }) c.actor.first = c.actor.second = 8;
  c.critic.hidden = {16, 8};
  c.trainer.copies = 2;
  c.trainer.samples = 512;
  c.trainer.minibatch = 128;
  c.trainer.actor_rate = c.trainer.critic_rate = 2e-3;
  c.sample = false;
  c.buffering.exchange = exchange;
  return c;
}

std::vector<trace::arrival> work(std::uint64_t seed) {
  support::workload_shape s;
  s.rate = 150.0;
  s.seconds = 2.0;
  s.access_points = 2;
  s.services = 1;
  s.min_allowance_ms = 300.0;
  s.max_allowance_ms = 1200.0;
  return support::edge_workload(s, seed);
}

constexpr kmps::train_config six{.episodes = 6, .horizon = seconds(2), .seed = 3};

template <class Pipeline>
std::vector<float> policy_of(Pipeline& p) {
  const auto all = p.learner().policy().store().values().span();
  return {all.begin(), all.end()};
}

std::string path(const char* name) {
  const char* folder = std::getenv("TMPDIR");
  return std::string{folder != nullptr ? folder : "/tmp"} + "/muster_dual_" + name + ".safetensors";
}

}  // namespace

TEST_CASE("dual_buffer: two threads that meet train what one thread trains",
          "[kmps][dual_buffer][threads]") {
  const auto trained = [](auto& p) {
    std::vector<double> told;
    p.train(work, six, [&](const kmps::train_progress& q) {
      told.push_back(q.throughput);
      told.push_back(q.learning.value_loss);
      told.push_back(static_cast<double>(q.version));
      return true;
    });
    return told;
  };
  SECTION("decisions for themselves") {
    doubled one{small<doubled>(rl::hand_over::one_thread)};
    doubled two{small<doubled>(rl::hand_over::rendezvous)};
    const auto told = trained(one);
    CHECK(told == trained(two));
    CHECK(policy_of(one) == policy_of(two));
    // In round k the policy has learned from k - 2 rounds.
    for (std::size_t k = 0; k < 6; ++k) {
      CHECK(told[3 * k + 2] == (k < 2 ? 0.0 : static_cast<double>(k - 1)));
    }
    CHECK(one.updates() == 6);
  }
  SECTION("decisions that are chained, with a target network") {
    chained one{small<chained>(rl::hand_over::one_thread)};
    chained two{small<chained>(rl::hand_over::rendezvous)};
    CHECK(trained(one) == trained(two));
    CHECK(policy_of(one) == policy_of(two));
  }
}

TEST_CASE("dual_buffer: whoever is told may evaluate and save meanwhile",
          "[kmps][dual_buffer][threads]") {
  for (const auto exchange : {rl::hand_over::free, rl::hand_over::rendezvous}) {
    doubled quiet{small<doubled>(exchange)}, watched{small<doubled>(exchange)};
    const auto test = work(99);
    const std::string file = path("meanwhile");
    std::uint32_t told = 0;
    quiet.train(work, six);
    watched.train(work, six, [&](const kmps::train_progress& q) {
      ++told;
      const auto r = watched.evaluate(test, seconds(2), 1);
      CHECK(r.arrived == r.done + r.missed);
      CHECK(q.dropped == 0);
      // One policy for all access points, and it is known by name until the next round.
      CHECK(watched.policy_stamp() == watched.policy_stamp());
      CHECK(watched.policy_stamp().version >= q.version);
      if (told == 4) REQUIRE(watched.save(file));
      return true;
    });
    CHECK(told == 6);
    if (exchange == rl::hand_over::rendezvous) CHECK(policy_of(quiet) == policy_of(watched));
    doubled resumed{small<doubled>(exchange)};
    REQUIRE(resumed.load(file));
    CHECK(resumed.updates() == 4);
    CHECK(resumed.train(work, {.episodes = 2, .horizon = seconds(2), .seed = 3}) == 2);
    for (const float x : policy_of(resumed)) CHECK(std::isfinite(x));
    std::remove(file.c_str());
  }
}

TEST_CASE("dual_buffer: a training may be stopped, or broken off", "[kmps][dual_buffer][threads]") {
  doubled p{small<doubled>(rl::hand_over::free)};
  CHECK(p.train(work, six, [](const auto& q) { return q.episode < 2; }) == 2);
  CHECK(p.updates() == 2);
#if defined(__cpp_exceptions)
  CHECK_THROWS_AS(p.train(work, six, [](const auto&) -> bool { throw 7; }), int);
#endif
  CHECK(p.train(work, {.episodes = 1, .horizon = seconds(2)}) == 1);
  const auto test = work(5);
  const auto r = p.evaluate(test, seconds(2), 1);
  CHECK(r.arrived > 0);
}
