// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/check_gradient.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/num/tensor.hpp>
#include <muster/rl/heads.hpp>
#include <muster/rl/policy_kl.hpp>

#include <array>
#include <cmath>
#include <cstdint>

#include "support/catch.hpp"

using namespace muster;

namespace {
using tape_type = autodiff::tape<double, num::reference>;
constexpr std::array<std::uint8_t, 8> masks{1, 1, 1, 1, 1, 0, 1, 1};

num::tensor<double> filled(std::initializer_list<double> values) {
  num::tensor<double> t{num::shape{2, 4}};
  std::size_t i = 0;
  for (const double v : values) t[i++] = v;
  return t;
}
}  // namespace

TEST_CASE("KL of two coins by hand", "[rl][policy_kl]") {
  // Rows (1/2, 1/2) against (1/4, 3/4): ln 2 / 2 + ln(2/3) / 2 = ln(4/3) / 2; the other way
  // round ln(1/2) / 4 + 3 ln(3/2) / 4. Second rows are equal: half of it is the mean.
  tape_type t;
  const std::array coin{std::log(0.5), std::log(0.5), std::log(0.1), std::log(0.9)};
  const std::array other{std::log(0.25), std::log(0.75), std::log(0.1), std::log(0.9)};
  const auto p = t.constant(num::view<const double>{coin.data(), {2, 2}});
  const auto q = t.constant(num::view<const double>{other.data(), {2, 2}});
  CHECK(rl::mean_kl(p, q).item() == Approx(0.25 * std::log(4.0 / 3.0)));
  CHECK(rl::mean_kl(q, p).item() == Approx(0.5 * (0.25 * std::log(0.5) + 0.75 * std::log(1.5))));
  CHECK(rl::mean_kl(p, p).item() == 0.0);
}

TEST_CASE("equal policies: no divergence and no pull, masked actions included", "[rl][policy_kl]") {
  const auto logits = filled({0.3, -0.2, 0.9, 0.1, 0.7, 5.0, 0.6, -0.9});
  const num::view<const std::uint8_t> mask{masks.data(), {2, 4}};
  for (const bool forwards : {true, false}) {
    tape_type t;
    const auto x = t.variable(logits.view());
    const auto common = rl::masked_softmax_head{}.log_probs(t, t.constant(logits.view()), mask);
    const auto local = rl::masked_softmax_head{}.log_probs(t, x, mask);
    const auto kl = forwards ? rl::mean_kl(common, local) : rl::mean_kl(local, common);
    CHECK(kl.item() == 0.0);
    t.backward(kl);
    for (std::size_t i = 0; i < 8; ++i) CHECK(x.grad()[i] == Approx(0.0).margin(1e-15));
  }
}

TEST_CASE("the gradient of the divergence equals central differences, on both sides",
          "[rl][policy_kl]") {
  const auto mine = filled({0.3, -0.2, 0.9, 0.1, 0.7, 0.4, 0.6, -0.9});
  const auto common = filled({-0.5, 0.8, 0.2, 0.0, 0.1, -1.0, 0.9, 0.4});
  const num::view<const std::uint8_t> mask{masks.data(), {2, 4}};
  const auto report = autodiff::check_gradient(
      [&](auto x, auto y) {
        auto& t = *x.owner;
        const rl::masked_softmax_head head;
        return rl::mean_kl(head.log_probs(t, x, mask), head.log_probs(t, y, mask));
      },
      mine, common);
  INFO(report.to_string());
  CHECK(report.within(1e-6));
}
