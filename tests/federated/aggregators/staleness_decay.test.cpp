// SPDX-License-Identifier: Apache-2.0
#include <muster/federated/aggregators/staleness_decay.hpp>

#include "support/catch.hpp"

using namespace muster::federated;

TEST_CASE("decays by hand", "[federated][staleness]") {
  CHECK(constant_decay{}(0) == 1.0);
  CHECK(constant_decay{}(1'000'000) == 1.0);
  CHECK(polynomial_decay{}(0) == 1.0);
  CHECK(polynomial_decay{.exponent = 0.5}(3) == Approx(0.5));  // 4^-1/2
  CHECK(polynomial_decay{.exponent = 1.0}(9) == Approx(0.1));  // 10^-1
  CHECK(polynomial_decay{.exponent = 0.0}(9) == 1.0);          // constant
  CHECK(hinge_decay{.slope = 2.0, .patience = 4}(0) == 1.0);
  CHECK(hinge_decay{.slope = 2.0, .patience = 4}(4) == 1.0);
  CHECK(hinge_decay{.slope = 2.0, .patience = 4}(7) == Approx(1.0 / 7.0));  // 1 / (2 * 3 + 1)
}

TEST_CASE("a decay starts at 1 and does not rise", "[federated][staleness][laws]") {
  const auto check = [](auto decay) {
    CHECK(decay(0) == 1.0);
    double last = 1.0;
    bool falls = true;
    for (std::uint64_t s = 1; s < 2000; ++s) {
      const double now = decay(s);
      falls = falls && now >= 0.0 && now <= last;
      last = now;
    }
    CHECK(falls);
    CHECK(decay(~std::uint64_t{0}) >= 0.0);
  };
  check(constant_decay{});
  check(polynomial_decay{});
  check(polynomial_decay{.exponent = 3.0});
  check(hinge_decay{});
}

TEST_CASE("the polynomial falls with every version, the hinge after its patience",
          "[federated][staleness]") {
  for (std::uint64_t s = 0; s < 100; ++s) {
    CHECK(polynomial_decay{}(s + 1) < polynomial_decay{}(s));
    if (s >= hinge_decay{}.patience) CHECK(hinge_decay{}(s + 1) < hinge_decay{}(s));
  }
}
