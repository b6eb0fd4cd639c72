// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include <muster/autodiff/check_gradient.hpp>
#include <muster/autodiff/ops.hpp>
#include <muster/core/rng.hpp>
#include <muster/num/backend/simd.hpp>
#include <muster/num/tensor.hpp>
#include "autodiff/foreign_backend.hpp"
#include "support/catch.hpp"

namespace muster_test {

using array = num::tensor<double>;

/// Uniform in [low, high), the same for the same seed.
inline array random_array(num::shape s, std::uint64_t seed, double low = -2.0, double high = 2.0) {
  array x{s};
  muster::rng g{seed};
  for (double& e : x.span()) e = low + (high - low) * muster::uniform01(g);
  return x;
}
/// Random multiples of 0.25 plus an offset: two of them with other offsets never tie, and
/// with an offset of 0.1 they keep away from kinks at multiples of 0.25.
inline array random_steps(num::shape s, std::uint64_t seed, double offset) {
  array x{s};
  muster::rng g{seed};
  for (double& e : x.span()) {
    e = 0.25 * static_cast<double>(muster::uniform_below(g, 17)) - 2.0 + offset;
  }
  return x;
}
inline array array_of(num::shape s, std::initializer_list<double> values) {
  array x{s};
  std::copy(values.begin(), values.end(), x.data());
  return x;
}

/// Masks, indices and constants where the backend can read them. The host's copy stays alive.
template <class Backend, class U>
num::view<const U> on_backend(const Backend& b, std::span<const U> v, num::shape s) {
  if constexpr (Backend::host_memory) {
    return {v.data(), s};
  } else {
    return b.keep(v, s);
  }
}
template <class Backend, class U>
num::view<const U> on_backend(const Backend& b, const std::vector<U>& v, num::shape s) {
  return on_backend(b, std::span<const U>{v}, s);
}

/// The gradient of f at these inputs, on every backend of the tests.
template <class F, class... Tensors>
void check_everywhere(const F& f, const Tensors&... inputs) {
  using muster::autodiff::check_gradient;
  const auto plain = check_gradient<num::reference>(f, inputs...);
  INFO("reference: " << plain.to_string());
  CHECK(plain.within(1e-6));
  const auto fast = check_gradient<num::simd>(f, inputs...);
  INFO("simd: " << fast.to_string());
  CHECK(fast.within(1e-6));
  const auto device = check_gradient<foreign_backend>(f, inputs...);
  INFO("foreign: " << device.to_string());
  CHECK(device.within(1e-6));
  CHECK(device.tape == plain.tape);
}

/// What f computes, on the host.
template <class F, class... Tensors>
std::vector<double> values_of(const F& f, const Tensors&... inputs) {
  muster::autodiff::tape<double, num::reference> t;
  const auto y = f(t.constant(inputs.view())...);
  return {y.value().span().begin(), y.value().span().end()};
}
inline void check_values(const std::vector<double>& got, const std::vector<double>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO("element " << i);
    CHECK(got[i] == Approx(expected[i]).margin(1e-14));
  }
}

}  // namespace muster_test
