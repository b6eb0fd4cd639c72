// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/tape.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "autodiff/checks.hpp"
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster_test;
using muster::autodiff::tape;
using muster::autodiff::var;
using num::activation;

static_assert(std::is_trivially_copyable_v<var<float, num::simd>>);
static_assert(std::is_move_constructible_v<tape<float>> &&
              !std::is_copy_constructible_v<tape<float>>);

namespace {

std::vector<double> host(num::view<const double> v) { return {v.span().begin(), v.span().end()}; }

}  // namespace

TEST_CASE("two layers, gradient by hand", "[autodiff][tape]") {
  // z = x W1 + b1 = {2, 1.5, -1.5}, h = relu(z) = {2, 1.5, 0}, y = h W2 + b2 = 2.75,
  // loss = (y - 1.75)² = 1, dy = 2, dh = dy W2^T = {4, -2, 6}, dz = {4, -2, 0}.
  const array x = array_of({1, 2}, {1, 2});
  const array w1 = array_of({2, 3}, {1, -1, 0.5, 0.5, 1, -1});
  const array b1 = array_of({3}, {0, 0.5, 0});
  const array w2 = array_of({3, 1}, {2, -1, 3});
  const array b2 = array_of({1}, {0.25});
  const array target = array_of({1, 1}, {1.75});
  array dw1{{2, 3}};
  array db1{{3}};
  array dw2{{3, 1}};
  array db2{{1}};

  tape<double> t;
  const auto input = t.variable(x.view());
  const auto h = affine(input, t.parameter(w1.view(), dw1.view()),
                        t.parameter(b1.view(), db1.view()), activation::relu);
  const auto y = affine(h, t.parameter(w2.view(), dw2.view()), t.parameter(b2.view(), db2.view()));
  const auto loss = mean(square(y - t.constant(target.view())));
  CHECK(y.item() == 2.75);
  CHECK(loss.item() == 1.0);
  t.backward(loss);

  check_values(host(dw2.view()), {4, 3, 0});
  check_values(host(db2.view()), {2});
  check_values(host(h.grad()), {4, -2, 6});
  check_values(host(db1.view()), {4, -2, 0});
  check_values(host(dw1.view()), {4, -2, 0, 8, -4, 0});
  check_values(host(input.grad()), {6, 0});

  // A parameter's gradient is added to; all others are those of the last pass.
  t.backward(loss, 0.5);
  check_values(host(dw2.view()), {6, 4.5, 0});
  check_values(host(input.grad()), {3, 0});
}

TEST_CASE("a var used in several places gets the sum", "[autodiff][tape]") {
  const array x = array_of({3}, {1, -2, 0.5});
  tape<double> t;
  const auto v = t.variable(x.view());
  const auto s = square(v);
  t.backward(sum(s * v + s + v + 2.0 * v));  // x³ + x² + 3x
  check_values(host(v.grad()), {8, 11, 4.75});
}

TEST_CASE("two roots on one tape do not see each other's gradients", "[autodiff][tape]") {
  const array x = array_of({2}, {3, 4});
  tape<double> t;
  const auto v = t.variable(x.view());
  const auto s = square(v);
  const auto one = sum(s);
  const auto other = sum(s * s);
  t.backward(one);
  check_values(host(v.grad()), {6, 8});
  t.backward(other);
  check_values(host(v.grad()), {108, 256});
  t.backward(one);
  check_values(host(v.grad()), {6, 8});
  CHECK(other.grad().empty());
}

TEST_CASE("constants cost no gradient", "[autodiff][tape]") {
  const array x = random_array({64, 512}, 1);
  const array w = random_array({512, 2}, 2);
  array dw{{512, 2}};
  tape<double, foreign_backend> t;
  const auto& b = t.backend();
  const auto far = [&](const array& v) {
    return b.keep(std::span<const double>{v.span()}, v.shape());
  };
  const auto g = b.allocate<double>(dw.size());
  const num::view<double> gradient{g, dw.shape()};
  b.fill(gradient, 0.0);
  const auto input = t.constant(far(x));
  const auto loss = sum(affine(input, t.parameter(far(w), gradient), activation::tanh));
  const std::size_t before = b.log().size();
  t.backward(loss);
  CHECK(input.grad().empty());
  CHECK_FALSE(t.wants_gradient(input));
  // Fill the seed, zero and fill the gradient of y, then one fused step; nothing for x.
  const std::vector<std::string> steps(b.log().begin() + static_cast<std::ptrdiff_t>(before),
                                       b.log().end());
  CHECK(steps ==
        std::vector<std::string>{"fill", "fill", "fill", "reduce_backward", "affine_backward"});
  b.synchronise();
  b.deallocate(g, dw.size());
}

TEST_CASE("nothing happens for a root of constants", "[autodiff][tape]") {
  const array x = array_of({2}, {3, 4});
  tape<double> t;
  const auto v = t.constant(x.view());
  const auto y = sum(square(v));
  t.backward(y);
  CHECK(y.item() == 25.0);
  CHECK(y.grad().empty());
  CHECK(v.grad().empty());
}

TEST_CASE("the root may be a leaf", "[autodiff][tape]") {
  const array x = array_of({}, {3});
  array dx{num::shape{}, 1.0};
  tape<double> t;
  t.backward(t.parameter(x.view(), dx.view()), 2.0);
  CHECK(dx[0] == 3.0);
  const auto v = t.variable(x.view());
  t.backward(v);
  CHECK(v.grad()[0] == 1.0);
}

