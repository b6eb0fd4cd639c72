// SPDX-License-Identifier: Apache-2.0
#include "coordination/hand_cluster.hpp"
#include "support/catch.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <muster/adapters/grpc/client.hpp>
#include <muster/adapters/grpc/server.hpp>
#include <muster/adapters/grpc/unix_clock.hpp>
#include <muster/coordination/offer_around.hpp>
#include <muster/testing/laws/cluster_rpc.hpp>

using namespace muster;
using adapters::grpc::client, adapters::grpc::server, adapters::grpc::unix_clock;
using support::hand_cluster;

namespace {

/// A hand_cluster that thinks for a while.
struct slow_cluster : hand_cluster {
  std::atomic<int> delay_ms{0};
  offer_reply offer(const offered_job& o, instant now) {
    const offer_reply r = hand_cluster::offer(o, now);
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms.load()));
    return r;
  }
};

template <class Host>
server serve(Host& host, const std::string& address = "127.0.0.1:0") {
  server::config c;
  c.address = address;
  auto s = server::start(host, c);
  INFO((s ? std::string{} : s.failure().to_string()));
  REQUIRE(s);
  return std::move(*s);
}
std::string address_of(const server& s) { return "127.0.0.1:" + std::to_string(s.port()); }

/// A port where nobody listens.
std::string dead_address() {
  hand_cluster host;
  server s = serve(host);
  return address_of(s);
}

client::config quick(std::vector<std::string> replicas) {
  client::config c;
  c.clusters = 2;
  c.addresses = {{}, std::move(replicas)};
  c.timeout = seconds(5);
  c.retry = {milliseconds(5), milliseconds(20), 4};
  c.breaker = {3, 1, milliseconds(200)};
  return c;
}
offered_job soon(std::uint64_t id, const unix_clock& clock) {
  offered_job o = support::offered(0, id, clock.now() + seconds(20));
  o.request.arrival = clock.now();
  o.request.work = milliseconds(10);
  o.request.service = service_id{3};
  o.request.cpu = 0.25F;
  o.request.memory = 0.5F;
  return o;
}

}  // namespace

TEST_CASE("two clusters talk over gRPC", "[adapters][grpc]") {
  hand_cluster host;
  host.places = 2;
  server s = serve(host);
  client c{quick({address_of(s)})};
  const unix_clock clock;
  rng random{1};
  CHECK(c.clusters() == 2);
  const instant start = clock.now();
  const auto a = c.offer(1, soon(7, clock), {}, random);
  REQUIRE(a);
  CHECK(a.value->accepted());
  CHECK(a.at >= start - milliseconds(1));
  CHECK(a.at <= clock.now() + milliseconds(1));
  CHECK(host.last >= start - milliseconds(1));
  CHECK(*c.offer(1, soon(7, clock), {}, random).value == *a.value);  // once more, with feeling
  CHECK(host.taken == 1);
  CHECK(c.capacity(1, service_id{3}, {}, random).value->idle == 1);
  CHECK(c.load(1, {}, random).value->cpu_use == 0.5);
  CHECK(c.offer(1, soon(8, clock), {}, random).value->node == 1);
  CHECK(c.offer(1, soon(9, clock), {}, random).value->verdict == offer_verdict::full);
  host.ledger.settle({0, job_id{7}}, request_outcome::done);
  const std::array<request_key, 3> keys{{{0, job_id{9}}, {0, job_id{8}}, {0, job_id{7}}}};
  std::array<request_outcome, 3> told{};
  CHECK(*c.outcomes(1, keys, told, {}, random).value == 3);
  CHECK(told ==
        std::array{request_outcome::unknown, request_outcome::pending, request_outcome::done});
  CHECK(s.counts().calls == 7);
  CHECK(s.counts().invalid == 0);
  CHECK(c.counts().answered == 7);
}

TEST_CASE("the gRPC client obeys the laws of cluster_rpc", "[adapters][grpc][laws]") {
  hand_cluster host;
  host.places = 30;
  server s = serve(host);
  client c{quick({address_of(s)})};
  const unix_clock clock;
  testing::cluster_rpc_case k;
  k.service = service_id{3};
  k.patience = seconds(5);
  k.slack = milliseconds(500);
  testing::check_cluster_rpc_laws(
      c, k, 5, 100, [&] { return clock.now(); },
      [](const char* law, bool holds) {
        INFO(law);
        CHECK(holds);
      });
  s.stop();
  for (const auto& [key, runs] : host.runs) CHECK(runs == 1);
}

