// SPDX-License-Identifier: Apache-2.0
#include <muster/nn/optim/adamw.hpp>

#include "support/catch.hpp"

namespace nn = muster::nn;

TEST_CASE("decay of AdamW does not depend on the gradient", "[nn][optim]") {
  nn::parameter_store<double> store;
  const auto p = store.add("p", {2});
  store.commit();
  store.value(p)[0] = 2.0;
  store.value(p)[1] = 2.0;
  store.grad(p)[1] = 1000.0;
  nn::adamw<double> opt{{.rate = 0.1, .weight_decay = 0.5}};
  opt.step(store);
  // Without a gradient: 2 - 0.1 * 0.5 * 2 = 1.9. With a huge one: 0.1 lower, not 1000 times.
  CHECK(store.value(p)[0] == Approx(1.9).epsilon(1e-14));
  CHECK(store.value(p)[1] == Approx(1.8).epsilon(1e-9));
}

TEST_CASE("AdamW without decay is Adam", "[nn][optim]") {
  const auto run = [](auto opt) {
    nn::parameter_store<double> store;
    const auto p = store.add("p", {1});
    store.commit();
    store.value(p)[0] = 1.0;
    for (int t = 1; t < 20; ++t) {
      store.grad(p)[0] = store.value(p)[0] * t;
      opt.step(store);
    }
    return store.value(p)[0];
  };
  CHECK(run(nn::adamw<double>{{.rate = 0.01, .weight_decay = 0.0}}) ==
        run(nn::adam<double>{{.rate = 0.01}}));
}
