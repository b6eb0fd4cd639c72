// SPDX-License-Identifier: Apache-2.0
// Lesson 14: KMPS, line by line.
//
// Algorithm 1 of the paper, written out: one clock with three time scales, on which requests are
// dispatched every 0.25 s, urgent ones looked after every 2 s, and replicas moved every 25 s. The
// deployment is bad on purpose: two services, and the one that is asked for has the fewer replicas.
#include <array>
#include <cstdio>
#include <span>
#include <vector>

#include <muster/core/distributions.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/orchestration/greedy_scaler.hpp>
#include <muster/kmps/orchestration/orchestrators.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/sim/multi_rate.hpp>
#include <muster/trace/task.hpp>

using muster::instant;
using muster::milliseconds;
using muster::seconds;
namespace kmps = muster::kmps;
namespace slot = muster::slot;

using workload = std::vector<muster::trace::arrival>;

// A hundred seconds, 60 requests per second; nine of ten are for service 0.
workload make_workload(std::uint64_t seed) {
  muster::rng chance{seed};
  workload work;
  for (double t = 0.0; (t += muster::exponential{60.0}(chance)) < 100.0;) {
    muster::trace::arrival a;
    a.access_point = static_cast<std::uint32_t>(muster::uniform_below(chance, 2));
    a.request.arrival = instant{} + muster::from_seconds(t);
    a.request.service = muster::service_id{muster::uniform_below(chance, 10) == 0 ? 1U : 0U};
    a.request.work = muster::from_seconds(muster::uniform{0.05, 0.25}(chance));
    a.request.deadline =
        a.request.arrival + muster::from_seconds(muster::uniform{0.6, 2.0}(chance));
    a.request.cpu = 0.25F;
    a.request.memory = 0.05F;
    work.push_back(a);
  }
  return work;
}

//! [system]
// Two clusters of two nodes and a cloud; rows are targets, columns services.
muster::env::edge_cloud_config make_system() {
  muster::env::edge_cloud_config c;
  c.clusters = 2;
  c.nodes_per_cluster = 2;
  c.cloud_nodes = 1;
  c.services = 2;
  c.deployment = {1, 3, 1, 3, 1, 3, 1, 3, 1, 3};
  c.slot = milliseconds(250);  // t
  c.long_slot = seconds(2);    // t_long
  c.frame = seconds(25);       // tau
  return c;
}
//! [system]

//! [clock]
// Numbered from the slowest to the fastest: that is the order in which they act.
constexpr muster::sim::multi_rate<3> scales{
    {{{seconds(25), {}}, {seconds(2), {}}, {milliseconds(250), {}}}}};
//! [clock]

//! [algorithm]
// Algorithm 1 with the training left out. `World` is an environment, `Where` a dispatcher (one
// policy for all access points), `What` an orchestrator.
template <class World, class Where, class What>
void algorithm_1(World& world, Where& where, What& what, muster::rng& random) {
  muster::dispatch_view request;
  for (;;) {
    switch (world.next(request)) {  // for slot t: discard, long slot (lines 20-27), dequeue (17)
      case muster::decision_kind::over:
        return;
      case muster::decision_kind::orchestrate:  // if frame tau begins (lines 3-10)
        for (const muster::replica_change& change : what.plan(world.frame(), random)) {
          world.scale(change);
        }
        break;
      case muster::decision_kind::dispatch:  // for all eAPs (lines 11-19)
        world.dispatch(where.choose(request, random));
        break;
    }
  }
}
//! [algorithm]

//! [whole]
// The whole of it as one type.
struct scheduler : kmps::pipeline<slot::orchestrator<kmps::gpo>> {
  using basic_pipeline::basic_pipeline;
};
//! [whole]

template <class Where, class What>
double on_time(const scheduler& system, Where& where, What& what) {
  auto world = system.make_environment();
  double sum = 0.0;
  for (std::uint64_t seed = 1000; seed < 1003; ++seed) {
    const workload work = make_workload(seed);
    world.load(work, seconds(100));
    world.reset();
    muster::rng random{seed};
    algorithm_1(world, where, what, random);
    const auto& c = world.counts();
    if (c.arrived != c.done + c.missed) std::printf("a request was lost\n");
    sum += static_cast<double>(c.done) / static_cast<double>(c.arrived) / 3.0;
  }
  return sum;
}

int main() {
  std::array<int, 3> ticks{};
  muster::sim::run(scales, instant{}, instant{} + seconds(100),
                   [&](std::size_t scale, instant) { ++ticks[scale]; });
  std::printf("in 100 s: %d frames, %d long slots, %d slots\n", ticks[0], ticks[1], ticks[2]);

  scheduler::config c;
  c.environment = make_system();
  c.actor.hidden = {32, 16};
  c.critic.hidden = {32, 16};
  c.trainer.samples = 2048;
  c.trainer.actor_rate = c.trainer.critic_rate = 2e-3;
  scheduler learned{c};

  kmps::idle_first rule;
  kmps::fixed_replicas keep;
  kmps::greedy_scaler greedy{{.adjustments = 2}};
  const double fixed = on_time(learned, rule, keep);
  const double scaled = on_time(learned, rule, greedy);
  std::printf("on time, in per cent of all requests\n");
  std::printf("  idle first, replicas stay         %5.1f\n", 100.0 * fixed);
  std::printf("  idle first, greedy scaler         %5.1f\n", 100.0 * scaled);

  //! [train]
  // Both learn from the same episodes: where from every decision, what from every frame.
  learned.train([](std::uint64_t seed) { return make_workload(seed % 1000); },
                {.episodes = 30, .horizon = seconds(100), .seed = 1});
  //! [train]
  const double whole = on_time(learned, learned, learned);
  std::printf("after 30 updates\n");
  // Vector units of different machines round differently, so the exact number may differ, too.
  std::printf("  KMPS beats replicas that stay:    %s\n", whole > fixed + 0.1 ? "yes" : "no");
  std::printf("  KMPS beats the greedy scaler:     %s\n", whole > scaled + 0.05 ? "yes" : "no");
}

// Output:
// in 100 s: 4 frames, 50 long slots, 400 slots
// on time, in per cent of all requests
//   idle first, replicas stay          67.3
//   idle first, greedy scaler          87.6
// after 30 updates
//   KMPS beats replicas that stay:    yes
//   KMPS beats the greedy scaler:     yes
