// SPDX-License-Identifier: Apache-2.0
#include <muster/core/rng.hpp>
#include <muster/rl/running_moments.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "support/catch.hpp"

using muster::rl::running_moments;

TEST_CASE("moments of blocks equal the moments of all", "[rl][running_moments]") {
  muster::rng g{1};
  std::vector<float> all(1000);
  for (float& x : all) x = static_cast<float>(1e4 + muster::uniform01(g));
  running_moments whole;
  whole.add(all);
  running_moments parts;
  std::size_t at = 0;
  for (const std::size_t n : {1U, 0U, 99U, 400U, 500U}) {
    parts.add(std::span<const float>{all}.subspan(at, n));
    at += n;
  }
  CHECK(parts.mean() == Approx(whole.mean()).epsilon(1e-12));
  CHECK(parts.sd() == Approx(whole.sd()).epsilon(1e-9));
  CHECK(whole.sd() == Approx(std::sqrt(1.0 / 12.0)).margin(0.01));  // far from zero, yet exact
}

TEST_CASE("moments by hand, and their inverse", "[rl][running_moments]") {
  running_moments m;
  CHECK(m.mean() == 0.0);
  CHECK(m.sd() == 1.0);
  const std::array block{1.0F, 3.0F, 5.0F, 7.0F};
  m.add(block);
  CHECK(m.mean() == 4.0);
  CHECK(m.sd() == Approx(std::sqrt(5.0)));
  CHECK(m.normalised(4.0 + std::sqrt(5.0)) == Approx(1.0));
  CHECK(m.restored(m.normalised(-17.0)) == Approx(-17.0));
  running_moments same;
  const std::array twos{2.0F, 2.0F};
  same.add(twos);
  CHECK(same.sd() == 1.0);
}

TEST_CASE("the state is all there is", "[rl][running_moments]") {
  running_moments a;
  const std::array block{1.0F, 2.0F, 4.0F};
  a.add(block);
  running_moments b;
  for (std::size_t i = 0; i < a.state().size(); ++i) b.state()[i] = a.state()[i];
  a.add(block);
  b.add(block);
  CHECK(a.mean() == b.mean());
  CHECK(a.sd() == b.sd());
}
