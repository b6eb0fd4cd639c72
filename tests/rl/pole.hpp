// SPDX-License-Identifier: Apache-2.0
// Deep Q-learners on the pole.
#pragma once

#include <muster/env/cart_pole.hpp>

#include <array>
#include <cstdint>

namespace tests {

template <class Dqn>
typename Dqn::config dqn_for_the_pole() {
  typename Dqn::config c;
  c.network = {.in = 4, .out = 2, .hidden = {64, 64}};
  c.epsilon = {.from = 1.0, .to = 0.04, .over = 5000};
  c.capacity = 50000;
  c.minibatch = 64;
  c.train_every = 1;
  c.follow = 0.01;
  c.rate = 1e-3;
  return c;
}

/// Mean steps of the greedy policy.
template <class Dqn>
double greedy_pole_score(Dqn& d, muster::rng& g, int episodes) {
  double total = 0.0;
  muster::env::cart_pole e;
  std::array<float, 4> x{};
  for (int episode = 0; episode < episodes; ++episode) {
    e.reset(g);
    for (bool done = false; !done; total += 1.0) {
      e.observe(x);
      done = e.step(d.policy().greedy(x, {}), g).done();
    }
  }
  return total / episodes;
}

/// Trains until a look at 25 episodes is good, as a user would, and judges on 50 unseen ones.
template <class Dqn>
double pole_score(const typename Dqn::config& c, std::uint64_t seed, int most_steps) {
  muster::rng g{seed};
  Dqn d{c, g};
  muster::rng looks = g.fork(1), unseen = g.fork(2);
  muster::env::cart_pole e;
  e.reset(g);
  std::array<float, 4> x{}, y{};
  for (int k = 0; k < most_steps; ++k) {
    e.observe(x);
    const auto a = d.policy().decide(x, {}, g).action;
    const auto outcome = e.step(a, g);
    e.observe(y);
    muster::rl::transition t{.observation = x};
    t.choice = a;
    t.reward = 0.1F * outcome.reward;  // values of order one suit the network
    t.discount = outcome.terminated ? 0.0F : 0.99F;
    t.next_observation = y;
    d.observe(t, g);
    if (outcome.done()) e.reset(g);
    if (k % 1000 == 999 && greedy_pole_score(d, looks, 25) >= 490.0) break;
  }
  return greedy_pole_score(d, unseen, 50);
}

}  // namespace tests
