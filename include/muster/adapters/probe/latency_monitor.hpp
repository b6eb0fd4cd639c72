// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <muster/adapters/probe/outlier_filter.hpp>
#include <muster/adapters/probe/tcp_round_trip.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::adapters::probe {

/// What is known about the way to one peer.
struct peer_latency {
  duration round_trip{};            ///< filtered; meaningful with measurements > 0
  duration deviation{};             ///< how much single probes differ from each other
  std::size_t measurements = 0;     ///< in the window
  std::uint64_t probes = 0;         ///< asked since the start
  std::uint64_t failures = 0;       ///< of those, without an answer
  std::uint32_t lost_in_a_row = 0;  ///< failures since the last answer
  outcome last = outcome::failed;   ///< how the last probe ended

  /// Half of the round trip: what the one-way latency is if both ways are alike.
  [[nodiscard]] duration one_way() const noexcept { return round_trip / 2; }
};

/// Measures the latency from this machine to each of its peers, again and again.
///
/// Idea      the program calls `probe(k)` at its own pace, for example one peer every second in
///           turn; the monitor keeps a filtered time for each. A peer that fails
///           `lost_after` times in a row is lost and its old times are forgotten, so that it
///           starts afresh when it comes back.
/// Cost      one probe per call, blocking for at most the timeout; allocates when a peer is added.
class latency_monitor {
 public:
  struct config {
    duration timeout = milliseconds(500);  ///< of one probe; > 0
    std::uint32_t lost_after = 3;          ///< failures in a row; >= 1
    outlier_filter::config filter{};
  };

  latency_monitor() : latency_monitor(config{}) {}
  explicit latency_monitor(config c) : config_{c} {
    MUSTER_EXPECTS(c.timeout.us > 0 && c.lost_after >= 1,
                   "muster: probe::latency_monitor needs timeout > 0 and lost_after >= 1");
  }

  /// Adds a peer and returns its number, counted from 0.
  std::size_t add(std::string name, address where) {
    peers_.push_back({std::move(name), std::move(where), outlier_filter{config_.filter}, {}});
    return peers_.size() - 1;
  }

  /// Measures once; the result is that of this probe, `latency(k)` is the filtered one.
  round_trip probe(std::size_t k) {
    peer& p = at(k);
    const round_trip r = tcp_round_trip(p.where, config_.timeout);
    record(k, r);
    return r;
  }

  /// Takes a measurement made elsewhere.
  void record(std::size_t k, const round_trip& r) {
    peer& p = at(k);
    peer_latency& l = p.known;
    ++l.probes;
    l.last = r.outcome;
    if (r) {
      l.lost_in_a_row = 0;
      p.filter.add(r.time);
      const auto s = p.filter.estimate();
      l.round_trip = s.time;
      l.deviation = s.deviation;
    } else {
      ++l.failures;
      if (++l.lost_in_a_row >= config_.lost_after) p.filter.clear();
    }
    l.measurements = p.filter.size();
  }

  [[nodiscard]] std::size_t size() const noexcept { return peers_.size(); }
  [[nodiscard]] const std::string& name(std::size_t k) const { return at(k).name; }
  [[nodiscard]] const address& where(std::size_t k) const { return at(k).where; }
  [[nodiscard]] const peer_latency& latency(std::size_t k) const { return at(k).known; }
  /// Whether the peer answered lately.
  [[nodiscard]] bool reachable(std::size_t k) const { return at(k).known.measurements > 0; }
  [[nodiscard]] const config& settings() const noexcept { return config_; }

 private:
  struct peer {
    std::string name;
    address where;
    outlier_filter filter;
    peer_latency known;
  };
  [[nodiscard]] const peer& at(std::size_t k) const {
    MUSTER_EXPECTS(k < peers_.size(),
                   "muster: probe::latency_monitor has no such peer; write a number that add gave");
    return peers_[k];
  }
  [[nodiscard]] peer& at(std::size_t k) {
    return const_cast<peer&>(static_cast<const latency_monitor&>(*this).at(k));
  }

  config config_;
  std::vector<peer> peers_;
};

}  // namespace muster::inline MUSTER_ABI::adapters::probe
