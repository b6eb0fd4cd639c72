// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <muster/concepts/cluster_rpc.hpp>
#include <muster/coordination/retry.hpp>
#include <muster/coordination/round_robin.hpp>

namespace muster::inline MUSTER_ABI::coordination {

/// Finds a neighbour cluster that takes a request: asks them in turn until one accepts.
///
/// Idea     what is known of a neighbour is old by the time it is used. So it is asked: an offer
///          is the check of validity and the dispatch in one message. A refusal, or no answer in
///          time, moves on to the next neighbour, and the time that it took is gone.
/// Source   KMPS paper, sections III-A.2 ("the validity of cross-cluster scheduling is verified
///          in real time through gRPC") and IV-A.3 (round robin over neighbours).
/// Counting a neighbour that did not answer may have accepted and will run the request: work done
///          twice, never counted twice, since the origin counts what it knows of one of them.
/// Determinism  the turn begins at the cluster after the own one; one generator, no allocation.
class offer_around {
 public:
  static constexpr std::uint32_t nobody = round_robin::nobody;

  struct config {
    duration timeout = milliseconds(200);  ///< per attempt; > 0. The authors' code: 5 s
    duration least{};  ///< with less time left nobody is asked, such as a round trip; >= 0
    std::uint32_t neighbours = 2;          ///< most that are asked for one request
    backoff::config retry{.attempts = 1};  ///< attempts with one neighbour
    circuit_breaker::config breaker{};
  };

  /// Where a request found a place, and what the search cost.
  struct placement {
    std::uint32_t cluster = nobody;  ///< who accepted
    offer_reply reply{};             ///< what it said
    instant sent{};                  ///< when the last offer left: if found, the accepted one
    instant at{};                    ///< when the caller knew, also if nobody accepted
    std::uint32_t refused = 0, timed_out = 0, unreachable = 0;  ///< neighbours, by answer
    [[nodiscard]] bool found() const noexcept { return cluster != nobody; }
  };

  offer_around() = default;
  offer_around(std::uint32_t self, std::uint32_t clusters)
      : offer_around{self, clusters, config{}} {}
  offer_around(std::uint32_t self, std::uint32_t clusters, config c)
      : config_{c},
        policy_{c.retry},
        turn_{clusters, c.breaker, self + 1 < clusters ? self + 1 : 0},
        asked_(clusters, 0),
        self_{self} {
    MUSTER_EXPECTS(c.timeout.us > 0 && c.least.us >= 0 && self < clusters,
                   "muster: coordination::offer_around needs timeout > 0, least >= 0 and self < "
                   "clusters");
  }

  /// Offers a request around; `call.deadline` bounds the search.
  template <cluster_rpc Rpc, class Wait = no_wait>
  placement place(Rpc& rpc, const offered_job& offered, rpc_call call, rng& random,
                  Wait&& wait = {}) {
    placement p;
    p.sent = p.at = call.now;
    std::fill(asked_.begin(), asked_.end(), std::uint8_t{0});
    asked_[self_] = 1;
    for (std::uint32_t n = 0; n < config_.neighbours && in_time(p.at, call.deadline); ++n) {
      const std::uint32_t cluster =
          turn_.take(p.at, [&](std::uint32_t c) { return asked_[c] == 0; });
      if (cluster == nobody) break;
      asked_[cluster] = 1;
      const auto answer = retry(
          policy_, {p.at, call.deadline}, random,
          [&](rpc_call c) {
            c.deadline = (std::min)(c.deadline, c.now + config_.timeout);
            p.sent = c.now;
            return rpc.offer(cluster, offered, c, random);
          },
          wait);
      p.at = answer.at;
      turn_.report(cluster, static_cast<bool>(answer), p.at);
      if (!answer) {
        ++(answer.status == rpc_status::timed_out ? p.timed_out : p.unreachable);
      } else if (!answer.value->accepted()) {
        ++p.refused;
      } else {
        p.cluster = cluster;
        p.reply = *answer.value;
        break;
      }
    }
    return p;
  }

  [[nodiscard]] const round_robin& turn() const noexcept { return turn_; }
  void reset() noexcept { turn_.reset(); }

 private:
  [[nodiscard]] bool in_time(instant t, instant deadline) const noexcept {
    return t < deadline && (deadline == never || deadline - t >= config_.least);
  }

  config config_{};
  backoff policy_{};
  round_robin turn_;
  std::vector<std::uint8_t> asked_;
  std::uint32_t self_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::coordination
