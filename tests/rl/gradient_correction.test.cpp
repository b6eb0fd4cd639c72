// SPDX-License-Identifier: Apache-2.0
#include <muster/num/backend/reference.hpp>
#include <muster/rl/gradient_correction.hpp>
#include <muster/rl/ppo.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

using namespace muster;

namespace {

using actor_type = rl::actor<nn::mlp<double, num::reference>>;
using critic_type = rl::single_critic<nn::mlp<double, num::reference>>;
using store_type = actor_type::store_type;

// Replaces the gradients by constants and remembers what they were.
struct replacing {
  double actor = 0.0;
  double critic = 0.0;
  int calls = 0;
  double seen = 0.0;

  void correct(store_type& a, store_type& c) {
    ++calls;
    for (const double g : a.grads().span()) seen += g * g;
    a.backend().fill(a.grads(), actor);
    c.backend().fill(c.grads(), critic);
  }
};
struct deaf {
  void correct(int) {}
};

static_assert(rl::gradient_correction_for<rl::no_correction, store_type, store_type>);
static_assert(rl::gradient_correction_for<replacing, store_type, store_type>);
static_assert(!rl::gradient_correction_for<deaf, store_type, store_type>);
static_assert(std::is_same_v<rl::ppo<actor_type, critic_type>,
                             rl::ppo<actor_type, critic_type, rl::no_correction>>);

template <class Ppo>
typename Ppo::config small() {
  typename Ppo::config c;
  c.actor.network = {.in = 2, .out = 3, .hidden = {}};
  c.critic.network = {.in = 2, .out = 1, .hidden = {}};
  c.epochs = 2;
  c.minibatch = 2;
  c.actor_rate = c.critic_rate = 0.125;
  return c;
}

template <class Ppo>
rl::ppo_stats run(Ppo& learner) {
  static constexpr std::array x{0.5F, -0.25F, 1.0F, 0.0F, -0.5F, 0.75F, 0.1F, 0.2F};
  static constexpr std::array<std::uint32_t, 4> a{0, 1, 2, 1};
  static constexpr std::array log_p{-1.1F, -1.0F, -1.2F, -1.1F};
  static constexpr std::array v{1.0F, -1.0F, 0.5F, 0.25F};
  rng g{4};
  return learner.update({.observations = x,
                         .critic_observations = x,
                         .masks = {},
                         .actions = a,
                         .log_probs = log_p,
                         .advantages = v,
                         .targets = v,
                         .values = v},
                        g);
}

}  // namespace

TEST_CASE("a correction stands between the backward pass and every step", "[rl][correction]") {
  using learner = rl::ppo<actor_type, critic_type, replacing>;
  rng g{1};
  learner p{small<learner>(), g};
  p.correction() = {.actor = 1.0, .critic = -2.0};
  const auto weight = p.policy().store().entries()[0].offset;
  const double actor = p.policy().store().values()[weight];
  const double critic = p.critic().store().values()[weight];
  const rl::ppo_stats stats = run(p);
  CHECK(stats.steps == 4);
  CHECK(p.correction().calls == 4);
  CHECK(p.correction().seen > 0.0);
  // Adam on a constant gradient steps by its rate each time, against the sign.
  CHECK(p.policy().store().values()[weight] == Approx(actor - 4 * 0.125).margin(1e-6));
  CHECK(p.critic().store().values()[weight] == Approx(critic + 4 * 0.125).margin(1e-6));
  // The norm is that of the corrected gradient: 2 * every element, padding included here.
  const double elements = static_cast<double>(p.critic().store().grads().size());
  CHECK(stats.critic_gradient_norm == Approx(2.0 * std::sqrt(elements)));
}

TEST_CASE("a correction that is not finite is refused", "[rl][correction]") {
  using learner = rl::ppo<actor_type, critic_type, replacing>;
  rng g{1};
  learner p{small<learner>(), g};
  p.correction() = {.actor = std::numeric_limits<double>::quiet_NaN()};
  const rl::ppo_stats stats = run(p);
  CHECK(stats.refused);
  CHECK(stats.steps == 0);
}
