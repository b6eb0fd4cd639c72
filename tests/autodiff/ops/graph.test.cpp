// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops/graph.hpp>

#include "autodiff/checks.hpp"

using namespace muster_test;

namespace {

struct sizes {
  std::size_t rows, columns, segments;
};
// More segments than rows leave some empty; one segment takes all rows.
constexpr sizes cases[] = {{1, 1, 1}, {5, 3, 2}, {7, 4, 1}, {4, 2, 6}, {9, 17, 3}};

std::vector<std::uint32_t> scattered(std::size_t n, std::size_t segments) {
  std::vector<std::uint32_t> index(n);
  for (std::size_t i = 0; i < n; ++i) index[i] = static_cast<std::uint32_t>(i * 5 % segments);
  return index;
}

}  // namespace

TEST_CASE("gradients of sum, mean and maximum over segments", "[autodiff][ops][graph]") {
  for (const auto& one : cases) {
    const std::size_t n = one.rows, c = one.columns, s = one.segments;
    const auto index = scattered(n, s);
    // Distinct elements, so that differences do not run over a tie of the maximum.
    array x{num::shape{n, c}};
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = 0.31 * static_cast<double>(i * 7 % x.size()) - 1.0;
    }
    const auto on = [&](auto v) { return on_backend(v.on().backend(), index, {n}); };
    check_everywhere([&](auto v) { return square(segment_sum(v, on(v), s)); }, x);
    check_everywhere([&](auto v) { return square(segment_mean(v, on(v), s)); }, x);
    if (x.size() % 7 != 0) check_everywhere([&](auto v) { return segment_max(v, on(v), s); }, x);
  }
}

TEST_CASE("gradient of the sum over neighbours", "[autodiff][ops][graph]") {
  // A triangle 0-1-2, an edge given twice, a node 3 that only sends and a node 4 without edges.
  const std::vector<std::uint32_t> source{1, 2, 0, 2, 0, 1, 3, 3};
  const std::vector<std::uint32_t> target{0, 0, 1, 1, 2, 2, 1, 1};
  for (const std::size_t c : {1UL, 4UL, 24UL}) {
    check_everywhere(
        [&](auto x) {
          const auto& b = x.on().backend();
          return square(neighbour_sum(x, on_backend(b, source, {8}), on_backend(b, target, {8}),
                                      std::size_t{5}));
        },
        random_array({5, c}, c));
  }
}

TEST_CASE("gradient of rows divided by constants", "[autodiff][ops][graph]") {
  const std::vector<double> divisor{1, 3, 0.5};
  check_everywhere(
      [&](auto x) { return square(divide_rows(x, on_backend(x.on().backend(), divisor, {3}))); },
      random_array({3, 5}, 2));
}

TEST_CASE("segments by hand", "[autodiff][ops][graph]") {
  const array x = array_of({4, 2}, {1, -2, 5, 6, 3, -8, 7, 0});
  const std::vector<std::uint32_t> index{2, 0, 2, 2};  // segment 1 is empty
  const num::view<const std::uint32_t> of{index.data(), {4}};
  check_values(values_of([&](auto v) { return segment_sum(v, of, 3); }, x), {5, 6, 0, 0, 11, -10});
  check_values(values_of([&](auto v) { return segment_mean(v, of, 3); }, x),
               {5, 6, 0, 0, 11.0 / 3, -10.0 / 3});
  check_values(values_of([&](auto v) { return segment_max(v, of, 3); }, x), {5, 6, 0, 0, 7, 0});

  // Edges 1 -> 0, 2 -> 0, 0 -> 3.
  const std::vector<std::uint32_t> from{1, 2, 0};
  const std::vector<std::uint32_t> to{0, 0, 3};
  check_values(values_of(
                   [&](auto v) {
                     return neighbour_sum(v, {from.data(), {3}}, {to.data(), {3}}, 4);
                   },
                   x),
               {8, -2, 0, 0, 0, 0, 1, -2});
  // No edge at all.
  check_values(values_of([&](auto v) { return neighbour_sum(v, {}, {}, 2); }, x), {0, 0, 0, 0});
}

TEST_CASE("of equal maxima the first gets the gradient, an empty segment gives none",
          "[autodiff][ops][graph]") {
  const array x = array_of({4, 1}, {2, 5, 5, 1});
  const std::vector<std::uint32_t> index{0, 0, 0, 2};
  muster::autodiff::tape<double, num::reference> t;
  const auto v = t.variable(x.view());
  t.backward(sum(segment_max(v, {index.data(), {4}}, 4)));
  CHECK((v.grad()[0] == 0 && v.grad()[1] == 1 && v.grad()[2] == 0 && v.grad()[3] == 1));
}

TEST_CASE("a sum over neighbours is gather_rows and segment_sum", "[autodiff][ops][graph]") {
  const array x = random_array({6, 5}, 3);
  std::vector<std::uint32_t> from, to;
  for (std::uint32_t e = 0; e < 20; ++e) from.push_back(e * 7 % 6), to.push_back(e * 5 % 4);
  const num::view<const std::uint32_t> source{from.data(), {20}}, target{to.data(), {20}};
  const auto one = values_of([&](auto v) { return neighbour_sum(v, source, target, 4); }, x);
  const auto two =
      values_of([&](auto v) { return segment_sum(gather_rows(v, source), target, 4); }, x);
  CHECK(one == two);
}
