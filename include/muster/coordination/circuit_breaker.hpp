// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::coordination {

enum class circuit : std::uint8_t {
  closed,     ///< calls pass
  open,       ///< calls are not made
  half_open,  ///< one call at a time passes, to see
};

/// Stops calling what does not answer, and looks from time to time whether it does again.
///
/// Idea     each call to a dead neighbour costs its whole time-out; after a few of them in a row
///          it is cheaper to be told "no" at once. After a pause one call may try.
/// Source   M. Nygard, Release It!, 2007, chapter "Stability Patterns".
/// Edges    closed -> open       `failures` failed calls in a row
///          open -> half_open    a call is asked for, `cool_down` or more after opening
///          half_open -> closed  `probes` calls in a row succeeded
///          half_open -> open    a call failed
/// Use      `if (b.enter(now)) { ...call...; ok ? b.succeeded() : b.failed(now); }`. A refusal is
///          a success: somebody answered. A probe that never reports frees its place after
///          `cool_down`. While the circuit is open, how older calls went does not count.
class circuit_breaker {
 public:
  struct config {
    std::uint32_t failures = 3;       ///< in a row, until it opens; >= 1
    std::uint32_t probes = 1;         ///< successes in a row, until it closes again; >= 1
    duration cool_down = seconds(2);  ///< from opening to the first probe; > 0
  };

  circuit_breaker() noexcept : circuit_breaker{config{}} {}
  explicit circuit_breaker(config c) noexcept : config_{c} {
    MUSTER_EXPECTS(c.failures >= 1 && c.probes >= 1 && c.cool_down.us > 0,
                   "muster: coordination::circuit_breaker needs failures >= 1, probes >= 1 and a "
                   "cool_down above 0");
  }

  /// Whether a call would pass now; changes nothing.
  [[nodiscard]] bool would_enter(instant now) const noexcept {
    return state_ == circuit::closed || now >= since_ + config_.cool_down ||
           (state_ == circuit::half_open && !probing_);
  }
  /// Asks for a call; true: make it, and report how it went.
  [[nodiscard]] bool enter(instant now) noexcept {
    if (!would_enter(now)) return false;
    if (state_ == circuit::closed) return true;
    if (state_ == circuit::open) {
      state_ = circuit::half_open;
      count_ = 0;
    }
    probing_ = true;
    since_ = now;
    return true;
  }
  void succeeded() noexcept {
    if (state_ == circuit::closed) {
      count_ = 0;
    } else if (state_ == circuit::half_open) {
      probing_ = false;
      if (++count_ >= config_.probes) {
        state_ = circuit::closed;
        count_ = 0;
      }
    }
  }
  void failed(instant now) noexcept {
    if (state_ == circuit::half_open ||
        (state_ == circuit::closed && ++count_ >= config_.failures)) {
      state_ = circuit::open;
      since_ = now;
      count_ = 0;
      probing_ = false;
      ++opened_;
    }
  }

  [[nodiscard]] circuit state() const noexcept { return state_; }
  /// How often it opened.
  [[nodiscard]] std::uint64_t opened() const noexcept { return opened_; }
  void reset() noexcept { *this = circuit_breaker{config_}; }

 private:
  config config_;
  circuit state_ = circuit::closed;
  bool probing_ = false;     // half open: a call is under way
  std::uint32_t count_ = 0;  // closed: failures in a row; half open: successes in a row
  instant since_{};          // open: when it opened; half open: when the last probe began
  std::uint64_t opened_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::coordination
