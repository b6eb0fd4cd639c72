// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>

#include <httplib.h>

#include <muster/adapters/kubernetes/extender.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// Puts an extender on an HTTP server: POST `prefix`/filter and `prefix`/prioritize, GET /healthz.
///
/// Contract  only status 200 counts as success for kube-scheduler. `filter` answers 200 always and
///           tells what was wrong in `Error`; `prioritize` has no such field and answers 400, which
///           the scheduler takes for "no opinion".
/// Lifetime  server and extender must outlive the serving. `lock` is held during each call; hold
///           it while calling `look`.
template <node_ranker Ranker>
void mount(httplib::Server& server, const std::string& prefix, extender<Ranker>& strategy,
           std::mutex& lock) {
  // A list of 5000 whole nodes is about 40 MB.
  server.set_payload_max_length(std::size_t{256} << 20);
  server.Post(prefix + "/filter", [&](const httplib::Request& ask, httplib::Response& out) {
    const std::scoped_lock held{lock};
    out.set_content(strategy.filter_json(ask.body), "application/json");
  });
  server.Post(prefix + "/prioritize", [&](const httplib::Request& ask, httplib::Response& out) {
    const std::scoped_lock held{lock};
    const auto answer = strategy.prioritize_json(ask.body);
    if (answer) {
      out.set_content(*answer, "application/json");
    } else {
      out.status = 400;
      out.set_content(answer.failure().to_string() + '\n', "text/plain");
    }
  });
  server.Get("/healthz", [](const httplib::Request&, httplib::Response& out) {
    out.set_content("ok\n", "text/plain");
  });
}

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
