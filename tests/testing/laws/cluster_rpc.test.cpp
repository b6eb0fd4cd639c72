// SPDX-License-Identifier: Apache-2.0
#include "coordination/hand_cluster.hpp"
#include "support/catch.hpp"

#include <array>
#include <set>
#include <string>

#include <muster/coordination/in_process_rpc.hpp>
#include <muster/testing/laws/cluster_rpc.hpp>

using namespace muster;
using support::hand_cluster;

namespace {

/// A host that breaks promises, as chosen.
struct forgetful : hand_cluster {
  bool forget = false, move = false, boast = false;
  offer_reply offer(const offered_job& o, instant now) {
    offer_reply r = hand_cluster::offer(o, now);
    if (move) r.node = static_cast<std::uint32_t>(offers);
    if (forget && offers % 3 == 0) return {};
    return r;
  }
  cluster_capacity capacity(service_id s, instant now) {
    cluster_capacity c = hand_cluster::capacity(s, now);
    if (boast) c.idle = c.replicas + 1;
    return c;
  }
  request_outcome outcome(request_key k, instant now) {
    return forget ? request_outcome::unknown : hand_cluster::outcome(k, now);
  }
};

template <class Host, class Change>
std::set<std::string> broken(double loss, Change change) {
  std::array<Host, 2> hosts;
  hosts[1].places = 30;
  change(hosts[1]);
  typename coordination::in_process_network<Host>::config c;
  c.jitter = milliseconds(10);
  c.loss = loss;
  coordination::in_process_network<Host> n{hosts, c};
  coordination::in_process_rpc<Host> r{n, 0};
  std::set<std::string> laws;
  instant clock{};
  testing::check_cluster_rpc_laws(
      r, {}, 3, 200, [&] { return clock = clock + milliseconds(100); },
      [&](const char* law, bool holds) {
        if (!holds) laws.insert(law);
      });
  return laws;
}

}  // namespace

TEST_CASE("in_process_rpc obeys the laws of cluster_rpc", "[coordination][laws]") {
  for (const double loss : {0.0, 0.3}) {
    CHECK(broken<hand_cluster>(loss, [](hand_cluster&) {}).empty());
  }
}

TEST_CASE("the laws of cluster_rpc notice who breaks them", "[testing][laws]") {
  CHECK(broken<forgetful>(0.0, [](forgetful& h) { h.forget = true; }) ==
        std::set<std::string>{"an accepted key is not refused later",
                              "what was accepted is remembered"});
  CHECK(broken<forgetful>(0.0, [](forgetful& h) { h.move = true; }) ==
        std::set<std::string>{"an accepted key is accepted again, with the same reply"});
  CHECK(broken<forgetful>(0.0, [](forgetful& h) { h.boast = true; }) ==
        std::set<std::string>{"no more idle than replicas, and no wait when there is one idle"});
}
