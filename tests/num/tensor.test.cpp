// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <muster/num/tensor.hpp>
#include <utility>

#include "support/catch.hpp"

using muster::num::shape, muster::num::tensor;

static_assert(!std::is_copy_constructible_v<tensor<float>>);
static_assert(std::is_nothrow_move_constructible_v<tensor<float>>);

TEST_CASE("a tensor is aligned and starts with zeros", "[num][tensor]") {
  for (std::size_t n = 1; n < 40; ++n) {
    const tensor<float> t{shape{n, 3}};
    CHECK(reinterpret_cast<std::uintptr_t>(t.data()) % 64 == 0);
    for (const float x : t.span()) CHECK(x == 0.0F);
  }
}

TEST_CASE("copies are made by name, moves leave an empty tensor", "[num][tensor]") {
  tensor<double> a{shape{2, 2}, 1.5};
  tensor<double> b = a.clone();
  b(1, 1) = 4.0;
  CHECK(a(1, 1) == 1.5);
  CHECK(b.shape() == a.shape());
  const double* where = b.data();
  const tensor<double> c = std::move(b);
  CHECK(c.data() == where);
  CHECK(b.empty());  // NOLINT: the state after a move is part of the promise
  CHECK(b.size() == 0);
  a = a.clone();
  CHECK(a(0, 0) == 1.5);
  CHECK(tensor<float>{}.clone().empty());
}

TEST_CASE("a tensor without rows is still a tensor", "[num][tensor]") {
  const tensor<float> none{shape{0, 5}};
  CHECK(none.size() == 0);
  CHECK_FALSE(none.empty());
  CHECK(none.clone().shape() == shape{0, 5});
}
