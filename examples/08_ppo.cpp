// SPDX-License-Identifier: Apache-2.0
// Lesson 08: proximal policy optimisation, every line of it.
//
// Lesson 07 threw each sample away after one step. PPO uses a batch several times, and keeps
// itself honest: the ratio r = p_new(a) / p_old(a) says how far the policy has moved on a
// sample, and beyond 1 +- 0.2 there is nothing more to gain from it (J. Schulman et al., 2017).
//
//     maximise  mean( min(r A, clip(r, 0.8, 1.2) A) )
//
// A is the advantage: how much better the action turned out than the critic V expected, by
// rl::gae. The task: balance a pole on a cart for 500 steps. The library's name for all of this
// is rl::ppo, which adds minibatches, masks, limits, statistics and checks.
#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include <muster/autodiff/ops.hpp>
#include <muster/env/cart_pole.hpp>
#include <muster/nn/init.hpp>
#include <muster/nn/mlp.hpp>
#include <muster/nn/optim/adam.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/masked_categorical.hpp>

using namespace muster;

struct learner {  // parameters, layers, and the optimiser that moves them
  nn::parameter_store<> store;
  nn::mlp<> layers;
  nn::adam<> optimiser{{.rate = 1e-3}};
  std::vector<float> space;

  learner(std::size_t out, double last_layer, rng& chance)
      : layers{store, "net", {4, out, {64, 64}, num::activation::tanh}} {
    store.commit();
    layers.initialise(nn::orthogonal{}, nn::orthogonal{last_layer}, chance);
    space.resize(layers.workspace_size(1));
  }
  void ask(std::span<const float> x, std::span<float> y) {
    layers.infer({x.data(), {1, 4}}, {y.data(), {1, y.size()}}, space);
  }
};

int main() {
  rng chance{1};
  learner actor{2, 0.01, chance}, critic{1, 1.0, chance};
  env::cart_pole cart;
  autodiff::tape<float> tape;
  cart.reset(chance);

  constexpr std::size_t n = 1024;  // decisions per batch
  std::vector<float> x(n * 4), old_log_p(n), rewards(n), values(n), next_values(n), discounts(n);
  std::vector<float> advantages(n), targets(n);
  std::vector<std::uint32_t> actions(n);
  std::vector<std::uint8_t> ends(n);
  std::array<float, 2> p{};
  std::array<float, 1> v{};
  for (int round = 0; round < 60; ++round) {
    //! [collect]
    for (std::size_t k = 0; k < n; ++k) {
      const std::span<float> seen{x.data() + 4 * k, 4};
      cart.observe(seen);
      actor.ask(seen, p);
      tape.backend().softmax(num::view<const float>{p}, num::view<float>{p});
      actions[k] = rl::sample_action(p, {}, chance);
      old_log_p[k] = rl::action_log_prob(p, actions[k]);
      critic.ask(seen, v);
      values[k] = v[0];
      const step_outcome outcome = cart.step(actions[k], chance);
      // Fallen: nothing follows. Out of time or out of batch: V says what would have.
      std::array<float, 4> after{};
      cart.observe(after);
      critic.ask(after, v);
      rewards[k] = 0.02F * outcome.reward;  // so that V is about 1, not 50
      next_values[k] = v[0];
      discounts[k] = outcome.terminated ? 0.0F : 0.99F;
      ends[k] = outcome.done() || k + 1 == n ? 1 : 0;
      if (outcome.done()) cart.reset(chance);
    }
    rl::gae({rewards, values, next_values, discounts, ends}, 0.95, advantages, targets);
    //! [collect]
    float mean_a = 0.0F, square_a = 0.0F;
    for (const float a : advantages) mean_a += a / n, square_a += a * a / n;
    for (float& a : advantages) a = (a - mean_a) / std::sqrt(square_a - mean_a * mean_a + 1e-8F);

    //! [learn]
    for (int pass = 0; pass < 16; ++pass) {
      const auto column = [&](const auto& c) { return tape.constant({c.data(), {n}}); };
      tape.reset();
      actor.store.zero_grads();
      critic.store.zero_grads();
      const auto in = tape.constant({x.data(), {n, 4}});
      const auto log_p = pick_columns(log_softmax(actor.layers.forward(tape, in)), {actions});
      const auto ratio = exp(log_p - column(old_log_p));
      const auto a = column(advantages);
      const auto gain = mean(minimum(ratio * a, clip(ratio, 0.8F, 1.2F) * a));
      const auto off = critic.layers.forward(tape, in) - tape.constant({targets.data(), {n, 1}});
      tape.backward(mean(huber(off, 1.0F)) - gain);
      actor.optimiser.step(actor.store);
      critic.optimiser.step(critic.store);
    }
    //! [learn]
  }

  double total = 0.0;
  for (int episode = 0; episode < 20; ++episode) {
    cart.reset(chance);
    for (bool done = false; !done; total += 1.0) {
      std::array<float, 4> seen{};
      cart.observe(seen);
      actor.ask(seen, p);
      done = cart.step(rl::greedy_action(p, {}), chance).done();
    }
  }
  std::printf("up for at least 475 of 500 steps: %s\n", total / 20.0 >= 475.0 ? "yes" : "no");
}

// Output:
// up for at least 475 of 500 steps: yes
