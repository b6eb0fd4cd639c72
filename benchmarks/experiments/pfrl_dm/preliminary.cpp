// SPDX-License-Identifier: Apache-2.0
// Section 3 of the paper: what four clients show before there is a method.
#include <fmt/format.h>
#include <muster/report/heat_figure.hpp>

#include "experiments/pfrl_dm/grid.hpp"

namespace experiments::pfrl_dm {
namespace {

void four_clients(experiment& e) {
  e.full = {8, 300, 0, 0};  // five cannot decide three claims under Holm's correction
  e.quick = {2, 90, 0, 0};
}

chart rewards(const char* label) {
  return {
      .what = chart::kind::learning, .metric = "reward", .x_label = "episode", .y_label = label};
}

// Largest entry off the diagonal in the row of client 0, less the entry of its clone, 1.
measure clone_lead(std::string a) {
  return [=](const results& r, std::size_t seed) {
    const cli::run_record& one = r.at(r.arm(a), 0, seed);
    return one.metric("weight_0_1") - std::max(one.metric("weight_0_2"), one.metric("weight_0_3"));
  };
}
measure zero() {
  return [](const results&, std::size_t) { return 0.0; };
}

experiment heat(const char* name, const char* rule, const char* title, bool finds,
                const char* says) {
  experiment e;
  four_clients(e);
  e.name = name;
  e.title = title;
  e.question =
      "Agents 1 and 2 in the environment of client 1 (C1 and C1'), 3 and 4 in those of clients 2 "
      "and 3; which weight does each give to the critics of the others? Means over the rounds.";
  e.arms = {{rule, rule, rule}};
  e.settings = {{"clone", 0.0}};
  e.claims = {{finds ? "client 1 gives its clone more than the largest of the others"
                     : "client 1 does not single out its clone",
               finds ? claim::kind::above : claim::kind::below, clone_lead(rule), zero(), "",
               says}};
  e.shown = {"weight_0_0", "weight_0_1", "weight_0_2", "weight_0_3"};
  e.pictures = [=, title = e.title](const results& r) {
    muster::report::heat_figure figure;
    const std::vector<std::string> labels{"C1", "C1'", "C2", "C3"};
    figure.rows = labels;
    figure.columns = labels;
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = 0; j < 4; ++j) {
        double sum = 0.0;
        for (std::size_t k = 0; k < r.seeds().size(); ++k) {
          sum += r.at(0, 0, k).metric(fmt::format("weight_{}_{}", i, j));
        }
        figure.values.push_back(sum / static_cast<double>(r.seeds().size()));
        figure.texts.push_back(fmt::format("{:.2f}", figure.values.back()));
      }
    }
    return std::vector<cli::figure>{
        {name, title, "weight that the client of the row gives to that of the column",
         muster::report::gnuplot_script(figure, std::string{name} + ".svg")}};
  };
  runs(e, [=](const effort& m) {
    return std::vector<std::vector<study>>{{{rule, "clone", m.episodes, 15}}};
  });
  return e;
}

}  // namespace

experiment fig07() {
  experiment e;
  four_clients(e);
  e.name = "fig07";
  e.title = "training on one's own tasks or on everyone's";
  e.question =
      "PPO trained on the client's own tasks, or on as many of a mixture of all four clients'; "
      "tested on both kinds, masked as in fig16. Pairs are clients.";
  e.unit = "client";
  e.arms = {{"iso", "own tasks", "ppo"}, {"heter", "everyone's tasks", "ppo"}};
  e.settings = {{"table2", 0.0}};
  e.claims = {{"everyone's below own, on own tests", claim::kind::below,
               metric("heter", "own_masked_response"), metric("iso", "own_masked_response"), "s",
               "lower everywhere"},
              {"everyone's below own, on mixed tests", claim::kind::below,
               metric("heter", "masked_response"), metric("iso", "masked_response"), "s",
               "lower everywhere"}};
  e.charts = {{.what = chart::kind::by_arm,
               .metric = "own_masked_response",
               .y_label = "mean response on own tests (s)"},
              {.what = chart::kind::by_arm,
               .metric = "masked_response",
               .y_label = "mean response on mixed tests (s)",
               .name = "mixed"}};
  e.shown = {"own_masked_response", "masked_response"};
  e.note = "Four pairs cannot give a p below 0.125: the direction is all that can be seen.";
  runs(e, [](const effort& m) {
    return std::vector<std::vector<study>>{{{"ppo", "table2", m.episodes, 15}},
                                           {{"ppo", "table2_heter", m.episodes, 15}}};
  });
  return e;
}

