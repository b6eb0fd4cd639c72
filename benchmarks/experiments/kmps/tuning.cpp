// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {
namespace {

setting times(const char* name, double rates) {
  return {name, rates, [=](scenario& s) {
            fixed_replicas(s);
            s.rates = rates;
            s.validation = true;
          }};
}

}  // namespace

// The learning rates of all learners, chosen alike and without a look at the test.
experiment tuning() {
  experiment e;
  e.name = "tuning";
  e.title = "learning rates of the learners, on training rows";
  e.question =
      "Every learner with its learning rates times 0.1 to 10, tested on rows of the training part "
      "in an order it was not trained on: the same search for KMPS as for what it is compared "
      "with.";
  e.arms = {{"mappo", "MAPPO", "kmps"},
            {"kais", "KaiS", "kais"},
            {"ppo", "PPO", "ppo"},
            {"ac", "AC", "ac"},
            {"ac_matched", "AC with filter, cross-cluster", "ac_matched"},
            {"ddpg", "DDPG", "ddpg"},
            {"ddpg_matched", "DDPG with filter, cross-cluster", "ddpg_matched"},
            {"dqn", "DQN", "dqn"}};
  e.settings = {times("0.1", 0.1), times("0.3", 0.3), times("1", 1.0), times("3", 3.0),
                times("10", 10.0)};
  e.load = load_at(300.0, 5.0);
  e.full = {10, 30, 160, 320};
  e.quick = {3, 10, 80, 120};
  const auto best = [](const char* a) { return at_best(a, "throughput"); };
  const auto over = [&](const char* text, const char* a) {
    return claim{text, claim::kind::above, best("mappo"), best(a), "points", "not shown"};
  };
  e.claims = {over("MAPPO over AC, each at its best", "ac"),
              over("MAPPO over AC with filter, each at its best", "ac_matched"),
              over("MAPPO over DDPG, each at its best", "ddpg"),
              over("MAPPO over DDPG with filter, each at its best", "ddpg_matched"),
              over("MAPPO over PPO, each at its best", "ppo"),
              over("MAPPO over DQN, each at its best", "dqn"),
              over("MAPPO over KaiS, each at its best", "kais")};
  e.charts = {{.x_label = "times the learning rates of the preset",
               .y_label = "answered on time (%)",
               .scale = 100.0,
               .log_x = true}};
  e.shown = {"throughput"};
  e.note =
      "Replicas are fixed, so that dispatch is all that differs. 1 is what the preset has; where "
      "another rate is clearly higher, the preset should change.";
  return e;
}

}  // namespace experiments::kmps
