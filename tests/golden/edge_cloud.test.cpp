// SPDX-License-Identifier: Apache-2.0
// Short episodes of the edge-cloud system: every decision of one, every slot of some others.
#include "golden.hpp"
#include "support/catch.hpp"

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/greedy.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/baselines/least_queue.hpp>
#include <muster/kmps/baselines/power_of_two.hpp>
#include <muster/queue/adaptive_hybrid.hpp>
#include <muster/queue/earliest_deadline.hpp>
#include <muster/queue/least_slack.hpp>

using namespace muster;

namespace {

const char* name_of(env::request_state s) {
  switch (s) {
    case env::request_state::not_arrived:
      return "not_arrived";
    case env::request_state::waiting_at_access:
      return "waiting_at_access";
    case env::request_state::waiting_at_target:
      return "waiting_at_target";
    case env::request_state::running:
      return "running";
    case env::request_state::on_time:
      return "on_time";
    case env::request_state::late:
      return "late";
    case env::request_state::expired_at_access:
      return "expired_at_access";
    case env::request_state::expired_at_target:
      return "expired_at_target";
    case env::request_state::hopeless_at_target:
      return "hopeless_at_target";
  }
  return "?";
}

/// Plays an episode with `d`; tells `tell(view, target)` each decision.
template <class Env, class Dispatcher, class Tell>
void play(Env& e, Dispatcher d, Tell tell) {
  rng g{11};
  dispatch_view view;
  while (e.next_decision(view)) {
    const std::uint32_t target = d.choose(view, g);
    tell(view, target);
    e.dispatch(target);
  }
}

/// One line per slot, all access points together.
template <class Env, class Dispatcher>
void slots(golden::log& out, const char* title, Env e, Dispatcher d,
           const std::vector<trace::arrival>& arrivals, duration length) {
  e.load(arrivals, length);
  play(e, d, [](const dispatch_view&, std::uint32_t) {});
  out.line("%s", title);
  for (std::size_t bin = 0; bin < e.bins(); ++bin) {
    env::slot_tally sum;
    for (std::size_t a = 0; a < e.access_points(); ++a) {
      const env::slot_tally& t = e.tally(bin, a);
      sum.arrived += t.arrived;
      sum.started += t.started;
      sum.done += t.done;
      sum.dropped += t.dropped;
      sum.late += t.late;
    }
    out.line("  slot %2zu  arrived %2u  started %2u  done %2u  dropped %2u  late %2u  busy %lld us",
             bin, sum.arrived, sum.started, sum.done, sum.dropped, sum.late,
             static_cast<long long>(e.busy_in_bin(bin)));
  }
  const auto& c = e.counts();
  const auto& m = e.misses();
  out.line(
      "  arrived %llu  done %llu  missed %llu (access %llu, target %llu, hopeless %llu, late "
      "%llu)  sent own %llu, neighbour %llu, cloud %llu",
      static_cast<unsigned long long>(c.arrived), static_cast<unsigned long long>(c.done),
      static_cast<unsigned long long>(c.missed),
      static_cast<unsigned long long>(m.expired_at_access),
      static_cast<unsigned long long>(m.expired_at_target),
      static_cast<unsigned long long>(m.hopeless_at_target),
      static_cast<unsigned long long>(m.late), static_cast<unsigned long long>(c.dispatched[0]),
      static_cast<unsigned long long>(c.dispatched[1]),
      static_cast<unsigned long long>(c.dispatched[2]));
}

}  // namespace

TEST_CASE("edge_cloud: every decision of a short episode", "[golden][edge_cloud]") {
  const duration length = seconds(2);
  const auto arrivals = golden::workload(5, 20'000, length);
  env::edge_cloud<queue::adaptive_hybrid, queue::adaptive_hybrid> e;
  e.load(arrivals, length);
  golden::log out;
  play(e, kmps::idle_first{}, [&](const dispatch_view& v, std::uint32_t target) {
    std::string valid;
    for (std::size_t k = 0; k < v.size(); ++k) valid += v.valid(k) ? '1' : '.';
    out.line("%8lld us  ap %u  request %3zu  service %2zu  of %u waiting  valid %s  -> %u",
             static_cast<long long>(v.now.us), v.access_point, index_of(v.request.id),
             index_of(v.request.service), v.queue_length, valid.c_str(), target);
  });
  for (std::size_t i = 0; i < e.records().size(); ++i) {
    const env::request_record& r = e.records()[i];
    out.line(
        "request %3zu  arrived %8lld  deadline %8lld  sent %8lld to %2u  started %8lld  "
        "answered %8lld  %s",
        i, static_cast<long long>(e.requests()[i].arrival.us),
        static_cast<long long>(e.requests()[i].deadline.us),
        static_cast<long long>(r.dispatched.us), r.target, static_cast<long long>(r.started.us),
        static_cast<long long>(r.answered.us), name_of(r.state));
  }
  const std::string difference = golden::difference("edge_cloud_decisions", out.text());
  INFO(difference);
  CHECK(difference.empty());
}

TEST_CASE("edge_cloud: every slot of four schedulers", "[golden][edge_cloud]") {
  const duration length = seconds(6);
  const auto arrivals = golden::workload(6, 1'500, length);
  golden::log out;
  slots(out, "arrival order, idle first", env::edge_cloud<>{}, kmps::idle_first{}, arrivals,
        length);
  slots(out, "adaptive hybrid, least queue",
        env::edge_cloud<queue::adaptive_hybrid, queue::adaptive_hybrid>{}, kmps::least_queue{},
        arrivals, length);
  slots(out, "earliest deadline, at most 24 per slot, greedy, replica mask",
        env::edge_cloud<queue::earliest_deadline, queue::earliest_deadline, env::drain_up_to<24>,
                        env::replica_mask>{},
        kmps::greedy{}, arrivals, length);
  env::edge_cloud_config mixed;
  mixed.speed = {1.0, 0.5, 2.0, 1.0, 0.75, 1.25};
  mixed.start_only_if_on_time = false;
  slots(out, "least slack, nodes of different speed, power of two choices, late runs allowed",
        env::edge_cloud<queue::least_slack, queue::least_slack>{mixed}, kmps::power_of_two{},
        arrivals, length);
  const std::string difference = golden::difference("edge_cloud_slots", out.text());
  INFO(difference);
  CHECK(difference.empty());
}
