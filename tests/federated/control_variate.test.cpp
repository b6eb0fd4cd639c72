// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/control_variate.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/nn/optim/adam.hpp>
#include <muster/nn/optim/sgd.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/rl/gradient_correction.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using federated::variate_rule;
using variate_type = federated::control_variate<double, num::reference>;
using store_type = nn::parameter_store<double, num::reference>;
using descent_type = nn::sgd<double, num::reference>;

static_assert(rl::gradient_correction_for<federated::control_variate<>, nn::parameter_store<>,
                                          nn::parameter_store<>>);

namespace {

constexpr double rate = 0.05;
constexpr int local_steps = 40;

// A client with the loss h/2 (w - b)^2.
struct client {
  double h, b;
  store_type store{};
  nn::parameter w{};
  variate_type drift{};

  client(double curvature, double optimum, variate_type::config c)
      : h{curvature}, b{optimum}, drift{c} {
    w = store.add("w", {1});
    store.commit();
    drift.add(store);
  }
  // Returns {y_i, c_i' - c_i}.
  template <class Optimiser>
  std::array<double, 2> train(double x, double c, Optimiser&& optimiser) {
    store.value(w)[0] = x;
    drift.start({&c, 1});
    for (int k = 0; k < local_steps; ++k) {
      store.grad(w)[0] = h * (store.value(w)[0] - b);
      drift.correct();
      optimiser.step(store);
    }
    double change = 0.0;
    drift.finish({&change, 1});
    return {store.value(w)[0], change};
  }
};

struct federation {
  std::vector<client> clients;
  double x = 4.0;
  double c = 0.0;

  explicit federation(variate_type::config config) {
    clients.emplace_back(1.0, 0.0, config);
    clients.emplace_back(4.0, 1.0, config);
    clients.emplace_back(0.5, -3.0, config);
  }
  // The server of the source with its step eta_g = 1 and everyone taking part.
  template <class MakeOptimiser>
  void round(MakeOptimiser make) {
    double model = 0.0;
    double change = 0.0;
    for (client& k : clients) {
      const auto sent = k.train(x, c, make());
      model += sent[0] / 3.0;
      change += sent[1] / 3.0;
    }
    x = model;
    c += change;
  }
};

constexpr double optimum = (1.0 * 0.0 + 4.0 * 1.0 + 0.5 * -3.0) / 5.5;  // sum h b / sum h

}  // namespace

TEST_CASE("many local steps lead to the true optimum, without it to a known other place",
          "[federated][control_variate]") {
  // Descent alone ends a round at b + q (x - b), q = (1 - rate h)^K: the mean is at rest in
  // sum (1 - q) b / sum (1 - q).
  double top = 0.0;
  double bottom = 0.0;
  double x = 4.0;
  const std::array<std::array<double, 2>, 3> plain{{{1.0, 0.0}, {4.0, 1.0}, {0.5, -3.0}}};
  for (const auto& [h, b] : plain) {
    const double q = std::pow(1.0 - rate * h, local_steps);
    top += (1.0 - q) * b;
    bottom += 1.0 - q;
  }
  for (int round = 0; round < 200; ++round) {
    double sum = 0.0;
    for (const auto& [h, b] : plain) {
      double y = x;
      for (int k = 0; k < local_steps; ++k) y -= rate * h * (y - b);
      sum += y;
    }
    x = sum / 3.0;
  }
  CHECK(x == Approx(top / bottom).epsilon(1e-9));
  CHECK(std::abs(x - optimum) > 0.5);

  for (const auto rule : {variate_rule::displacement, variate_rule::mean_gradient}) {
    federation f{{.rule = rule, .rate = rate}};
    for (int round = 0; round < 400; ++round) {
      f.round([] { return descent_type{{.rate = rate}}; });
    }
    CHECK(f.x == Approx(optimum).epsilon(1e-6));
    CHECK(f.c == Approx(0.0).margin(1e-6));  // everyone's gradients sum to zero there
  }
}

TEST_CASE("with plain descent both rules are one", "[federated][control_variate]") {
  federation a{{.rule = variate_rule::displacement, .rate = rate}};
  federation b{{.rule = variate_rule::mean_gradient}};
  for (int round = 0; round < 20; ++round) {
    a.round([] { return descent_type{{.rate = rate}}; });
    b.round([] { return descent_type{{.rate = rate}}; });
    CHECK(a.x == Approx(b.x).epsilon(1e-9));
    CHECK(a.c == Approx(b.c).epsilon(1e-9));
  }
}

