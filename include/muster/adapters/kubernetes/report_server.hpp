// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include <httplib.h>

#include <muster/adapters/kubernetes/state_board.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// This machine's clock that never goes back.
[[nodiscard]] inline instant steady_now() noexcept {
  return {std::chrono::duration_cast<std::chrono::microseconds>(
              std::chrono::steady_clock::now().time_since_epoch())
              .count()};
}

/// Takes the reports of node agents: POST `path`. 204 taken, 409 overtaken by a later one, 400
/// unreadable, with the field's name.
/// Lifetime  server and board must outlive the serving; `lock` is held during each call, hold it
///           while reading the board.
inline void mount_reports(httplib::Server& server, const std::string& path, state_board& board,
                          std::mutex& lock) {
  server.Post(path, [&](const httplib::Request& ask, httplib::Response& out) {
    auto report = read_node_report(ask.body);
    if (!report) {
      out.status = 400;
      out.set_content(report.failure().to_string() + '\n', "text/plain");
      return;
    }
    const std::scoped_lock held{lock};
    out.status = board.take(*std::move(report), steady_now()) ? 204 : 409;
  });
}

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
