// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

/// Philox4x32-10: ten rounds of multiply, exchange and add over a counter.
///
/// Idea    a random number is a function of (key, counter): no state to share, any
///         element can be computed alone, streams cannot overlap.
/// Source  J. Salmon, M. Moraes, R. Dror, D. Shaw: Parallel random numbers: as easy as
///         1, 2, 3, SC 2011; checked against the authors' known-answer vectors.
/// Cost    about 5 ns for 128 bits; no allocation.
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox4x32(
    std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {
        static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
        static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

/// A stream of random bits named by (seed, stream, step).
///
/// Two generators with the same three numbers give the same bits on every machine.
/// `fork(id)` names an independent stream by a number (an agent, a run, a worker), and
/// does not advance the parent, so results do not depend on who draws first.
/// Models std::uniform_random_bit_generator. Trivially copyable; the state is public
/// through `state()` so that a checkpoint can keep it.
class rng {
 public:
  using result_type = std::uint64_t;

  struct state_type {
    std::uint64_t seed = 0;
    std::uint64_t stream = 0;
    std::uint64_t step = 0;  ///< 64-bit numbers drawn so far
    friend constexpr bool operator==(const state_type&, const state_type&) = default;
  };

  constexpr rng() noexcept = default;
  constexpr explicit rng(std::uint64_t seed, std::uint64_t stream = 0) noexcept
      : state_{seed, stream, 0} {}
  constexpr explicit rng(state_type s) noexcept : state_{s} {
    if (s.step % 2 != 0) refill();
  }

  [[nodiscard]] constexpr rng fork(std::uint64_t id) const noexcept {
    // The child's stream number is a hash of the parent's and the id, made with the same
    // function under a key of its own, so that fork(1).fork(2) is not fork(2).fork(1).
    const auto h = philox4x32({low(id), high(id), low(state_.stream), high(state_.stream)},
                              {0x6D757374U, 0x65720001U});
    return rng{state_.seed, join(h[0], h[1])};
  }

  constexpr result_type operator()() noexcept {
    if (state_.step % 2 == 0) refill();
    return block_[state_.step++ % 2];
  }

  [[nodiscard]] static constexpr result_type(min)() noexcept { return 0; }
  [[nodiscard]] static constexpr result_type(max)() noexcept { return ~result_type{0}; }
  [[nodiscard]] constexpr state_type state() const noexcept { return state_; }
  friend constexpr bool operator==(const rng& a, const rng& b) noexcept {
    return a.state_ == b.state_;
  }

 private:
  static constexpr std::uint32_t low(std::uint64_t x) noexcept {
    return static_cast<std::uint32_t>(x);
  }
  static constexpr std::uint32_t high(std::uint64_t x) noexcept {
    return static_cast<std::uint32_t>(x >> 32);
  }
  static constexpr std::uint64_t join(std::uint32_t a, std::uint32_t b) noexcept {
    return (std::uint64_t{b} << 32) | a;
  }
  constexpr void refill() noexcept {
    const std::uint64_t number = state_.step / 2;
    const auto x = philox4x32({low(number), high(number), low(state_.stream), high(state_.stream)},
                              {low(state_.seed), high(state_.seed)});
    block_ = {join(x[0], x[1]), join(x[2], x[3])};
  }

  state_type state_{};
  std::array<std::uint64_t, 2> block_{};
};

/// Uniform in [0, 1), 53 random bits.
[[nodiscard]] constexpr double uniform01(rng& g) noexcept {
  return static_cast<double>(g() >> 11) * 0x1.0p-53;
}

/// Uniform integer in [0, n), n > 0; unbiased (Lemire's multiply with rejection).
[[nodiscard]] constexpr std::uint64_t uniform_below(rng& g, std::uint64_t n) noexcept {
  __extension__ using wide = unsigned __int128;
  wide product = static_cast<wide>(g()) * n;
  if (static_cast<std::uint64_t>(product) < n) {
    const std::uint64_t threshold = (0 - n) % n;
    while (static_cast<std::uint64_t>(product) < threshold) product = static_cast<wide>(g()) * n;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

}  // namespace muster::inline MUSTER_ABI
