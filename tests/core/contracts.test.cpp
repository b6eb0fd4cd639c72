// SPDX-License-Identifier: Apache-2.0
#define MUSTER_CONTRACTS 3
#include <muster/core/contracts.hpp>

#include <string>

#include "support/catch.hpp"

namespace {
struct broken {
  std::string text, file;
  int line;
};
}  // namespace

// A handler must not return; a test may throw instead.
void muster::contract_handler(const char* text, const char* file, int line) {
  throw broken{text, file, line};
}

TEST_CASE("with handler contracts a broken precondition reaches the user", "[core][contracts]") {
  bool reached = false;
  try {
    MUSTER_EXPECTS(2 < 1, "muster: order is wrong; write less first");
    FAIL("the precondition held");
  } catch (const broken& b) {
    reached = true;
    CHECK(b.text == "muster: order is wrong; write less first");
    CHECK(b.file.find("contracts.test.cpp") != std::string::npos);
    CHECK(b.line == __LINE__ - 6);
  }
  CHECK(reached);
}

TEST_CASE("a kept precondition costs one evaluation and nothing else", "[core][contracts]") {
  int evaluated = 0;
  MUSTER_EXPECTS(++evaluated == 1, "muster: counter is wrong; start at 0");
  CHECK(evaluated == 1);
}

TEST_CASE("a precondition is one expression", "[core][contracts]") {
  // So that it may stand in an else branch without braces, and in a constant expression.
  const auto half = [](int x) constexpr {
    return MUSTER_EXPECTS(x % 2 == 0, "muster: half of an odd number; write an even one"), x / 2;
  };
  static_assert(half(4) == 2);
  CHECK(half(6) == 3);
}
