// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include "coordination/hand_cluster.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <muster/coordination/in_process_rpc.hpp>
#include <muster/coordination/retry.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
using support::hand_cluster, support::offered;
using network = coordination::in_process_network<hand_cluster>;
using rpc = coordination::in_process_rpc<hand_cluster>;
static_assert(cluster_rpc<rpc>);

TEST_CASE("in_process_rpc: a message there, a message back", "[coordination][in_process_rpc]") {
  std::array<hand_cluster, 3> hosts;
  hosts[1].places = 2;
  network n{hosts, {.one_way = milliseconds(25), .outages = {}}};
  rpc r{n, 0};
  rng random{1};
  CHECK(r.clusters() == 3);

  const auto a = r.offer(1, offered(0, 7), {instant{1000}, never}, random);
  REQUIRE(a);
  CHECK(a.at == instant{51'000});
  CHECK(hosts[1].last == instant{26'000});
  CHECK(a.value->accepted());
  CHECK(r.capacity(1, service_id{0}, {}, random).value->idle == 1);
  CHECK(r.load(1, {}, random).value->running == 1);
  CHECK(r.offer(1, offered(0, 8), {}, random).value->accepted());
  CHECK(r.offer(1, offered(0, 9), {}, random).value->verdict == offer_verdict::full);
  CHECK(r.offer(1, offered(0, 7), {}, random).value->accepted());  // known: no place needed

  hosts[1].ledger.settle({0, job_id{7}}, request_outcome::done);
  const std::array<request_key, 3> keys{{{0, job_id{7}}, {0, job_id{8}}, {0, job_id{9}}}};
  std::array<request_outcome, 3> told{};
  CHECK(*r.outcomes(1, keys, told, {}, random).value == 3);
  CHECK(told ==
        std::array{request_outcome::done, request_outcome::pending, request_outcome::unknown});
  CHECK(n.counts().messages == 14);
  CHECK(n.counts().lost == 0);
  CHECK(random == rng{1});  // without jitter and loss nothing is drawn

  CHECK(r.load(1, {instant{5}, instant{5}}, random).status == rpc_status::not_tried);
}

TEST_CASE("in_process_rpc: an answer after the deadline is none, but the host has acted",
          "[coordination][in_process_rpc]") {
  std::array<hand_cluster, 2> hosts;
  network n{hosts};
  rpc r{n, 0};
  rng random{1};
  const auto a = r.offer(1, offered(0, 1), {instant{}, instant{49'999}}, random);
  CHECK(a.status == rpc_status::timed_out);
  CHECK(a.at == instant{49'999});
  CHECK(hosts[1].taken == 1);
  CHECK(r.offer(1, offered(0, 1), {instant{}, instant{50'000}}, random));
  CHECK(hosts[1].taken == 1);
  CHECK(n.counts().timed_out == 1);
}

TEST_CASE("in_process_rpc: outages in both directions", "[coordination][in_process_rpc]") {
  std::array<hand_cluster, 3> hosts;
  network::config c;
  c.timeout = milliseconds(400);
  c.outages = {{1, instant{100'000}, instant{200'000}, false},
               {2, instant{}, instant{50'000}, true}};
  network n{hosts, c};
  rng random{1};
  rpc zero{n, 0}, one{n, 1};
  // Silent: the caller waits.
  auto a = zero.load(1, {instant{80'000}, never}, random);
  CHECK(a.status == rpc_status::timed_out);
  CHECK(a.at == instant{480'000});
  // There and on its way back just before.
  CHECK(zero.load(1, {instant{74'999}, never}, random));
  CHECK(hosts[1].last == instant{99'999});
  // The caller is cut off when the answer comes: lost, but the host has acted.
  a = one.load(0, {instant{60'000}, never}, random);
  CHECK(a.status == rpc_status::timed_out);
  CHECK(hosts[0].last == instant{85'000});
  // From within: it reaches nobody.
  CHECK(one.load(0, {instant{150'000}, never}, random).status == rpc_status::timed_out);
  CHECK(one.load(0, {instant{200'000}, never}, random));
  CHECK(zero.load(1, {instant{175'000}, never}, random));
  // Refusing: told after a round trip.
  a = zero.load(2, {instant{}, never}, random);
  CHECK(a.status == rpc_status::unreachable);
  CHECK(a.at == instant{50'000});
  CHECK(a.value.failure().what == "unreachable");
  CHECK(zero.load(2, {instant{25'000}, never}, random));
  CHECK(n.cut_off(1, instant{100'000}));
  CHECK_FALSE(n.cut_off(1, instant{200'000}));
}

TEST_CASE("at most once: however many answers are lost, a key runs once",
          "[coordination][in_process_rpc][laws]") {
  for (const double loss : {0.0, 0.2, 0.6}) {
    std::array<hand_cluster, 2> hosts;
    network::config c;
    c.one_way = milliseconds(5);
    c.jitter = milliseconds(10);
    c.loss = loss;
    network n{hosts, c};
    rpc r{n, 0};
    rng random{17};
    const coordination::backoff policy{{milliseconds(5), milliseconds(40), 6}};
    std::uint64_t confirmed = 0, lost = 0;
    for (std::uint64_t id = 0; id < 3'000; ++id) {
      const instant now{static_cast<std::int64_t>(id) * 1'000'000};
      const auto o = offered(0, id, now + seconds(2));
      const auto a =
          coordination::retry(policy, {now, o.request.deadline}, random, [&](rpc_call x) {
            x.deadline = (std::min)(x.deadline, x.now + milliseconds(40));
            return r.offer(1, o, x, random);
          });
      REQUIRE(a.at <= o.request.deadline);
      if (a) {
        ++confirmed;
        REQUIRE(hosts[1].runs[o.key()] == 1);
      } else {
        ++lost;
        REQUIRE(hosts[1].runs[o.key()] <= 1);
      }
    }
    CHECK(confirmed + lost == 3'000);
    const double fail = 1.0 - (1.0 - loss) * (1.0 - loss);  // of one attempt
    CHECK(static_cast<double>(lost) / 3'000 == Approx(std::pow(fail, 6)).margin(0.03));
    if (loss > 0.0) CHECK(hosts[1].offers > 3'000);
  }
}

TEST_CASE("the same calls and the same generator give the same answers",
          "[coordination][in_process_rpc][laws]") {
  const auto run = [](std::uint64_t seed) {
    std::array<hand_cluster, 3> hosts;
    network::config c;
    c.jitter = milliseconds(30);
    c.loss = 0.1;
    c.timeout = milliseconds(100);
    network n{hosts, c};
    rng random{seed};
    std::vector<std::int64_t> times;
    for (std::uint64_t id = 0; id < 200; ++id) {
      rpc r{n, static_cast<std::uint32_t>(id % 2)};
      const rpc_call call{instant{static_cast<std::int64_t>(id) * 10'000}, never};
      const auto a = r.offer(2, offered(0, id), call, random);
      times.push_back(a.at.us);
      REQUIRE((a.at >= call.now && a.at <= call.now + milliseconds(100)));
      if (a) REQUIRE(a.at - call.now >= milliseconds(50));
    }
    return times;
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
}

TEST_CASE("in_process_rpc does not allocate, not even when calls fail",
          "[coordination][in_process_rpc]") {
  std::array<hand_cluster, 2> hosts;
  hosts[1].places = 0;
  network::config c;
  c.loss = 0.5;
  network n{hosts, c};
  rpc r{n, 0};
  rng random{1};
  testing::no_alloc_scope quiet;
  for (std::uint64_t id = 0; id < 1000; ++id) {
    static_cast<void>(r.offer(1, offered(0, id), {instant{}, instant{60'000}}, random));
    static_cast<void>(r.load(1, {}, random));
  }
  CHECK(quiet.allocations() == 0);
  CHECK(n.counts().timed_out > 0);
}

TEST_CASE("calling oneself breaks a precondition", "[coordination][in_process_rpc]") {
  CHECK(support::breaks("calls itself", [] {
    std::array<hand_cluster, 2> hosts;
    network n{hosts};
    rng random{1};
    static_cast<void>(rpc{n, 1}.load(1, {}, random));
  }));
}