TEST_CASE("nobody there: unreachable, then the circuit opens and calls cost nothing",
          "[adapters][grpc]") {
  client c{quick({dead_address()})};
  const unix_clock clock;
  rng random{1};
  const auto a = c.offer(1, soon(1, clock), {{}, clock.now() + seconds(3)}, random);
  CHECK_FALSE(a);
  // Three failures open the circuit; the fourth attempt is not made.
  CHECK(a.status == rpc_status::not_tried);
  CHECK(c.counts().unreachable == 3);
  CHECK(c.counts().attempts == 3);
  CHECK(c.circuit_of(1, 0) == coordination::circuit::open);
  const instant before = clock.now();
  CHECK(c.load(1, {}, random).status == rpc_status::not_tried);
  CHECK(clock.now() - before < milliseconds(50));
  CHECK(c.counts().attempts == 3);
  CHECK(client{quick({})}.load(1, {}, random).status == rpc_status::not_tried);  // no address
}

TEST_CASE("a server that comes back is found again", "[adapters][grpc]") {
  hand_cluster host;
  std::optional<server> s{serve(host)};
  const std::string address = address_of(*s);
  client c{quick({address})};
  const unix_clock clock;
  rng random{1};
  REQUIRE(c.load(1, {}, random));
  s.reset();
  for (int i = 0; i < 3; ++i) CHECK_FALSE(c.load(1, {}, random));
  CHECK(c.circuit_of(1, 0) == coordination::circuit::open);
  s.emplace(serve(host, address));
  const instant end = clock.now() + seconds(8);
  bool back = false;
  while (!back && clock.now() < end) {
    back = static_cast<bool>(c.load(1, {}, random));
    clock.wait(clock.now() + milliseconds(20));
  }
  CHECK(back);
  CHECK(c.circuit_of(1, 0) == coordination::circuit::closed);
  // At another address: told by hand.
  s.reset();
  hand_cluster other;
  server elsewhere = serve(other);
  const std::vector<std::string> there{address_of(elsewhere)};
  c.connect(1, there);
  CHECK(c.load(1, {}, random));
}

TEST_CASE("replicas take turns; a dead one is left out", "[adapters][grpc]") {
  hand_cluster first, second;
  server a = serve(first), b = serve(second);
  const unix_clock clock;
  rng random{1};
  {
    client c{quick({address_of(a), address_of(b)})};
    for (std::uint64_t i = 0; i < 20; ++i) REQUIRE(c.offer(1, soon(i, clock), {}, random));
    CHECK(first.offers == 10);
    CHECK(second.offers == 10);
  }
  {
    client c{quick({address_of(a), dead_address(), address_of(b)})};
    for (std::uint64_t i = 0; i < 30; ++i) REQUIRE(c.load(1, {}, random));
    CHECK(c.counts().answered == 30);
    CHECK(c.counts().unreachable >= 3);
    CHECK(c.counts().unreachable <= 6);  // until the circuit opened; a probe or two
  }
}

TEST_CASE("no answer in time: the deadline holds, and the repeated offer runs once",
          "[adapters][grpc]") {
  slow_cluster host;
  server s = serve(host);
  auto settings = quick({address_of(s)});
  settings.attempt = milliseconds(300);
  settings.retry.attempts = 8;
  settings.breaker.failures = 100;
  client c{settings};
  const unix_clock clock;
  rng random{1};
  host.delay_ms = 150;
  // Shorter than the host thinks: timed out at the deadline, though the host has accepted.
  instant start = clock.now();
  const auto a = c.offer(1, soon(1, clock), {{}, start + milliseconds(60)}, random);
  CHECK(a.status == rpc_status::timed_out);
  CHECK(a.at - start >= milliseconds(55));
  CHECK(a.at - start < milliseconds(1500));
  // The second attempt finds a host that is quick again.
  host.delay_ms = 400;
  std::thread change{[&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    host.delay_ms = 0;
  }};
  const auto b = c.offer(1, soon(2, clock), {{}, clock.now() + seconds(5)}, random);
  change.join();
  CHECK(b);
  CHECK(c.counts().timed_out >= 2);
  s.stop();
  CHECK(host.runs[{0, job_id{1}}] == 1);
  CHECK(host.runs[{0, job_id{2}}] == 1);
  CHECK(host.offers >= 3);
}

