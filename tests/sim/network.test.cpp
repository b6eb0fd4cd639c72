// SPDX-License-Identifier: Apache-2.0
#include <muster/sim/network.hpp>

#include "support/catch.hpp"

using muster::duration;
using muster::milliseconds;
using muster::sim::link_kind;
using muster::sim::network;

TEST_CASE("the default links lie within the limits of the paper", "[sim][network]") {
  const network n;
  CHECK(n.least_delay(link_kind::local, 0) < milliseconds(10));
  CHECK(n.least_delay(link_kind::cross, 0) < milliseconds(30));
  CHECK(n.least_delay(link_kind::wide, 0) == milliseconds(100));
}

TEST_CASE("bytes take time and energy", "[sim][network]") {
  network n{{.local = {milliseconds(5), {}, 125e6, 5e-9}}};
  muster::rng g{1};
  // 1 MB at 1 Gbit/s: 8 ms on top of 5.
  CHECK(n.send(link_kind::local, 1'000'000, g) == milliseconds(13));
  CHECK(n.send(link_kind::local, 1, g) == milliseconds(5) + duration{1});  // rounded up
  CHECK(n.bytes(link_kind::local) == 1'000'001);
  CHECK(n.messages(link_kind::local) == 2);
  CHECK(n.messages(link_kind::wide) == 0);
  (void)n.send(link_kind::wide, 1'000'000'000, g);
  CHECK(n.joules() == Approx(1'000'001 * 5e-9 + 60.0));
  CHECK(g == muster::rng{1});  // without jitter no number is drawn
  n.reset();
  CHECK(n.joules() == 0.0);
}

TEST_CASE("jitter only delays, evenly up to its limit", "[sim][network]") {
  network n{{.cross = {milliseconds(25), duration{1000}}}};
  muster::rng g{4};
  duration least = milliseconds(99), most{};
  double sum = 0.0;
  for (int k = 0; k < 20'000; ++k) {
    const duration d = n.send(link_kind::cross, 0, g);
    least = d < least ? d : least;
    most = most < d ? d : most;
    sum += d.milliseconds();
  }
  CHECK(least == milliseconds(25));
  CHECK(most == milliseconds(26));
  CHECK(sum / 20'000 == Approx(25.5).margin(0.01));  // sd of the mean: 0.002
}
