// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops/products.hpp>

#include <cmath>

#include "autodiff/checks.hpp"

using namespace muster_test;
using num::activation;
using num::transpose;

TEST_CASE("gradients of matrix products in all transposed forms", "[autodiff][ops]") {
  struct size {
    std::size_t m, k, n;
  };
  for (const auto& [m, k, n] :
       {size{1, 1, 1}, size{1, 3, 5}, size{5, 3, 1}, size{3, 1, 4}, size{4, 7, 3}}) {
    for (const transpose ta : {transpose::no, transpose::yes}) {
      for (const transpose tb : {transpose::no, transpose::yes}) {
        const array a =
            random_array(ta == transpose::no ? num::shape{m, k} : num::shape{k, m}, m + 10 * k);
        const array b =
            random_array(tb == transpose::no ? num::shape{k, n} : num::shape{n, k}, n + 100 * k);
        check_everywhere([&](auto x, auto y) { return matmul(x, y, ta, tb); }, a, b);
      }
    }
  }
}

TEST_CASE("a matrix times itself and its transpose", "[autodiff][ops]") {
  const array a = random_array({3, 3}, 1);
  check_everywhere([](auto x) { return matmul(x, x); }, a);
  check_everywhere([](auto x) { return matmul(x, x, transpose::yes, transpose::no); }, a);
  check_everywhere([](auto x) { return matmul(x, x, transpose::no, transpose::yes); }, a);
  check_everywhere([](auto x) { return affine(x, x, activation::tanh); }, a);
}

TEST_CASE("gradients of affine layers with every activation", "[autodiff][ops]") {
  for (const activation f :
       {activation::identity, activation::relu, activation::leaky_relu, activation::elu,
        activation::tanh, activation::sigmoid, activation::softplus}) {
    INFO("activation " << static_cast<int>(f));
    const array x = random_steps({5, 3}, 2, 0.0);
    const array w = random_array({3, 7}, 341);
    const array b = random_array({7}, 4);
    // Far enough from the kinks for the differences: |z| may move by 0.002 |x| + 0.008 |w|.
    muster::autodiff::tape<double, num::reference> t;
    const auto z = affine(t.constant(x.view()), t.constant(w.view()), t.constant(b.view()));
    for (const double e : z.value().span()) REQUIRE(std::abs(e) > 0.05);
    check_everywhere([&](auto v, auto m, auto c) { return affine(v, m, c, f); }, x, w, b);
    check_everywhere([&](auto v, auto m) { return affine(v, m, f); }, x, w);
  }
}

TEST_CASE("affine takes rows of any rank", "[autodiff][ops]") {
  const array w = random_array({3, 2}, 3);
  const array b = random_array({2}, 4);
  for (const num::shape& s :
       {num::shape{3}, num::shape{1, 3}, num::shape{2, 5, 3}, num::shape{2, 1, 3, 3}}) {
    const array x = random_array(s, 2);
    const auto layer = [](auto v, auto m, auto c) { return affine(v, m, c, activation::tanh); };
    check_everywhere(layer, x, w, b);
    muster::autodiff::tape<double, num::reference> t;
    num::shape expected = s;
    expected.set(s.rank() - 1, 2);
    CHECK(layer(t.constant(x.view()), t.constant(w.view()), t.constant(b.view())).shape() ==
          expected);
  }
}

TEST_CASE("gradients of a product with constants on one side", "[autodiff][ops]") {
  const array x = random_array({4, 3}, 1);
  const array w = random_array({3, 2}, 2);
  const array b = random_array({2}, 3);
  const auto fixed = [](auto like, const array& v) {
    auto& t = like.on();
    return t.constant(on_backend(t.backend(), v.span(), v.shape()));
  };
  check_everywhere([&](auto v) { return matmul(v, fixed(v, w)); }, x);
  check_everywhere([&](auto m) { return matmul(fixed(m, x), m); }, w);
  check_everywhere([&](auto v) { return affine(v, fixed(v, w), fixed(v, b), activation::tanh); },
                   x);
  check_everywhere([&](auto m) { return affine(fixed(m, x), m, fixed(m, b), activation::tanh); },
                   w);
  check_everywhere([&](auto c) { return affine(fixed(c, x), fixed(c, w), c, activation::tanh); },
                   b);
}

TEST_CASE("products by hand", "[autodiff][ops]") {
  const array a = array_of({2, 3}, {1, 2, 3, 4, 5, 6});
  const array b = array_of({3, 2}, {1, 0, -1, 2, 0.5, 1});
  check_values(values_of([](auto x, auto y) { return matmul(x, y); }, a, b), {0.5, 7, 2, 16});
  const array c = array_of({2}, {-1, 1});
  check_values(
      values_of([](auto x, auto y, auto z) { return affine(x, y, z, activation::relu); }, a, b, c),
      {0, 8, 1, 17});
}
