// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/concepts/cluster_rpc.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::coordination {

/// How long to wait before a failed call is tried again: exponential, with full jitter.
///
/// Idea      those who failed together must not come back together, so each draws its wait
///           from the whole range below a bound that doubles.
/// Source    M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.
/// Equation  wait_n ~ U{0, ..., min(most, first 2^(n-1))} us after the n-th failure
/// Determinism  one random number per wait; none when the bound is 0.
class backoff {
 public:
  struct config {
    duration first = milliseconds(20);  ///< bound of the first wait; >= 0
    duration most = seconds(1);         ///< no bound is larger; >= first
    std::uint32_t attempts = 3;         ///< calls in all, the first one included; >= 1
  };

  backoff() noexcept : backoff{config{}} {}
  explicit backoff(config c) noexcept : config_{c} {
    MUSTER_EXPECTS(c.first.us >= 0 && c.most >= c.first && c.attempts >= 1,
                   "muster: coordination::backoff has a range upside down; write 0 <= first <= "
                   "most and attempts >= 1");
  }

  /// Bound of the wait after `failures` > 0 failed calls.
  [[nodiscard]] constexpr duration bound(std::uint32_t failures) const noexcept {
    duration b = config_.first;
    for (std::uint32_t i = 1; i < failures && b < config_.most; ++i) {
      b = b.us > config_.most.us / 2 ? config_.most : b * 2;
    }
    return b;
  }
  [[nodiscard]] duration wait(std::uint32_t failures, rng& random) const noexcept {
    const auto most = static_cast<std::uint64_t>(bound(failures).us);
    if (most == 0) return {};
    return microseconds(static_cast<std::int64_t>(uniform_below(random, most + 1)));
  }
  [[nodiscard]] const config& settings() const noexcept { return config_; }

 private:
  config config_;
};

/// For simulated time: waiting until t is being at t.
struct no_wait {
  constexpr instant operator()(instant until) const noexcept { return until; }
};

/// Calls until there is an answer, the attempts are used up, or the deadline is near.
///
/// `attempt(rpc_call)` -> rpc_answer<T>; `wait(until)` -> the time when it returned, at least
/// `until`. Meaning: at least one attempt if there is any time at all, and no attempt starts
/// at or after the deadline; without one the answer is `not_tried`. What must not be repeated
/// (`may_retry()` false) is not. The answer is that of the last attempt.
template <class Attempt, class Wait = no_wait>
auto retry(const backoff& policy, rpc_call call, rng& random, Attempt&& attempt, Wait&& wait = {})
    -> decltype(attempt(call)) {
  using answer = decltype(attempt(call));
  if (call.now >= call.deadline) return answer::failed(rpc_status::not_tried, call.now);
  for (std::uint32_t tries = 1;; ++tries) {
    answer a = attempt(call);
    if (a || !a.may_retry() || tries >= policy.settings().attempts) return a;
    const instant again = a.at + policy.wait(tries, random);
    if (again >= call.deadline) return a;
    call.now = wait(again);
    if (call.now >= call.deadline) return a;
  }
}

}  // namespace muster::inline MUSTER_ABI::coordination