TEST_CASE("the second equal pass allocates nothing", "[autodiff][tape]") {
  const num::tensor<float> x{{32, 300}, 0.1F};
  const num::tensor<float> w{{300, 200}, 0.01F};
  const num::tensor<float> b{{200}, 0.0F};
  const num::tensor<float> gain{{200}, 1.0F};
  num::tensor<float> dw{{300, 200}};
  num::tensor<float> db{{200}};
  num::tensor<float> dg{{200}};
  const std::vector<std::uint8_t> mask(32 * 200, 1);
  const std::vector<std::uint32_t> index(32, 3);
  tape<float> t;
  const auto pass = [&] {
    t.reset();
    const auto input = t.constant(x.view());
    const auto weights = t.parameter(w.view(), dw.view());
    const auto bias = t.parameter(b.view(), db.view());
    auto h = affine(input, weights, bias, activation::tanh);
    h = layer_norm(h, t.parameter(gain.view(), dg.view()), bias);
    h = muster::autodiff::concat({slice(h, 1, 0, 100), slice(h, 1, 100, 100)}, 1);
    const auto logs = masked_log_softmax(h, {mask.data(), {32, 200}});
    const auto picked = pick_columns(logs, {index.data(), {32}});
    t.backward(mean(minimum(clip(exp(picked), 0.1F, 2.0F), picked * 2.0F)) +
               mean(huber(sum(h, 1), 1.0F)));
  };
  pass();
  const std::size_t cold = t.capacity();
  pass();
  muster::testing::no_alloc_scope scope;
  for (int i = 0; i < 3; ++i) pass();
  const auto allocations = scope.allocations();
  CHECK(allocations == 0);
  CHECK(t.capacity() <= cold);
}

TEST_CASE("a pass that was reserved for allocates nothing from the start", "[autodiff][tape]") {
  const num::tensor<float> x{{100, 10}, 0.1F};
  tape<float> t;
  t.reserve(16, 16 * 1024);
  muster::testing::no_alloc_scope scope;
  const auto v = t.variable(x.view());
  const auto y = sum(square(v * v));
  t.backward(y);
  const auto allocations = scope.allocations();
  CHECK(allocations == 0);
  CHECK(v.grad()[0] == Approx(4 * 0.001F));
}

TEST_CASE("memory grows in chunks, and views stay where they are", "[autodiff][tape]") {
  const array x = random_array({1000}, 1);
  tape<double> t;
  auto v = t.variable(x.view());
  std::vector<var<double, num::simd>> all{v};
  for (int i = 0; i < 200; ++i) all.push_back(v = v + 1.0);
  const double* const first = all[1].value().data();
  t.backward(sum(v));
  CHECK(all[1].value().data() == first);
  CHECK(all[200].value()[7] == Approx(x[7] + 200.0));
  CHECK(all[0].grad()[999] == 1.0);
  for (const auto& e : all) {
    CHECK(reinterpret_cast<std::uintptr_t>(e.value().data()) % 64 == 0);
  }
}

TEST_CASE("an array without elements goes through", "[autodiff][tape]") {
  const array none{{0, 3}};
  const array w = random_array({3, 2}, 1);
  array dw{{3, 2}};
  tape<double> t;
  const auto y = sum(affine(t.constant(none.view()), t.parameter(w.view(), dw.view())));
  t.backward(y);
  CHECK(y.item() == 0.0);
  CHECK(std::count(dw.span().begin(), dw.span().end(), 0.0) == 6);
}

TEST_CASE("a moved tape goes on with the memory", "[autodiff][tape]") {
  const array x = random_array({1000}, 1);
  tape<double> a;
  CHECK(sum(a.constant(x.view()) + 1.0).value().size() == 1);
  const std::size_t held = a.capacity();
  tape<double> b = std::move(a);
  CHECK(b.capacity() == held);
  CHECK(b.size() == 0);
  const auto v = b.variable(x.view());
  b.backward(sum(v));
  CHECK(v.grad()[0] == 1.0);
  tape<double> c;
  c = std::move(b);
  CHECK(c.capacity() == held);
}

TEST_CASE("a device sees every operation, and the host touches nothing", "[autodiff][tape]") {
  const foreign_backend device;
  {
    tape<double, foreign_backend> t{device};
    const array x = random_array({8, 3}, 1);
    const auto put = [&](const array& v) {
      return t.variable(device.keep(std::span<const double>{v.span()}, v.shape()));
    };
    const auto v = put(x);
    const auto y = mean(square(tanh(v) * v));
    t.backward(y);
    CHECK(device.waiting() > 0);  // nothing has run: neither forward nor backward waited
    const double value = y.item();
    CHECK(device.waiting() == 0);

    tape<double, num::reference> plain;
    const auto w = plain.variable(x.view());
    const auto z = mean(square(tanh(w) * w));
    plain.backward(z);
    CHECK(z.item() == value);
    std::vector<double> gradient(x.size());
    device.download(v.grad(), std::span<double>{gradient});
    CHECK(gradient == host(w.grad()));

    // Warm means warm for a device's memory too.
    const auto data = device.keep(std::span<const double>{x.span()}, x.shape());
    const auto again = [&] {
      t.reset();
      t.backward(mean(square(tanh(t.variable(data)))));
    };
    again();
    again();
    const std::size_t allocations = device.allocations();
    again();
    CHECK(device.allocations() == allocations);
  }
  CHECK(device.live() == 2);  // what `keep` holds; the tape gave everything back
}

TEST_CASE("the same pass twice gives the same bits", "[autodiff][tape]") {
  const array x = random_array({17, 5}, 1);
  const array w = random_array({5, 9}, 2);
  tape<double> t;
  std::array<std::vector<double>, 2> gradient;
  for (auto& g : gradient) {
    t.reset();
    const auto weights = t.variable(w.view());
    t.backward(sum(log_softmax(affine(t.constant(x.view()), weights, activation::elu)) * 0.3));
    g = host(weights.grad());
  }
  CHECK(gradient[0] == gradient[1]);
}
