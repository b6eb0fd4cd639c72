// SPDX-License-Identifier: Apache-2.0
#include <muster/interop/xtensor.hpp>
#include <type_traits>
#include <xtensor/xmath.hpp>
#include <xtensor/xview.hpp>

#include "support/catch.hpp"

namespace num = muster::num;
using muster::interop::to_view;
using muster::interop::to_xtensor;

TEST_CASE("a tensor is an xtensor expression, in place", "[interop][xtensor]") {
  num::tensor<double> t{{2, 3}};
  for (std::size_t i = 0; i < 6; ++i) t[i] = static_cast<double>(i);
  auto a = to_xtensor(t);
  CHECK(a.data() == t.data());
  CHECK(a.dimension() == 2);
  CHECK(a(1, 0) == 3.0);
  a(1, 2) = 50.0;
  CHECK(t(1, 2) == 50.0);
  xt::view(a, xt::all(), 1) += 100.0;  // column 1: 1 and 4
  CHECK(t(0, 1) == 101.0);
  CHECK(t(1, 1) == 104.0);
  const xt::xarray<double> sums = xt::sum(a, {1});
  CHECK(sums(0) == 103.0);
  CHECK(sums(1) == 157.0);

  auto fixed = to_xtensor<2>(t.view());
  fixed = xt::ones<double>({2, 3});
  CHECK(t(1, 1) == 1.0);
  const num::tensor<double>& frozen = t;
  CHECK(xt::sum(to_xtensor(frozen))() == 6.0);
  static_assert(std::is_const_v<std::remove_reference_t<decltype(*to_xtensor(frozen).data())>>);
}

TEST_CASE("ranks 0 to 4 keep their shape both ways", "[interop][xtensor]") {
  for (const num::shape& s : {num::shape{}, num::shape{3}, num::shape{2, 3}, num::shape{2, 1, 3},
                              num::shape{2, 3, 1, 2}}) {
    num::tensor<float> t{s};
    auto a = to_xtensor(t);
    CHECK(a.dimension() == s.rank());
    CHECK(a.size() == s.size());
    CHECK(to_view(a).shape() == s);
    CHECK(to_view(a).data() == t.data());
  }
}

TEST_CASE("arrays of xtensor are views, in place", "[interop][xtensor]") {
  xt::xarray<float> a = {{1.0F, 2.0F}, {3.0F, 4.0F}};
  const num::view<float> v = to_view(a);
  CHECK(v.shape() == num::shape{2, 2});
  v(1, 0) = 9.0F;
  CHECK(a(1, 0) == 9.0F);
  xt::xtensor<int, 1> b = {5, 6, 7};
  CHECK(to_view(b)[2] == 7);
  const auto& c = a;
  static_assert(std::is_same_v<decltype(to_view(c)), num::view<const float>>);
}
