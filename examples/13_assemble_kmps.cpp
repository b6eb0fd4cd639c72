// SPDX-License-Identifier: Apache-2.0
// Lesson 13: a scheduler assembled from parts.
//
// Requests with deadlines arrive at the access points of two small clusters. Some are urgent,
// a third can wait for seconds. Nodes serve their queues in order of arrival, so what matters is
// where a request queues: a rule that always takes the shortest queue puts patient requests in
// front of urgent ones. Can a scheduler learn better?
#include <cstdio>
#include <span>
#include <vector>

#include <muster/core/distributions.hpp>
#include <muster/kmps/baselines/least_queue.hpp>
#include <muster/kmps/baselines/random_choice.hpp>
#include <muster/kmps/clairvoyant.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/trace/task.hpp>

namespace slot = muster::slot;
using muster::seconds;

//! [assemble]
// Slots are named, come in any order, and have defaults: what is not said here is KMPS.
struct scheduler : muster::kmps::pipeline<slot::dequeue<muster::queue::arrival_order>,
                                          slot::node_dequeue<muster::queue::arrival_order>> {
  using basic_pipeline::basic_pipeline;
};
//! [assemble]

using workload = std::vector<muster::trace::arrival>;

// Six seconds of work: 200 requests per second, which is more than the replicas can do.
workload make_workload(std::uint64_t seed) {
  muster::rng chance{seed};
  workload work;
  for (double t = 0.0; (t += muster::exponential{200.0}(chance)) < 6.0;) {
    muster::trace::arrival a;
    a.access_point = static_cast<std::uint32_t>(muster::uniform_below(chance, 2));
    a.request.arrival = muster::instant{} + muster::from_seconds(t);
    a.request.work = muster::from_seconds(muster::uniform{0.03, 0.12}(chance));
    const bool patient = muster::uniform_below(chance, 3) == 0;
    const double allowance = muster::uniform{0.3, 1.2}(chance) + (patient ? 8.0 : 0.0);
    a.request.deadline = a.request.arrival + muster::from_seconds(allowance);
    a.request.cpu = 0.5F;
    work.push_back(a);
  }
  return work;
}

// Part of the requests answered in time, over four workloads that nobody has trained on.
template <class Dispatcher>
double on_time(const scheduler& system, Dispatcher& d) {
  auto environment = system.make_environment();
  double sum = 0.0;
  for (std::uint64_t seed = 1000; seed < 1004; ++seed) {
    const workload work = make_workload(seed);
    environment.load(work, seconds(6));
    muster::rng chance{seed};
    sum += muster::kmps::run_episode(environment, d, chance).throughput() / 4.0;
  }
  return sum;
}

int main() {
  //! [configure]
  scheduler::config c;  // field names are slot names
  c.environment = {.clusters = 2, .nodes_per_cluster = 2, .cloud_nodes = 1, .services = 1};
  c.environment.deployment = {2, 2, 2, 2, 2};  // replicas: four nodes and the cloud
  c.critic.hidden = {32, 16};
  c.trainer.copies = 2;
  c.trainer.samples = 2048;
  c.trainer.actor_rate = c.trainer.critic_rate = 2e-3;
  scheduler learned{c};
  //! [configure]

  muster::kmps::random_choice random;
  muster::kmps::least_queue least;
  const double by_rule = on_time(learned, least);
  double bound = 0.0;
  for (std::uint64_t seed = 1000; seed < 1004; ++seed) {
    const workload work = make_workload(seed);
    bound += muster::kmps::clairvoyant{}(c.environment, std::span<const workload::value_type>{work},
                                         seconds(6))
                 .throughput() /
             4.0;
  }
  std::printf("on time, in per cent of all requests\n");
  std::printf("  random             %5.1f\n", 100.0 * on_time(learned, random));
  std::printf("  least queue        %5.1f\n", 100.0 * by_rule);
  std::printf("  no one can exceed  %5.1f\n", 100.0 * bound);

  //! [train]
  // The callback is told after each update; returning false would stop the training.
  learned.train([](std::uint64_t seed) { return make_workload(seed % 1000); },
                {.episodes = 40, .horizon = seconds(6), .seed = 1},
                [](const muster::kmps::train_progress& p) { return !p.learning.refused; });
  //! [train]

  // Vector units of different machines round differently, so the exact number may differ, too.
  const double by_learning = on_time(learned, learned);
  std::printf("after %d updates\n", static_cast<int>(learned.updates()));
  std::printf("  learned beats the rule: %s\n", by_learning > by_rule + 0.005 ? "yes" : "no");
}

// Output:
// on time, in per cent of all requests
//   random              71.9
//   least queue         71.9
//   no one can exceed   99.7
// after 40 updates
//   learned beats the rule: yes
