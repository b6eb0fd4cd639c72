// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <muster/adapters/kubernetes/api.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// The nodes and pods of one cluster as they were a moment ago.
///
/// Idea       listed once, then kept up to date by watching, so that a decision needs no call.
///            When the server has forgotten the version we stopped at, everything is listed again.
/// Meaning    a copy of the server's state at some recent moment; whoever acts on it must be
///            ready to be told `conflict`.
/// Determinism  nodes are in the order of their names, pods of namespace and name.
class cluster_state {
 public:
  /// Brings the copy up to date; waits for changes for at most `time` per kind of object. After a
  /// failure what was known stays.
  template <kube_api Api>
  [[nodiscard]] answer<happened> refresh(Api& api, duration time) {
    if (!listed_) return list(api);
    auto seen_nodes = api.watch_nodes(node_version_, time);
    if (seen_nodes.status() == api_status::gone) return list(api);
    if (!seen_nodes) return {seen_nodes.status(), seen_nodes.failure()};
    for (auto& event : seen_nodes->events) {
      std::string name = event.object.meta.name;
      apply(event, std::move(name), nodes_);
    }
    node_version_ = std::move(seen_nodes->version);
    auto seen_pods = api.watch_pods(pod_version_, time);
    if (seen_pods.status() == api_status::gone) return list(api);
    if (!seen_pods) return {seen_pods.status(), seen_pods.failure()};
    for (auto& event : seen_pods->events) {
      std::string name = key_of(event.object);
      apply(event, std::move(name), pods_);
    }
    pod_version_ = std::move(seen_pods->version);
    return happened{};
  }

  [[nodiscard]] const std::map<std::string, node>& nodes() const noexcept { return nodes_; }
  /// By `namespace/name`.
  [[nodiscard]] const std::map<std::string, pod>& pods() const noexcept { return pods_; }
  /// How often everything was listed; more than once means that a watch fell behind.
  [[nodiscard]] std::uint64_t lists() const noexcept { return lists_; }

  [[nodiscard]] static std::string key_of(const pod& p) { return p.meta.space + '/' + p.meta.name; }

 private:
  template <kube_api Api>
  answer<happened> list(Api& api) {
    auto all_nodes = api.list_nodes();
    if (!all_nodes) return {all_nodes.status(), all_nodes.failure()};
    auto all_pods = api.list_pods();
    if (!all_pods) return {all_pods.status(), all_pods.failure()};
    nodes_.clear();
    pods_.clear();
    for (node& n : all_nodes->items) {
      std::string name = n.meta.name;
      nodes_.insert_or_assign(std::move(name), std::move(n));
    }
    for (pod& p : all_pods->items) {
      std::string name = key_of(p);
      pods_.insert_or_assign(std::move(name), std::move(p));
    }
    node_version_ = std::move(all_nodes->version);
    pod_version_ = std::move(all_pods->version);
    listed_ = true;
    ++lists_;
    return happened{};
  }

  template <class Object>
  static void apply(watch_event<Object>& event, std::string name,
                    std::map<std::string, Object>& all) {
    switch (event.kind) {
      case event_kind::added:
      case event_kind::modified:
        all.insert_or_assign(std::move(name), std::move(event.object));
        return;
      case event_kind::removed:
        all.erase(name);
        return;
      case event_kind::bookmark:
        return;
    }
  }

  std::map<std::string, node> nodes_;
  std::map<std::string, pod> pods_;
  std::string node_version_, pod_version_;
  std::uint64_t lists_ = 0;
  bool listed_ = false;
};

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
