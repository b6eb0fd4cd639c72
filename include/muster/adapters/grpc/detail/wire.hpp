// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <muster/adapters/grpc/server.hpp>
#include <muster/concepts/cluster_rpc.hpp>
#include <muster/core/result.hpp>

#include <muster/adapters/grpc/cluster.pb.h>

/// Between the messages of cluster.proto and our types, with every rule of the wire checked.
namespace muster::inline MUSTER_ABI::adapters::grpc::detail {

namespace wire = ::muster::cluster::v1;

inline constexpr std::int64_t longest_wait = std::int64_t{1} << 50;  // us: 35 years

[[nodiscard]] inline error broken(std::string field, std::string what, std::string expected) {
  return {.what = std::move(what),
          .file = {},
          .field = std::move(field),
          .expected = std::move(expected)};
}
/// Whether low <= x <= high; not for NaN.
template <class T>
[[nodiscard]] bool within(T x, T low, T high) noexcept {
  return x >= low && x <= high;
}
template <class T>
[[nodiscard]] error out_of_range(std::string field, T x, const std::string& range) {
  return broken(std::move(field), "is " + std::to_string(x), range);
}

// --- what a server reads -----------------------------------------------------------------------

[[nodiscard]] inline result<request_key> read(const wire::RequestKey& k, const std::string& field,
                                              const server::config& limits) {
  if (k.origin() >= limits.clusters) {
    return out_of_range(field + ".origin", k.origin(),
                        "a cluster, 0 to " + std::to_string(limits.clusters - 1));
  }
  return request_key{k.origin(), job_id{k.id()}};
}
[[nodiscard]] inline result<service_id> read_service(std::uint32_t s,
                                                     const server::config& limits) {
  if (s >= limits.services) {
    return out_of_range("service", s, "a service, 0 to " + std::to_string(limits.services - 1));
  }
  return service_id{s};
}
[[nodiscard]] inline result<offered_job> read(const wire::OfferRequest& m,
                                              const server::config& limits) {
  if (!m.has_key()) return broken("key", "is missing", "origin and id of the request");
  const auto key = read(m.key(), "key", limits);
  if (!key) return key.failure();
  const auto service = read_service(m.service(), limits);
  if (!service) return service.failure();
  if (!within<std::int64_t>(m.work_us(), 0, limits.max_work.us)) {
    return out_of_range("work_us", m.work_us(),
                        "microseconds, 0 to " + std::to_string(limits.max_work.us));
  }
  if (!within<std::int64_t>(m.arrival_us(), 1, never.us / 2)) {
    return out_of_range("arrival_us", m.arrival_us(), "microseconds since 1970, above 0");
  }
  if (!within<std::int64_t>(m.deadline_us(), m.arrival_us(), never.us / 2)) {
    return out_of_range("deadline_us", m.deadline_us(),
                        "microseconds since 1970, not before arrival_us");
  }
  if (!within(m.cpu(), 0.0F, 4096.0F)) return out_of_range("cpu", m.cpu(), "cores, 0 to 4096");
  if (!within(m.memory_gb(), 0.0F, 65536.0F)) {
    return out_of_range("memory_gb", m.memory_gb(), "GB, 0 to 65536");
  }
  offered_job o;
  o.origin = key->origin;
  o.request.id = key->id;
  o.request.arrival = instant{m.arrival_us()};
  o.request.deadline = instant{m.deadline_us()};
  o.request.work = duration{m.work_us()};
  o.request.service = *service;
  o.request.cpu = m.cpu();
  o.request.memory = m.memory_gb();
  o.request.urgent = m.urgent();
  return o;
}

// --- what a server writes ----------------------------------------------------------------------

inline void write(const cluster_capacity& c, wire::CapacityReply& m) {
  m.set_replicas(c.replicas);
  m.set_idle(c.idle);
  m.set_wait_us(c.wait.us < longest_wait ? c.wait.us : longest_wait);
}
inline void write(const cluster_load& l, wire::LoadReply& m) {
  m.set_waiting(l.waiting);
  m.set_running(l.running);
  m.set_cpu_use(l.cpu_use);
  m.set_memory_use(l.memory_use);
}
inline void write(const offer_reply& r, wire::OfferReply& m) {
  m.set_verdict(static_cast<wire::Verdict>(static_cast<int>(r.verdict) + 1));
  m.set_node(r.node);
  m.set_expected_us(r.expected == never ? 0 : r.expected.us);
}
[[nodiscard]] inline wire::Outcome to_wire(request_outcome o) noexcept {
  return static_cast<wire::Outcome>(static_cast<int>(o) + 1);
}

// --- what a client writes ----------------------------------------------------------------------

inline void write(request_key k, wire::RequestKey& m) {
  m.set_origin(k.origin);
  m.set_id(static_cast<std::uint64_t>(k.id));
}
inline void write(const offered_job& o, wire::OfferRequest& m) {
  write(o.key(), *m.mutable_key());
  m.set_service(static_cast<std::uint32_t>(o.request.service));
  m.set_work_us(o.request.work.us);
  m.set_arrival_us(o.request.arrival.us);
  m.set_deadline_us(o.request.deadline.us);
  m.set_cpu(o.request.cpu);
  m.set_memory_gb(o.request.memory);
  m.set_urgent(o.request.urgent);
}

// --- what a client reads -----------------------------------------------------------------------

[[nodiscard]] inline result<cluster_capacity> read(const wire::CapacityReply& m) {
  if (!within<std::int64_t>(m.wait_us(), 0, longest_wait)) {
    return out_of_range("wait_us", m.wait_us(), "microseconds, at least 0");
  }
  return cluster_capacity{m.replicas(), m.idle(), duration{m.wait_us()}};
}
[[nodiscard]] inline result<cluster_load> read(const wire::LoadReply& m) {
  if (!within(m.cpu_use(), 0.0, 1.0)) return out_of_range("cpu_use", m.cpu_use(), "0 to 1");
  if (!within(m.memory_use(), 0.0, 1.0)) {
    return out_of_range("memory_use", m.memory_use(), "0 to 1");
  }
  return cluster_load{m.waiting(), m.running(), m.cpu_use(), m.memory_use()};
}
[[nodiscard]] inline result<offer_reply> read(const wire::OfferReply& m) {
  const int verdict = static_cast<int>(m.verdict());
  if (!within(verdict, 1, static_cast<int>(wire::VERDICT_TOO_LATE))) {
    return out_of_range("verdict", verdict, "a verdict, 1 to 4");
  }
  if (m.expected_us() < 0) {
    return out_of_range("expected_us", m.expected_us(), "microseconds since 1970, or 0");
  }
  return offer_reply{static_cast<offer_verdict>(verdict - 1), m.node(),
                     m.expected_us() == 0 ? never : instant{m.expected_us()}};
}
[[nodiscard]] inline result<request_outcome> read_outcome(int o) {
  if (!within(o, 1, static_cast<int>(wire::OUTCOME_MISSED))) {
    return out_of_range("outcomes", o, "an outcome, 1 to 4");
  }
  return static_cast<request_outcome>(o - 1);
}

}  // namespace muster::inline MUSTER_ABI::adapters::grpc::detail
