// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/check_gradient.hpp>
#include <muster/autodiff/ops.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/num/tensor.hpp>
#include <muster/rl/plackett_luce.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "support/catch.hpp"

using namespace muster;

namespace {

constexpr std::array scores{0.3, -1.2, 2.0, 0.7};

// Calls f(sequence) for every sequence of `length` different positions out of `n`.
template <class F>
void for_each_sequence(std::size_t n, std::size_t length, std::vector<std::uint32_t>& so_far,
                       const F& f) {
  if (so_far.size() == length) return f(std::span<const std::uint32_t>{so_far});
  for (std::uint32_t i = 0; i < n; ++i) {
    bool taken = false;
    for (const std::uint32_t c : so_far) taken = taken || c == i;
    if (taken) continue;
    so_far.push_back(i);
    for_each_sequence(n, length, so_far, f);
    so_far.pop_back();
  }
}

}  // namespace

TEST_CASE("the probabilities of all ordered subsets sum to one", "[rl][plackett_luce]") {
  for (std::size_t length = 1; length <= 4; ++length) {
    double total = 0.0;
    std::size_t count = 0;
    std::vector<std::uint32_t> sequence;
    for_each_sequence(4, length, sequence, [&](std::span<const std::uint32_t> s) {
      total += std::exp(rl::subset_log_prob(std::span<const double>{scores}, s));
      ++count;
    });
    CHECK(total == Approx(1.0).epsilon(1e-12));
    CHECK(count == std::array{4U, 12U, 24U, 24U}[length - 1]);
  }
}

TEST_CASE("one choice is the softmax, two are a product by hand", "[rl][plackett_luce]") {
  // Weights 1, 2, 3: p(3) = 3/6; p(3, 1) = 3/6 * 1/3; p(1, 2, 3) = 1/6 * 2/5.
  const std::array s{0.0, std::log(2.0), std::log(3.0)};
  const std::span<const double> all{s};
  const std::array<std::uint32_t, 3> forwards{0, 1, 2};
  const std::array<std::uint32_t, 2> back{2, 0};
  CHECK(std::exp(rl::subset_log_prob(all, std::span{back}.first(1))) == Approx(0.5));
  CHECK(std::exp(rl::subset_log_prob(all, back)) == Approx(1.0 / 6.0));
  CHECK(std::exp(rl::subset_log_prob(all, forwards)) == Approx(1.0 / 15.0));
}

TEST_CASE("draws come as often as their probability says", "[rl][plackett_luce]") {
  rng g{3};
  std::map<std::array<std::uint32_t, 2>, int> seen;
  const int draws = 40000;
  for (int i = 0; i < draws; ++i) {
    std::array<std::uint32_t, 2> pair{};
    const double lp = rl::draw_subset(std::span<const double>{scores}, g, pair);
    REQUIRE(pair[0] != pair[1]);
    REQUIRE(lp == Approx(rl::subset_log_prob(std::span<const double>{scores}, pair)));
    ++seen[pair];
  }
  double chi_square = 0.0;
  for (const auto& [pair, count] : seen) {
    const double expected =
        draws * std::exp(rl::subset_log_prob(std::span<const double>{scores}, pair));
    chi_square += (count - expected) * (count - expected) / expected;
  }
  CHECK(seen.size() == 12);
  CHECK(chi_square < 31.3);  // 11 degrees of freedom, p = 0.001
}

TEST_CASE("scores far apart leave probabilities finite", "[rl][plackett_luce]") {
  const std::array s{0.0F, 500.0F, -500.0F};
  rng g{1};
  std::array<std::uint32_t, 3> all{};
  CHECK(std::isfinite(rl::draw_subset(std::span<const float>{s}, g, all)));
  CHECK(all == std::array<std::uint32_t, 3>{1, 0, 2});
}

TEST_CASE("the most probable sequence has ties by position", "[rl][plackett_luce]") {
  const std::array s{1.0F, 3.0F, 3.0F, 0.0F};
  std::array<std::uint32_t, 3> top{};
  rl::top_subset(std::span<const float>{s}, top);
  CHECK(top == std::array<std::uint32_t, 3>{1, 2, 0});
}

TEST_CASE("on the tape: the same numbers, and gradients by differences", "[rl][plackett_luce]") {
  using autodiff::index_view, autodiff::mask_view;
  num::tensor<double> x{{2, 4}};
  for (std::size_t i = 0; i < 4; ++i) x(0, i) = scores[i], x(1, i) = 0.5 * scores[3 - i];
  // Row 0 chose 2, 0, 1; row 1 chose 1, 3, 0.
  const std::array<std::uint32_t, 2> first{2, 1}, second{0, 3}, third{1, 0};
  const std::array<std::uint8_t, 8> after_one{1, 1, 0, 1, 1, 0, 1, 1};
  const std::array<std::uint8_t, 8> after_two{0, 1, 0, 1, 1, 0, 1, 0};
  const std::array picks{index_view{std::span{first}}, index_view{std::span{second}},
                         index_view{std::span{third}}};
  const std::array masks{mask_view{after_one.data(), {2, 4}}, mask_view{after_two.data(), {2, 4}}};
  autodiff::tape<double, num::reference> tape;
  const auto lp = rl::subset_log_prob(tape.constant(x.view()), std::span<const index_view>{picks},
                                      std::span<const mask_view>{masks});
  const std::array<std::uint32_t, 3> row0{2, 0, 1}, row1{1, 3, 0};
  const std::span<const double> both = x.span();
  CHECK(lp.value()[0] == Approx(rl::subset_log_prob(both.first(4), row0)));
  CHECK(lp.value()[1] == Approx(rl::subset_log_prob(both.last(4), row1)));

  const auto report = autodiff::check_gradient(
      [&](auto s) {
        return rl::subset_log_prob(s, std::span<const index_view>{picks},
                                   std::span<const mask_view>{masks});
      },
      x);
  INFO(report.to_string());
  CHECK(report.within(1e-6));
}
