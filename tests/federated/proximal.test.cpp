// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/proximal.hpp>
#include <muster/nn/optim/sgd.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/rl/ppo.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using pull_type = federated::proximal<double, num::reference>;
using store_type = nn::parameter_store<double, num::reference>;

static_assert(rl::gradient_correction_for<federated::proximal<>, nn::parameter_store<>,
                                          nn::parameter_store<>>);

namespace {

// Clients with losses h/2 (w - b)^2: curvature h, optimum b.
struct client {
  double h, b;
};
constexpr std::array clients{client{1.0, 0.0}, client{4.0, 1.0}, client{0.5, -3.0}};

struct model {
  store_type store;
  nn::parameter w = store.add("w", {1});
  nn::parameter own = store.add("own", {1});
  model() { store.commit(); }
  [[nodiscard]] double& value() { return store.value(w)[0]; }
};

// `steps` descents from x on h/2 (w - b)^2 + mu/2 (w - x)^2.
double train(client c, double x, double mu, int steps, double rate) {
  model m;
  pull_type pull{{.mu = mu}};
  pull.add(m.store, "w");
  nn::sgd<double, num::reference> descent{{.rate = rate}};
  m.value() = x;
  pull.anchor();
  for (int k = 0; k < steps; ++k) {
    m.store.grad(m.w)[0] = c.h * (m.value() - c.b);
    pull.correct();
    descent.step(m.store);
  }
  return m.value();
}

}  // namespace

TEST_CASE("a client's optimum moves towards the common model as theory says",
          "[federated][proximal]") {
  // h (w - b) + mu (w - x) = 0 at w = (h b + mu x) / (h + mu).
  for (const client c : clients) {
    for (const double mu : {0.0, 0.5, 3.0, 100.0}) {
      const double x = 2.0;
      const double expected = (c.h * c.b + mu * x) / (c.h + mu);
      CHECK(train(c, x, mu, 6000, 0.009) == Approx(expected).margin(1e-9));
    }
  }
}

TEST_CASE("rounds of exact clients settle where theory says", "[federated][proximal]") {
  // The mean of (h b + mu x) / (h + mu) is x at x = sum k b / sum k with k = h / (h + mu): the
  // plain mean of optima for mu = 0, the true optimum sum h b / sum h for mu to infinity.
  for (const double mu : {0.25, 2.0, 50.0}) {
    double x = 5.0;
    for (int round = 0; round < 1000; ++round) {
      double sum = 0.0;  // with this rate one descent reaches the bottom of a parabola
      for (const client c : clients) sum += train(c, x, mu, 1, 1.0 / (c.h + mu));
      x = sum / 3.0;
    }
    double top = 0.0;
    double bottom = 0.0;
    for (const client c : clients) {
      top += c.h / (c.h + mu) * c.b;
      bottom += c.h / (c.h + mu);
    }
    CHECK(x == Approx(top / bottom).epsilon(1e-9));
  }
}

TEST_CASE("the pull is the gradient of the penalty, on the shared parameters alone",
          "[federated][proximal]") {
  model m;
  pull_type pull{{.mu = 0.7}};
  pull.add(m.store, "w");
  m.store.grad(m.w)[0] = 1.5;
  pull.correct();  // no common model yet
  CHECK(m.store.grad(m.w)[0] == 1.5);
  CHECK(pull.penalty() == 0.0);

  m.value() = 0.4;
  m.store.value(m.own)[0] = 9.0;
  pull.anchor();
  pull.correct();
  CHECK(m.store.grad(m.w)[0] == 1.5);  // at the anchor: exactly nothing
  m.value() = 1.0;
  m.store.value(m.own)[0] = -9.0;
  CHECK(pull.penalty() == Approx(0.35 * 0.36));
  pull.correct();
  CHECK(m.store.grad(m.w)[0] == Approx(1.5 + 0.7 * 0.6));
  CHECK(m.store.grad(m.own)[0] == 0.0);
  const double at = m.value();
  m.value() = at + 1e-6;
  const double above = pull.penalty();
  m.value() = at - 1e-6;
  CHECK((above - pull.penalty()) / 2e-6 == Approx(0.7 * 0.6).epsilon(1e-6));
}

TEST_CASE("as the correction of a learner it holds the shared network", "[federated][proximal]") {
  using learner = rl::ppo<rl::actor<>, rl::single_critic<>, federated::proximal<>>;
  const auto moved = [](double mu, bool& same_critic) {
    rng g{1};
    learner::config c;
    c.actor.network = {.in = 2, .out = 3, .hidden = {8}};
    c.critic.network = {.in = 2, .out = 1, .hidden = {8}};
    c.epochs = 20;
    c.max_grad_norm = 0.0;
    learner p{c, g};
    p.correction() = federated::proximal<>{{.mu = mu}};
    p.correction().add(p.policy().store());
    p.correction().anchor();
    const auto actor = p.policy().store().values().span();
    const auto critic = p.critic().store().values().span();
    const std::vector<float> before(actor.begin(), actor.end());
    const std::vector<float> critic_before(critic.begin(), critic.end());
    const std::array x{0.5F, -0.25F, 1.0F, 0.0F, -0.5F, 0.75F};
    const std::array<std::uint32_t, 3> a{0, 1, 2};
    const std::array log_p{-1.1F, -1.1F, -1.1F};
    const std::array v{1.0F, -1.0F, 0.5F};
    p.update({.observations = x,
              .critic_observations = x,
              .masks = {},
              .actions = a,
              .log_probs = log_p,
              .advantages = v,
              .targets = v,
              .values = v},
             g);
    {
      muster::testing::no_alloc_scope scope;
      p.correction().correct(p.policy().store(), p.critic().store());
      CHECK(scope.allocations() == 0);
    }
    double far_off = 0.0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      far_off += static_cast<double>((actor[i] - before[i]) * (actor[i] - before[i]));
    }
    same_critic = std::equal(critic.begin(), critic.end(), critic_before.begin());
    return far_off;
  };
  bool critic_stood = true;
  const double free = moved(0.0, critic_stood);
  const double held = moved(100.0, critic_stood);
  CHECK(held < 0.5 * free);
  CHECK(held > 0.0);
  CHECK_FALSE(critic_stood);
}
