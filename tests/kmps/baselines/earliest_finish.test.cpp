// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <muster/kmps/baselines/earliest_finish.hpp>

using namespace muster;

TEST_CASE("earliest_finish adds travel, backlog and execution", "[kmps][baselines]") {
  support::hand_made h{1, 1};
  rng random{1};
  const kmps::earliest_finish rule;
  CHECK(rule.choose(h.view, random) == 0);  // 60 ms, 100 ms, 250 ms
  h.queue(0, 1);                            // 10 + (50 - 5) + 50 = 105 ms
  CHECK(h.view.estimated_answer(0) == instant{105'000});
  CHECK(rule.choose(h.view, random) == 1);
  h.rows[0].speed = 2.0;  // 10 + (25 - 5) + 25 = 55 ms
  CHECK(rule.choose(h.view, random) == 0);
  h.rows[0].speed = 1.0;
  h.queue(0, 4);
  h.queue(1, 5);  // 50 + 225 + 50 = 325 ms: now the cloud is first
  CHECK(rule.choose(h.view, random) == 2);
}
