// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <deque>
#include <muster/core/rng.hpp>
#include <muster/queue/service_estimate.hpp>

#include "support/catch.hpp"

using muster::duration;
using muster::milliseconds;
using muster::seconds;
using muster::service_id;
using muster::queue::service_estimate;

TEST_CASE("the estimate follows the closed form of equation 3", "[queue][service_estimate]") {
  // Constant T: E_n = lambda^n E_0 + (1 - lambda^n) T.
  service_estimate e{{.smoothing = 0.8, .replace_cold_start = false}};
  CHECK(e.estimate(service_id{0}) == milliseconds(2500));
  for (int n = 1; n <= 20; ++n) {
    e.observe(service_id{0}, milliseconds(100));
    const double p = std::pow(0.8, n);
    CHECK(e.estimate_us(service_id{0}) == Approx(p * 2.5e6 + (1 - p) * 1e5).epsilon(1e-12));
  }
  CHECK(e.estimate(service_id{1}) == milliseconds(2500));  // services do not mix
}

TEST_CASE("the first completion replaces the cold start unless told otherwise",
          "[queue][service_estimate]") {
  service_estimate e;
  e.observe(service_id{2}, milliseconds(400));
  CHECK(e.estimate(service_id{2}) == milliseconds(400));
  e.observe(service_id{2}, milliseconds(900));
  CHECK(e.estimate(service_id{2}) == milliseconds(500));  // 0.8 * 400 + 0.2 * 900
  CHECK(e.completions(service_id{2}) == 2);
}

TEST_CASE("the window mean equals the naive mean of the last completions",
          "[queue][service_estimate]") {
  for (const std::size_t window : {std::size_t{1}, std::size_t{3}, std::size_t{10}}) {
    service_estimate e{{.services = 2, .window = window}};
    CHECK(e.window_mean(service_id{1}) == duration{});
    std::deque<std::int64_t> last;
    muster::rng g{window};
    for (int n = 0; n < 200; ++n) {
      const auto t = static_cast<std::int64_t>(muster::uniform_below(g, 5'000'000));
      e.observe(service_id{1}, duration{t});
      e.observe(service_id{0}, duration{7});
      last.push_back(t);
      if (last.size() > window) last.pop_front();
      std::int64_t sum = 0;
      for (const std::int64_t x : last) sum += x;
      const auto count = static_cast<std::int64_t>(last.size());
      CHECK(e.window_mean(service_id{1}).us == (sum + count - 1) / count);  // rounded up
    }
    CHECK(e.window_mean(service_id{0}) == duration{7});
  }
}

TEST_CASE("reset forgets everything", "[queue][service_estimate]") {
  service_estimate e;
  e.observe(service_id{0}, seconds(9));
  e.reset();
  CHECK(e.estimate(service_id{0}) == milliseconds(2500));
  CHECK(e.window_mean(service_id{0}) == duration{});
  e.observe(service_id{0}, seconds(1));
  CHECK(e.window_mean(service_id{0}) == seconds(1));
}
