// SPDX-License-Identifier: Apache-2.0
// What was chosen before the studies: on the four clients of Table 2, from training rewards only.
#include <fmt/format.h>

#include "experiments/pfrl_dm/grid.hpp"

namespace experiments::pfrl_dm {
namespace {

void shared(experiment& e) {
  e.full = {5, 100, 0, 0};
  e.quick = {2, 50, 0, 0};
  e.shown = {"final_reward", "mean_reward"};
}

}  // namespace

experiment tuning() {
  experiment e;
  shared(e);
  e.name = "tuning";
  e.title = "learning rates of the four methods";
  e.question =
      "Every method with its learning rates times 0.1 to 3 on the clients of the first study; "
      "reward of the last tenth of their training. The ten clients that are compared later take no "
      "part.";
  e.arms = {{"pfrl_dm", "PFRL-DM", "pfrl_dm"},
            {"mfpo", "MFPO", "mfpo"},
            {"fed_avg", "FedAvg", "fed_avg"},
            {"ppo", "PPO", "ppo"}};
  const std::vector<double> rates{0.1, 0.3, 1.0, 3.0};
  for (const double r : rates) e.settings.push_back({fmt::format("{}", r), r});
  for (const char* other : {"mfpo", "fed_avg", "ppo"}) {
    e.claims.push_back({fmt::format("PFRL-DM above {}, each at its best", other),
                        claim::kind::above, at_best("pfrl_dm", "final_reward"),
                        at_best(other, "final_reward"), "reward", "not shown"});
  }
  e.charts = {{.metric = "final_reward",
               .x_label = "times the learning rates of the studies",
               .y_label = "reward at the end of training",
               .log_x = true}};
  e.note =
      "1 is what the studies have: 1e-3 and 3e-4 for policies and critics, three times what the "
      "paper prints; 2e-4 and 1e-2 for MFPO.";
  runs(e, [=, arms = e.arms](const effort& m) {
    std::vector<std::vector<study>> all;
    for (const arm& a : arms) {
      auto& row = all.emplace_back();
      for (const double r : rates) {
        row.push_back(
            {.method = a.pipeline, .clients = "table2", .episodes = m.episodes, .rates = r});
      }
    }
    return all;
  });
  return e;
}

experiment temperature() {
  experiment e;
  shared(e);
  e.name = "temperature";
  e.title = "temperature of the attention";
  e.question =
      "PFRL-DM with attention from sharp to nearly a plain mean: how much of the public critic "
      "comes from others, and what that does to the training of four clients.";
  e.arms = {{"pfrl_dm", "PFRL-DM", "pfrl_dm"}};
  const std::vector<double> all{0.125, 0.25, 0.5, 1.0, 2.0};
  for (const double t : all) e.settings.push_back({fmt::format("{}", t), t});
  for (const char* t : {"0.125", "0.25", "1", "2"}) {
    e.claims.push_back({fmt::format("{} alike 0.5", t), claim::kind::alike,
                        metric("pfrl_dm", "mean_reward", {t}),
                        metric("pfrl_dm", "mean_reward", {"0.5"}), "reward", "not given"});
  }
  e.charts = {{.metric = "mean_reward",
               .x_label = "temperature",
               .y_label = "mean reward of all episodes",
               .log_x = true}};
  e.shown = {"final_reward", "mean_reward", "weight_0_0"};
  e.note = "The paper names no temperature; 0.5 is what the studies have.";
  runs(e, [=](const effort& m) {
    std::vector<study> row;
    for (const double t : all) {
      row.push_back(
          {.method = "pfrl_dm", .clients = "table2", .episodes = m.episodes, .temperature = t});
    }
    return std::vector<std::vector<study>>{row};
  });
  return e;
}

}  // namespace experiments::pfrl_dm
