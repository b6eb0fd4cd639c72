// SPDX-License-Identifier: Apache-2.0
#include "departures.hpp"

namespace departures {

void add_numbers(rows& all) {
  using kmps = muster::kmps::pipeline<>;
  const auto add = [&](const char* number, const char* what, auto change) {
    all.push_back(row_of<kmps>(number, what, base::dispatch, change));
  };
  add("-", "KMPS, replicas stay", [](auto&, effort&) {});
  all.back().role = row::role::reference;
  add("3", "LAN and cross 0, WAN 500 ms one way", [](auto& c, effort&) {
    c.environment.lan = c.environment.cross = {};
    c.environment.wan = muster::milliseconds(500);
  });
  add("4", "long slot of 2 slots",
      [](auto& c, effort&) { c.environment.long_slot = 2 * c.environment.slot; });
  add("9", "Huber 0.5", [](auto& c, effort&) { c.trainer.huber_delta = 0.5; });
  add("10", "lambda 0 (rewards are not chained: a control)",
      [](auto& c, effort&) { c.advantage.lambda = 0.0; });
  all.back().role = row::role::control;
  add("12", "3 decisions kept per episode", [](auto& c, effort&) { c.trainer.samples = 3; });
  add("12", "dispatch not trained", [](auto&, effort& e) { e.episodes = 0; });
  add("15", "weights 0.6, 0.2, 0.2 (the default, too: a control)",
      [](auto& c, effort&) { c.rescheduler = {.slack = 0.6, .cpu = 0.2, .memory = 0.2}; });
  all.back().role = row::role::control;
}

}  // namespace departures
