// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <string>
#include <utility>

#include <muster/adapters/kubernetes/quantity.hpp>
#include <muster/core/rng.hpp>

using muster::adapters::kubernetes::read_quantity;

TEST_CASE("read_quantity reads every form Kubernetes writes", "[adapters][kubernetes]") {
  const std::pair<const char*, std::int64_t> known[] = {
      {"0", 0},
      {"1", 1000},
      {"250m", 250},
      {"0.1", 100},
      {"1.5", 1500},
      {".5", 500},
      {"2.", 2000},
      {"+3", 3000},
      {"16", 16'000},
      {"1e3", 1'000'000},
      {"1E3", 1'000'000},
      {"12e-2", 120},
      {"100u", 1},  // rounded up, as the server does
      {"1n", 1},
      {"1500u", 2},
      {"2k", 2'000'000},
      {"1M", 1'000'000'000},
      {"1Ki", 1'024'000},
      {"1.5Gi", 1'610'612'736'000},
      {"16Gi", 17'179'869'184'000},
      {"1E", 1'000'000'000'000'000'000 / 1 * 1},
  };
  for (const auto& [text, value] : known) {
    INFO(text);
    const auto q = read_quantity(text);
    if (std::string{text} == "1E") {  // 10^21 thousandths are more than fit
      CHECK_FALSE(q);
      continue;
    }
    REQUIRE(q);
    CHECK(*q == value);
  }
  CHECK(*read_quantity("8Pi") == 8LL * 1125899906842624LL * 1000);
}

TEST_CASE("read_quantity refuses everything else", "[adapters][kubernetes]") {
  for (const char* text : {"", "m", "-1", "1.2.3", "1x", "1mi", "1Mib", "1e", "1e+", "1e1000", "Gi",
                           "1 Gi", "9223372036854775807", "10E", "16Ei", "1e30", "0x10"}) {
    INFO(text);
    CHECK_FALSE(read_quantity(text));
  }
  CHECK(read_quantity("many\n").failure().to_string() ==
        "'many?' is no amount; expected an amount such as 250m, 1.5, 16Gi or 1e3");
  // Any bytes give an amount that is not negative, or an error.
  muster::rng random{1};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = muster::uniform_below(random, 12); n > 0; --n) {
      text += "0123456789.eE+-numkMGTPEi\xff "[muster::uniform_below(random, 28)];
    }
    const auto q = read_quantity(text);
    if (q) REQUIRE(*q >= 0);
  }
}
