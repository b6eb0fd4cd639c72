// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/check_gradient.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/num/backend/simd.hpp>
#include <muster/num/tensor.hpp>
#include <muster/rl/heads.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using rl::masked_softmax_head, rl::relu1_l1_head;

namespace {

const num::view<const std::uint8_t> no_mask{};

struct block {
  num::tensor<float> logits;
  num::tensor<std::uint8_t> mask;
  num::tensor<float> p;

  block(std::size_t rows, std::size_t actions, std::uint64_t seed)
      : logits{num::shape{rows, actions}},
        mask{num::shape{rows, actions}},
        p{num::shape{rows, actions}} {
    rng g{seed};
    for (float& x : logits.span()) x = static_cast<float>(6.0 * uniform01(g) - 3.0);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < actions; ++j) mask(i, j) = uniform_below(g, 2) != 0 ? 1 : 0;
      mask(i, uniform_below(g, actions)) = 1;
    }
  }
};

constexpr std::array<std::uint8_t, 8> eight_masks{1, 1, 0, 1, 0, 1, 1, 1};
constexpr std::array<std::uint32_t, 2> two_actions{3, 2};

}  // namespace

TEMPLATE_TEST_CASE("a masked action has probability exactly zero, the rest one in sum",
                   "[rl][heads]", masked_softmax_head, relu1_l1_head) {
  const TestType head{};
  block b{64, 19, 1};
  // What is forbidden must not be looked at.
  for (std::size_t i = 0; i < b.mask.size(); ++i) {
    if (b.mask[i] == 0) b.logits[i] = i % 2 == 0 ? 1e30F : std::numeric_limits<float>::quiet_NaN();
  }
  head.probabilities(num::simd{}, num::view<const float>{b.logits.view()},
                     num::view<const std::uint8_t>{b.mask.view()}, b.p.view());
  autodiff::tape<float> tape;
  const auto x = tape.variable(b.logits.view());
  const auto log_p = head.log_probs(tape, x, num::view<const std::uint8_t>{b.mask.view()});
  tape.backward(sum(exp(log_p) * log_p));
  for (std::size_t i = 0; i < 64; ++i) {
    double total = 0.0;
    for (std::size_t j = 0; j < 19; ++j) {
      total += static_cast<double>(b.p(i, j));
      if (b.mask(i, j) == 0) {
        REQUIRE(b.p(i, j) == 0.0F);
        REQUIRE(x.grad()(i, j) == 0.0F);
        REQUIRE(std::isfinite(log_p.value()(i, j)));
        REQUIRE(std::exp(log_p.value()(i, j)) < 1e-29F);
      } else {
        REQUIRE(b.p(i, j) > 0.0F);
        REQUIRE(std::exp(log_p.value()(i, j)) == Approx(b.p(i, j)).epsilon(1e-5));
      }
    }
    REQUIRE(total == Approx(1.0).margin(1e-6));
  }
}

TEMPLATE_TEST_CASE("an empty mask allows everything", "[rl][heads]", masked_softmax_head,
                   relu1_l1_head) {
  const TestType head{};
  block b{5, 7, 2};
  const num::view<const float> logits = b.logits.view();
  head.probabilities(num::simd{}, logits, no_mask, b.p.view());
  num::tensor<float> with_ones{num::shape{5, 7}};
  b.mask.fill(1);
  head.probabilities(num::simd{}, logits, num::view<const std::uint8_t>{b.mask.view()},
                     with_ones.view());
  for (std::size_t i = 0; i < b.p.size(); ++i) CHECK(b.p[i] == Approx(with_ones[i]));
  autodiff::tape<float> tape;
  const auto log_p = head.log_probs(tape, tape.constant(logits), no_mask);
  for (std::size_t i = 0; i < b.p.size(); ++i) {
    CHECK(log_p.value()[i] == Approx(std::log(b.p[i])).margin(1e-5));
  }
}

TEMPLATE_TEST_CASE("gradients of log-probabilities equal central differences", "[rl][heads]",
                   masked_softmax_head, relu1_l1_head) {
  num::tensor<double> logits{num::shape{2, 4}};
  const std::array values{0.5, -0.8, 1.2, 2.0, -0.3, 0.7, 0.1, -1.5};
  for (std::size_t i = 0; i < 8; ++i) logits[i] = values[i];
  const auto report = autodiff::check_gradient(
      [](auto x) {
        const auto log_p = TestType{}.log_probs(*x.owner, x, {eight_masks.data(), {2, 4}});
        // Entries that are forbidden would drown all others in a difference: p ln p hides them.
        return pick_columns(log_p, num::view<const std::uint32_t>{two_actions}) +
               sum(exp(log_p) * log_p, 1);
      },
      logits);
  INFO(report.to_string());
  CHECK(report.within(1e-6));
}

TEST_CASE("relu1_l1 by hand", "[rl][heads]") {
  // ReLU + 1 gives 1, 3, 1, 4; without the second 1, 1, 4: sum 6.
  const std::array logits{-5.0F, 2.0F, 0.0F, 3.0F};
  const std::array<std::uint8_t, 4> mask{1, 0, 1, 1};
  std::array<float, 4> p{};
  relu1_l1_head{}.probabilities(num::reference{}, num::view<const float>{logits.data(), {1, 4}},
                                num::view<const std::uint8_t>{mask.data(), {1, 4}},
                                num::view<float>{p.data(), {1, 4}});
  CHECK(p[0] == Approx(1.0F / 6.0F));
  CHECK(p[1] == 0.0F);
  CHECK(p[2] == Approx(1.0F / 6.0F));
  CHECK(p[3] == Approx(4.0F / 6.0F));
}

TEST_CASE("relu1_l1 has no gradient below zero: the paper's formula, not an accident",
          "[rl][heads]") {
  const std::array logits{-5.0F, 2.0F, -0.5F};
  autodiff::tape<float> tape;
  const auto x = tape.variable(num::view<const float>{logits.data(), {1, 3}});
  const auto log_p = relu1_l1_head{}.log_probs(tape, x, no_mask);
  const std::array<std::uint32_t, 1> first{0};
  tape.backward(sum(pick_columns(log_p, num::view<const std::uint32_t>{first})));
  CHECK(x.grad()[0] == 0.0F);
  CHECK(x.grad()[1] == Approx(-1.0F / 5.0F));
  CHECK(x.grad()[2] == 0.0F);
}
