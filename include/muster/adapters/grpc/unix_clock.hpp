// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <thread>

#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::adapters::grpc {

/// Real time as an instant: microseconds since the Unix epoch, never backwards.
///
/// Idea   clusters must agree on what a deadline is, so the zero is the epoch; waits and breakers
///        must not jump when somebody sets the clock, so it is read once and then carried on by
///        the steady clock. Two clocks of one process may differ by what was set in between: use
///        one.
class unix_clock {
 public:
  unix_clock() noexcept
      : steady_start_{std::chrono::steady_clock::now()},
        start_{std::chrono::duration_cast<std::chrono::microseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
                   .count()} {}

  [[nodiscard]] instant now() const noexcept {
    return start_ + microseconds(std::chrono::duration_cast<std::chrono::microseconds>(
                                     std::chrono::steady_clock::now() - steady_start_)
                                     .count());
  }
  /// Blocks until t, then says what time it is.
  instant wait(instant t) const {
    std::this_thread::sleep_until(steady_start_ + std::chrono::microseconds((t - start_).us));
    return now();
  }

 private:
  std::chrono::steady_clock::time_point steady_start_;
  instant start_;
};

}  // namespace muster::inline MUSTER_ABI::adapters::grpc
