// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <muster/nn/parameter_store.hpp>
#include <utility>

#include "support/catch.hpp"

namespace nn = muster::nn;
using muster::num::shape;

TEMPLATE_TEST_CASE("parameters lie in one block, each from a cache line on", "[nn]", float,
                   double) {
  nn::parameter_store<TestType> store;
  const auto a = store.add("a.weight", {3, 5});
  const auto b = store.add("a.bias", {5});
  const auto c = store.add("scale", {});
  CHECK(store.count() == 21);
  store.commit();

  const std::size_t line = 64 / sizeof(TestType);  // 16 floats, 8 doubles
  CHECK(store.values().size() == 16 + 2 * line);   // 15, 5 and 1 rounded up
  CHECK(store.entries()[1].offset == 16);
  CHECK(store.entries()[2].offset == 16 + line);
  for (const auto p : {a, b, c}) {
    CHECK(reinterpret_cast<std::uintptr_t>(store.value(p).data()) % 64 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(store.grad(p).data()) % 64 == 0);
  }
  CHECK(store.value(a).shape() == shape{3, 5});
  CHECK(store.value(c).size() == 1);
  for (const TestType x : store.values().span()) CHECK(x == 0);

  store.grad(b)[4] = TestType(2);
  CHECK(store.grads()[16 + 4] == 2);
  store.zero_grads();
  for (const TestType x : store.grads().span()) CHECK(x == 0);
}

TEST_CASE("what a layer keeps stays valid when the store moves", "[nn]") {
  nn::parameter_store<> store;
  const auto p = store.add("p", {2});
  const auto kept = store.refer();
  store.commit();
  store.value(p)[1] = 7.0F;
  const nn::parameter_store<> moved = std::move(store);
  CHECK(kept.value(p)[1] == 7.0F);
  CHECK(kept.value(p).data() == moved.value(p).data());
}

TEST_CASE("values are copied between models of one shape", "[nn]") {
  const auto build = [](float x) {
    nn::parameter_store<> store;
    const auto p = store.add("p", {3});
    store.commit();
    for (float& v : store.value(p).span()) v = x;
    return store;
  };
  auto online = build(1.5F);
  auto target = build(0.0F);
  CHECK(target.same_layout(online));
  target.copy_values(online);
  CHECK(target.values()[2] == 1.5F);
  online.values()[2] = 9.0F;  // a copy, not a second name
  CHECK(target.values()[2] == 1.5F);

  nn::parameter_store<> other;
  other.add("p", {4});
  CHECK_FALSE(other.same_layout(online));
}

TEST_CASE("an empty store can be committed", "[nn]") {
  nn::parameter_store<> store;
  store.commit();
  store.zero_grads();
  CHECK(store.count() == 0);
  CHECK(store.values().size() == 0);
}
