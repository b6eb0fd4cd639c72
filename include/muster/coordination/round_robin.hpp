// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <muster/coordination/circuit_breaker.hpp>

namespace muster::inline MUSTER_ABI::coordination {

/// Members in turn, leaving out those behind an open circuit.
///
/// Idea         what a Kubernetes service does in front of its replicas, with a breaker in front
///              of each: the turn passes on from a member that does not answer.
/// Source       KMPS paper, section IV-A.3: "load-balancing strategies such as Round Robin".
/// Cost         O(members left out) per turn; no allocation after construction.
/// Determinism  the turn goes to the next member that may be called, after the last one taken;
///              at the start to `first`.
class round_robin {
 public:
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};

  round_robin() = default;
  explicit round_robin(std::uint32_t members, circuit_breaker::config c = {},
                       std::uint32_t first = 0)
      : breakers_(members, circuit_breaker{c}), first_{first}, next_{first} {}

  /// The next member that may be called and for which `wanted(member)`, or `nobody`. The call
  /// must then be made and reported.
  template <class Wanted>
  [[nodiscard]] std::uint32_t take(instant now, Wanted&& wanted) noexcept {
    const std::uint32_t n = size();
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint32_t member = (next_ + i) % n;
      if (!wanted(member) || !breakers_[member].enter(now)) continue;
      next_ = (member + 1) % n;
      return member;
    }
    return nobody;
  }
  [[nodiscard]] std::uint32_t take(instant now) noexcept {
    return take(now, [](std::uint32_t) { return true; });
  }
  /// How the call to a member went; a refusal is an answer.
  void report(std::uint32_t member, bool answered, instant now) noexcept {
    answered ? breakers_[member].succeeded() : breakers_[member].failed(now);
  }

  [[nodiscard]] std::uint32_t size() const noexcept {
    return static_cast<std::uint32_t>(breakers_.size());
  }
  [[nodiscard]] const circuit_breaker& breaker(std::uint32_t member) const noexcept {
    return breakers_[member];
  }
  void reset() noexcept {
    for (auto& b : breakers_) b.reset();
    next_ = first_;
  }

 private:
  std::vector<circuit_breaker> breakers_;
  std::uint32_t first_ = 0;
  std::uint32_t next_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::coordination
