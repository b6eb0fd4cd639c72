// SPDX-License-Identifier: Apache-2.0
// What a tape says to those who use it wrongly: broken preconditions throw here.
#define MUSTER_CONTRACTS 3
#include <array>
#include <stdexcept>
#include <string>

#include <muster/autodiff/ops.hpp>
#include <muster/num/tensor.hpp>
#include "support/catch.hpp"

void muster::contract_handler(const char* text, const char*, int) { throw std::logic_error{text}; }

using muster::autodiff::tape;
using muster::autodiff::var;
using array = muster::num::tensor<double>;

namespace {

// Not inlined: g++ 12 otherwise warns of paths that end in the handler.
template <class F>
[[gnu::noinline]] std::string complaint(const F& f) {
  try {
    f();
  } catch (const std::logic_error& e) {
    return e.what();
  }
  return "nothing";
}
bool mentions(const std::string& text, const char* part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a var from before reset is refused", "[autodiff][lifetime]") {
  const array x{{2}, 1.0};
  tape<double> t;
  const auto old = t.variable(x.view());
  t.reset();
  const auto fresh = t.variable(x.view());
  CHECK(mentions(complaint([&] { static_cast<void>(old.value()); }), "from before reset()"));
  CHECK(mentions(complaint([&] { static_cast<void>(old + fresh); }), "from before reset()"));
  CHECK(mentions(complaint([&] { static_cast<void>(square(old)); }), "from before reset()"));
  CHECK(mentions(complaint([&] { t.backward(old); }), "from before reset()"));
  CHECK(mentions(complaint([&] { static_cast<void>(old.grad()); }), "from before reset()"));
}

TEST_CASE("vars of two tapes do not mix", "[autodiff][lifetime]") {
  const array x{{2}, 1.0};
  tape<double> a;
  tape<double> b;
  const auto va = a.variable(x.view());
  const auto vb = b.variable(x.view());
  CHECK(mentions(complaint([&] { static_cast<void>(va * vb); }), "of another tape"));
  CHECK(mentions(complaint([&] { b.backward(sum(va)); }), "of another tape"));
  CHECK(mentions(complaint([&] { static_cast<void>(var<double, muster::num::simd>{}.value()); }),
                 "is on no tape"));
}

TEST_CASE("vars of a moved tape are refused", "[autodiff][lifetime]") {
  const array x{{2}, 1.0};
  tape<double> a;
  const auto v = a.variable(x.view());
  tape<double> b = std::move(a);
  CHECK(mentions(complaint([&] { static_cast<void>(v.value()); }), "from before reset()"));
  CHECK(mentions(complaint([&] { static_cast<void>(b.value(v)); }), "of another tape"));
}

TEST_CASE("backward starts from one number", "[autodiff][lifetime]") {
  const array x{{2}, 1.0};
  tape<double> t;
  const auto v = t.variable(x.view());
  CHECK(mentions(complaint([&] { t.backward(v); }), "reduce the result with sum(x) or mean"));
  CHECK(mentions(complaint([&] { static_cast<void>(v.item()); }), "is for one number"));
}

TEST_CASE("what comes in is checked", "[autodiff][lifetime]") {
  const array x{{2}, 1.0};
  array g{{3}};
  tape<double> t;
  CHECK(mentions(complaint([&] { t.constant({}); }), "empty view as a value"));
  CHECK(mentions(complaint([&] { t.parameter(x.view(), g.view()); }), "of one shape"));
  CHECK(mentions(complaint([&] { t.parameter(x.view(), {}); }), "variable(value)"));
  static_cast<void>(t.constant(x.view()));
  CHECK(mentions(complaint([&] { t.reserve(1, 1); }), "before recording"));
}

TEST_CASE("shapes that do not fit are refused where they are written", "[autodiff][lifetime]") {
  const array x{{2, 3}, 1.0};
  const array y{{4}, 1.0};
  const std::array<std::uint8_t, 3> mask{1, 1, 1};
  const std::array<std::uint32_t, 3> index{0, 0, 0};
  tape<double> t;
  const auto a = t.variable(x.view());
  const auto b = t.variable(y.view());
  const auto says = [](const auto& f) { return complaint([&] { static_cast<void>(f()); }); };
  CHECK(mentions(says([&] { return a + b; }), "do not broadcast"));
  CHECK(mentions(says([&] { return matmul(a, a); }), "matmul takes"));
  CHECK(mentions(says([&] { return affine(a, a, b); }), "affine takes"));
  CHECK(mentions(says([&] { return affine(a, b); }), "affine takes"));
  CHECK(mentions(says([&] { return sum(a, 2); }), "no such axis"));
  CHECK(mentions(says([&] { return masked_softmax(a, {mask.data(), {3}}); }), "a mask of"));
  CHECK(mentions(says([&] { return pick_columns(a, {index.data(), {3}}); }), "pick_columns"));
  CHECK(mentions(says([&] { return gather_rows(b, {index.data(), {3}}); }), "gather_rows"));
  CHECK(mentions(says([&] { return muster::autodiff::concat({a, b}, 0); }), "of one rank"));
  CHECK(mentions(says([&] { return muster::autodiff::concat({a, a}, 2); }), "an axis of it"));
  CHECK(mentions(says([&] { return slice(a, 1, 2, 2); }), "reaches beyond"));
  CHECK(mentions(says([&] { return reshape(a, {5}); }), "keeps the number"));
  CHECK(mentions(says([&] { return layer_norm(a, b, b); }), "layer_norm takes"));
  CHECK(mentions(says([&] { return clip(a, 1.0, 0.0); }), "low above high"));
  CHECK(mentions(says([&] { return huber(a, 0.0); }), "delta above zero"));
  // After all these refusals the tape still works.
  t.backward(sum(a));
  CHECK(a.grad()[5] == 1.0);
}
