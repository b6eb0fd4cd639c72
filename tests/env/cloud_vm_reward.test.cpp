// SPDX-License-Identifier: Apache-2.0
#include <muster/env/cloud_vm_reward.hpp>

#include <cmath>

#include "support/catch.hpp"

using namespace muster;
using env::balance_change_literal, env::balance_change_negative, env::response_balance_reward;

namespace {

const double e = std::exp(1.0);

}  // namespace

TEST_CASE("equation 7: no wait is worth e, and less the longer the wait", "[env][cloud_vm]") {
  const response_balance_reward<> response{{.rho = 1.0}};
  CHECK(response.placed({.run = 7, .wait = 0}) == Approx(e));
  CHECK(response.placed({.run = 7, .wait = 7}) == Approx(std::exp(0.5)));
  CHECK(response.placed({.run = 3, .wait = 9}) == Approx(std::exp(0.25)));
  double last = e;
  for (std::int64_t wait = 1; wait < 2000; wait *= 3) {
    const double r = response.placed({.run = 5, .wait = wait});
    CHECK(r < last);
    CHECK(r > 1.0);
    last = r;
  }
}

TEST_CASE("equation 8: what is no worse is worth 1; both readings of what is worse",
          "[env][cloud_vm]") {
  const response_balance_reward<balance_change_negative> meant{{.rho = 0.0}};
  const response_balance_reward<balance_change_literal> printed{{.rho = 0.0}};
  const task_placement better{.balance_before = 0.3, .balance_after = 0.1};
  const task_placement same{.balance_before = 0.3, .balance_after = 0.3};
  const task_placement worse{.balance_before = 0.1, .balance_after = 0.35};
  const task_placement worst{.balance_before = 0.1, .balance_after = 0.45};
  CHECK(meant.placed(better) == 1.0);
  CHECK(printed.placed(better) == 1.0);
  CHECK(meant.placed(same) == 1.0);
  CHECK(printed.placed(same) == 1.0);
  CHECK(meant.placed(worse) == Approx(-0.25));
  CHECK(printed.placed(worse) == Approx(0.25));
  // Why the sign is turned: as printed, the worst of the bad placements earns most.
  CHECK(meant.placed(worst) < meant.placed(worse));
  CHECK(printed.placed(worst) > printed.placed(worse));
  // Rounding does not count as a change.
  CHECK(meant.placed({.balance_before = 0.1, .balance_after = 0.1 + 1e-8}) == 1.0);
}

TEST_CASE("equation 6: rho between the two", "[env][cloud_vm]") {
  const task_placement p{.run = 2, .wait = 2, .balance_before = 0.1, .balance_after = 0.3};
  CHECK(response_balance_reward<>{{.rho = 0.25}}.placed(p) ==
        Approx(0.25 * std::exp(0.5) + 0.75 * -0.2));
  CHECK(response_balance_reward<>{}.placed(p) == Approx(0.5 * std::exp(0.5) + 0.5 * -0.2));
}

TEST_CASE("equation 9 and the waits: from -1 at an idle machine to -e at a full one",
          "[env][cloud_vm]") {
  const response_balance_reward<> r;
  CHECK(r.denied(0.0) == -1.0);
  CHECK(r.denied(0.75) == Approx(-std::exp(0.75)));
  CHECK(r.denied(1.0) == Approx(-e));
  CHECK(r.waited(false) == 0.0);
  CHECK(r.waited(true) == -5.0);
  CHECK(r.waited(true) < r.denied(1.0));  // below every value of equation 9
  const response_balance_reward<> mild{{.mistakes = {.lazy = -3.0, .forced = -0.1}}};
  CHECK(mild.waited(true) == -3.0);
  CHECK(mild.waited(false) == -0.1);
}

TEST_CASE("another goal: the end of the schedule", "[env][cloud_vm]") {
  const env::makespan_reward r;
  // Runs in the shadow of a longer one: costs nothing. Alone: its whole run time.
  CHECK(r.placed({.run = 4, .makespan_before = 10, .makespan_after = 10}) == 0.0);
  CHECK(r.placed({.run = 4, .makespan_before = 10, .makespan_after = 13}) == -0.75);
  CHECK(r.placed({.run = 4, .makespan_before = 10, .makespan_after = 14}) == -1.0);
  CHECK(r.waited(true) == -5.0);
  CHECK(r.denied(0.0) == -1.0);
}
