// SPDX-License-Identifier: Apache-2.0
#include <muster/core/rng.hpp>
#include <muster/env/detail/cloud_machines.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using env::cloud_task, env::cloud_vm_config, env::detail::cloud_machines;

namespace {

cloud_vm_config of(std::vector<env::vm_spec> machines, std::array<double, 2> weights = {0.5, 0.5}) {
  cloud_vm_config c;
  c.machines = std::move(machines);
  c.max_machines = 1000;
  c.max_cpu = 256;
  c.max_memory = 1000.0;
  c.weights = weights;
  return c;
}

// Equations 4 and 5 as they stand, over what is in use; the paper's text calls it "remaining".
double by_equation(const cloud_machines& m, std::array<double, 2> w) {
  const auto n = static_cast<double>(m.size());
  double result = 0.0;
  for (int r = 0; r < 2; ++r) {
    const auto load = [&](std::size_t v) {
      return r == 0 ? 1.0 - static_cast<double>(m.free_cpu(v)) / m.cpu(v)
                    : 1.0 - static_cast<double>(m.free_memory(v)) / m.memory(v);
    };
    double mean = 0.0, squares = 0.0;
    for (std::size_t v = 0; v < m.size(); ++v) mean += load(v) / n;
    for (std::size_t v = 0; v < m.size(); ++v) squares += (load(v) - mean) * (load(v) - mean);
    result += w[static_cast<std::size_t>(r)] * std::sqrt(squares / n);
  }
  return result;
}

}  // namespace

TEST_CASE("balance: by hand, and zero for equal loads on machines of any size", "[env][cloud_vm]") {
  env::unwatched nobody;
  cloud_machines m{of({{4, 8.0, 1}, {12, 48.0, 1}}, {0.25, 0.75})};
  CHECK(m.balance() == 0.0);
  m.start(0, {.run = 5, .cpu = 1, .memory = 4000}, 0, nobody);
  // Free: 3/4 and 1 of vCPUs, deviation 1/8; 1/2 and 1 of memory, deviation 1/4.
  CHECK(m.balance() == Approx(0.25 / 8 + 0.75 / 4).epsilon(1e-8));
  CHECK(m.utilisation(0) == Approx(0.25 / 4 + 0.75 / 2));
  CHECK(m.utilisation(1) == 0.0);
  m.start(1, {.run = 5, .cpu = 3, .memory = 24000}, 1, nobody);
  CHECK(m.balance() == 0.0);  // a quarter and a half on both, exactly
  m.run_until(5);
  CHECK(m.balance() == 0.0);
  CHECK(m.done() == 2);
}

TEST_CASE("balance agrees with the equation after any history, for free and used shares alike",
          "[env][cloud_vm]") {
  for (const std::uint32_t copies : {1U, 3U, 300U}) {
    const std::array weights{0.3, 0.7};
    cloud_machines m{of({{7, 33.333, copies}, {64, 512.0, copies}, {40, 200.0, 1}}, weights)};
    env::unwatched nobody;
    rng g{copies};
    double worst = 0.0;
    for (int k = 0; k < 3000; ++k) {
      const std::size_t v = uniform_below(g, m.size());
      const cloud_task t{.run = static_cast<std::uint32_t>(1 + uniform_below(g, 50)),
                         .cpu = static_cast<std::uint32_t>(1 + uniform_below(g, 7)),
                         .memory = static_cast<std::int32_t>(uniform_below(g, 30000))};
      if (m.fits(v, t)) m.start(v, t, 0, nobody);
      if (k % 4 == 0) m.run_until(k / 4);
      worst = (std::max)(worst, std::abs(m.balance() - by_equation(m, weights)));
    }
    CHECK(worst < (copies < 4 ? 1e-8 : 2e-6));  // shares in steps of 2^-28, and of 2^-21
  }
}

