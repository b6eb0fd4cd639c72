// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <muster/concepts/cluster_rpc.hpp>
#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::adapters::grpc {

namespace detail {
// A cluster_host behind plain functions, so that gRPC is compiled once and not for each host.
struct host_functions {
  void* host = nullptr;
  cluster_capacity (*capacity)(void*, service_id, instant) = nullptr;
  cluster_load (*load)(void*, instant) = nullptr;
  offer_reply (*offer)(void*, const offered_job&, instant) = nullptr;
  request_outcome (*outcome)(void*, request_key, instant) = nullptr;
};
template <cluster_host Host>
[[nodiscard]] host_functions functions_of(Host& host) noexcept {
  return {
      &host, [](void* h, service_id s, instant t) { return static_cast<Host*>(h)->capacity(s, t); },
      [](void* h, instant t) { return static_cast<Host*>(h)->load(t); },
      [](void* h, const offered_job& o, instant t) { return static_cast<Host*>(h)->offer(o, t); },
      [](void* h, request_key k, instant t) { return static_cast<Host*>(h)->outcome(k, t); }};
}
}  // namespace detail

/// Answers the calls of other clusters over gRPC, for any cluster_host.
///
/// Idea     checks every message against the rules of cluster.proto before the host sees it: what
///          breaks one is answered with INVALID_ARGUMENT and the words of muster::error (field,
///          what is wrong, what was expected). What is larger than a limit is not even read.
/// Threads  calls come from threads of gRPC, and the host is called by one at a time, so a host
///          that only the server uses needs no locks. It must answer quickly: others wait.
/// Time     `now` of the host is that of unix_clock at the arrival of the message.
/// End      `stop` takes no new calls, lets those under way end, and then returns; the destructor
///          does it too. The host must live until then.
/// This header does not include gRPC.
class server {
 public:
  struct config {
    std::string address = "127.0.0.1:0";      ///< where to listen; port 0: any that is free
    std::uint32_t clusters = 3;               ///< origins are below
    std::uint32_t services = 12;              ///< services are below
    std::uint32_t max_keys = 1024;            ///< keys in one question for outcomes
    std::size_t max_message_bytes = 1 << 16;  ///< larger messages are refused
    std::uint32_t max_calls = 256;            ///< under way at once on one connection
    duration max_work = seconds(3600);        ///< longest request
    /// PEM texts. Without a certificate: no encryption. With an authority, callers must show a
    /// certificate that it has signed.
    std::string authority{}, certificate{}, key{};
  };
  struct totals {
    std::uint64_t calls = 0;    ///< that came in
    std::uint64_t invalid = 0;  ///< of these, answered with INVALID_ARGUMENT
  };

  /// Listens and serves; fails if the address is taken or wrong.
  template <cluster_host Host>
  [[nodiscard]] static result<server> start(Host& host, config c) {
    return start(detail::functions_of(host), std::move(c));
  }
  server(server&&) noexcept;
  server& operator=(server&&) noexcept;
  ~server();

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Ends calls that take longer than `grace`; does nothing the second time.
  void stop(duration grace = milliseconds(500));
  [[nodiscard]] totals counts() const noexcept;

 private:
  struct inside;
  explicit server(std::unique_ptr<inside> i) noexcept;
  [[nodiscard]] static result<server> start(detail::host_functions host, config c);
  std::unique_ptr<inside> inside_;
};

}  // namespace muster::inline MUSTER_ABI::adapters::grpc
