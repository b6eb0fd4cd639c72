// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops/softmax.hpp>

#include <cmath>

#include "autodiff/checks.hpp"

using namespace muster_test;

namespace {

const std::vector<num::shape> shapes{{1}, {7}, {3, 5}, {4, 1}, {2, 3, 5}, {2, 1, 3, 4}};

// Every row allows at least one entry; row r forbids some by a fixed pattern.
std::vector<std::uint8_t> some_mask(const num::shape& s) {
  std::vector<std::uint8_t> m(s.size());
  for (std::size_t i = 0; i < m.size(); ++i) m[i] = (i * 5 + i / 3) % 3 != 0;
  for (std::size_t r = 0; r < s.rows(); ++r) m[r * s.columns() + r % s.columns()] = 1;
  return m;
}

}  // namespace

TEST_CASE("gradients of softmax and its logarithm", "[autodiff][ops]") {
  for (const num::shape& s : shapes) {
    check_everywhere([](auto x) { return softmax(x); }, random_array(s, 3));
    check_everywhere([](auto x) { return log_softmax(x); }, random_array(s, 4));
    check_everywhere([](auto x) { return exp(log_softmax(x)) * log_softmax(x); },
                     random_array(s, 5));
  }
}

TEST_CASE("gradients under a mask", "[autodiff][ops]") {
  for (const num::shape& s : shapes) {
    const auto allowed = some_mask(s);
    const auto mask = [&](auto x) { return on_backend(x.on().backend(), allowed, s); };
    check_everywhere([&](auto x) { return masked_softmax(x, mask(x)); }, random_array(s, 3));
    // -1e30 in the masked places would drown the differences: multiply by probabilities, 0 there.
    check_everywhere(
        [&](auto x) { return masked_log_softmax(x, mask(x)) * masked_softmax(x, mask(x)); },
        random_array(s, 4));
    check_everywhere([&](auto x) { return relu1_l1(x, mask(x)); }, random_steps(s, 5, 0.1));
    check_everywhere([&](auto x) { return relu1_l1(x); }, random_steps(s, 6, 0.1));
  }
}

TEST_CASE("softmax by hand", "[autodiff][ops]") {
  const double l2 = std::log(2.0);
  const array x = array_of({2, 3}, {0, l2, l2, 5, 5, 5 + l2});
  check_values(values_of([](auto v) { return softmax(v); }, x), {0.2, 0.4, 0.4, 0.25, 0.25, 0.5});
  check_values(values_of([](auto v) { return log_softmax(v); }, x),
               {std::log(0.2), std::log(0.4), std::log(0.4), std::log(0.25), std::log(0.25), -l2});
  const std::vector<std::uint8_t> m{1, 0, 1, 1, 1, 0};
  const muster::autodiff::mask_view mask{m.data(), {2, 3}};
  check_values(values_of([&](auto v) { return masked_softmax(v, mask); }, x),
               {1.0 / 3, 0, 2.0 / 3, 0.5, 0.5, 0});
  const auto logs = values_of([&](auto v) { return masked_log_softmax(v, mask); }, x);
  CHECK(logs[0] == Approx(std::log(1.0 / 3)));
  CHECK(logs[1] == num::masked_log_probability);
  CHECK(logs[5] == num::masked_log_probability);
}

TEST_CASE("the policy of KMPS by hand", "[autodiff][ops]") {
  // relu + 1 = {2, 1, 4}, sum 7; with the middle one masked, sum 6.
  const array x = array_of({1, 3}, {1, -2, 3});
  check_values(values_of([](auto v) { return relu1_l1(v); }, x), {2.0 / 7, 1.0 / 7, 4.0 / 7});
  const std::vector<std::uint8_t> m{1, 0, 1};
  const muster::autodiff::mask_view mask{m.data(), {1, 3}};
  check_values(values_of([&](auto v) { return relu1_l1(v, mask); }, x), {1.0 / 3, 0, 2.0 / 3});
}

TEST_CASE("masked entries get no gradient, whatever they hold", "[autodiff][ops]") {
  const array x = array_of({1, 3}, {1, std::nan(""), 2});
  const std::vector<std::uint8_t> m{1, 0, 1};
  const muster::autodiff::mask_view mask{m.data(), {1, 3}};
  muster::autodiff::tape<double, num::reference> t;
  const auto v = t.variable(x.view());
  t.backward(sum(square(masked_softmax(v, mask))) +
             sum(masked_log_softmax(v, mask) * masked_softmax(v, mask)) +
             sum(square(relu1_l1(v, mask))));
  CHECK(v.grad()[1] == 0.0);
  CHECK(std::isfinite(v.grad()[0]));
  CHECK(std::isfinite(v.grad()[2]));
}
