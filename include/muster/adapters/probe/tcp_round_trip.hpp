// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>

#include <muster/core/result.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::adapters::probe {

/// Where a peer listens: an address of version 4 or 6 and a port.
class address {
 public:
  /// Looks a host up: a number such as `10.0.0.7` or `fd00::7`, or a name, which asks the
  /// resolver and may take seconds. Do it once, not for every probe.
  [[nodiscard]] static result<address> resolve(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int flaw = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
        flaw != 0) {
      return error{std::string{"cannot be resolved: "} + gai_strerror(flaw), "", 0, host,
                   "an address such as 10.0.0.7 or fd00::7, or a name the resolver knows"};
    }
    address a;
    a.length_ = found->ai_addrlen;
    std::memcpy(&a.storage_, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    a.text_ = (host.find(':') == host.npos ? host : '[' + host + ']') + ':' + std::to_string(port);
    return a;
  }

  [[nodiscard]] const sockaddr* raw() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage_);
  }
  [[nodiscard]] socklen_t length() const noexcept { return length_; }
  [[nodiscard]] int family() const noexcept { return storage_.ss_family; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  address() = default;
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
  std::string text_;
};

/// How a probe ended.
enum class outcome : std::uint8_t {
  answered,
  refused,      ///< the machine is there, nobody listens at the port
  timeout,      ///< no answer in time
  unreachable,  ///< no way to the machine
  failed        ///< this machine could not even ask
};

/// One measurement.
struct round_trip {
  probe::outcome outcome = outcome::failed;
  duration time{};       ///< there and back; meaningful where answered
  int system_error = 0;  ///< errno of the last step, 0 if none

  [[nodiscard]] explicit operator bool() const noexcept { return outcome == outcome::answered; }
  /// The time, or in words why there is none.
  [[nodiscard]] result<duration> value(const address& peer, duration timeout) const {
    switch (outcome) {
      case outcome::answered:
        return time;
      case outcome::refused:
        return error{"the connection was refused", "", 0, peer.text(), "a port that listens"};
      case outcome::timeout:
        return error{"no answer within " + std::to_string(timeout.us / 1000) + " ms", "", 0,
                     peer.text(),
                     "a machine that is up, and no firewall that drops the packets silently"};
      case outcome::unreachable:
        return error{"there is no route", "", 0, peer.text(), "a machine in reach"};
      case outcome::failed:
        break;
    }
    return error{std::string{"the probe failed here: "} + std::strerror(system_error), "", 0,
                 peer.text(), "free sockets on this machine"};
  }
};

/// Measures the time from a machine to a peer and back by opening a connection.
///
/// Idea         a connection is open when the answer to the first packet is back: exactly one
///              round trip. That needs no rights, no agreed protocol and passes network policies
///              that let the service itself pass, which an echo request need not.
/// Source       KMPS paper, section IV-A.5: a latency-probing DaemonSet measures node to node.
/// Equation     time = clock at completion - clock before connect
/// Cost         one socket, one system call for each step; blocks for at most `timeout`. No
///              allocation.
/// Accuracy     includes what both kernels take, some tens of microseconds, and this thread's
///              wake-up; a busy machine only makes it longer, which a filter over several
///              probes removes.
[[nodiscard]] inline round_trip tcp_round_trip(const address& peer, duration timeout) noexcept {
  using clock = std::chrono::steady_clock;
  const auto since = [](clock::time_point t) {
    return std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - t).count();
  };
  const auto classify = [](int flaw) {
    switch (flaw) {
      case ECONNREFUSED:
      case ECONNRESET:
        return outcome::refused;
      case ETIMEDOUT:
        return outcome::timeout;
      case ENETUNREACH:
      case EHOSTUNREACH:
      case ENETDOWN:
      case EHOSTDOWN:
        return outcome::unreachable;
      default:
        return outcome::failed;
    }
  };
  round_trip r;
  const int s = socket(peer.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (s < 0) {
    r.system_error = errno;
    return r;
  }
  const auto begin = clock::now();
  int flaw = connect(s, peer.raw(), peer.length()) == 0 ? 0 : errno;
  if (flaw == EINPROGRESS || flaw == EINTR) {
    for (;;) {
      const std::int64_t left = timeout.us - since(begin);
      if (left <= 0) {
        flaw = ETIMEDOUT;
        break;
      }
      pollfd ask{s, POLLOUT, 0};
      const int ready = poll(&ask, 1, static_cast<int>((left + 999) / 1000));
      if (ready < 0 && errno == EINTR) continue;
      if (ready < 0) {
        flaw = errno;
      } else if (ready == 0) {
        flaw = ETIMEDOUT;
      } else {
        socklen_t size = sizeof flaw;
        if (getsockopt(s, SOL_SOCKET, SO_ERROR, &flaw, &size) != 0) flaw = errno;
      }
      break;
    }
  }
  r.time = {since(begin)};
  r.system_error = flaw;
  r.outcome = flaw == 0 ? outcome::answered : classify(flaw);
  close(s);
  return r;
}

}  // namespace muster::inline MUSTER_ABI::adapters::probe
