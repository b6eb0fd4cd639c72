// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/view_of_targets.hpp"

#include <array>

#include <muster/kmps/baselines/three_way.hpp>

using namespace muster;
using kmps::region;

TEST_CASE("three_way: thresholds by hand", "[kmps][baselines]") {
  constexpr kmps::three_way_losses l{};
  static_assert(l.alpha() == 6.0 / 8.0);  // (8 - 2) / (8 - 2 + 2 - 0)
  static_assert(l.beta() == 2.0 / 6.0);   // (2 - 0) / (2 - 0 + 6 - 2)
  static_assert(l.valid());
  static_assert(l.decide(0.75) == region::accept && l.decide(0.74) == region::delay);
  static_assert(l.decide(0.33) == region::reject && l.decide(0.34) == region::delay);
  // Delaying that costs as much as a mistake leaves no region between.
  static_assert(!kmps::three_way_losses{0.0, 5.0, 6.0, 0.0, 5.0, 8.0}.valid());
}

TEST_CASE("three_way: the region is the action with the least expected loss", "[kmps][baselines]") {
  rng random{3};
  int checked = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto u = [&] { return 0.05 + uniform01(random); };
    kmps::three_way_losses l;
    l.accept_p = u();
    l.delay_p = l.accept_p + u();
    l.reject_p = l.delay_p + u();
    l.reject_n = u();
    l.delay_n = l.reject_n + u();
    l.accept_n = l.delay_n + u();
    if (!l.valid()) continue;
    ++checked;
    const double p = uniform01(random);
    const double accept = p * l.accept_p + (1 - p) * l.accept_n;
    const double delay = p * l.delay_p + (1 - p) * l.delay_n;
    const double reject = p * l.reject_p + (1 - p) * l.reject_n;
    const double chosen = l.decide(p) == region::accept  ? accept
                          : l.decide(p) == region::delay ? delay
                                                         : reject;
    REQUIRE(chosen <= (std::min)({accept, delay, reject}) + 1e-12);
  }
  CHECK(checked > 500);
}

TEST_CASE("three_way places by region, and leaving the cluster has a price", "[kmps][baselines]") {
  support::hand_made h{1, 1};
  rng random{1};
  const kmps::three_way rule;
  // Answers after 60, 100 and 250 ms; all are certain to be on time in 10 s.
  CHECK(rule.on_time(h.view, 0) == Approx(1.0));
  CHECK(rule.choose(h.view, random) == 0);
  h.queue(0, 4);  // 10 + 195 + 50 = 255 ms: still certain, and at home
  CHECK(rule.choose(h.view, random) == 0);

  h.view.request.deadline = instant{} + milliseconds(160);
  // slack -95 ms, +60 ms, -90 ms
  CHECK(rule.on_time(h.view, 1) == Approx(1.0 / (1.0 + std::exp(-1.2))));  // 0.769
  CHECK(rule.decide(h.view, 0) == region::reject);
  // For a neighbour alpha = 6.25 / 8.25... raised by privacy 0.25 on both sides
  CHECK(rule.losses(target_kind::neighbour).alpha() == Approx(6.25 / (6.25 + 1.75)));
  CHECK(rule.decide(h.view, 1) == region::delay);
  CHECK(rule.choose(h.view, random) == 1);  // nothing accepted: the best of the delayed
  const kmps::three_way open{{.neighbour_privacy = 0.0, .cloud_privacy = 0.0}};
  CHECK(open.decide(h.view, 1) == region::accept);

  h.view.request.deadline = instant{} + milliseconds(20);
  CHECK(rule.choose(h.view, random) == 2);  // all rejected: the cloud
  h.cells[1].replicas = 0;
  CHECK(rule.on_time(h.view, 1) == 0.0);
  CHECK(support::breaks("losses are out of order",
                        [] { (void)kmps::three_way{{.cloud_privacy = 2.5}}; }));
}

TEST_CASE("three_way: federate is the weighted mean of the losses", "[kmps][baselines]") {
  const std::array own{kmps::three_way_losses{}, kmps::three_way_losses{0, 4, 8, 0, 4, 16}};
  const auto mean = kmps::federate(own, std::array{3.0, 1.0});
  CHECK(mean.delay_p == 2.5);
  CHECK(mean.reject_p == 6.5);
  CHECK(mean.accept_n == 10.0);
  CHECK(mean.valid());
  CHECK(
      support::breaks("one weight for each", [&] { (void)kmps::federate(own, std::array{1.0}); }));
}
