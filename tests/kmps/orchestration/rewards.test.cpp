// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/rewards.hpp>

#include <array>
#include <vector>

#include "kmps/orchestration/frames.hpp"
#include "support/catch.hpp"

using namespace muster;
using kmps::adjustment;

static_assert(kmps::orchestration_reward<kmps::completed_gain>);
static_assert(kmps::orchestration_reward<kmps::demand_growth>);
static_assert(kmps::orchestration_reward<kmps::frame_throughput>);

namespace {

template <class Reward>
float pay(const Reward& r, const frame_view& before, const frame_view& after,
          std::span<const adjustment> done, std::vector<float>& credit) {
  typename Reward::memory m{};
  credit.assign(done.size(), 0.0F);
  r.begin(m, before, done);
  return r.end(m, after, done, credit);
}

}  // namespace

TEST_CASE("completed_gain: more done than before, less what is uneven", "[kmps][orchestration]") {
  tests::made_frame before{1, 2, 2}, after{1, 2, 2};
  std::vector<float> credit;
  before.target_flows[0].done = 30;
  before.target_flows[1].done = 10;
  before.target_flows[2].done = 99;  // the cloud does not count
  before.flows[0] = {50, 40, 10};
  after.target_flows[0].done = 40;
  after.target_flows[1].done = 20;
  after.flows[1] = {60, 60, 10};
  after.target_flows[0].core_milliseconds = 4000.0;
  after.target_flows[1].core_milliseconds = 4000.0;
  // g = (60 - 40) / ((50 + 70) / 2), and both nodes are used alike.
  CHECK(pay(kmps::completed_gain{}, before.view, after.view, {}, credit) == Approx(1.0 / 3.0));
  // One node does everything: Jain 1/2.
  after.target_flows[1].core_milliseconds = 0.0;
  CHECK(pay(kmps::completed_gain{}, before.view, after.view, {}, credit) ==
        Approx(1.0 / 3.0 - 0.5));
  CHECK(pay(kmps::completed_gain{{.gain = 3.0, .imbalance = 0.0}}, before.view, after.view, {},
            credit) == Approx(1.0));
  // Use is by core: a node of twice the cores with twice the work is used alike.
  after.rows[1].cpu_total = 8000;
  after.target_flows[1].core_milliseconds = 8000.0;
  CHECK(pay(kmps::completed_gain{}, before.view, after.view, {}, credit) == Approx(1.0 / 3.0));
  // Nothing happened at all: nothing is gained, and nobody is treated worse.
  tests::made_frame idle{1, 2, 2};
  CHECK(pay(kmps::completed_gain{}, idle.view, idle.view, {}, credit) == 0.0F);
}

TEST_CASE("demand_growth: replicas where demand is, by hand", "[kmps][orchestration]") {
  tests::made_frame before{1, 2, 2}, after{1, 2, 2};
  // Demand 0.6 * 100 + 0.4 * 50 = 80 and 0.6 * 10 + 0.4 * 35 = 20: shares 0.8 and 0.2.
  before.flows[0] = {100, 70, 30};
  before.flows[1] = {10, 10, 0};
  before.at_access = {40, 35};
  before.cell(1, 0).waiting = 10;
  const std::array<adjustment, 4> done{adjustment{0, 1, 1}, adjustment{1, 2, 2},
                                       adjustment{0, -1, -1}, adjustment{1, 1, 0}};
  std::vector<float> credit;
  const float frame = pay(kmps::demand_growth{}, before.view, after.view, done, credit);
  CHECK(credit[0] == Approx(2.0 * 0.8));
  CHECK(credit[1] == Approx(-0.3 * 0.8));
  CHECK(credit[2] == 0.0F);  // removing is neither
  CHECK(credit[3] == 0.0F);  // not carried out
  CHECK(frame == Approx((1.6 - 0.24) / 4.0));
  // Nobody wants anything: every new replica is too much.
  const float idle = pay(kmps::demand_growth{}, after.view, after.view, done, credit);
  CHECK(credit[0] == Approx(-0.3));
  CHECK(idle == Approx(-0.15));
}

TEST_CASE("frame_throughput: the share on time, and who was missed", "[kmps][orchestration]") {
  tests::made_frame before{1, 2, 2}, after{1, 2, 2};
  after.flows[0] = {90, 60, 30};
  after.flows[1] = {10, 10, 0};
  const std::array<adjustment, 5> done{adjustment{0, 1, 1}, adjustment{1, 2, 2},
                                       adjustment{0, -1, -1}, adjustment{1, -2, -2},
                                       adjustment{1, 1, 0}};
  const kmps::frame_throughput r{{.need = 2.0, .cost = 0.1}};
  std::vector<float> credit;
  CHECK(pay(r, before.view, after.view, done, credit) == Approx(0.7));
  CHECK(credit[0] == Approx(0.6 - 0.1));
  CHECK(credit[1] == Approx(-0.1));
  CHECK(credit[2] == Approx(-0.6));
  CHECK(credit[3] == 0.0F);
  CHECK(credit[4] == 0.0F);
  // Nothing finished.
  CHECK(pay(r, before.view, before.view, done, credit) == 1.0F);
  CHECK(credit[0] == 0.0F);
}