TEST_CASE("vCPUs: the lowest idle ones, in stretches, back when the task ends", "[env][cloud_vm]") {
  cloud_machines m{of({{3, 10.0, 1}, {150, 10.0, 1}})};
  env::hold_log log;
  const auto last = [&] {
    const env::cloud_hold& h = log.holds.back();
    return std::array<std::int64_t, 5>{h.task, h.machine, h.first_vcpu, h.vcpus, h.until};
  };
  m.start(1, {.run = 4, .cpu = 2}, 10, log);
  CHECK(last() == std::array<std::int64_t, 5>{10, 1, 0, 2, 4});
  m.start(1, {.run = 9, .cpu = 1}, 11, log);
  CHECK(last() == std::array<std::int64_t, 5>{11, 1, 2, 1, 9});
  m.run_until(4);
  CHECK(m.free_cpu(1) == 149);
  m.start(1, {.run = 3, .cpu = 4}, 12, log);  // two gaps: before and behind task 11
  REQUIRE(log.holds.size() == 4);
  CHECK(log.holds[2].first_vcpu == 0);
  CHECK(log.holds[2].vcpus == 2);
  CHECK(last() == std::array<std::int64_t, 5>{12, 1, 3, 2, 7});
  std::vector<float> progress(m.vcpus());
  m.run_until(5);
  m.show_progress(0, m.vcpus(), progress.data());
  std::vector<float> expected(m.vcpus(), 0.0F);
  for (const std::size_t k : {3U, 4U, 6U, 7U}) expected[k] = 1.0F / 3.0F;
  expected[5] = 5.0F / 9.0F;
  CHECK(progress == expected);
  // Across the words of 64: everything that is left.
  m.start(1, {.run = 1, .cpu = 145}, 13, log);
  CHECK(m.free_cpu(1) == 0);
  std::uint32_t held = 0;
  for (const auto& h : log.holds) held += h.task == 13 ? h.vcpus : 0;
  CHECK(held == 145);
  CHECK(last() == std::array<std::int64_t, 5>{13, 1, 128, 22, 6});
  m.run_until(9);
  CHECK(m.free_cpu(1) == 150);
  CHECK(m.running() == 0);
  CHECK(m.done() == 4);
  m.show_progress(0, m.vcpus(), progress.data());
  CHECK(*std::max_element(progress.begin(), progress.end()) == 0.0F);
}

TEST_CASE("a whole machine of exactly one word", "[env][cloud_vm]") {
  cloud_machines m{of({{64, 10.0, 1}})};
  env::hold_log log;
  m.start(0, {.run = 2, .cpu = 64}, 0, log);
  REQUIRE(log.holds.size() == 1);
  CHECK(log.holds[0].vcpus == 64);
  m.run_until(2);
  m.start(0, {.run = 2, .cpu = 64}, 1, log);
  CHECK(log.holds.size() == 2);
}

TEST_CASE("integrals: what ends in the future does not count yet", "[env][cloud_vm]") {
  cloud_machines m{of({{4, 8.0, 1}, {4, 8.0, 1}})};
  env::unwatched nobody;
  CHECK(m.mean_utilisation() == 0.0);
  CHECK(m.mean_balance() == 0.0);
  m.start(0, {.run = 10, .cpu = 2, .memory = 8000}, 0, nobody);
  CHECK(m.mean_utilisation() == 0.0);  // no time has passed
  m.run_until(2);
  // (0.5 x 1/2 + 0.5 x 1) of one of two machines; deviations 1/4 and 1/2.
  CHECK(m.mean_utilisation() == Approx(0.375));
  CHECK(m.mean_balance() == Approx(0.375).epsilon(1e-8));
  m.run_until(40);  // in one go: 10 slots of it were busy
  CHECK(m.mean_utilisation() == Approx(0.375 / 4));
  CHECK(m.mean_balance() == Approx(0.375 / 4).epsilon(1e-8));
  CHECK(m.last_end() == 10);
  m.clear();
  CHECK(m.mean_utilisation() == 0.0);
  CHECK(m.free_cpu(0) == 4);
  CHECK(m.done() == 0);
  CHECK(m.last_end() == 0);
}

TEST_CASE("very late slots show the same progress", "[env][cloud_vm]") {
  cloud_machines m{of({{2, 8.0, 1}})};
  env::unwatched nobody;
  const std::int64_t late = (std::int64_t{1} << 32) - 3;  // the low bits of the slot overflow
  m.run_until(late);
  m.start(0, {.run = 8, .cpu = 1}, 0, nobody);
  m.run_until(late + 6);
  float progress[2];
  m.show_progress(0, 2, progress);
  CHECK(progress[0] == 0.75F);
  CHECK(progress[1] == 0.0F);
}
