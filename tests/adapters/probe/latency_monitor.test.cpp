// SPDX-License-Identifier: Apache-2.0
#include "adapters/probe/listener.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <muster/adapters/probe/latency_monitor.hpp>

using namespace muster;
namespace probe = muster::adapters::probe;

namespace {

probe::round_trip took(std::int64_t us) { return {probe::outcome::answered, {us}, 0}; }
constexpr probe::round_trip lost{probe::outcome::timeout, seconds(1), 0};

}  // namespace

TEST_CASE("latency_monitor keeps a filtered time for each peer", "[adapters][probe]") {
  probe::latency_monitor m;
  const auto where = *probe::address::resolve("127.0.0.1", 9);
  const std::size_t near = m.add("near", where), far = m.add("far", where);
  CHECK(m.size() == 2);
  CHECK_FALSE(m.reachable(near));
  for (int i = 0; i < 8; ++i) {
    m.record(near, took(i == 3 ? 400'000 : 10'000 + i));
    m.record(far, took(200'000));
  }
  CHECK(m.latency(near).round_trip >= microseconds(10'000));
  CHECK(m.latency(near).round_trip < microseconds(10'010));
  CHECK(m.latency(far).one_way() == milliseconds(100));
  CHECK(m.name(far) == "far");
  CHECK(m.latency(near).probes == 8);
  CHECK(support::breaks("has no such peer", [&] { (void)m.latency(2); }));
}

TEST_CASE("latency_monitor forgets a peer that is lost, and learns it anew", "[adapters][probe]") {
  probe::latency_monitor m{{.lost_after = 2}};
  const std::size_t k = m.add("node", *probe::address::resolve("127.0.0.1", 9));
  m.record(k, took(5'000));
  m.record(k, lost);
  CHECK(m.reachable(k));  // one loss is an accident
  m.record(k, lost);
  CHECK_FALSE(m.reachable(k));
  CHECK(m.latency(k).failures == 2);
  CHECK(m.latency(k).last == probe::outcome::timeout);
  m.record(k, took(30'000));
  CHECK(m.reachable(k));
  CHECK(m.latency(k).round_trip == milliseconds(30));
}

TEST_CASE("latency_monitor measures real peers on loopback", "[adapters][probe]") {
  support::listener here;
  probe::latency_monitor m{{.timeout = seconds(2), .lost_after = 1}};
  const std::size_t k = m.add("self", *probe::address::resolve("127.0.0.1", here.port));
  for (int i = 0; i < 5; ++i) CHECK(m.probe(k));
  CHECK(m.reachable(k));
  CHECK(m.latency(k).round_trip < milliseconds(20));
  here.stop();
  CHECK(m.probe(k).outcome == probe::outcome::refused);
  CHECK_FALSE(m.reachable(k));
}
