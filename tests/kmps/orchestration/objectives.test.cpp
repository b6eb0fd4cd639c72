// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/objectives.hpp>
#include <muster/num/backend/reference.hpp>

#include <array>
#include <cmath>

#include "support/catch.hpp"

using namespace muster;

namespace {

using tape_type = autodiff::tape<double, num::reference>;

struct outcome {
  double loss;
  std::array<double, 3> slope;
};

// Ratios 1, 1.5 and 0.5 with advantages 2, 1 and -1.
template <class Objective>
outcome of(const Objective& o) {
  const std::array old{std::log(0.5), std::log(0.2), std::log(0.4)};
  const std::array now{std::log(0.5), std::log(0.3), std::log(0.2)};
  const std::array advantage{2.0, 1.0, -1.0};
  tape_type t;
  const auto x = t.variable(num::view<const double>{now.data(), {3}});
  const auto loss = o.loss(x, t.constant({old.data(), {3}}), t.constant({advantage.data(), {3}}));
  t.backward(loss);
  const auto g = x.grad();
  return {loss.item(), {g[0], g[1], g[2]}};
}

}  // namespace

TEST_CASE("the clipped surrogate by hand", "[kmps][orchestration]") {
  const outcome o = of(kmps::clipped_surrogate{});
  // min(2, 2), min(1.5, 1.2), min(-0.5, -0.8); what is clipped has no slope.
  CHECK(o.loss == Approx(-(2.0 + 1.2 - 0.8) / 3.0));
  CHECK(o.slope[0] == Approx(-2.0 / 3.0));
  CHECK(o.slope[1] == 0.0);
  CHECK(o.slope[2] == 0.0);
}

TEST_CASE("plain gradients weigh ln p by the advantage", "[kmps][orchestration]") {
  for (const outcome& o : {of(kmps::advantage_gradient{}), of(kmps::return_gradient{})}) {
    CHECK(o.loss == Approx(-(2.0 * std::log(0.5) + std::log(0.3) - std::log(0.2)) / 3.0));
    CHECK(o.slope[0] == Approx(-2.0 / 3.0));
    CHECK(o.slope[1] == Approx(-1.0 / 3.0));
    CHECK(o.slope[2] == Approx(1.0 / 3.0));
  }
  CHECK(kmps::clipped_surrogate{}.epochs() == 3);
  CHECK(kmps::return_gradient{}.epochs() == 1);
  CHECK_FALSE(kmps::return_gradient::uses_critic);
}
