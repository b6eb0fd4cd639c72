// SPDX-License-Identifier: Apache-2.0
#include <muster/num/backend/reference.hpp>
#include <muster/rl/action_kinds.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "support/catch.hpp"

using namespace muster;
using rl::box_action, rl::relaxed_choice;

TEST_CASE("box actions stay in the box", "[rl][action_kinds]") {
  box_action<rl::gaussian_noise> box{{.noise = {.sigma = 2.0}}};
  std::array settled{0.5F, -20.0F, 20.0F};
  box.settle(settled, {});
  CHECK(settled[0] == Approx(std::tanh(0.5F)));
  CHECK(settled[1] == Approx(-1.0F));
  rng g{1};
  int at_bound = 0;
  for (int i = 0; i < 1000; ++i) {
    std::array row{0.0F};
    box.explore(row, {}, g);
    REQUIRE(std::abs(row[0]) <= 1.0F);
    at_bound += std::abs(row[0]) == 1.0F ? 1 : 0;
  }
  CHECK(at_bound == Approx(617).margin(60));  // P(|2 z| > 1)
}

TEST_CASE("a choice settles on the best allowed score", "[rl][action_kinds]") {
  const relaxed_choice kind;
  std::array row{0.1F, 7.0F, 3.0F, 3.0F};
  kind.settle(row, std::array<std::uint8_t, 4>{1, 0, 1, 1});
  CHECK(row == std::array{0.0F, 0.0F, 1.0F, 0.0F});
}

TEST_CASE("exploring choices are draws from the softmax, some of them blind",
          "[rl][action_kinds]") {
  const relaxed_choice kind{{.temperature = 0.5, .random = 0.3}};
  const std::array scores{0.0F, 0.5F, 9.0F, -0.5F};
  const std::array<std::uint8_t, 4> mask{1, 1, 0, 1};
  // softmax of (0, 1, -1) among the allowed.
  const double sum = 1.0 + std::exp(1.0) + std::exp(-1.0);
  const std::array p{0.1 + 0.7 / sum, 0.1 + 0.7 * std::exp(1.0) / sum, 0.0,
                     0.1 + 0.7 * std::exp(-1.0) / sum};
  rng g{4};
  std::array<double, 4> count{};
  constexpr int n = 100000;
  for (int i = 0; i < n; ++i) {
    const auto [k, probability] = kind.draw(scores, mask, g);
    count[k] += 1.0 / n;
    REQUIRE(probability == Approx(p[k]));
  }
  for (std::size_t k = 0; k < 4; ++k) CHECK(count[k] == Approx(p[k]).margin(0.006));
}

TEST_CASE("on the tape: soft is the softmax, hard has its gradient", "[rl][action_kinds]") {
  using tape = autodiff::tape<double, num::reference>;
  const relaxed_choice kind{{.temperature = 2.0}};
  const std::array x{1.0, 3.0, -1.0};
  const std::array weights{0.3, -0.2, 0.9};
  const std::array<std::uint8_t, 3> mask{1, 0, 1};
  const std::array unit{1.0, 0.0, 0.0};
  std::array<double, 3> soft_gradient{}, hard_gradient{};
  const auto run = [&](std::array<double, 3>& gradient, bool hard) {
    tape t;
    const auto v = t.parameter(num::view<const double>{x.data(), {1, 3}},
                               num::view<double>{gradient.data(), {1, 3}});
    const auto a = kind.on_tape(
        v, num::view<const std::uint8_t>{mask.data(), {1, 3}},
        hard ? num::view<const double>{unit.data(), {1, 3}} : num::view<const double>{});
    const auto loss = sum(a * t.constant(num::view<const double>{weights.data(), {1, 3}}));
    const double value = loss.item();
    t.backward(loss);
    return value;
  };
  const double p = 1.0 / (1.0 + std::exp(-1.0));  // softmax of (0.5, -0.5)
  CHECK(run(soft_gradient, false) == Approx(0.3 * p + 0.9 * (1.0 - p)));
  CHECK(run(hard_gradient, true) == Approx(0.3));
  // dL/dx_0 = p (1 - p) (w_0 - w_2) / T
  CHECK(soft_gradient[0] == Approx(p * (1.0 - p) * (0.3 - 0.9) / 2.0));
  CHECK(soft_gradient[1] == 0.0);
  CHECK(hard_gradient == soft_gradient);
}
