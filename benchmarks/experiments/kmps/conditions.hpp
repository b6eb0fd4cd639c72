// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "experiments/experiment.hpp"

/// What the figures of KMPS have in common, so that they can be compared with each other.
namespace experiments::kmps {

/// Deadlines are a tenth of the trace's: with the full allowance every rule reaches the bound at
/// these loads and nothing can be told apart.
inline constexpr double deadline_scale = 0.1;

[[nodiscard]] inline cli::load load_at(double rate, double surge) {
  cli::load l;
  l.rate = rate;
  l.surge = surge;
  l.deadline_scale = deadline_scale;
  return l;
}

/// Replicas stay where they are: the figures about dispatching alone.
inline void fixed_replicas(scenario& s) {
  s.systems([](auto& c) { c.frame = {}; });
}
/// Orchestration every 25 s, urgent requests every 2 s.
inline void three_scales(scenario& s) {
  s.systems([](auto& c) {
    c.frame = muster::seconds(25);
    c.long_slot = muster::seconds(2);
  });
}

/// One scheduler in the cloud: it hears of a request, and of the state of the nodes, by a message
/// from the access point, over LAN and WAN, and answers the same way.
inline void central_scheduler(scenario& s) {
  s.system.scheduling.central = true;
  s.system.scheduling.aggregate = 2 * (s.system.wan + s.system.lan);
}

/// 100 to 600 requests/s without a surge, tested by models that were trained once.
[[nodiscard]] inline std::vector<setting> loads(void (*and_also)(scenario&)) {
  std::vector<setting> all;
  for (const double rate : {100.0, 200.0, 300.0, 400.0, 500.0, 600.0}) {
    all.push_back({std::to_string(static_cast<int>(rate)), rate, [=](scenario& s) {
                     s.load.rate = rate;
                     and_also(s);
                   }});
  }
  return all;
}

experiment fig07();
experiment fig08();
experiment fig09();
experiment fig10();
experiment fig11();
experiment fig12();
experiment fig13();
experiment fig14();
experiment fig15();
experiment fig16();
experiment fig17();
experiment fig18();
experiment cutoff();
experiment emergency();
experiment tuning();
experiment window();

}  // namespace experiments::kmps
