// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/check_gradient.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/num/tensor.hpp>
#include <muster/rl/heads.hpp>
#include <muster/rl/ppo_loss.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "support/catch.hpp"

using namespace muster;
using rl::value_loss_kind;

namespace {

using tape_type = autodiff::tape<double, num::reference>;

template <std::size_t n>
auto constant(tape_type& t, const std::array<double, n>& values) {
  return t.constant(num::view<const double>{values.data(), {n}});
}

num::tensor<double> filled(num::shape s, std::initializer_list<double> values) {
  num::tensor<double> t{s};
  std::size_t i = 0;
  for (const double v : values) t[i++] = v;
  return t;
}

constexpr std::array<std::uint32_t, 3> some_actions{0, 2, 3};
constexpr std::array<std::uint8_t, 12> some_masks{1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1};
constexpr std::array some_old{-1.3, -0.9, -0.8};
constexpr std::array some_advantages{0.8, -1.1, 0.4};
constexpr std::array some_targets{1.0, -2.0, 0.3};
constexpr std::array some_values{0.2, 0.1, -0.4};

}  // namespace

TEST_CASE("the clipped surrogate by hand", "[rl][ppo_loss]") {
  // clip 0.2; ratios 1, 1.5, 1.5, 0.5, 0.5; advantages 2, 1, -1, 1, -1
  // min(rA, clip(r)A): 2, 1.2, -1.5, 0.5, -0.8; mean 1.4 / 5 = 0.28
  tape_type t;
  const std::array now{0.0, std::log(1.5), std::log(1.5), std::log(0.5), std::log(0.5)};
  const std::array old{0.0, 0.0, 0.0, 0.0, 0.0};
  const std::array advantages{2.0, 1.0, -1.0, 1.0, -1.0};
  const auto x = t.variable(num::view<const double>{now.data(), {5}});
  const auto s = rl::clipped_surrogate(x, constant(t, old), constant(t, advantages), 0.2);
  CHECK(s.loss.item() == Approx(-0.28));
  CHECK(s.ratio.value()[1] == Approx(1.5));
  t.backward(s.loss);
  // Only the unclipped branches move: -rA/5, and nothing for the second and the last.
  CHECK(x.grad()[0] == Approx(-2.0 / 5.0));
  CHECK(x.grad()[1] == 0.0);
  CHECK(x.grad()[2] == Approx(1.5 / 5.0));
  CHECK(x.grad()[3] == Approx(-0.5 / 5.0));
  CHECK(x.grad()[4] == 0.0);
}

TEST_CASE("entropy of a uniform row is ln n, of a certain one 0", "[rl][ppo_loss]") {
  tape_type t;
  const double third = std::log(1.0 / 3.0);
  const std::array rows{
      third, third, third, 0.0, num::masked_log_probability, num::masked_log_probability};
  const auto x = t.constant(num::view<const double>{rows.data(), {2, 3}});
  CHECK(rl::mean_entropy(x).item() == Approx(0.5 * std::log(3.0)));
}

TEST_CASE("value losses on both sides of delta", "[rl][ppo_loss]") {
  tape_type t;
  const std::array v{0.5, 3.0, -3.0};
  const std::array target{0.0, 0.0, 0.0};
  const auto x = t.variable(num::view<const double>{v.data(), {3}});
  const auto y = constant(t, target);
  // Huber, delta 1: 0.125, 2.5, 2.5; squares: 0.125, 4.5, 4.5
  const auto huber_loss = rl::value_loss(x, y, value_loss_kind::huber, 1.0);
  CHECK(huber_loss.item() == Approx(5.125 / 3.0));
  t.backward(huber_loss);
  CHECK(x.grad()[0] == Approx(0.5 / 3.0));
  CHECK(x.grad()[1] == Approx(1.0 / 3.0));
  CHECK(x.grad()[2] == Approx(-1.0 / 3.0));
  CHECK(rl::value_loss(x, y, value_loss_kind::mse, 1.0).item() == Approx(9.125 / 3.0));
}

TEST_CASE("a clipped value gains nothing by moving too far", "[rl][ppo_loss]") {
  // Old 0, range 0.5, target 2: at 1 the held value 0.5 has the larger loss, (2 - 0.5)^2 / 2;
  // at -1 the value itself is worse than the held one, (2 + 1)^2 / 2.
  tape_type t;
  const std::array v{1.0, -1.0};
  const std::array target{2.0, 2.0};
  const std::array old{0.0, 0.0};
  const auto x = t.variable(num::view<const double>{v.data(), {2}});
  const auto loss = rl::clipped_value_loss(x, constant(t, target), constant(t, old),
                                           value_loss_kind::mse, 1.0, 0.5);
  CHECK(loss.item() == Approx((1.125 + 4.5) / 2.0));
  t.backward(loss);
  CHECK(x.grad()[0] == 0.0);
  CHECK(x.grad()[1] == Approx(-3.0 / 2.0));
}

TEST_CASE("the gradient of the whole PPO loss equals central differences", "[rl][ppo_loss]") {
  const auto logits =
      filled({3, 4}, {0.3, -0.2, 0.9, 0.1, 0.7, 0.4, 0.6, -0.9, 0.2, 0.1, 0.5, 1.4});
  const auto values = filled({3, 1}, {0.4, 0.6, -0.5});
  for (const auto kind : {value_loss_kind::mse, value_loss_kind::huber}) {
    for (const double range : {0.0, 0.35}) {
      const auto report = autodiff::check_gradient(
          [&](auto x, auto v) {
            auto& t = *x.owner;
            const auto fixed = [&](const auto& a) {
              return t.constant(num::view<const double>{a.data(), {3}});
            };
            const auto column = [&](const auto& a) {
              return t.constant(num::view<const double>{a.data(), {3, 1}});
            };
            const auto log_p =
                rl::masked_softmax_head{}.log_probs(t, x, {some_masks.data(), {3, 4}});
            const auto s = rl::clipped_surrogate(
                pick_columns(log_p, num::view<const std::uint32_t>{some_actions}), fixed(some_old),
                fixed(some_advantages), 0.2);
            const auto off = range == 0.0
                                 ? rl::value_loss(v, column(some_targets), kind, 1.0)
                                 : rl::clipped_value_loss(v, column(some_targets),
                                                          column(some_values), kind, 1.0, range);
            return s.loss - rl::mean_entropy(log_p) * 0.05 + off;
          },
          logits, values);
      INFO(report.to_string());
      CHECK(report.within(1e-6));
    }
  }
}
