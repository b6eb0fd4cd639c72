// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace support {

/// A socket of this process that listens on the loopback interface; `port` 0 when it cannot.
/// With `backlog` >= 0 nobody accepts, so connections beyond it stay without an answer.
struct listener {
  int socket = -1;
  std::uint16_t port = 0;

  explicit listener(int family = AF_INET, int backlog = 64) {
    socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return;
    sockaddr_storage where{};
    socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    where.ss_family = static_cast<sa_family_t>(family);
    if (family == AF_INET) {
      reinterpret_cast<sockaddr_in*>(&where)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
      reinterpret_cast<sockaddr_in6*>(&where)->sin6_addr = in6addr_loopback;
    }
    if (bind(socket, reinterpret_cast<sockaddr*>(&where), size) != 0) return;
    if (backlog >= 0 && listen(socket, backlog) != 0) return;
    if (getsockname(socket, reinterpret_cast<sockaddr*>(&where), &size) != 0) return;
    port = ntohs(family == AF_INET ? reinterpret_cast<sockaddr_in*>(&where)->sin_port
                                   : reinterpret_cast<sockaddr_in6*>(&where)->sin6_port);
  }
  ~listener() { stop(); }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  void stop() {
    if (socket >= 0) close(socket);
    socket = -1;
  }
  /// Takes the connections that wait.
  void accept_all() const {
    for (int one; (one = accept4(socket, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) close(one);
  }
};

}  // namespace support
