// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/nn/flat_parameters.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <vector>

#include "nn/far_backend.hpp"
#include "support/catch.hpp"

namespace nn = muster::nn;

namespace {

// Parameters of 3, 2, 2 and 3 numbers, filled with 1, 2, 3, ...; "b" is "a" the other way round.
template <class Backend = muster::num::simd>
struct four {
  nn::parameter_store<float, Backend> store;
  four() {
    store.add("a.weight", {3});
    store.add("a.bias", {2});
    store.add("b.weight", {3});
    store.add("b.bias", {2});
    store.commit();
    std::vector<float> all(10);
    for (std::size_t i = 0; i < 10; ++i) all[i] = static_cast<float>(i + 1);
    nn::flat_parameters{store}.write(all);
  }
};

template <class Flat>
std::vector<float> numbers(const Flat& f) {
  std::vector<float> v(f.size());
  f.read(v);
  return v;
}

}  // namespace

TEST_CASE("parameters as one row, without the zeros between them", "[nn][flat_parameters]") {
  four<> m;
  CHECK(m.store.values().size() > 10);
  CHECK(numbers(nn::flat_parameters{m.store}) == std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  const nn::flat_parameters b{m.store, "b."};
  CHECK(numbers(b) == std::vector<float>{6, 7, 8, 9, 10});
  CHECK(std::vector<std::size_t>(b.boundaries().begin(), b.boundaries().end()) ==
        std::vector<std::size_t>{0, 3, 5});
}

TEST_CASE("writing one part leaves the others and the zeros alone", "[nn][flat_parameters]") {
  four<> m;
  const nn::flat_parameters a{m.store, "a."}, b{m.store, "b."};
  b.write(std::vector<float>{-1, -2, -3, -4, -5});
  CHECK(numbers(a) == std::vector<float>{1, 2, 3, 4, 5});
  a.copy(b);
  CHECK(numbers(a) == numbers(b));
  float sum = 0.0F;
  for (std::size_t i = 0; i < m.store.values().size(); ++i) sum += m.store.values()[i];
  CHECK(sum == -30.0F);  // twice -15, and zeros
}

TEST_CASE("parameters that the host cannot read travel as well", "[nn][flat_parameters]") {
  four<testing_support::far_backend> m;
  CHECK(numbers(nn::flat_parameters{m.store, "a"}) == std::vector<float>{1, 2, 3, 4, 5});
}

TEST_CASE("exchanging parameters does not allocate", "[nn][flat_parameters][alloc]") {
  four<> m;
  const nn::flat_parameters a{m.store, "a."}, b{m.store, "b."};
  std::vector<float> room(a.size());
  const muster::testing::no_alloc_scope watch;
  a.read(room);
  b.write(room);
  a.copy(b);
  const auto count = watch.allocations();
  CHECK(count == 0);
}