experiment fig08() {
  experiment e;
  four_clients(e);
  e.name = "fig08";
  e.title = "FedAvg and independent learners";
  e.question = "Total reward while four clients train for 300 episodes, with a round every 15.";
  e.arms = {{"ppo", "PPO", "ppo"}, {"fed_avg", "FedAvg", "fed_avg"}};
  e.settings = {{"table2", 0.0}};
  e.claims = {{"PPO faster than FedAvg", claim::kind::above, metric("ppo", "mean_reward"),
               metric("fed_avg", "mean_reward"), "reward", "FedAvg is slower"}};
  e.charts = {rewards("total reward, mean of the clients")};
  e.shown = {"mean_reward", "final_reward"};
  runs(e, [arms = e.arms](const effort& m) {
    std::vector<std::vector<study>> all;
    for (const arm& a : arms) all.push_back({{a.pipeline, "table2", m.episodes, 15}});
    return all;
  });
  return e;
}

experiment fig09() {
  experiment e = fig08();
  e.name = "fig09";
  e.title = "what a download does to the critic";
  e.question =
      "FedAvg: mean squared error of the critics on their last episode, just before and just after "
      "the averaged model is loaded; medians over the rounds, means over the clients.";
  e.arms = {{"fed_avg", "FedAvg", "fed_avg"}};
  e.claims = {{"error after above error before", claim::kind::above,
               metric("fed_avg", "critic_after"), metric("fed_avg", "critic_before"), "reward^2",
               "rises"}};
  e.charts = {{.what = chart::kind::learning,
               .metric = "critic_after",
               .x_label = "episode",
               .y_label = "error of the critic after the download",
               .log_y = true},
              {.what = chart::kind::learning,
               .metric = "critic_before",
               .x_label = "episode",
               .y_label = "error of the critic before the download",
               .log_y = true,
               .name = "before"}};
  e.shown = {"mean_reward", "critic_before", "critic_after"};
  runs(e, [](const effort& m) {
    return std::vector<std::vector<study>>{{{"fed_avg", "table2", m.episodes, 15}}};
  });
  return e;
}

experiment fig10() {
  experiment e;
  four_clients(e);
  e.name = "fig10";
  e.title = "listening more to one other client";
  e.question =
      "Rewards of client 1 under FedAvg with three others, with and without three times the weight "
      "on the second of them; which is another client, or a second agent in the same environment.";
  e.arms = {{"diff", "Fed-Diff", "fed_avg"},
            {"diff_weight", "Fed-Diff-weight", "focused"},
            {"same2", "Fed-Same2", "fed_avg"},
            {"same2_weight", "Fed-Same2-weight", "focused"}};
  e.settings = {{"client 1", 0.0}};
  const auto all = [](const char* a) { return metric(a, "mean_reward"); };
  e.claims = {{"Fed-Same2-weight above Fed-Same2", claim::kind::above, all("same2_weight"),
               all("same2"), "reward", "fastest"},
              {"Fed-Same2-weight above Fed-Diff", claim::kind::above, all("same2_weight"),
               all("diff"), "reward", "fastest"},
              {"Fed-Same2 above Fed-Diff", claim::kind::above, all("same2"), all("diff"), "reward",
               "order only"}};
  e.charts = {rewards("total reward of client 1")};
  e.shown = {"mean_reward", "final_reward"};
  e.note = "The paper gives no weights.";
  runs(
      e,
      [](const effort& m) {
        return std::vector<std::vector<study>>{{{"fed_avg", "table2", m.episodes, 15}},
                                               {{"focused", "table2", m.episodes, 15}},
                                               {{"fed_avg", "same2", m.episodes, 15}},
                                               {{"focused", "same2", m.episodes, 15}}};
      },
      0);
  return e;
}

experiment fig11() {
  return heat("fig11", "attention", "weights by attention", true, "finds the clone");
}
experiment fig12() {
  return heat("fig12", "kl", "weights by KL divergence", false, "does not find it");
}
experiment fig13() {
  return heat("fig13", "cosine", "weights by cosine similarity", false, "does not find it");
}

}  // namespace experiments::pfrl_dm
