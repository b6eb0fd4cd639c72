// SPDX-License-Identifier: Apache-2.0
#include <muster/num/backend.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/testing/laws/backend.hpp>

#include "support/catch.hpp"

using namespace muster::num;

namespace {

struct without_products : detail::reference_memory {
  static constexpr determinism guarantee = determinism::bitwise;
  static constexpr bool host_memory = true;
};
static_assert(memory_backend<without_products>);
static_assert(!product_backend<without_products> && !backend<without_products>);

// Wrong in one place each; the laws have to notice.
struct forgets_to_accumulate : reference {
  template <class T>
  void matmul(in<T> a, transpose ta, in<T> b, transpose tb, view<T> c, bool) const {
    reference::matmul<T>(a, ta, b, tb, c, false);
  }
};
struct reads_masked : reference {
  template <class T>
  void masked_softmax(in<T> x, mask_view mask, view<T> y) const {
    reference::softmax<T>(x, y);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] *= static_cast<T>(mask[i]);
  }
};
struct loses_nan : reference {
  template <class T>
  void apply(unary f, in<T> x, view<T> y) const {
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = f == unary::relu ? (x[i] > T(0) ? x[i] : T(0)) : detail::evaluate(f, x[i]);
    }
  }
  using reference::apply;
};
struct imprecise : reference {
  template <class T>
  void adam(view<T> p, in<T> g, view<T> m, view<T> v, adam_step<T> s) const {
    s.epsilon = T(0);
    reference::adam<T>(p, g, m, v, s);
  }
};
struct overwrites_gradient : reference {
  template <class T>
  void gather_rows_backward(view<const std::uint32_t> index, in<T> dy, view<T> dx) const {
    fill<T>(dx, T(0));
    reference::gather_rows_backward<T>(index, dy, dx);
  }
};
struct forgets_empty_segments : reference {
  template <class T>
  void segment_max(in<T> x, view<const std::uint32_t> index, view<T> y) const {
    fill<T>(y, T(-1e30));
    for (std::size_t i = 0; i < x.size(); ++i) {
      T& top = y[index[i / x.columns()] * x.columns() + i % x.columns()];
      top = top < x[i] ? x[i] : top;
    }
  }
};
struct gradient_to_all_maxima : reference {
  template <class T>
  void segment_max_backward(in<T> x, view<const std::uint32_t> index, in<T> y, in<T> dy, view<T>,
                            view<T> dx) const {
    const std::size_t n = y.columns();
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t s = index[i / n] * n + i % n;
      if (x[i] == y[s] || x[i] != x[i]) dx[i] += dy[s];
    }
  }
};
struct overwrites_sums : reference {
  template <class T>
  void add_rows(in<T> x, view<const std::uint32_t> from, view<T> y,
                view<const std::uint32_t> to) const {
    fill<T>(y, T(0));
    reference::add_rows<T>(x, from, y, to);
  }
};

template <class B>
int broken_laws(const B& b) {
  int broken = 0;
  muster::testing::check_backend_laws<float>(b, 1, 12, [&](const char*, bool h) { broken += !h; });
  return broken;
}

}  // namespace

TEST_CASE("the laws notice a backend that is wrong", "[num][laws]") {
  CHECK(broken_laws(reference{}) == 0);
  CHECK(broken_laws(forgets_to_accumulate{}) > 0);
  CHECK(broken_laws(reads_masked{}) > 0);
  CHECK(broken_laws(loses_nan{}) > 0);
  CHECK(broken_laws(imprecise{}) > 0);
  CHECK(broken_laws(overwrites_gradient{}) > 0);
  CHECK(broken_laws(forgets_empty_segments{}) > 0);
  CHECK(broken_laws(gradient_to_all_maxima{}) > 0);
  CHECK(broken_laws(overwrites_sums{}) > 0);
}
