// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include "adapters/probe/listener.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include <muster/adapters/probe/tcp_round_trip.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
namespace probe = muster::adapters::probe;

namespace {

// The time of a plain blocking connect: what a probe should say.
std::int64_t blocking_connect(const probe::address& peer) {
  const auto begin = std::chrono::steady_clock::now();
  const int s = socket(peer.family(), SOCK_STREAM, 0);
  const bool good = connect(s, peer.raw(), peer.length()) == 0;
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(
                      std::chrono::steady_clock::now() - begin)
                      .count();
  close(s);
  return good ? us : 1'000'000;
}

std::int64_t median(std::vector<std::int64_t> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

}  // namespace

TEST_CASE("tcp_round_trip agrees with a plain connect over loopback", "[adapters][probe]") {
  for (const int family : {AF_INET, AF_INET6}) {
    support::listener here{family, 128};
    if (here.port == 0) {
      WARN("skipped: no loopback of this family");
      continue;
    }
    const auto peer = probe::address::resolve(family == AF_INET ? "127.0.0.1" : "::1", here.port);
    REQUIRE(peer);
    CHECK(peer->text() ==
          (family == AF_INET ? "127.0.0.1:" : "[::1]:") + std::to_string(here.port));
    std::vector<std::int64_t> ours, plain;
    for (int i = 0; i < 41; ++i) {
      const auto r = probe::tcp_round_trip(*peer, seconds(2));
      REQUIRE(r);
      CHECK(*r.value(*peer, seconds(2)) == r.time);
      ours.push_back(r.time.us);
      plain.push_back(blocking_connect(*peer));
    }
    CHECK(median(ours) < 20'000);
    CHECK(std::abs(median(ours) - median(plain)) < 1000);  // within a millisecond
  }
}

TEST_CASE("tcp_round_trip: refused, silent and unknown peers are told apart", "[adapters][probe]") {
  support::listener closed{AF_INET, -1};  // bound, not listening
  const auto refused = probe::address::resolve("127.0.0.1", closed.port);
  REQUIRE(refused);
  const auto r = probe::tcp_round_trip(*refused, seconds(1));
  CHECK_FALSE(r);
  CHECK(r.outcome == probe::outcome::refused);
  CHECK(r.value(*refused, seconds(1)).failure().to_string() ==
        "127.0.0.1:" + std::to_string(closed.port) +
            ": the connection was refused; expected a port that listens");

  // A listener whose queue is full drops further packets without a word.
  support::listener full{AF_INET, 0};
  const auto silent = probe::address::resolve("127.0.0.1", full.port);
  REQUIRE(silent);
  std::vector<int> held;
  for (int i = 0; i < 4; ++i) {
    held.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    (void)connect(held.back(), silent->raw(), silent->length());
  }
  const auto t = probe::tcp_round_trip(*silent, milliseconds(60));
  CHECK(t.outcome == probe::outcome::timeout);
  CHECK(t.time >= milliseconds(60));
  CHECK(t.time < milliseconds(1000));
  CHECK(t.value(*silent, milliseconds(60)).failure().what == "no answer within 60 ms");
  for (const int s : held) close(s);

  const auto nobody = probe::address::resolve("no.such.host.invalid", 80);
  CHECK_FALSE(nobody);
  CHECK(nobody.failure().field == "no.such.host.invalid");
  CHECK(nobody.failure().what.find("cannot be resolved") == 0);
}

TEST_CASE("tcp_round_trip leaves no socket and no memory behind", "[adapters][probe]") {
  support::listener here;
  const auto peer = probe::address::resolve("127.0.0.1", here.port);
  REQUIRE(peer);
  const int before = dup(0);
  close(before);
  muster::testing::no_alloc_scope scope;
  for (int i = 0; i < 20; ++i) (void)probe::tcp_round_trip(*peer, seconds(1));
  CHECK(scope.allocations() == 0);
  const int after = dup(0);
  close(after);
  CHECK(before == after);  // the lowest free number is the same
}
