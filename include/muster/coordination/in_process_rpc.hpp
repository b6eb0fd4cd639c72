// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/cluster_rpc.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::coordination {

/// Several clusters in one process, and messages between them that take simulated time.
///
/// Idea     a call is a message there and a message back. Each takes `one_way` and a jitter, and
///          each may be lost: of the two, a lost answer is the interesting one, because the other
///          side has acted. The host acts at once in the order of the program, and is told the
///          time at which the message arrives; the caller is told when it knew.
/// Failures `loss` per message; an outage silences a cluster in both directions (its callers wait
///          until their deadline), or, where it `refuses`, its callers learn after a round trip
///          that nobody listens, as from a machine whose program has died.
/// Determinism  bitwise in (calls, random). Draws one number per message for the jitter if that
///          is not 0, and one for the loss if that is not 0.
template <cluster_host Host>
class in_process_network {
 public:
  struct outage {
    std::uint32_t cluster = 0;
    instant from{}, until{};  ///< from <= t < until
    bool refuses = false;     ///< unreachable at once, instead of silent
  };
  struct config {
    duration one_way = milliseconds(25);  ///< >= 0; KMPS paper: < 30 ms between clusters
    duration jitter{};                    ///< most that is added to a message; >= 0
    double loss = 0.0;                    ///< part of the messages that get lost; 0 to 1
    duration timeout = seconds(5);        ///< longest wait, also without a deadline; > 0
    std::vector<outage> outages{};
  };
  /// What was sent, over all callers.
  struct totals {
    std::uint64_t messages = 0;     ///< there and back
    std::uint64_t lost = 0;         ///< of these, by chance or outage
    std::uint64_t timed_out = 0;    ///< calls
    std::uint64_t unreachable = 0;  ///< calls
  };

  in_process_network() = default;
  /// `hosts[c]` answers for cluster c; they must outlive the network.
  explicit in_process_network(std::span<Host> hosts) : in_process_network{hosts, config{}} {}
  in_process_network(std::span<Host> hosts, config c) : hosts_{hosts}, config_{std::move(c)} {
    MUSTER_EXPECTS(config_.one_way.us >= 0 && config_.jitter.us >= 0 && config_.loss >= 0.0 &&
                       config_.loss <= 1.0 && config_.timeout.us > 0,
                   "muster: coordination::in_process_network has a number out of range; write "
                   "times >= 0, timeout > 0 and 0 <= loss <= 1");
  }

  /// One call: `act(host, time of arrival)` -> T is the other side's part.
  template <class T, class Act>
  rpc_answer<T> call(std::uint32_t self, std::uint32_t cluster, rpc_call c, rng& random,
                     Act&& act) {
    using answer = rpc_answer<T>;
    MUSTER_EXPECTS(cluster < hosts_.size() && cluster != self,
                   "muster: coordination::in_process_network: a cluster calls itself or one that "
                   "does not exist");
    if (c.now >= c.deadline) return answer::failed(rpc_status::not_tried, c.now);
    const instant give_up = (std::min)(c.deadline, c.now + config_.timeout);
    const auto no_answer = [&] {
      ++totals_.timed_out;
      return answer::failed(rpc_status::timed_out, give_up);
    };
    const instant there = c.now + travel(random);
    if (!arrives(self, cluster, c.now, there, random)) {
      const outage* o = outage_at(cluster, there);
      const instant told = there + config_.one_way;
      if (o != nullptr && o->refuses && outage_at(self, c.now) == nullptr && told <= give_up) {
        ++totals_.unreachable;
        return answer::failed(rpc_status::unreachable, told);
      }
      return no_answer();
    }
    T value = act(hosts_[cluster], there);
    const instant back = there + travel(random);
    if (!arrives(cluster, self, there, back, random) || back > give_up) return no_answer();
    return answer{std::move(value), back, rpc_status::answered};
  }

  [[nodiscard]] std::uint32_t size() const noexcept {
    return static_cast<std::uint32_t>(hosts_.size());
  }
  [[nodiscard]] const totals& counts() const noexcept { return totals_; }
  [[nodiscard]] const config& settings() const noexcept { return config_; }
  /// Whether a cluster is cut off at t.
  [[nodiscard]] bool cut_off(std::uint32_t cluster, instant t) const noexcept {
    return outage_at(cluster, t) != nullptr;
  }
  void reset() noexcept { totals_ = {}; }

 private:
  [[nodiscard]] duration travel(rng& random) const noexcept {
    if (config_.jitter.us == 0) return config_.one_way;
    const auto most = static_cast<std::uint64_t>(config_.jitter.us);
    return config_.one_way +
           microseconds(static_cast<std::int64_t>(uniform_below(random, most + 1)));
  }
  [[nodiscard]] const outage* outage_at(std::uint32_t cluster, instant t) const noexcept {
    for (const outage& o : config_.outages) {
      if (o.cluster == cluster && o.from <= t && t < o.until) return &o;
    }
    return nullptr;
  }
  bool arrives(std::uint32_t from, std::uint32_t to, instant sent, instant received, rng& random) {
    ++totals_.messages;
    const bool lost = config_.loss > 0.0 && uniform01(random) < config_.loss;
    if (!lost && !cut_off(from, sent) && !cut_off(to, received)) return true;
    ++totals_.lost;
    return false;
  }

  std::span<Host> hosts_;
  config config_;
  totals totals_;
};

/// One cluster's end of an in_process_network: a cluster_rpc.
template <cluster_host Host>
class in_process_rpc {
 public:
  in_process_rpc() = default;
  in_process_rpc(in_process_network<Host>& through, std::uint32_t self) noexcept
      : network_{&through}, self_{self} {}

  [[nodiscard]] std::uint32_t clusters() const noexcept { return network_->size(); }

  rpc_answer<cluster_capacity> capacity(std::uint32_t cluster, service_id service, rpc_call call,
                                        rng& random) {
    return network_->template call<cluster_capacity>(
        self_, cluster, call, random, [&](Host& h, instant t) { return h.capacity(service, t); });
  }
  rpc_answer<cluster_load> load(std::uint32_t cluster, rpc_call call, rng& random) {
    return network_->template call<cluster_load>(self_, cluster, call, random,
                                                 [](Host& h, instant t) { return h.load(t); });
  }
  rpc_answer<offer_reply> offer(std::uint32_t cluster, const offered_job& offered, rpc_call call,
                                rng& random) {
    return network_->template call<offer_reply>(
        self_, cluster, call, random, [&](Host& h, instant t) { return h.offer(offered, t); });
  }
  rpc_answer<std::size_t> outcomes(std::uint32_t cluster, std::span<const request_key> keys,
                                   std::span<request_outcome> told, rpc_call call, rng& random) {
    MUSTER_EXPECTS(keys.size() == told.size(),
                   "muster: coordination::in_process_rpc::outcomes needs room for each answer; "
                   "give spans of equal length");
    return network_->template call<std::size_t>(self_, cluster, call, random,
                                                [&](Host& h, instant t) {
                                                  for (std::size_t i = 0; i < keys.size(); ++i)
                                                    told[i] = h.outcome(keys[i], t);
                                                  return keys.size();
                                                });
  }

 private:
  in_process_network<Host>* network_ = nullptr;
  std::uint32_t self_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::coordination
