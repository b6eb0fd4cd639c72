// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/reward.hpp>

#include "departures.hpp"

namespace departures {

void add_shares(rows& all) {
  namespace kmps = muster::kmps;
  namespace slot = muster::slot;
  const auto nothing = [](auto&, effort&) {};

  using shares = kmps::pipeline<slot::reward<kmps::slot_share>>;
  all.push_back(row_of<shares>("8", "reward: shares of the slot, as printed", base::dispatch));
  const auto to_shares = [&](const char* number, const char* what, auto change) {
    all.push_back(row_of<shares>(number, what, base::shares, change));
  };
  to_shares("-", "KMPS, replicas stay, paid by shares of the slot", nothing);
  all.back().role = row::role::reference;
  to_shares("8", "+ 0.3 (e^{2t} - 1)", [](auto& c, effort&) { c.reward.bonus = 0.3; });
  const auto gamma = [](auto& c, effort&) { c.trainer.gamma = c.reward.gamma = 0.9; };
  to_shares("9", "gamma 0.9", gamma);
  to_shares("9", "gamma 0.9, Huber 0.5", [=](auto& c, effort& e) {
    gamma(c, e);
    c.trainer.huber_delta = 0.5;
  });
  to_shares("10", "lambda 0", [](auto& c, effort&) { c.advantage.lambda = 0.0; });

  using chained = kmps::pipeline<slot::reward<kmps::per_request>>;
  const auto to_chained = [&](const char* number, const char* what, auto change) {
    all.push_back(row_of<chained>(number, what, base::chained, change));
  };
  to_chained("-", "KMPS, replicas stay, paid per request, chained over time", nothing);
  all.back().role = row::role::reference;
  to_chained("9", "gamma 0.9", [](auto& c, effort&) { c.trainer.gamma = 0.9; });
  to_chained("10", "lambda 0", [](auto& c, effort&) { c.advantage.lambda = 0.0; });
}

}  // namespace departures
