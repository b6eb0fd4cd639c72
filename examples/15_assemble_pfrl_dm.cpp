// SPDX-License-Identifier: Apache-2.0
// Lesson 15: clouds that learn to schedule together.
//
// Four clouds with different machines and workloads each train an agent that says on which machine
// the next task runs. After every five episodes they send one network to a server, the public
// critic, and get back one that was mixed for them out of those that resemble it.
#include <cstdio>
#include <utility>
#include <vector>

#include <muster/env/cloud_vm_rules.hpp>
#include <muster/pfrl_dm/presets.hpp>
#include <muster/pfrl_dm/workloads.hpp>

namespace slot = muster::slot;
namespace pfrl_dm = muster::pfrl_dm;

//! [assemble]
// What is not said here is PFRL-DM. The other two differ in what travels, and where it is mixed.
struct personalised : pfrl_dm::pipeline<> {
  using basic_pipeline::basic_pipeline;
};
struct averaged : pfrl_dm::pipeline<slot::learner<pfrl_dm::single_critic_ppo>,
                                    slot::exchange<pfrl_dm::actor_and_critic>,
                                    slot::aggregator<muster::federated::weighted_mean>,
                                    slot::round_rule<muster::federated::everyone>> {
  using basic_pipeline::basic_pipeline;
};
struct alone : pfrl_dm::pipeline<slot::learner<pfrl_dm::single_critic_ppo>,
                                 slot::exchange<pfrl_dm::nothing>> {
  using basic_pipeline::basic_pipeline;
};
//! [assemble]

// Mean reward per task in the last round, and what travelled.
template <class Pipeline>
void train(const char* name, const std::vector<pfrl_dm::study_client>& clouds) {
  //! [train]
  auto c = pfrl_dm::paper_config<Pipeline>(/*seed=*/1, clouds.size());
  c.client.episodes = 5;               // of a round
  c.client.learner.actor_rate = 2e-3;  // this is a lesson: the paper takes 500 episodes
  std::vector<pfrl_dm::member> members;
  for (const auto& cloud : clouds) members.push_back({cloud.cloud, cloud.train});
  Pipeline together{c, std::move(members)};
  together.join_all();
  const auto done = together.run(12);
  //! [train]
  if (!done) std::printf("%s\n", done.failure().to_string().c_str());
  double reward = 0.0;  // mean over clients and the episodes of the last round
  for (std::size_t i = 0; i < together.size(); ++i) {
    for (const double score : together.client(i).scores()) reward += score / 20.0;
  }
  const auto tasks = static_cast<double>(clouds[0].train.size());
  const auto up = together.federation() ? together.federation()->server().bytes().up : 0;
  std::printf("%-26s reward per task %4.1f   sent %4.1f MB\n", name, reward / tasks,
              static_cast<double>(up) * 1e-6);
}

int main() {
  const auto clouds = pfrl_dm::preliminary_study(/*seed=*/1, {.tasks = 300, .load = 0.5});
  if (!clouds) {
    std::printf("%s\n", clouds.failure().to_string().c_str());
    return 1;
  }
  double by_rule = 0.0;
  for (const auto& cloud : *clouds) {
    muster::env::cloud_vm<> world{cloud.cloud, cloud.train};
    muster::rng chance{1};
    by_rule += muster::env::play(world, muster::env::least_loaded{}, chance) / 4.0;
  }
  std::printf("%-26s reward per task %4.1f\n", "rule: least loaded",
              by_rule / static_cast<double>((*clouds)[0].train.size()));
  train<alone>("PPO, each cloud alone", *clouds);
  train<averaged>("FedAvg", *clouds);
  train<personalised>("PFRL-DM", *clouds);
}

// Output:
// rule: least loaded         reward per task  1.6
// PPO, each cloud alone      reward per task  0.7   sent  0.0 MB
// FedAvg                     reward per task  0.4   sent 11.7 MB
// PFRL-DM                    reward per task  0.7   sent  5.6 MB
