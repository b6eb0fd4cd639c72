// SPDX-License-Identifier: Apache-2.0
#include <muster/core/config.hpp>

#include <string>

#include <muster/core/contracts.hpp>
#include <muster/version.hpp>

#include "support/catch.hpp"
#include "support/contract.hpp"

#define TEXT_OF(x) #x
#define EXPANDED_TEXT_OF(x) TEXT_OF(x)

namespace muster::inline MUSTER_ABI {
struct lives_in_the_abi_namespace {};
}  // namespace muster::inline MUSTER_ABI

TEST_CASE("the inline namespace records the choice of contracts", "[core][config]") {
  static_assert(MUSTER_CONTRACTS == 1, "this file is compiled with the default");
  CHECK(std::string{EXPANDED_TEXT_OF(MUSTER_ABI)} == "v0");
  [[maybe_unused]] muster::v0::lives_in_the_abi_namespace spelled_out =
      muster::lives_in_the_abi_namespace{};
}

TEST_CASE("the version as text is the version as numbers", "[core][config]") {
  CHECK(std::to_string(MUSTER_VERSION_MAJOR) + "." + std::to_string(MUSTER_VERSION_MINOR) + "." +
            std::to_string(MUSTER_VERSION_PATCH) ==
        MUSTER_VERSION_STRING);
}

TEST_CASE("by default a broken precondition prints one line and aborts", "[core][config]") {
  const std::string text =
      support::broken_contract([] { MUSTER_EXPECTS(1 + 1 == 3, "muster: sum is wrong; write 2"); });
  CHECK(text.find("config.test.cpp:") != std::string::npos);
  CHECK(text.find(": muster: sum is wrong; write 2\n") != std::string::npos);
  CHECK(text.find('\n') == text.size() - 1);
}

TEST_CASE("a kept precondition does not abort", "[core][config]") {
  CHECK(support::broken_contract([] { MUSTER_EXPECTS(true, "muster: no; write yes"); }).empty());
}
