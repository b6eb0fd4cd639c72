// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <muster/core/job.hpp>
#include <muster/core/result.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI {

/// Names one request among all clusters for ever: who owns it, and its number there. An owner
/// that restarts never uses a number twice.
struct request_key {
  std::uint32_t origin = 0;  ///< cluster that owns the request
  job_id id{};
  friend constexpr auto operator<=>(const request_key&, const request_key&) = default;
};

/// A request on offer to another cluster.
struct offered_job {
  std::uint32_t origin = 0;  ///< cluster that owns it
  job request{};
  [[nodiscard]] constexpr request_key key() const noexcept { return {origin, request.id}; }
};

/// What a cluster could take of one service.
struct cluster_capacity {
  std::uint32_t replicas = 0;  ///< of the service
  std::uint32_t idle = 0;      ///< requests that could start at once
  duration wait{};             ///< expected until a replica is idle; 0 when one is
};

/// How busy a whole cluster is.
struct cluster_load {
  std::uint32_t waiting = 0, running = 0;  ///< requests of all services
  double cpu_use = 0.0, memory_use = 0.0;  ///< part in use, 0 to 1
};

enum class offer_verdict : std::uint8_t {
  accepted,    ///< taken, and remembered under its key
  full,        ///< no resources now
  no_service,  ///< no replica of the service
  too_late,    ///< the deadline is over, or cannot be met
};

struct offer_reply {
  offer_verdict verdict = offer_verdict::full;
  std::uint32_t node = 0;    ///< where the neighbour put it, counted from 0 there; if accepted
  instant expected = never;  ///< when it expects to be done; `never` if it does not say
  [[nodiscard]] constexpr bool accepted() const noexcept {
    return verdict == offer_verdict::accepted;
  }
  friend constexpr bool operator==(const offer_reply&, const offer_reply&) = default;
};

/// What became of a request that was offered.
enum class request_outcome : std::uint8_t {
  unknown,  ///< never accepted, or forgotten long after its deadline
  pending,  ///< accepted, waits or runs
  done,     ///< ran, in time
  missed,   ///< dropped, or ran too late
};

/// Why a call has no answer.
enum class rpc_status : std::uint8_t {
  answered,
  timed_out,    ///< no answer in time; the other side may or may not have acted
  unreachable,  ///< the other side is gone; it may have acted before it went
  not_tried,    ///< nothing was sent: no time left, or the circuit is open
  invalid,      ///< the other side did not understand, or its answer made no sense
};

/// Short enough that an error made of it needs no memory.
[[nodiscard]] constexpr const char* to_text(rpc_status s) noexcept {
  switch (s) {
    case rpc_status::answered:
      return "answered";
    case rpc_status::timed_out:
      return "timed out";
    case rpc_status::unreachable:
      return "unreachable";
    case rpc_status::not_tried:
      return "not tried";
    case rpc_status::invalid:
      return "not understood";
  }
  return "";
}

/// From when to when a caller is willing to wait.
struct rpc_call {
  instant now{};  ///< simulated clock of the caller; a model on a real clock reads its own
  instant deadline = never;  ///< an answer after this is none
};

/// The answer of a call, or why there is none, and when the caller knew.
///
/// `at` makes one interface of blocking calls and of simulation: a model on the real clock has
/// waited until `at`, a simulated one lets the caller wait as its clock says.
template <class T>
struct [[nodiscard]] rpc_answer {
  result<T> value;
  instant at{};
  rpc_status status = rpc_status::answered;

  explicit operator bool() const noexcept { return value.has_value(); }
  /// Whether the same call may be tried again: calls are idempotent.
  [[nodiscard]] bool may_retry() const noexcept {
    return status == rpc_status::timed_out || status == rpc_status::unreachable;
  }
  /// An answer that did not come.
  static rpc_answer failed(rpc_status status, instant at) {
    return {error{.what = to_text(status), .file = {}, .field = {}, .expected = {}}, at, status};
  }
  static rpc_answer failed(rpc_status status, instant at, error reason) {
    return {std::move(reason), at, status};
  }
};

/// Talks to the other clusters: asks what they can take, offers requests, learns what became of
/// them.
///
/// Syntax (checked here)   clusters have numbers 0 .. clusters() - 1; nobody calls itself
///   `r.capacity(cluster, service, call, rng)`
///   `r.load(cluster, call, rng)`
///   `r.offer(cluster, offered, call, rng)`
///   `r.outcomes(cluster, keys, told, call, rng)`  fills told[i] for keys[i]; equal lengths
/// Meaning
///   - an answer has `call.now <= at <= max(call.now, call.deadline)`: nobody waits longer than
///     they said (on a real clock: plus what waking up takes);
///   - `offer` is idempotent: a cluster that has accepted a key says so again however often it
///     is asked, and runs it once. A refusal is an answer, not a failure;
///   - the origin owns a request until it knows an outcome, and it alone counts it: when the
///     answer to an offer is lost it may ask again or go elsewhere, and still counts it once;
///   - never throws; draws random numbers (jitter, simulated loss) from the argument only.
template <class R>
concept cluster_rpc = std::movable<R> &&
    requires(R& r, const R& c, std::uint32_t cluster, service_id service,
             const offered_job& offered, std::span<const request_key> keys,
             std::span<request_outcome> told, rpc_call call, rng& random) {
  { c.clusters() }
  noexcept->std::same_as<std::uint32_t>;
  { r.capacity(cluster, service, call, random) } -> std::same_as<rpc_answer<cluster_capacity>>;
  { r.load(cluster, call, random) } -> std::same_as<rpc_answer<cluster_load>>;
  { r.offer(cluster, offered, call, random) } -> std::same_as<rpc_answer<offer_reply>>;
  { r.outcomes(cluster, keys, told, call, random) } -> std::same_as<rpc_answer<std::size_t>>;
};

/// The other end: a cluster that answers what `cluster_rpc` asks.
///
/// Meaning   `now` is the time at which the message arrives; an accepted key is accepted again,
///           with the same reply, and runs once (coordination::offer_ledger keeps this promise).
///           Never throws; called by one thread at a time.
template <class H>
concept cluster_host = requires(H& h, service_id service, const offered_job& offered,
                                request_key key, instant now) {
  { h.capacity(service, now) } -> std::same_as<cluster_capacity>;
  { h.load(now) } -> std::same_as<cluster_load>;
  { h.offer(offered, now) } -> std::same_as<offer_reply>;
  { h.outcome(key, now) } -> std::same_as<request_outcome>;
};

}  // namespace muster::inline MUSTER_ABI
