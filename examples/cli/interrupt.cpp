// SPDX-License-Identifier: Apache-2.0
#include "interrupt.hpp"

#include <unistd.h>
#include <csignal>

#include <atomic>

namespace cli {
namespace {

std::atomic<int> signals{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only use such");

extern "C" void on_signal(int) {
  if (signals.fetch_add(1) > 0) _exit(130);
  static constexpr char text[] =
      "\nmuster: stopping after the current step (Ctrl-C again: at once)\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text, sizeof text - 1);
}

}  // namespace

void watch_for_interrupt() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() noexcept { return signals.load(std::memory_order_relaxed) > 0; }

}  // namespace cli
