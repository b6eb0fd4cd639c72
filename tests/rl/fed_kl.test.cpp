// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/autodiff/check_gradient.hpp>
#include <muster/env/bandit.hpp>
#include <muster/nn/optim/sgd.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/num/tensor.hpp>
#include <muster/rl/fed_kl.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/ppo.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "support/catch.hpp"
#include "support/contract.hpp"

using namespace muster;

namespace {

using exact_actor = rl::actor<nn::mlp<double, num::reference>>;
using exact = rl::fed_kl<exact_actor>;
using learner = rl::ppo<rl::actor<>, rl::single_critic<>, rl::fed_kl<>>;
static_assert(
    rl::gradient_correction_for<rl::fed_kl<>, nn::parameter_store<>, nn::parameter_store<>>);

constexpr std::array mine{0.3, -0.7};
constexpr std::array common{0.5, 0.1};

/// A policy without input: its logits are the bias of one layer.
exact_actor::config coin() { return {.network = {.in = 1, .out = 2, .hidden = {}}}; }
void set(exact_actor& a, std::span<const double> logits) {
  for (double& v : a.store().values().span()) v = 0.0;
  for (const auto& e : a.store().entries()) {
    if (e.name.ends_with("bias")) {
      for (std::size_t i = 0; i < logits.size(); ++i) a.store().values()[e.offset + i] = logits[i];
    }
  }
}

template <class Learner>
typename Learner::config small(double weight) {
  typename Learner::config c;
  c.actor.network = {.in = 1, .out = 3, .hidden = {8}};
  c.critic.network = {.in = 1, .out = 1, .hidden = {8}};
  c.minibatch = 32;
  c.entropy = 0.0;
  c.actor_rate = 1e-2;
  if constexpr (requires { c.correction.weight; }) c.correction.weight = weight;
  return c;
}

/// Learns for some rounds which arm pays most.
template <class Learner>
void pull(Learner& l, rng& g, int rounds) {
  env::bandit arms{{.pay = {0.2F, 0.5F, 0.8F}}};
  const std::array x{1.0F};
  rl::rollout memory{{.observation_size = 1}};
  for (int k = 0; k < rounds; ++k) {
    memory.clear();
    for (int i = 0; i < 64; ++i) {
      const auto a = l.policy().decide(x, {}, g);
      memory.add(0, {.observation = x,
                     .critic_observation = {},
                     .mask = {},
                     .action = a.action,
                     .log_prob = a.log_prob,
                     .value = l.value(x)});
      memory.reward(0, arms.step(a.action, g).reward);
      memory.terminate(0);
    }
    memory.finish(rl::gae_advantage{});
    (void)l.update(memory.batch(), g);
  }
}

template <class Learner>
std::vector<float> numbers(const Learner& l) {
  const auto v = l.policy().store().values().span();
  return {v.begin(), v.end()};
}
template <class Learner>
float best_arm(Learner& l) {
  std::array<float, 3> p{};
  l.policy().probabilities(std::array{1.0F}, {}, p);
  return p[2];
}

}  // namespace

TEST_CASE("fed_kl adds its weight times the divergence from the common policy", "[rl][fed_kl]") {
  exact_actor policy{coin()};
  exact hold{{.weight = 0.7}};
  set(policy, common);
  hold.anchor(coin(), policy);
  set(policy, mine);
  exact_actor::tape_type tape;
  num::tensor<double> x{num::shape{5, 1}};
  for (std::size_t i = 0; i < 5; ++i) x[i] = 1.0;
  const auto in = tape.constant(x.view());
  const auto log_probs = policy.log_probs(tape, in, {});
  const auto loss = hold.penalised(tape, sum(log_probs) * 0.0, in, {}, log_probs);
  const double q = 1.0 / (1.0 + std::exp(common[1] - common[0]));
  const double p = 1.0 / (1.0 + std::exp(mine[1] - mine[0]));
  const double kl = q * std::log(q / p) + (1.0 - q) * std::log((1.0 - q) / (1.0 - p));
  CHECK(loss.item() == Approx(0.7 * kl));
  // d KL(q | softmax(z)) / dz = p - q, the same for all five rows.
  policy.store().zero_grads();
  tape.backward(loss);
  for (const auto& e : policy.store().entries()) {
    if (!e.name.ends_with("bias")) continue;
    CHECK(policy.store().grads()[e.offset] == Approx(0.7 * (p - q)));
    CHECK(policy.store().grads()[e.offset + 1] == Approx(0.7 * (q - p)));
  }
}

