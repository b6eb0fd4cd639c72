// SPDX-License-Identifier: Apache-2.0
#include <muster/interop/std_expected.hpp>

#include "support/catch.hpp"

#ifdef __cpp_lib_expected

#include <string>

namespace interop = muster::interop;
using muster::error;
using muster::result;

TEST_CASE("results become expecteds and back", "[interop][expected]") {
  const error reason{"is empty", "a.csv", 0, "", "a header"};
  const auto good = interop::to_expected(result<std::string>{std::string{"text"}});
  CHECK(good.value() == "text");
  const auto bad = interop::to_expected(result<std::string>{reason});
  CHECK(bad.error().what == "is empty");
  CHECK(interop::from_expected(good).value() == "text");
  CHECK(interop::from_expected(bad).failure().file == "a.csv");
  CHECK(interop::to_expected(result<void>{}).has_value());
  CHECK_FALSE(interop::from_expected(interop::to_expected(result<void>{reason})).has_value());
}

#else

TEST_CASE("std_expected.hpp is empty before C++23", "[interop][expected]") {
  SUCCEED("skipped: this standard library has no std::expected");
}

#endif
