// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include <muster/concepts/cluster_rpc.hpp>
#include <muster/coordination/offer_ledger.hpp>

namespace support {

/// A cluster with so many places, which keeps the promises of cluster_host and counts what it ran.
struct hand_cluster {
  std::uint32_t places = 1'000'000;
  std::uint32_t taken = 0;
  std::uint64_t offers = 0;  ///< messages received
  muster::instant last{};    ///< when the last message came
  muster::coordination::offer_ledger ledger{{1 << 14, muster::seconds(60)}};
  std::map<muster::request_key, int> runs;

  muster::cluster_capacity capacity(muster::service_id, muster::instant now) {
    last = now;
    return {places, places - taken, {}};
  }
  muster::cluster_load load(muster::instant now) {
    last = now;
    return {0, taken, places == 0 ? 1.0 : static_cast<double>(taken) / places, 0.0};
  }
  muster::offer_reply offer(const muster::offered_job& o, muster::instant now) {
    last = now;
    ++offers;
    if (const auto* before = ledger.find(o.key())) return *before;
    if (now > o.request.deadline) return {muster::offer_verdict::too_late, 0, muster::never};
    if (taken == places) return {};
    const muster::offer_reply yes{muster::offer_verdict::accepted, taken, muster::never};
    if (!ledger.accept(o.key(), o.request.deadline, yes, now)) return {};
    ++taken;
    ++runs[o.key()];
    return yes;
  }
  muster::request_outcome outcome(muster::request_key k, muster::instant now) {
    last = now;
    return ledger.outcome(k);
  }
};
static_assert(muster::cluster_host<hand_cluster>);

inline muster::offered_job offered(std::uint32_t origin, std::uint64_t id,
                                   muster::instant deadline = muster::never) {
  muster::offered_job o;
  o.origin = origin;
  o.request.id = muster::job_id{id};
  o.request.deadline = deadline;
  return o;
}

}  // namespace support
