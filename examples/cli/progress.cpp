// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace cli {
namespace {

std::string clock_text(double seconds) {
  const auto s = static_cast<long>(seconds + 0.5);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{}:{:02} min", s / 60, s % 60);
  return fmt::format("{}:{:02} h", s / 3600, s / 60 % 60);
}

}  // namespace

progress::progress(double total)
    : total_{total},
      terminal_{isatty(STDERR_FILENO) != 0},
      start_{std::chrono::steady_clock::now()} {}

progress::~progress() { finish(); }

void progress::skip(double units) {
  const std::lock_guard lock{mutex_};
  skipped_ += units;
}

void progress::advance(double units, const std::string& what) {
  const std::lock_guard lock{mutex_};
  done_ += units;
  show(what, false);
}

void progress::finish() {
  const std::lock_guard lock{mutex_};
  if (finished_) return;
  finished_ = true;
  if (terminal_ && last_length_ != 0) {
    std::fputs(fmt::format("\r{:{}}\r", "", last_length_).c_str(), stderr);
    std::fflush(stderr);
  }
}

void progress::show(const std::string& what, bool last) {
  const auto now = std::chrono::steady_clock::now();
  const double part = std::clamp((done_ + skipped_) / total_, 0.0, 1.0);
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  // What was there already took no time, so it says nothing about what is left.
  const double left = done_ > 0.0 ? elapsed / done_ * (total_ - skipped_ - done_) : 0.0;
  const std::string text =
      fmt::format("{:3.0f} %  {:<48} {} left", part * 100.0, what, clock_text(std::max(left, 0.0)));
  if (terminal_) {
    using namespace std::chrono_literals;
    if (!last && now - shown_ < 100ms) return;
    shown_ = now;
    std::fputs(fmt::format("\r{:<{}}", text, last_length_).c_str(), stderr);
    last_length_ = text.size();
  } else {
    const int tenth = static_cast<int>(part * 10.0);
    if (tenth == last_tenth_) return;
    last_tenth_ = tenth;
    std::fputs((text + '\n').c_str(), stderr);
  }
  std::fflush(stderr);
}

}  // namespace cli
