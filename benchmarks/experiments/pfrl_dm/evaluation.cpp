// SPDX-License-Identifier: Apache-2.0
// Section 5 of the paper: ten clients, four methods.
#include <fmt/format.h>

#include "experiments/pfrl_dm/grid.hpp"

namespace experiments::pfrl_dm {
namespace {

const std::vector<arm> methods{{"pfrl_dm", "PFRL-DM", "pfrl_dm"},
                               {"fed_avg", "FedAvg", "fed_avg"},
                               {"ppo", "PPO", "ppo"},
                               {"mfpo", "MFPO", "mfpo"}};

std::vector<std::vector<study>> table3(const std::vector<arm>& arms, const effort& m,
                                       const char* clients = "table3", bool unmasked = false) {
  std::vector<std::vector<study>> all;
  for (const arm& a : arms) {
    all.push_back(
        {{.method = a.pipeline, .clients = clients, .episodes = m.episodes, .unmasked = unmasked}});
  }
  return all;
}

void on_table3(experiment& e) {
  e.arms = methods;
  e.settings = {{"table3", 0.0}};
  e.full = {5, 500, 0, 0};
  e.quick = {2, 100, 0, 0};
}

const char* const stand_ins =
    "The workloads are stand-ins with the names of the paper's: their traces are not all public, "
    "and of none the sample. Load 0.6 of the scarcer resource, run times scaled to 15 slots in the "
    "mean, which the paper does not give.";

// The learners, and rules that learn nothing: what training is worth at all.
std::vector<arm> with_rules() {
  std::vector<arm> all = methods;
  all.push_back({"first_fit", "first fit", "first_fit"});
  all.push_back({"least_loaded", "least loaded", "least_loaded"});
  return all;
}

experiment hybrid(const char* name, const char* metric_name, const char* title, const char* label,
                  claim::kind better) {
  experiment e;
  on_table3(e);
  e.name = name;
  e.title = title;
  e.question =
      "Each client's policy after training, on a test set of which 20 % are its own tasks and the "
      "rest those of the other nine; a machine without room is no choice, and waiting is one only "
      "when none has room (`unmasked` has the test without that). Pairs are clients, each the mean "
      "over the seeds.";
  e.unit = "client";
  e.arms = with_rules();
  const std::string shown = std::string{"masked_"} + metric_name;
  for (const char* other : {"mfpo", "fed_avg", "ppo"}) {
    const auto& label_of = *std::find_if(methods.begin(), methods.end(),
                                         [&](const arm& a) { return a.name == other; });
    e.claims.push_back(
        {fmt::format("PFRL-DM {} {}", better == claim::kind::above ? "above" : "below",
                     label_of.label),
         better, metric("pfrl_dm", shown), metric(other, shown), "", "p = 0.00193"});
  }
  e.charts = {{.what = chart::kind::boxes, .metric = shown, .y_label = label}};
  e.shown = {"masked_response", "masked_makespan", "masked_utilisation", "masked_load_balance"};
  e.note = std::string{stand_ins} + " A box is drawn over the clients.";
  runs(e, [](const effort& m) { return table3(with_rules(), m); });
  return e;
}

}  // namespace

experiment fig15() {
  experiment e;
  on_table3(e);
  e.name = "fig15";
  e.title = "training of ten clients";
  e.question =
      "Total reward per episode, mean over the ten clients, while they train for 500 episodes with "
      "a round every 25.";
  const auto last = [](const char* a) { return metric(a, "final_reward"); };
  const auto all = [](const char* a) { return metric(a, "mean_reward"); };
  e.claims = {{"PFRL-DM above PPO at the end", claim::kind::above, last("pfrl_dm"), last("ppo"),
               "reward", "order only"},
              {"PFRL-DM above FedAvg at the end", claim::kind::above, last("pfrl_dm"),
               last("fed_avg"), "reward", "order only"},
              {"PFRL-DM above MFPO at the end", claim::kind::above, last("pfrl_dm"), last("mfpo"),
               "reward", "order only"},
              {"PFRL-DM faster than PPO", claim::kind::above, all("pfrl_dm"), all("ppo"), "reward",
               "order only"}};
  e.charts = {{.what = chart::kind::learning,
               .metric = "reward",
               .x_label = "episode",
               .y_label = "total reward, mean of the clients"}};
  e.shown = {"final_reward", "mean_reward", "bytes_up"};
  e.note = stand_ins;
  runs(e, [](const effort& m) { return table3(methods, m); });
  return e;
}

experiment fig16() {
  return hybrid("fig16", "response", "response time on hybrid tests", "mean response (s)",
                claim::kind::below);
}
experiment fig17() {
  return hybrid("fig17", "makespan", "makespan on hybrid tests", "makespan (s)",
                claim::kind::below);
}
experiment fig18() {
  return hybrid("fig18", "utilisation", "utilisation on hybrid tests", "mean utilisation",
                claim::kind::above);
}
experiment fig19() {
  return hybrid("fig19", "load_balance", "load balance on hybrid tests",
                "mean load balance (lower is better)", claim::kind::below);
}

namespace {

// All twelve comparisons under one correction; `prefix` says which test.
experiment twelve(const std::string& prefix) {
  experiment e = fig16();
  e.claims.clear();
  for (const auto& [name, kind] :
       {std::pair{"response", claim::kind::below}, std::pair{"makespan", claim::kind::below},
        std::pair{"utilisation", claim::kind::above},
        std::pair{"load_balance", claim::kind::below}}) {
    for (const char* other : {"mfpo", "fed_avg", "ppo"}) {
      e.claims.push_back({fmt::format("{}: PFRL-DM better than {}", name, other), kind,
                          metric("pfrl_dm", prefix + name), metric(other, prefix + name), "",
                          "p = 0.00193"});
    }
  }
  e.shown = {prefix + "response", prefix + "makespan", prefix + "utilisation",
             prefix + "load_balance"};
  e.charts.clear();
  return e;
}

}  // namespace

experiment table4() {
  experiment e = twelve("masked_");
  e.name = "table4";
  e.title = "exact Wilcoxon over the clients";
  e.question = "The twelve comparisons of figs. 16 to 19 under one Holm correction.";
  e.note =
      "The smallest p that ten pairs can have is 0.00195, when all agree; the paper reports "
      "0.00193 twelve times.";
  return e;
}

experiment unmasked() {
  experiment e = twelve("");
  e.name = "unmasked";
  e.title = "the same policies, free to ask for machines without room";
  e.question =
      "As table4, but in the test, as in training, a policy may ask for a machine without room, "
      "is denied, and loses a slot.";
  e.charts = {{.what = chart::kind::boxes,
               .metric = "response",
               .y_label = "mean response (s)",
               .log_x = true}};
  e.note =
      "A policy that is sure of a wrong machine asks for it again and again while nothing changes: "
      "on foreign tasks some wait as good as for ever. Such a test is cut after a million "
      "steps, and who still waits counts as long as it has waited.";
  runs(e, [](const effort& m) { return table3(with_rules(), m, "table3", true); });
  return e;
}

experiment real() {
  experiment e = table4();
  e.name = "real";
  e.needs_data = true;
  e.title = "eight clients with workloads fitted to published traces";
  e.question =
      "As table4, with eight clients whose tasks are drawn from what was fitted to real traces "
      "(--data): two parts of Alibaba 2018, openb, DLRM, CERIT, HPC2N, NASA iPSC and LCG.";
  e.note = "Machines are the first eight of the paper's Table 3.";
  runs(e, [](const effort& m) { return table3(with_rules(), m, "real"); });
  return e;
}

// Which part does what.
experiment ablation() {
  experiment e;
  on_table3(e);
  e.name = "ablation";
  e.title = "which part of PFRL-DM does what";
  e.question =
      "One part of PFRL-DM changed at a time: no federation, a plain mean for the public critic, "
      "a local critic that is never replaced, an alpha a hundred times as sharp (temperature "
      "0.01 in eq. 15), a policy that travels as well, rewards as value targets, and everything "
      "as printed.";
  e.arms = {{"pfrl_dm", "PFRL-DM", "pfrl_dm"},
            {"dual_alone", "two critics, alone", "dual_alone"},
            {"public_mean", "plain mean", "public_mean"},
            {"keep_local", "local critic kept", "pfrl_dm_keep_local"},
            {"sure", "sharper alpha", "pfrl_dm_sure"},
            {"policy", "policy travels too", "pfrl_dm_policy"},
            {"immediate", "rewards as targets", "pfrl_dm_immediate"},
            {"literal", "as printed", "pfrl_dm_literal"}};
  const auto all = [](const char* a) { return metric(a, "mean_reward"); };
  for (std::size_t i = 1; i < e.arms.size(); ++i) {
    e.claims.push_back({"PFRL-DM above: " + e.arms[i].label, claim::kind::above, all("pfrl_dm"),
                        all(e.arms[i].name.c_str()), "reward", "not shown"});
  }
  e.charts = {{.what = chart::kind::learning,
               .metric = "reward",
               .x_label = "episode",
               .y_label = "total reward, mean of the clients"}};
  e.shown = {"final_reward", "mean_reward",     "critic_before",
             "critic_after", "masked_response", "masked_load_balance"};
  e.note =
      "Errors of the critics are squared, on the last episode, before and after a download; "
      "medians over the rounds. The rewards of the last arm follow another reading of eq. 8 and "
      "are no comparison, nor are errors where the targets are rewards.";
  runs(e, [arms = e.arms](const effort& m) { return table3(arms, m); });
  return e;
}

experiment fig20() {
  experiment e;
  e.name = "fig20";
  e.title = "a client that joins later";
  e.question =
      "An eleventh client with the machines of the first joins after a quarter of the episodes; "
      "its rewards from then on, beside those of a client that begins alone.";
  e.arms = {{"joins", "joins PFRL-DM", "pfrl_dm"},
            {"fresh", "fresh PPO", "ppo"},
            {"joins_policy", "joins, policy travels", "pfrl_dm_policy"},
            {"joins_fed_avg", "joins FedAvg", "fed_avg"}};
  e.settings = {{"joiner", 0.0}};
  e.full = {5, 400, 0, 0};  // joins after 100, as in the paper
  e.quick = {2, 100, 0, 0};
  const auto first = [](const char* a) {
    return [a = std::string{a}](const results& r, std::size_t seed) {
      return r.at(r.arm(a), 0, seed).training.front().values.back().value;
    };
  };
  e.claims = {{"first episode above that of fresh PPO", claim::kind::above, first("joins"),
               first("fresh"), "reward", "immediately higher"},
              {"learns faster", claim::kind::above, metric("joins", "mean_reward"),
               metric("fresh", "mean_reward"), "reward", "order only"},
              {"first episode above that of fresh PPO, if the policy travels", claim::kind::above,
               first("joins_policy"), first("fresh"), "reward", "immediately higher"},
              {"first episode of FedAvg's newcomer above that of fresh PPO", claim::kind::above,
               first("joins_fed_avg"), first("fresh"), "reward", "not shown"}};
  e.charts = {{.what = chart::kind::learning,
               .metric = "reward",
               .x_label = "episode since it joined",
               .y_label = "total reward"}};
  e.shown = {"final_reward", "mean_reward"};
  e.note =
      "What PFRL-DM hands to a newcomer is a critic: its policy is that of a fresh PPO, and so is "
      "its first episode. The other two hand over a policy as well.";
  runs(
      e,
      [](const effort& m) {
        std::vector<std::vector<study>> all;
        for (const char* method : {"pfrl_dm", "ppo", "pfrl_dm_policy", "fed_avg"}) {
          all.push_back({{.method = method,
                          .clients = "joiner",
                          .episodes = m.episodes,
                          .late = m.episodes / 4}});
        }
        return all;
      },
      10);
  return e;
}

experiment fig21() {
  experiment e;
  e.name = "fig21";
  e.title = "how often clients and server exchange models";
  e.question = "PFRL-DM with a round every 5 to 100 episodes.";
  e.arms = {{"pfrl_dm", "PFRL-DM", "pfrl_dm"}};
  for (const int every : {5, 10, 25, 50, 100}) {
    e.settings.push_back({std::to_string(every), static_cast<double>(every)});
  }
  e.full = {5, 500, 0, 0};
  e.quick = {2, 100, 0, 0};
  const auto at = [](const char* s) { return metric("pfrl_dm", "mean_reward", {s}); };
  for (const char* every : {"5", "10", "50", "100"}) {
    e.claims.push_back({fmt::format("every {} alike every 25", every), claim::kind::alike,
                        at(every), at("25"), "reward", "differences not substantial"});
  }
  e.charts = {{.metric = "mean_reward",
               .x_label = "episodes between two rounds",
               .y_label = "mean reward of all episodes",
               .log_x = true}};
  e.shown = {"final_reward", "mean_reward", "bytes_up"};
  e.note = "The paper does not say which frequencies it tried.";
  runs(e, [](const effort& m) {
    std::vector<study> row;
    for (const std::uint64_t every : {5U, 10U, 25U, 50U, 100U}) {
      row.push_back({"pfrl_dm", "table3", m.episodes, every});
    }
    return std::vector<std::vector<study>>{row};
  });
  return e;
}

}  // namespace experiments::pfrl_dm
