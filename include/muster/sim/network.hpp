// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::sim {

/// Between whom a message travels.
enum class link_kind : std::uint8_t {
  local,  ///< within a cluster (LAN)
  cross,  ///< from a cluster to a neighbour
  wide,   ///< between the edge and the cloud (WAN)
};
inline constexpr std::size_t link_kinds = 3;

/// One-way travel times of messages, and what was sent.
///
/// Idea      latency by kind of link, plus the time that the bytes need, plus a jitter that may
///           only delay. Links are not shared: messages do not wait for each other.
/// Source    section IV-A of the KMPS paper: below 10 ms in a cluster, below 30 ms to a
///           neighbour, 100 ms to the cloud; the defaults lie within these.
/// Equation  delay = latency + bytes / bandwidth + U jitter, U uniform in [0, 1)
/// Energy    per_byte J for each byte sent, as in most models of edge networks.
/// Determinism  whole microseconds, rounded up; with jitter 0 no random number is drawn.
class network {
 public:
  struct link {
    duration latency{};      ///< one way; >= 0
    duration jitter{};       ///< most that is added; >= 0
    double bandwidth = 0.0;  ///< bytes/s; 0 = so fast that size does not matter
    double per_byte = 0.0;   ///< J per byte; >= 0
  };
  struct config {
    link local{milliseconds(5), {}, 0.0, 5e-9};
    link cross{milliseconds(25), {}, 0.0, 20e-9};
    link wide{milliseconds(100), {}, 0.0, 60e-9};
  };

  network() noexcept : network(config{}) {}
  explicit network(config c) noexcept : links_{c.local, c.cross, c.wide} {
    for (const link& l : links_) {
      MUSTER_EXPECTS(
          l.latency.us >= 0 && l.jitter.us >= 0 && l.bandwidth >= 0.0 && l.per_byte >= 0.0,
          "muster: sim::network has a link with a negative number; write >= 0");
    }
  }

  /// Without jitter: the least time a message of this size takes.
  [[nodiscard]] duration least_delay(link_kind kind, std::uint64_t bytes) const noexcept {
    const link& l = at(kind);
    return l.latency + transmission(l, bytes);
  }
  /// Sends a message: counts it and gives its travel time.
  duration send(link_kind kind, std::uint64_t bytes, rng& g) noexcept {
    const link& l = at(kind);
    total& t = totals_[static_cast<std::size_t>(kind)];
    ++t.messages;
    t.bytes += bytes;
    duration d = l.latency + transmission(l, bytes);
    if (l.jitter.us > 0) {
      d += microseconds(
          static_cast<std::int64_t>(uniform_below(g, static_cast<std::uint64_t>(l.jitter.us) + 1)));
    }
    return d;
  }

  [[nodiscard]] std::uint64_t messages(link_kind kind) const noexcept {
    return totals_[static_cast<std::size_t>(kind)].messages;
  }
  [[nodiscard]] std::uint64_t bytes(link_kind kind) const noexcept {
    return totals_[static_cast<std::size_t>(kind)].bytes;
  }
  /// Joules of all messages sent.
  [[nodiscard]] double joules() const noexcept {
    double sum = 0.0;
    for (std::size_t k = 0; k < link_kinds; ++k) {
      sum += static_cast<double>(totals_[k].bytes) * links_[k].per_byte;
    }
    return sum;
  }
  void reset() noexcept { totals_ = {}; }

 private:
  struct total {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
  };

  [[nodiscard]] const link& at(link_kind kind) const noexcept {
    MUSTER_EXPECTS(static_cast<std::size_t>(kind) < link_kinds,
                   "muster: sim::network: there is no such kind of link");
    return links_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] static duration transmission(const link& l, std::uint64_t bytes) noexcept {
    if (!(l.bandwidth > 0.0)) return {};
    const double us = static_cast<double>(bytes) / l.bandwidth * 1e6;
    const auto whole = static_cast<std::int64_t>(us);
    return microseconds(whole + (static_cast<double>(whole) < us ? 1 : 0));
  }

  std::array<link, link_kinds> links_;
  std::array<total, link_kinds> totals_{};
};

}  // namespace muster::inline MUSTER_ABI::sim