TEST_CASE("with Adam only the mean of gradients is a gradient", "[federated][control_variate]") {
  const auto adam = [] { return nn::adam<double, num::reference>{{.rate = 0.02}}; };
  federation mean{{.rule = variate_rule::mean_gradient}};
  for (int round = 0; round < 400; ++round) mean.round(adam);
  CHECK(mean.x == Approx(optimum).margin(0.05));
  // One round from x = 4 down the slope: Adam steps by about its rate, so displacement finds a
  // number near 1 where the gradients of the three clients were about 3.6, 10.5 and 3.4.
  federation moved{{.rule = variate_rule::displacement, .rate = 0.02}};
  federation met{{.rule = variate_rule::mean_gradient}};
  for (std::size_t k = 0; k < 3; ++k) {
    const double by_way = moved.clients[k].train(4.0, 0.0, adam())[1];
    const double by_gradient = met.clients[k].train(4.0, 0.0, adam())[1];
    CHECK(by_way == Approx(1.0).margin(0.1));
    CHECK(by_gradient > 3.0);
  }
}

TEST_CASE("control_variate: one round by hand", "[federated][control_variate]") {
  // h = 2, b = 0, x = 1, rate 0.25, c = 0.5, c_i = 0, two steps:
  // g = 2, y = 1 - (2.5) / 4 = 0.375; g = 0.75, y = 0.375 - 1.25 / 4 = 0.0625.
  // c_i' = 0 - 0.5 + 0.9375 / 0.5 = 1.375 = (2 + 0.75) / 2.
  for (const auto rule : {variate_rule::displacement, variate_rule::mean_gradient}) {
    store_type store;
    const nn::parameter own = store.add("own", {3});
    const nn::parameter w = store.add("shared.w", {1});
    store.commit();
    variate_type drift{{.rule = rule, .rate = 0.25}};
    drift.add(store, "shared");
    CHECK(drift.size() == 1);
    descent_type descent{{.rate = 0.25}};
    store.value(w)[0] = 1.0;
    const double c = 0.5;
    drift.start({&c, 1});
    for (int k = 0; k < 2; ++k) {
      store.grad(w)[0] = 2.0 * store.value(w)[0];
      drift.correct();
      descent.step(store);
    }
    CHECK(drift.steps() == 2);
    CHECK(store.value(w)[0] == 0.0625);
    CHECK(store.grad(own)[0] == 0.0);
    double change = 0.0;
    drift.finish({&change, 1});
    CHECK(change == Approx(1.375));
    // The next round knows it: the correction is c - c_i = 0.5 - 1.375.
    drift.start({&c, 1});
    store.grad(w)[0] = 1.0;
    drift.correct();
    CHECK(store.grad(w)[0] == Approx(1.0 + 0.5 - 1.375));
  }
}

TEST_CASE("a round without steps, or with a broken one, teaches nothing",
          "[federated][control_variate]") {
  for (const auto rule : {variate_rule::displacement, variate_rule::mean_gradient}) {
    client k{1.0, 2.0, {.rule = rule, .rate = rate}};
    k.drift.correct();  // before any round
    CHECK(k.store.grad(k.w)[0] == 0.0);
    const double c = 0.25;
    double change = 7.0;
    k.drift.start({&c, 1});
    k.drift.finish({&change, 1});
    CHECK(change == 0.0);
    k.drift.start({&c, 1});
    k.store.grad(k.w)[0] = std::numeric_limits<double>::quiet_NaN();
    k.drift.correct();
    if (rule == variate_rule::displacement) k.store.value(k.w)[0] = k.store.grad(k.w)[0];
    k.drift.finish({&change, 1});
    CHECK(change == 0.0);
    k.store.grad(k.w)[0] = 0.0;
    k.drift.start({&c, 1});
    k.drift.correct();
    CHECK(k.store.grad(k.w)[0] == 0.25);  // c_i is still 0
  }
}

TEST_CASE("a client that stopped within a round goes on as if it had not",
          "[federated][control_variate]") {
  const auto begin = [](client& k) {
    k.store.value(k.w)[0] = 1.0;
    const double c = 0.5;
    k.drift.start({&c, 1});
    for (int step = 0; step < 3; ++step) {
      k.store.grad(k.w)[0] = 2.0 + step;
      k.drift.correct();
    }
  };
  const auto end = [](client& k) {
    k.store.grad(k.w)[0] = -1.0;
    k.drift.correct();
    double change = 0.0;
    k.drift.finish({&change, 1});
    return change;
  };
  client a{1.0, 0.0, {}};
  begin(a);
  nn::checkpoint saved{"test"};
  a.drift.add_to(saved, "client/");
  const std::string bytes = saved.bytes();
  client b{1.0, 0.0, {}};
  nn::checkpoint loaded{"test"};
  b.drift.add_to(loaded, "client/");
  REQUIRE(loaded.restore(std::as_bytes(std::span{bytes}), "memory").has_value());
  CHECK(b.drift.steps() == 3);
  CHECK(end(a) == end(b));
  muster::testing::no_alloc_scope scope;
  begin(a);
  end(a);
  CHECK(scope.allocations() == 0);
}
