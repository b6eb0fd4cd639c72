// SPDX-License-Identifier: Apache-2.0
// Lesson 07: learning what to do from nothing but rewards.
//
// Three slot machines pay 1 with probabilities 0.2, 0.5 and 0.8, which nobody tells us. A policy
// is a softmax over three numbers. Pull an arm drawn from the policy; if the reward was better
// than usual, make that arm a little more probable, else a little less. Why does that climb?
//
//     d/dx E[r] = E[ (r - b) d/dx ln p(a) ]        for any baseline b that ignores a
//
// so the gradient of one number, ln p(a), weighted by how good the pull was, points uphill on
// average: no model of the machines is needed. (R. Williams: REINFORCE, 1992.)
#include <cstdio>
#include <span>

#include <muster/autodiff/ops.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/core/rng.hpp>
#include <muster/env/bandit.hpp>
#include <muster/num/tensor.hpp>
#include <muster/rl/masked_categorical.hpp>

int main() {
  using muster::num::tensor, muster::num::view;
  muster::rng chance{7};
  muster::env::bandit machines{{.pay = {0.2F, 0.5F, 0.8F}}};

  tensor<float> logits{{1, 3}};    // the policy: zeros, so every arm has one third
  tensor<float> gradient{{1, 3}};  // of ln p(a), filled in by the tape
  tensor<float> p{{1, 3}};
  muster::autodiff::tape<float> tape;
  float usual = 0.0F;  // the baseline: a running mean of the rewards
  const float rate = 0.1F;

  std::printf(" pulls   p(0.2)  p(0.5)  p(0.8)   usual reward\n");
  for (int pull = 0; pull <= 2000; ++pull) {
    tape.backend().softmax(view<const float>{logits.view()}, p.view());
    if (pull % 400 == 0) {
      std::printf("%6d   %6.2f  %6.2f  %6.2f   %6.2f\n", pull, static_cast<double>(p[0]),
                  static_cast<double>(p[1]), static_cast<double>(p[2]), static_cast<double>(usual));
    }
    //! [step]
    const std::uint32_t arm = muster::rl::sample_action(p.span(), {}, chance);
    const float reward = machines.step(arm, chance).reward;

    gradient.fill(0.0F);
    tape.reset();
    const auto x = tape.parameter(logits.view(), gradient.view());
    const auto log_p = pick_columns(log_softmax(x), view<const std::uint32_t>{{&arm, 1}});
    tape.backward(sum(log_p));

    const float advantage = reward - usual;
    for (std::size_t i = 0; i < 3; ++i) logits[i] += rate * advantage * gradient[i];
    usual += 0.02F * advantage;
    //! [step]
  }

  // For a softmax the gradient has a closed form, so we can see that the tape was right:
  // d ln p(a) / d x_i = [i = a] - p_i.
  const std::uint32_t arm = 2;
  gradient.fill(0.0F);
  tape.reset();
  const auto x = tape.parameter(logits.view(), gradient.view());
  tape.backward(sum(pick_columns(log_softmax(x), view<const std::uint32_t>{{&arm, 1}})));
  tape.backend().softmax(view<const float>{logits.view()}, p.view());
  bool equal = true;
  for (std::size_t i = 0; i < 3; ++i) {
    const float expected = (i == arm ? 1.0F : 0.0F) - p[i];
    equal = equal && gradient[i] - expected < 1e-5F && expected - gradient[i] < 1e-5F;
  }
  std::printf("gradient of ln p is [i = a] - p: %s\n", equal ? "yes" : "no");
}

// Output:
//  pulls   p(0.2)  p(0.5)  p(0.8)   usual reward
//      0     0.33    0.33    0.33     0.00
//    400     0.02    0.05    0.93     0.80
//    800     0.02    0.03    0.96     0.75
//   1200     0.01    0.02    0.97     0.82
//   1600     0.01    0.02    0.98     0.84
//   2000     0.00    0.01    0.98     0.76
// gradient of ln p is [i = a] - p: yes
