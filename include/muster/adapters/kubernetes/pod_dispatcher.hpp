// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <muster/adapters/kubernetes/cluster_state.hpp>
#include <muster/adapters/kubernetes/system_books.hpp>
#include <muster/concepts/dispatcher.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// Lets a dispatcher bind the pods of a cluster that wait for `muster-scheduler`: one pod, one
/// request.
///
/// Idea       the pod is turned into a job and the cluster into a view; what the dispatcher
///            chooses among the own nodes is bound at once, what it sends elsewhere is handed to
///            the caller, because only the other cluster's server can bind there.
/// Job        service from the label `muster/service`, cores and memory from the requests, work
///            and deadline from the annotations `muster/work-ms` and `muster/allowance-ms`
///            (defaults below). Pods with a controller are replicas: `replica_scaler` binds them.
/// Conflicts  a pod that somebody else bound, or that is gone, is left alone.
/// Determinism  pods are decided in the order of namespace and name.
template <dispatcher Dispatcher>
class pod_dispatcher {
 public:
  struct config {
    std::uint32_t cluster = 0;               ///< whose pods these are
    duration usual_work = milliseconds(65);  ///< at speed 1; > 0
    duration usual_allowance = seconds(2);   ///< deadline after the decision; > 0
  };
  /// A pod that shall run in another cluster, or in the cloud.
  struct elsewhere {
    pod request;
    std::size_t target = 0;  ///< global number
  };
  struct report {
    std::uint32_t bound = 0;
    std::uint32_t waiting = 0;  ///< no node of any cluster can take them now
    std::vector<elsewhere> others;
    std::vector<error> problems;
  };

  explicit pod_dispatcher(config c, Dispatcher d = {}) : config_{c}, dispatcher_{std::move(d)} {}

  /// Decides about all waiting pods of `state`, which is cluster number `config::cluster` of
  /// `books`.
  template <kube_api Api>
  report step(Api& api, const cluster_state& state, system_books& books, instant now, rng& random) {
    report r;
    for (const auto& [name, p] : state.pods()) {
      if (!p.node.empty() || !p.active() || p.meta.deleting || !p.owner.empty() ||
          p.scheduler != key::scheduler) {
        continue;
      }
      const std::string* label = find(p.meta.labels, key::service);
      const std::size_t w =
          label == nullptr ? books.table().services : books.service_number(*label);
      if (w == books.table().services) {
        r.problems.push_back(error{"the pod names no service that is known", "", 0, name,
                                   "a label muster/service with one of the configured values"});
        continue;
      }
      job request;
      request.arrival = now;
      request.service = service_id{static_cast<std::uint32_t>(w)};
      request.work = from(p, "muster/work-ms", config_.usual_work);
      request.deadline = now + from(p, "muster/allowance-ms", config_.usual_allowance);
      request.cpu = static_cast<float>(p.requests.cpu) * 1e-3F;
      request.memory = static_cast<float>(p.requests.memory) * 1e-3F;
      const dispatch_view view = books.dispatch_pod(config_.cluster, request, p.requests, now);
      const std::uint32_t k = dispatcher_.choose(view, random);
      if (!view.valid(k)) {
        ++r.waiting;
        continue;
      }
      const std::size_t row = view.row_of(k);
      if (k >= view.own) {
        r.others.push_back({p, row});
        books.take(row, p.requests);
        continue;
      }
      const auto done = api.bind(p, books.where(row).node);
      if (done) {
        ++r.bound;
        books.take(row, p.requests);
      } else if (done.status() != api_status::conflict && done.status() != api_status::not_found) {
        r.problems.push_back(done.failure());
      }
    }
    return r;
  }

 private:
  static duration from(const pod& p, std::string_view name, duration usual) {
    const std::string* text = find(p.meta.annotations, name);
    std::int64_t ms = 0;
    if (text == nullptr) return usual;
    const auto [end, flaw] = std::from_chars(text->data(), text->data() + text->size(), ms);
    const bool good =
        flaw == std::errc{} && end == text->data() + text->size() && ms > 0 && ms < 1'000'000'000;
    return good ? milliseconds(ms) : usual;
  }

  config config_;
  Dispatcher dispatcher_;
};

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
