// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <cmath>
#include <muster/core/thread_pool.hpp>
#include <muster/federated/similarity/cosine.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <vector>

#include "federated/planted_clients.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

namespace fed = muster::federated;
using fed::cosine_similarity;
using muster_test::judge, muster_test::planted_clients, muster_test::weights_of;

// Values (3, 4), (4, 3), (0, 0): cosines 24/25 and, with the zero vector, 0. Against the global
// model (3, 0) the changes are (0, 4), (1, 3), (-3, 0): cosines 3/sqrt(10), 0 and -1/sqrt(10).
TEST_CASE("cosines by hand, of values and of changes", "[federated][similarity]") {
  const std::vector<float> a{3, 4}, b{4, 3}, c{0, 0}, global{3, 0};
  const std::vector<std::span<const float>> models{a, b, c};
  const auto check = [&](fed::compared of, const double(&cosine)[3][3]) {
    const auto w = weights_of(cosine_similarity{{.temperature = 0.5, .of = of}},
                              {models, global, {}, nullptr});
    for (std::size_t k = 0; k < 3; ++k) {
      double total = 0.0;
      for (std::size_t j = 0; j < 3; ++j) total += std::exp(cosine[k][j] / 0.5);
      for (std::size_t j = 0; j < 3; ++j) {
        CHECK(w[k * 3 + j] == Approx(std::exp(cosine[k][j] / 0.5) / total).epsilon(1e-12));
      }
    }
  };
  const double r = std::sqrt(10.0);
  check(fed::compared::values, {{1, 24.0 / 25, 0}, {24.0 / 25, 1, 0}, {0, 0, 0}});
  check(fed::compared::changes, {{1, 3 / r, 0}, {3 / r, 1, -1 / r}, {0, -1 / r, 1}});
}

TEST_CASE("cosine: long vectors, threads and no allocation", "[federated][similarity]") {
  const planted_clients p{{.clients = 6, .numbers = 5001}, 3};  // five blocks, the last one odd
  const auto alone = weights_of(cosine_similarity{}, p.set());
  double product = 0.0, squares0 = 0.0, squares1 = 0.0;
  for (std::size_t i = 0; i < 5001; ++i) {
    const double x = p.models[0][i], y = p.models[1][i];
    product += x * y, squares0 += x * x, squares1 += y * y;
  }
  const double cosine = product / std::sqrt(squares0 * squares1);
  CHECK(std::log(alone[0] / alone[1]) == Approx((1.0 - cosine) / 0.125).epsilon(1e-10));
  muster::thread_pool pool{3};
  auto set = p.set();
  set.pool = &pool;
  std::vector<double> w(36);
  const muster::testing::no_alloc_scope scope;
  cosine_similarity{}.weigh(set, w);
  const auto count = scope.allocations_by_all_threads();
  CHECK(count == 0);
  CHECK(w == alone);
}

TEST_CASE("the cosine of values sees hardly a difference, that of changes finds the clone",
          "[federated][similarity]") {
  const auto values = [](std::uint64_t) { return cosine_similarity{}; };
  const auto changes = [](std::uint64_t) {
    return cosine_similarity{{.of = fed::compared::changes}};
  };
  const auto v = judge({}, values), c = judge({}, changes);
  CHECK(v.clone < 1.1 * v.stranger);
  CHECK(c.found == 100);
  CHECK(c.clone > 4.0 * c.stranger);
  // Whoever moved least lies closest to everybody, be it a clone or not.
  CHECK(judge({.slow = 0.25}, values).found == 0);
  CHECK(judge({.slow = 0.25}, changes).found == 100);
  // Nor does it know of layers: a loud one drowns the others.
  CHECK(judge({.loud = 65}, changes).found < 50);
}

TEST_CASE("cosine refuses a temperature of zero", "[federated][similarity]") {
  CHECK(support::breaks("temperature", [] { cosine_similarity{{.temperature = 0.0}}; }));
}
