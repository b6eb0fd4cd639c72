// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/detail/round_rows.hpp>
#include <muster/kmps/orchestration/embedding.hpp>
#include <muster/num/backend/reference.hpp>

#include <array>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using kmps::detail::grown, kmps::detail::round_rows;

TEST_CASE("a node's context is its own, its access point's and the cluster's numbers",
          "[kmps][orchestration]") {
  num::tensor<double> x{{3, 2}}, y{{2, 2}}, z{{1, 2}}, out{{3, 6}};
  for (std::size_t i = 0; i < 6; ++i) x[i] = 1.0 + static_cast<double>(i);
  for (std::size_t i = 0; i < 4; ++i) y[i] = 10.0 + static_cast<double>(i);
  z[0] = 20.0, z[1] = 21.0;
  const std::array<std::uint32_t, 3> access{0, 1, 1}, frame{0, 0, 0};
  kmps::detail::context_of(kmps::embedding_view<double>{x.view(), y.view(), z.view(), access},
                           out.view());
  const std::array expected{1.,  2.,  10., 11., 20., 21., 3.,  4.,  12.,
                            13., 20., 21., 5.,  6.,  12., 13., 20., 21.};
  for (std::size_t i = 0; i < 18; ++i) CHECK(out[i] == expected[i]);

  autodiff::tape<double, num::reference> t;
  kmps::round_batch b;
  b.access_point = autodiff::index_view{std::span{access}};
  b.frame = autodiff::index_view{std::span{frame}};
  const auto c = kmps::detail::context_of(
      kmps::embedded<double, num::reference>{t.constant(x.view()), t.constant(y.view()),
                                             t.constant(z.view())},
      b);
  for (std::size_t i = 0; i < 18; ++i) CHECK(c.value()[i] == expected[i]);
}

TEST_CASE("memory grows when it must and is kept", "[kmps][orchestration]") {
  num::tensor<float> m;
  CHECK(grown(m, {2, 3}).size() == 6);
  const float* const first = m.data();
  CHECK(grown(m, {2}).data() == first);
  CHECK(grown(m, {6}).data() == first);
  CHECK(grown(m, {7}).size() == 7);
}

TEST_CASE("rows of rounds by hand", "[kmps][orchestration]") {
  // Two frames of three nodes, one round of two picks each.
  round_rows rows;
  const auto node_only = [](std::uint32_t node, std::uint32_t) { return node; };
  rows.begin(3, 1, 2, 3);
  rows.add(std::array<std::uint32_t, 2>{2, 0}, std::array<std::uint32_t, 2>{5, 6}, node_only);
  rows.add(std::array<std::uint32_t, 2>{1, 2}, std::array<std::uint32_t, 2>{0, 3}, node_only);
  const auto b = rows.view({});
  CHECK(b.frames == 2);
  const auto is = [](autodiff::index_view v, std::vector<std::uint32_t> expected) {
    return std::vector<std::uint32_t>(v.span().begin(), v.span().end()) == expected;
  };
  CHECK(is(b.frame, {0, 0, 0, 1, 1, 1}));
  CHECK(is(b.round_frame, {0, 1}));
  CHECK(is(b.picked[0], {2, 1}));
  CHECK(is(b.picked[1], {0, 2}));
  CHECK(is(b.picked_row, {2, 0, 4, 5}));
  CHECK(is(b.action, {5, 6, 0, 3}));
  REQUIRE(b.left.size() == 1);
  const std::vector<std::uint8_t> left(b.left[0].span().begin(), b.left[0].span().end());
  CHECK(left == std::vector<std::uint8_t>{1, 1, 0, 1, 0, 1});
}
