// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/edge_workload.hpp"

#include <muster/env/edge_cloud.hpp>
#include <muster/env/reschedule.hpp>
#include <muster/kmps/baselines/least_queue.hpp>
#include <muster/kmps/episode.hpp>
#include <muster/queue/adaptive_hybrid.hpp>
#include <muster/trace/emergency.hpp>

using namespace muster;

namespace {

std::vector<trace::arrival> base() {
  return support::edge_workload({.rate = 100.0, .seconds = 40.0}, 3);
}

}  // namespace

TEST_CASE("emergency adds its share, in its time, with its deadlines", "[trace][emergency]") {
  const auto plain = base();
  const trace::emergency sudden{{.share = 0.1,
                                 .begin = instant{} + seconds(10),
                                 .length = seconds(4),
                                 .slack = 2.5,
                                 .margin = milliseconds(300)}};
  rng random{7};
  const auto w = sudden.add_to(plain, random);
  const auto count = static_cast<std::size_t>(0.1 * static_cast<double>(plain.size()) + 0.5);
  REQUIRE(w.emergencies.size() == count);
  REQUIRE(w.arrivals.size() == plain.size() + count);

  std::size_t next = 0, old = 0;
  instant last{};
  bool early = false, late = false;
  for (std::size_t i = 0; i < w.arrivals.size(); ++i) {
    const trace::arrival& a = w.arrivals[i];
    REQUIRE(a.request.arrival >= last);
    REQUIRE(index_of(a.request.id) == i);
    last = a.request.arrival;
    if (next < count && w.emergencies[next] == i) {
      ++next;
      REQUIRE(a.request.arrival >= instant{} + seconds(10));
      REQUIRE(a.request.arrival < instant{} + seconds(14));
      const duration allowed = a.request.deadline - a.request.arrival;
      REQUIRE(std::abs(allowed.us - 300'000 -
                       static_cast<std::int64_t>(2.5 * static_cast<double>(a.request.work.us))) <=
              1);
      REQUIRE_FALSE(a.request.urgent);
      early = early || a.request.arrival < instant{} + seconds(11);
      late = late || a.request.arrival > instant{} + seconds(13);
    } else {  // the workload itself is untouched
      REQUIRE(a.request.arrival == plain[old].request.arrival);
      REQUIRE(a.request.deadline == plain[old].request.deadline);
      REQUIRE(a.access_point == plain[old].access_point);
      ++old;
    }
  }
  CHECK(next == count);
  CHECK(early);
  CHECK(late);
}

TEST_CASE("emergency keeps the mix of the workload", "[trace][emergency]") {
  const auto plain = base();
  rng random{8};
  const auto w = trace::emergency{{.share = 1.0}}.add_to(plain, random);
  double before = 0.0, after = 0.0, work = 0.0, usual = 0.0;
  for (const auto& a : plain) {
    before += index_of(a.request.service) == 0;
    usual += a.request.work.seconds();
  }
  for (const std::uint32_t i : w.emergencies) {
    after += index_of(w.arrivals[i].request.service) == 0;
    work += w.arrivals[i].request.work.seconds();
  }
  const double n = static_cast<double>(plain.size());
  CHECK(std::abs(before - after) / n < 0.04);
  CHECK(work / usual == Approx(1.0).epsilon(0.05));
}

TEST_CASE("emergency: same stream, same bytes; at one place; edges", "[trace][emergency]") {
  const auto plain = base();
  const trace::emergency sudden{{.share = 0.2, .access_point = 2}};
  rng a{5}, b{5}, c{6};
  const auto first = sudden.add_to(plain, a), again = sudden.add_to(plain, b),
             other = sudden.add_to(plain, c);
  CHECK(first.emergencies == again.emergencies);
  CHECK(first.emergencies != other.emergencies);
  for (const std::uint32_t i : first.emergencies) REQUIRE(first.arrivals[i].access_point == 2);

  CHECK(trace::emergency{}.add_to({}, a).arrivals.empty());
  CHECK(trace::emergency{{.share = 0.0}}.add_to(plain, a).arrivals.size() == plain.size());
  // Behind the last request of the workload they come last.
  const auto behind = trace::emergency{{.begin = instant{} + seconds(100)}}.add_to(plain, a);
  CHECK(behind.emergencies.front() == plain.size());
  CHECK(support::breaks("deadlines cannot be met", [] { (void)trace::emergency{{.slack = 0.5}}; }));
  CHECK(support::breaks("not sorted by time", [&] {
    auto wrong = plain;
    std::swap(wrong.front(), wrong.back());
    (void)trace::emergency{}.add_to(wrong, a);
  }));
}

namespace {

struct shares {
  double emergencies = 0.0, all = 0.0;  ///< on time
};

// Three clusters near their limit; for 5 s a tenth more requests come with a second to live.
template <class Reschedule>
shares on_time(duration long_slot) {
  shares sum;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    env::edge_cloud_config c;
    c.long_slot = long_slot;
    env::edge_cloud<queue::adaptive_hybrid, queue::adaptive_hybrid, env::drain_all,
                    env::replica_mask, Reschedule>
        world{c};
    const auto usual = support::edge_workload({.rate = 450.0,
                                               .seconds = 30.0,
                                               .mean_work_ms = 150.0,
                                               .min_allowance_ms = 1500.0,
                                               .max_allowance_ms = 6000.0},
                                              seed);
    rng random{seed};
    const auto w = trace::emergency{{.share = 0.1,
                                     .begin = instant{} + seconds(10),
                                     .length = seconds(5),
                                     .slack = 3.0,
                                     .margin = milliseconds(700)}}
                       .add_to(usual, random);
    world.load(w.arrivals, seconds(30));
    kmps::least_queue rule;
    sum.all += kmps::run_episode(world, rule, random).throughput() / 3;
    double met = 0.0;
    for (const std::uint32_t i : w.emergencies) {
      met += world.records()[i].state == env::request_state::on_time ? 1.0 : 0.0;
    }
    sum.emergencies += met / static_cast<double>(w.emergencies.size()) / 3;
  }
  return sum;
}

}  // namespace

TEST_CASE("emergencies on time with and without rescheduling", "[trace][emergency]") {
  const shares without = on_time<env::stay_put>({});
  const shares every_slot = on_time<env::relocate_urgent>(milliseconds(250));
  const shares every_two_seconds = on_time<env::relocate_urgent>(seconds(2));
  INFO("on time: never " << without.emergencies << " of the emergencies, " << without.all
                         << " of all; every slot " << every_slot.emergencies << ", "
                         << every_slot.all << "; every 2 s " << every_two_seconds.emergencies
                         << ", " << every_two_seconds.all);
  CHECK(every_slot.emergencies > without.emergencies + 0.015);
  CHECK(every_slot.all > without.all - 0.005);  // not at the cost of the others
  // Who looks only every 2 s is too late for requests that live one.
  CHECK(std::abs(every_two_seconds.emergencies - without.emergencies) < 0.03);
}
