// SPDX-License-Identifier: Apache-2.0
#include <muster/federated/interpolate.hpp>

#include <array>

#include "support/catch.hpp"

using muster::federated::interpolate;

TEST_CASE("the limits are the two models, bit for bit", "[federated][interpolate]") {
  const std::array local{0.1F, -0.0F, 3e38F, 1e-40F};
  const std::array global{0.7F, 5.0F, -3e38F, -2.0F};
  auto w = local;
  interpolate(w, global, 0.0);
  CHECK(w == local);
  interpolate(w, global, 1.0);
  CHECK(w == global);
}

TEST_CASE("in between lies the weighted mean", "[federated][interpolate]") {
  std::array w{1.0F, -2.0F, 0.5F};
  interpolate(w, std::array{3.0F, 2.0F, 0.5F}, 0.25);
  CHECK(w == std::array{1.5F, -1.0F, 0.5F});
  // Taking a quarter of the common model, twice: 1 - (3/4)^2 of the way.
  interpolate(w, std::array{3.0F, 2.0F, 0.5F}, 0.25);
  CHECK(w[0] == Approx(1.0 + 2.0 * (1.0 - 0.5625)));
}