TEST_CASE("the gradient of the penalty equals central differences, masked actions included",
          "[rl][fed_kl]") {
  rng g{3};
  const exact_actor::config shape{.network = {.in = 3, .out = 4, .hidden = {6}}};
  exact_actor policy{shape};
  policy.initialise(nn::orthogonal{}, nn::orthogonal{}, g);
  exact hold{{.weight = 1.3}};
  hold.anchor(shape, policy);
  policy.initialise(nn::orthogonal{}, nn::orthogonal{}, g);
  num::tensor<double> x{num::shape{4, 3}};
  for (std::size_t i = 0; i < 12; ++i) x[i] = 2.0 * uniform01(g) - 1.0;
  std::array<std::uint8_t, 16> allowed{};
  allowed.fill(1);
  allowed[2] = allowed[7] = 0;
  const num::view<const std::uint8_t> mask{allowed.data(), {4, 4}};
  const auto loss_of = [&](bool learn) {
    exact_actor::tape_type tape;
    const auto in = tape.constant(x.view());
    const auto log_probs = policy.log_probs(tape, in, mask);
    const auto loss = hold.penalised(tape, sum(log_probs) * 0.0, in, mask, log_probs);
    if (learn) {
      policy.store().zero_grads();
      tape.backward(loss);
    }
    return loss.item();
  };
  CHECK(loss_of(true) > 0.01);
  const std::vector<double> grads(policy.store().grads().span().begin(),
                                  policy.store().grads().span().end());
  double largest = 0.0;
  for (std::size_t i = 0; i < grads.size(); ++i) {
    constexpr double h = 1e-5;
    double& w = policy.store().values()[i];
    const double at = w;
    w = at + h;
    const double above = loss_of(false);
    w = at - h;
    const double below = loss_of(false);
    w = at;
    CHECK(grads[i] == Approx((above - below) / (2.0 * h)).margin(1e-9).epsilon(1e-6));
    largest = (std::max)(largest, std::abs(grads[i]));
  }
  CHECK(largest > 0.01);
}

TEST_CASE("a client between two wishes settles where theory says", "[rl][fed_kl]") {
  // Maximise p·r - w KL(q | p) with r = (0, 1), q = (1/2, 1/2), w = 1/2. With a multiplier m for
  // the sum of p: p_a = w q_a / (m - r_a), so 1/(4 m) + 1/(4 m - 4) = 1 and m = (3 + sqrt 5) / 4.
  constexpr double w = 0.5;
  const double m = (3.0 + std::sqrt(5.0)) / 4.0;
  const std::array pay{0.0, 1.0};
  exact_actor policy{coin()};
  exact hold{{.weight = w}};
  const std::array even{0.0, 0.0};
  set(policy, even);
  hold.anchor(coin(), policy);
  nn::sgd<double, num::reference> descent{{.rate = 0.5}};
  exact_actor::tape_type tape;
  num::tensor<double> x{num::shape{1, 1}}, r{num::shape{1, 2}};
  x[0] = 1.0;
  r[0] = pay[0], r[1] = pay[1];
  for (int k = 0; k < 4000; ++k) {
    tape.reset();
    const auto in = tape.constant(x.view());
    const auto log_probs = policy.log_probs(tape, in, {});
    const auto gain = sum(exp(log_probs) * tape.constant(r.view()));
    policy.store().zero_grads();
    tape.backward(hold.penalised(tape, -gain, in, {}, log_probs));
    descent.step(policy.store());
  }
  std::array<float, 2> p{};
  policy.probabilities(std::array{1.0F}, {}, p);
  CHECK(p[0] == Approx(0.25 / m).epsilon(1e-5));
  CHECK(p[1] == Approx(0.25 / (m - 1.0)).epsilon(1e-5));
}

TEST_CASE("before the first download, and with no weight, ppo is the plain one bit for bit",
          "[rl][fed_kl]") {
  using plain = rl::ppo<>;
  rng a{5}, b{5}, c{5};
  plain p{small<plain>(0.0), a};
  learner early{small<learner>(10.0), b}, light{small<learner>(0.0), c};
  light.correction().anchor(light.configuration().actor, light.policy());
  pull(p, a, 5);
  pull(early, b, 5);
  pull(light, c, 5);
  CHECK(numbers(early) == numbers(p));
  CHECK(numbers(light) == numbers(p));
}

TEST_CASE("the heavier the weight, the nearer to the common policy", "[rl][fed_kl][learning]") {
  std::vector<float> ends;
  for (const double weight : {0.0, 0.3, 30.0}) {
    rng g{7};
    learner l{small<learner>(weight), g};
    l.correction().anchor(l.configuration().actor, l.policy());
    pull(l, g, 60);
    ends.push_back(best_arm(l));
  }
  CHECK(ends[0] > 0.95F);
  CHECK(ends[1] < ends[0]);
  CHECK(ends[1] > ends[2] + 0.1F);
  CHECK(ends[2] == Approx(1.0 / 3.0).margin(0.1));
}

TEST_CASE("an update with fed_kl does not allocate once warm", "[rl][fed_kl]") {
  rng g{7};
  learner l{small<learner>(0.3), g};
  l.correction().anchor(l.configuration().actor, l.policy());
  pull(l, g, 2);
  std::array<float, 64> ones{}, logs{}, advantages{};
  std::array<std::uint32_t, 64> actions{};
  ones.fill(1.0F);
  logs.fill(-1.1F);
  for (std::size_t i = 0; i < 64; ++i) {
    actions[i] = static_cast<std::uint32_t>(i % 3);
    advantages[i] = static_cast<float>(i % 5) - 2.0F;
  }
  const rl::ppo_batch batch{.observations = ones,
                            .critic_observations = ones,
                            .masks = {},
                            .actions = actions,
                            .log_probs = logs,
                            .advantages = advantages,
                            .targets = ones,
                            .values = ones};
  (void)l.update(batch, g);
  testing::no_alloc_scope quiet;
  (void)l.update(batch, g);
  l.correction().anchor(l.configuration().actor, l.policy());
  CHECK(quiet.allocations() == 0);
}

TEST_CASE("fed_kl wants a finite weight", "[rl][fed_kl]") {
  CHECK(support::breaks("finite weight", [] { exact{{.weight = -1.0}}; }));
  CHECK(support::breaks("finite weight",
                        [] { exact{{.weight = std::numeric_limits<double>::infinity()}}; }));
}
