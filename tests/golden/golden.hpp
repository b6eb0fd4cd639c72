// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <muster/core/rng.hpp>
#include <muster/trace/task.hpp>

namespace golden {

/// Text that an episode writes, line by line.
class log {
 public:
  [[gnu::format(printf, 2, 3)]] void line(const char* format, ...) {
    char buffer[512];
    va_list values;
    va_start(values, format);
    std::vsnprintf(buffer, sizeof buffer, format, values);
    va_end(values);
    (text_ += buffer) += '\n';
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

/// Compares with tests/golden/NAME.txt: empty if equal, else the first line that differs. With
/// MUSTER_RENEW_GOLDEN=1 in the environment the file is rewritten instead.
[[nodiscard]] inline std::string difference(const std::string& name, const std::string& text) {
  const std::string path = std::string{MUSTER_SOURCE_DIR "/tests/golden/"} + name + ".txt";
  const char* renew = std::getenv("MUSTER_RENEW_GOLDEN");
  if (renew != nullptr && std::string_view{renew} == "1") {
    return std::ofstream{path, std::ios::binary} << text ? "" : "cannot write " + path;
  }
  std::ifstream file{path, std::ios::binary};
  if (!file) return "cannot read " + path + "; MUSTER_RENEW_GOLDEN=1 makes it";
  std::istringstream now{text};
  std::string expected, got;
  for (std::uint64_t number = 1;; ++number) {
    const bool more_expected = static_cast<bool>(std::getline(file, expected));
    const bool more_got = static_cast<bool>(std::getline(now, got));
    if (!more_expected && !more_got) return "";
    if (!more_expected) expected = "(end)";
    if (!more_got) got = "(end)";
    if (expected != got) {
      return path + ":" + std::to_string(number) + "\n  file: " + expected + "\n  now:  " + got;
    }
  }
}

/// Requests made of integers only, so that no mathematical library decides about them: bursts of
/// a busy second and a quiet one, deadlines from hopeless to easy, most of one service.
[[nodiscard]] inline std::vector<muster::trace::arrival> workload(std::uint64_t seed,
                                                                  std::int64_t mean_gap_us,
                                                                  muster::duration length) {
  muster::rng g{seed};
  const auto below = [&g](std::int64_t n) {
    return static_cast<std::int64_t>(muster::uniform_below(g, static_cast<std::uint64_t>(n)));
  };
  std::vector<muster::trace::arrival> made;
  std::int64_t now = 0;
  for (;;) {
    const bool busy = now / 1'000'000 % 2 == 0;
    now += 1 + below(2 * mean_gap_us * (busy ? 1 : 3));
    if (now >= length.us) return made;
    muster::trace::arrival a;
    a.access_point = static_cast<std::uint32_t>(below(3));
    muster::job& j = a.request;
    j.id = muster::job_id{made.size()};
    j.arrival = muster::instant{now};
    j.service = muster::service_id{static_cast<std::uint32_t>(below(4) < 3 ? 0 : below(12))};
    j.work = muster::milliseconds(10 + below(140));
    j.deadline = j.arrival + muster::milliseconds(50 + below(1200));
    j.cpu = 0.125F * static_cast<float>(1 + below(4));
    j.memory = 0.0625F;
    made.push_back(a);
  }
}

}  // namespace golden
