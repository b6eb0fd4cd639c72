// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <array>
#include <cstdint>

#include <muster/nn/parameter_hash.hpp>

#include "nn/far_backend.hpp"

using namespace muster;

TEST_CASE("parameter_hash: the check value of CRC-64/XZ", "[nn][parameter_hash]") {
  const std::array<std::uint8_t, 9> digits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  CHECK(nn::parameter_hash(std::span<const std::uint8_t>{digits}) == 0x995DC9BBDF1939FAU);
}

TEST_CASE("parameter_hash: equal values, equal numbers; one bit more, another one",
          "[nn][parameter_hash]") {
  nn::parameter_store<> a, b;
  for (auto* s : {&a, &b}) {
    s->add("w", {3, 5});
    s->add("b", {5});
    s->commit();
    for (std::size_t i = 0; i < 15; ++i) s->value({0})[i] = static_cast<float>(i) * 0.1F;
  }
  CHECK(nn::parameter_hash(a) == nn::parameter_hash(b));
  b.value({1})[4] = 1e-30F;
  CHECK(nn::parameter_hash(a) != nn::parameter_hash(b));
}

TEST_CASE("parameter_hash: where the memory is makes no difference", "[nn][parameter_hash]") {
  nn::parameter_store<> here;
  nn::parameter_store<float, testing_support::far_backend> there;
  here.add("w", {4});
  there.add("w", {4});
  here.commit();
  there.commit();
  CHECK(nn::parameter_hash(here) == nn::parameter_hash(there));
}
