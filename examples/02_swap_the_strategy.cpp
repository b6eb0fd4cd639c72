// SPDX-License-Identifier: Apache-2.0
// Lesson 02: the strategy is a template argument; changing it changes one line.
//
// The same busy hour is served six times. All runs see the same jobs, because randomness is an
// argument and comes from one seed. No job is dropped: one that is late already is served all the
// same, and when that happens is where strategies differ most. The last two do not look at the size
// of a job; they learn from completions how long each service takes.
#include <cstdio>
#include <muster/core/distributions.hpp>
#include <muster/queue/adaptive_hybrid.hpp>
#include <muster/queue/arrival_order.hpp>
#include <muster/queue/delay_greedy.hpp>
#include <muster/queue/earliest_deadline.hpp>
#include <muster/queue/least_slack.hpp>
#include <muster/queue/shortest_estimated.hpp>
#include <muster/sim/event_queue.hpp>
#include <muster/sim/station.hpp>
#include <vector>

using namespace muster;

// 4,000 jobs of three services that take about 0.2, 0.6 and 2 s: 84 % of what two servers can do.
std::vector<job> busy_hour(rng g) {
  const double mean[] = {0.2, 0.6, 2.0};
  const exponential gap{1.8};
  std::vector<job> jobs(4000);
  double now = 0.0;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    job& j = jobs[i];
    j.id = job_id{i};
    now += gap(g);
    j.arrival = instant{} + from_seconds(now);
    j.service = service_id{static_cast<std::uint32_t>(uniform_below(g, 3))};
    j.work = from_seconds(exponential{1.0 / mean[index_of(j.service)]}(g));
    j.deadline = j.arrival + j.work + from_seconds(uniform{0.5, 15.0}(g));
  }
  return jobs;
}

struct event {
  enum { arrival, completion, long_slot } kind;
  job what;
};

//! [serve]
template <dequeue_strategy Strategy>
void serve(const char* name, const std::vector<job>& jobs) {
  sim::station<Strategy> desk{{.servers = 2}};
  sim::event_queue<event> events;
  int on_time = 0;
  for (const job& j : jobs) events.push(j.arrival, {event::arrival, j});
  for (instant t{}; t < jobs.back().arrival; t += seconds(2))
    events.push(t, {event::long_slot, {}});

  const auto begin = [&](const job& j) {  // called for each job that starts
    events.push(events.now() + j.work, {event::completion, j});
  };
  events.run_until(never, [&](instant now, const event& e) {
    if (e.kind == event::arrival) desk.arrive(e.what, now, begin);
    if (e.kind == event::completion) {
      on_time += now <= e.what.deadline ? 1 : 0;
      if constexpr (adaptive_dequeue_strategy<Strategy>) {
        desk.strategy().observe(e.what.service, e.what.work);
      }
      desk.complete(now, begin);
    }
    if constexpr (urgency_dequeue_strategy<Strategy>) {
      if (e.kind == event::long_slot) desk.lift_urgent(now);
    }
  });
  std::printf("%-20s %4d of %zu on time, mean wait %5.2f s\n", name, on_time, jobs.size(),
              desk.mean_wait());
}
//! [serve]

int main() {
  const std::vector<job> jobs = busy_hour(rng{2025});
  //! [swap]
  serve<queue::arrival_order>("arrival_order", jobs);
  serve<queue::earliest_deadline>("earliest_deadline", jobs);
  serve<queue::delay_greedy>("delay_greedy", jobs);
  serve<queue::least_slack>("least_slack", jobs);
  serve<queue::shortest_estimated>("shortest_estimated", jobs);
  serve<queue::adaptive_hybrid>("adaptive_hybrid", jobs);
  //! [swap]
}

// Output:
// arrival_order        2796 of 4000 on time, mean wait  5.28 s
// earliest_deadline    3258 of 4000 on time, mean wait  4.30 s
// delay_greedy         3729 of 4000 on time, mean wait  4.14 s
// least_slack          3002 of 4000 on time, mean wait  5.21 s
// shortest_estimated   3434 of 4000 on time, mean wait  2.84 s
// adaptive_hybrid      3056 of 4000 on time, mean wait  3.90 s