TEST_CASE("what the server does not understand is not tried again, and says why",
          "[adapters][grpc]") {
  hand_cluster host;
  server s = serve(host);
  client c{quick({address_of(s)})};
  const unix_clock clock;
  rng random{1};
  const auto a = c.capacity(1, service_id{99}, {}, random);
  CHECK(a.status == rpc_status::invalid);
  CHECK(a.value.failure().what.find("service: is 99; expected a service, 0 to 11") !=
        std::string::npos);
  auto o = soon(1, clock);
  o.request.work = microseconds(-5);
  CHECK(c.offer(1, o, {}, random).value.failure().what.find("work_us: is -5") != std::string::npos);
  std::vector<request_key> keys(1025);
  std::vector<request_outcome> told(1025);
  CHECK(c.outcomes(1, keys, told, {}, random).value.failure().what.find("at most 1024") !=
        std::string::npos);
  keys.assign(100'000, {1, job_id{7}});  // beyond the limit of a message: not even read
  told.resize(keys.size());
  CHECK(c.outcomes(1, keys, told, {}, random).status == rpc_status::invalid);
  CHECK(c.counts().attempts == 4);
  CHECK(s.counts().invalid == 3);
  CHECK(c.load(1, {}, random));  // alive, and its circuit is closed
  CHECK(host.offers == 0);
}

TEST_CASE("many threads, the same offers: each key runs once", "[adapters][grpc][laws]") {
  hand_cluster host;
  server s = serve(host);
  client c{quick({address_of(s)})};
  const unix_clock clock;
  constexpr std::uint64_t keys = 100;
  std::atomic<std::uint64_t> accepted{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      rng random{t};
      for (std::uint64_t i = 0; i < keys; ++i) {
        const auto a = c.offer(1, soon((i * 7 + t * 13) % keys, clock), {}, random);
        if (a && a.value->accepted()) ++accepted;
      }
    });
  }
  for (auto& t : threads) t.join();
  s.stop();
  CHECK(accepted == 4 * keys);
  CHECK(host.runs.size() == keys);
  bool once = true;
  for (const auto& [key, runs] : host.runs) once = once && runs == 1;
  CHECK(once);
}

TEST_CASE("neighbours are asked in turn over gRPC as in a simulation", "[adapters][grpc]") {
  std::array<hand_cluster, 3> hosts;
  hosts[1].places = 1;
  server one = serve(hosts[1]), two = serve(hosts[2]);
  client::config settings = quick({});
  settings.clusters = 3;
  settings.addresses = {{}, {address_of(one)}, {address_of(two)}};
  client c{settings};
  coordination::offer_around around{0, 3};
  const unix_clock clock;
  rng random{1};
  std::vector<std::uint32_t> taken;
  const auto place = [&](std::uint64_t id) {
    const instant now = clock.now();
    return around.place(c, soon(id, clock), {now, now + seconds(2)}, random,
                        [&](instant t) { return clock.wait(t); });
  };
  for (std::uint64_t id = 0; id < 4; ++id) taken.push_back(place(id).cluster);
  CHECK(taken == std::vector<std::uint32_t>{1, 2, 2, 2});
  two.stop();
  const auto p = place(9);
  CHECK_FALSE(p.found());
  CHECK(p.refused == 1);
  CHECK(p.unreachable == 1);
}

TEST_CASE("with certificates: who has none is not served", "[adapters][grpc]") {
  char folder[] = "/tmp/muster_tls_XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  const std::string at = folder;
  const auto text = [](const std::string& path) {
    std::string t;
    if (std::FILE* f = std::fopen(path.c_str(), "r")) {
      char buffer[4096];
      for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, f)) > 0;) t.append(buffer, n);
      std::fclose(f);
    }
    return t;
  };
  // One key that signs itself serves both ends.
  const std::string make =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
      "/CN=muster -addext subjectAltName=IP:127.0.0.1 -keyout " +
      at + "/key -out " + at + "/certificate >/dev/null 2>&1";
  const bool made = std::system(make.c_str()) == 0;
  const std::string key = text(at + "/key"), certificate = text(at + "/certificate");
  CHECK(std::system(("rm -rf " + at).c_str()) == 0);
  if (!made) {
    WARN("skipped: no openssl program");
    return;
  }
  hand_cluster host;
  server::config with;
  with.authority = with.certificate = certificate;
  with.key = key;
  auto s = server::start(host, with);
  REQUIRE(s);
  rng random{1};
  auto settings = quick({address_of(*s)});
  CHECK_FALSE(client{settings}.load(1, {}, random));  // in the clear
  settings.authority = certificate;
  CHECK_FALSE(client{settings}.load(1, {}, random));  // without a certificate of its own
  settings.certificate = certificate;
  settings.key = key;
  CHECK(client{settings}.load(1, {}, random));
}
