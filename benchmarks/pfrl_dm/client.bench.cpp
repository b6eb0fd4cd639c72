// SPDX-License-Identifier: Apache-2.0
// One client of PFRL-DM trains: episodes of 2100 tasks, a policy and two critics. The same in
// PyTorch is client_torch.py, which reads the tasks that this program writes to $MUSTER_TASKS.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <muster/pfrl_dm/presets.hpp>
#include <muster/pfrl_dm/workloads.hpp>

namespace pfrl_dm = muster::pfrl_dm;

namespace {

const pfrl_dm::study_client& first_client() {
  static const auto clients = pfrl_dm::evaluation_study(1);
  return clients->front();
}

// Arrival and run time in slots, vCPUs, GB.
void write_tasks(const char* path) {
  const auto& c = first_client();
  if (std::FILE* f = std::fopen(path, "w")) {
    for (const auto& t : c.train) {
      std::fprintf(f, "%.0f,%.0f,%.0f,%.3f\n",
                   static_cast<double>((t.start - muster::instant{}).us / c.cloud.slot.us),
                   static_cast<double>(t.allowance.us / c.cloud.slot.us),
                   static_cast<double>(t.cpu), static_cast<double>(t.memory));
    }
    std::fclose(f);
  }
}

template <class Pipeline>
void train(benchmark::State& state) {
  if (const char* path = std::getenv("MUSTER_TASKS")) write_tasks(path);
  auto c = pfrl_dm::paper_config<Pipeline>(1, 10).client;
  c.environment = first_client().cloud;
  c.episodes = 1;
  typename Pipeline::client_type client{c, first_client().train};
  (void)client.train();  // memory
  std::int64_t decisions = 0;
  for (auto _ : state) decisions += static_cast<std::int64_t>(client.train().steps);
  state.SetItemsProcessed(decisions);
}

}  // namespace

BENCHMARK(train<pfrl_dm::pipeline<>>)->Name("client/two_critics")->Unit(benchmark::kMillisecond);
BENCHMARK(train<pfrl_dm::independent_ppo>)
    ->Name("client/one_critic")
    ->Unit(benchmark::kMillisecond);
