// SPDX-License-Identifier: Apache-2.0
#include "shared.hpp"

#include <muster/muster.hpp>

void stamp(muster::job& j) { j.arrival = muster::instant{} + muster::milliseconds(1000); }

std::uint32_t most_likely(const muster::num::tensor<float>& p) {
  const muster::kmps::pipeline<> made_here_too{};
  return made_here_too.layout().targets == 19 ? muster::rl::greedy_action(p.span(), {}) : 2;
}
