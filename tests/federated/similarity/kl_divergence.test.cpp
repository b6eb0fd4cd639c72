// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <cmath>
#include <muster/core/thread_pool.hpp>
#include <muster/federated/similarity/kl_divergence.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <vector>

#include "federated/planted_clients.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

namespace fed = muster::federated;
using fed::kl_similarity;
using muster_test::judge, muster_test::planted_clients, muster_test::weights_of;

// Two bins over [0, 4]: 0, 1, 1 | 4 gives (3 + 1)/6, (1 + 1)/6 = 2/3, 1/3; 0 | 3, 3, 2 gives 1/3,
// 2/3 (2 is the first number of the upper bin). KL = 2/3 ln 2 - 1/3 ln 2 = ln(2) / 3, both ways:
// with temperature 1/3 the weights are as 1 : exp(-ln 2) = 2/3 : 1/3.
TEST_CASE("divergence of histograms by hand", "[federated][similarity]") {
  const std::vector<float> a{0, 1, 1, 4}, b{3, 2, 0, 3}, global(4);
  const std::vector<std::span<const float>> models{a, b};
  for (const auto of : {fed::compared::values, fed::compared::changes}) {
    const auto w = weights_of(kl_similarity{{.bins = 2, .temperature = 1.0 / 3, .of = of}},
                              {models, global, {}, nullptr});
    CHECK(w[0] == Approx(2.0 / 3));
    CHECK(w[1] == Approx(1.0 / 3));
    CHECK(w[2] == Approx(1.0 / 3));
    CHECK(w[3] == Approx(2.0 / 3));
  }
  // (0, 0, 0, 4) against (4, 4, 4, 0), three bins: p = 4/7, 1/7, 2/7 and q = 2/7, 1/7, 4/7.
  // KL = (4/7 - 2/7) ln 2 = 2/7 ln 2, which at temperature 2/7 gives 2/3 : 1/3 again.
  const std::vector<float> c{0, 0, 0, 4}, d{4, 4, 4, 0};
  const std::vector<std::span<const float>> others{c, d};
  const auto w =
      weights_of(kl_similarity{{.bins = 3, .temperature = 2.0 / 7}}, {others, global, {}, nullptr});
  CHECK(w[0] == Approx(2.0 / 3));
}

TEST_CASE("models of equal numbers, in whatever places, are alike to it",
          "[federated][similarity]") {
  const std::vector<float> a{1, 2, 3, 4}, b{4, 3, 2, 1}, same(4, 5.0F), global(4);
  for (const double w : weights_of(
           kl_similarity{}, {std::vector<std::span<const float>>{a, b}, global, {}, nullptr})) {
    CHECK(w == Approx(0.5));
  }
  // One value only: no range to divide.
  for (const double w :
       weights_of(kl_similarity{},
                  {std::vector<std::span<const float>>{same, same}, global, {}, nullptr})) {
    CHECK(w == Approx(0.5));
  }
}

TEST_CASE("divergence: threads, order and no allocation", "[federated][similarity]") {
  planted_clients p{{.clients = 5, .numbers = 3001}, 3};
  const auto alone = weights_of(kl_similarity{}, p.set());
  for (std::size_t k = 0; k < 5; ++k) {
    double total = 0.0;
    for (std::size_t j = 0; j < 5; ++j) total += alone[k * 5 + j];
    CHECK(total == Approx(1.0).epsilon(1e-14));
  }
  muster::thread_pool pool{3};
  auto set = p.set();
  set.pool = &pool;
  kl_similarity rule;
  std::vector<double> w(25);
  rule.weigh(set, w);
  CHECK(w == alone);
  const muster::testing::no_alloc_scope scope;
  rule.weigh(set, w);
  const auto count = scope.allocations_by_all_threads();
  CHECK(count == 0);
  std::swap(p.views[0], p.views[3]);
  const auto moved = weights_of(kl_similarity{}, p.set());
  CHECK(moved[0 * 5 + 1] == Approx(alone[3 * 5 + 1]).epsilon(1e-13));
  CHECK(moved[2 * 5 + 3] == Approx(alone[2 * 5 + 0]).epsilon(1e-13));
}

TEST_CASE("histograms do not tell clones from strangers", "[federated][similarity]") {
  for (const auto of : {fed::compared::values, fed::compared::changes}) {
    const auto v = judge({}, [&](std::uint64_t) { return kl_similarity{{.of = of}}; });
    CHECK(v.found < 50);
    CHECK(v.clone < 1.02 * v.stranger);
  }
}

TEST_CASE("divergence refuses a configuration that cannot be", "[federated][similarity]") {
  CHECK(support::breaks("two bins", [] { kl_similarity{{.bins = 1}}; }));
  CHECK(support::breaks("temperature", [] { kl_similarity{{.temperature = -1.0}}; }));
}
