// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <muster/num/backend/eigen.hpp>
#include <muster/testing/laws/backend.hpp>
#include <muster/testing/laws/backend_gradients.hpp>

using namespace muster::num;

namespace {
const auto report = [](const char* law, bool holds) {
  INFO(law);
  CHECK(holds);
};
}  // namespace

TEST_CASE("eigen obeys the laws of backend", "[num][laws]") {
  muster::testing::check_backend_laws<float>(eigen{}, 21, 8, report);
  muster::testing::check_backend_laws<double>(eigen{}, 22, 4, report);
}

TEST_CASE("every backward operation of eigen is a derivative", "[num][laws]") {
  muster::testing::check_backend_gradients(eigen{}, 23, 3, report);
}
