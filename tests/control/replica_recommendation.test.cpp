// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <muster/control/replica_recommendation.hpp>

using muster::control::pod_metrics;
using muster::control::replica_recommendation;

namespace {
/// `n` ready pods with the same value each.
pod_metrics all(std::uint32_t n, double each) { return {n, n * each, 0, 0}; }
constexpr replica_recommendation half{0.5};
}  // namespace

TEST_CASE("replica_recommendation: the documented formula", "[control][hpa]") {
  // "if the current metric value is 200m, and the desired value is 100m, the number of replicas
  // will be doubled; if the current value is instead 50m, halved".
  const replica_recommendation r{100.0};
  CHECK(r(all(4, 200.0), 4) == 8U);
  CHECK(r(all(4, 50.0), 4) == 2U);
  CHECK(replica_recommendation{0.75}(all(50, 0.90), 50) == 60U);
  CHECK(half(all(3, 0.75), 3) == 5U);                        // ceil(4.5)
  CHECK(half(all(3, 0.0), 3) == 0U);                         // the limits are for others to apply
  CHECK(replica_recommendation{0.3}(all(3, 0.9), 3) == 9U);  // 0.9 / 0.3 is not quite 3
}

TEST_CASE("replica_recommendation keeps still within the tolerance", "[control][hpa]") {
  CHECK(half(all(10, 0.55), 10) == 10U);  // 1.1
  CHECK(half(all(10, 0.56), 10) == 12U);  // 1.12: ceil(11.2)
  CHECK(half(all(10, 0.45), 10) == 10U);
  CHECK(half(all(10, 0.44), 10) == 9U);  // ceil(8.8)
  replica_recommendation own = half;
  own.tolerance_up = 0.0;
  own.tolerance_down = 0.5;
  CHECK(own(all(10, 0.51), 10) == 11U);
  CHECK(own(all(10, 0.26), 10) == 10U);
  CHECK(own(all(10, 0.24), 10) == 5U);
}

TEST_CASE("replica_recommendation: pods without a value count against the change",
          "[control][hpa]") {
  // More wanted: a missing pod counts as 0. (4 x 1.0) / (5 x 0.5) = 1.6: 8 pods.
  CHECK(half({4, 4.0, 1, 0}, 5) == 8U);
  // (4 x 0.6) / (6 x 0.5) = 0.8, the other way round: no change.
  CHECK(half({4, 2.4, 2, 0}, 6) == 6U);
  // Fewer wanted: a missing pod counts as 100 % of the target. (4 x 0.2 + 0.5) / 2.5 = 0.52: 3.
  CHECK(half({4, 0.8, 1, 0}, 5) == 3U);
  // (2 x 0.3 + 8 x 0.5) / 5 = 0.92, within the tolerance.
  CHECK(half({2, 0.6, 8, 0}, 10) == 10U);
  // The controller's own rule for utilisation: the whole request. (0.8 + 1) / 2.5 = 0.72: 4.
  replica_recommendation strict = half;
  strict.missing_use_all = true;
  CHECK(strict({4, 0.8, 1, 0}, 5) == 4U);
}

TEST_CASE("replica_recommendation: pods that start count as idle when more are wanted",
          "[control][hpa]") {
  // 2 ready pods at 1.0 of 0.5, 2 starting: (2 x 1.0) / (4 x 0.5) = 1: the new ones will do.
  CHECK(half({2, 2.0, 0, 2}, 4) == 4U);
  CHECK(half({2, 2.0, 0, 1}, 3) == 4U);  // 2 / 1.5 = 1.33 x 3
  // Fewer wanted: they do not count. 4 ready at 0.2: ceil(0.4 x 4) = 2.
  CHECK(half({4, 0.8, 0, 3}, 7) == 2U);
}

TEST_CASE("replica_recommendation never turns the direction", "[control][hpa]") {
  // 1 ready pod at 3 times its target, 10 pods wanted already: ceil(3) = 3 must not shrink them.
  CHECK(half({1, 1.5, 0, 1}, 10) == 10U);
  // A few pods measured out of many; the rest left out: ceil(0.8 x 12) = 10 must not grow 5.
  CHECK(half({11, 11 * 0.39, 1, 0}, 5) == 5U);
}

TEST_CASE("replica_recommendation has no say without any value", "[control][hpa]") {
  CHECK_FALSE(half({0, 0.0, 3, 2}, 5).has_value());
}
