// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <muster/adapters/kubernetes/api.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// An API server with its cluster in memory: for tests of whatever talks to one.
///
/// Idea       the answers of a real one, without the wire: versions that count up with every
///            change, conflicts for old versions, a history that forgets, and the controller that
///            makes and removes pods when a Deployment is scaled.
/// Modelled   one namespace space for names, list, watch, bind, scale, annotate, remove; the
///            order in which a ReplicaSet removes pods: not bound, not running, not ready, lower
///            deletion cost, younger. Pods that are bound run when `start` says so.
/// Not        admission, quotas, rolling updates, partial lists, time.
/// Thread     none of its calls may run at the same time as another.
class memory_cluster {
 public:
  struct config {
    std::size_t history = 1000;  ///< changes that a watch can still ask for; older are gone
  };
  /// What a Deployment makes its pods from.
  struct deployment {
    std::string space, name, service;
    resources requests;
    std::int32_t replicas = 0;
  };

  memory_cluster() : memory_cluster(config{}) {}
  explicit memory_cluster(config c) : config_{c} {}

  // --- what a test does to the cluster ---------------------------------------------------------

  void add_node(std::string name, resources allocatable, string_map labels = {}) {
    node n;
    n.meta.name = std::move(name);
    n.meta.uid = new_uid();
    n.meta.labels = std::move(labels);
    n.allocatable = allocatable;
    n.ready = true;
    changed(event_kind::added, n, nodes_, node_history_);
  }
  void set_ready(const std::string& node_name, bool ready) {
    if (node* n = find_named(nodes_, "", node_name)) {
      node copy = *n;
      copy.ready = ready;
      changed(event_kind::modified, copy, nodes_, node_history_);
    }
  }
  void remove_node(const std::string& name) {
    if (node* n = find_named(nodes_, "", name)) {
      changed(event_kind::removed, node{*n}, nodes_, node_history_);
    }
  }
  void add_deployment(deployment d) {
    held h{std::move(d), std::to_string(++version_), 0};
    deployments_.push_back(std::move(h));
    reconcile(deployments_.back());
  }
  /// A pod of its own, bound by nobody yet.
  pod add_pod(std::string space, std::string name, string_map labels, resources requests,
              std::string scheduler = std::string{key::scheduler}) {
    pod p;
    p.meta.space = std::move(space);
    p.meta.name = std::move(name);
    p.meta.uid = new_uid();
    p.meta.labels = std::move(labels);
    p.phase = "Pending";
    p.scheduler = std::move(scheduler);
    p.requests = requests;
    changed(event_kind::added, p, pods_, pod_history_);
    return pods_.back();
  }
  /// All bound pods run and are ready, with `in_flight` requests in each that had no number yet.
  void start(std::uint32_t in_flight = 0) {
    for (std::size_t i = 0; i < pods_.size(); ++i) {
      if (pods_[i].node.empty() || pods_[i].ready) continue;
      pod p = pods_[i];
      p.phase = "Running";
      p.ready = true;
      p.meta.annotations.emplace(key::in_flight, std::to_string(in_flight));
      changed(event_kind::modified, p, pods_, pod_history_);
    }
  }
  void set_in_flight(const std::string& pod_name, std::uint32_t requests) {
    for (std::size_t i = 0; i < pods_.size(); ++i) {
      if (pods_[i].meta.name != pod_name) continue;
      pod p = pods_[i];
      p.meta.annotations[std::string{key::in_flight}] = std::to_string(requests);
      changed(event_kind::modified, p, pods_, pod_history_);
    }
  }
  [[nodiscard]] const std::vector<node>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] const std::vector<pod>& pods() const noexcept { return pods_; }

  // --- kube_api --------------------------------------------------------------------------------

  [[nodiscard]] answer<listing<node>> list_nodes() { return listing<node>{nodes_, now()}; }
  [[nodiscard]] answer<listing<pod>> list_pods() { return listing<pod>{pods_, now()}; }
  [[nodiscard]] answer<watch_batch<node>> watch_nodes(const std::string& since, duration) {
    return changes(node_history_, since);
  }
  [[nodiscard]] answer<watch_batch<pod>> watch_pods(const std::string& since, duration) {
    return changes(pod_history_, since);
  }

  [[nodiscard]] answer<happened> bind(const pod& wanted, const std::string& node_name) {
    pod* p = find_named(pods_, wanted.meta.space, wanted.meta.name);
    if (p == nullptr) return missing("pod", wanted.meta.name);
    if (!wanted.meta.uid.empty() && p->meta.uid != wanted.meta.uid) {
      return stale("pod", wanted.meta.name, "it is another pod of the same name");
    }
    if (!p->node.empty()) return stale("pod", wanted.meta.name, "it is bound to " + p->node);
    if (find_named(nodes_, "", node_name) == nullptr) return missing("node", node_name);
    pod copy = *p;
    copy.node = node_name;
    changed(event_kind::modified, copy, pods_, pod_history_);
    return happened{};
  }

  [[nodiscard]] answer<scale> read_scale(const std::string& space, const std::string& name) {
    held* d = find_deployment(space, name);
    if (d == nullptr) return {api_status::not_found, not_there("deployment", name)};
    return scale_of(*d);
  }
  [[nodiscard]] answer<scale> write_scale(const scale& s) {
    held* d = find_deployment(s.meta.space, s.meta.name);
    if (d == nullptr) return {api_status::not_found, not_there("deployment", s.meta.name)};
    if (!s.meta.version.empty() && s.meta.version != d->version) {
      return {api_status::conflict,
              error{"the object has been modified", "", 0, s.meta.name, "the latest version"}};
    }
    if (s.wanted < 0) {
      return {api_status::refused,
              error{"spec.replicas is negative", "", 0, s.meta.name, "0 or more"}};
    }
    d->spec.replicas = s.wanted;
    d->version = std::to_string(++version_);
    reconcile(*d);
    return scale_of(*d);
  }

  [[nodiscard]] answer<pod> annotate(const pod& wanted, const std::string& name,
                                     const std::string& value) {
    pod* p = find_named(pods_, wanted.meta.space, wanted.meta.name);
    if (p == nullptr) return {api_status::not_found, not_there("pod", wanted.meta.name)};
    if (p->meta.version != wanted.meta.version) {
      return {api_status::conflict,
              error{"the object has been modified", "", 0, wanted.meta.name, "the latest version"}};
    }
    pod copy = *p;
    copy.meta.annotations[name] = value;
    changed(event_kind::modified, copy, pods_, pod_history_);
    return *find_named(pods_, wanted.meta.space, wanted.meta.name);
  }
  [[nodiscard]] answer<happened> remove(const pod& wanted) {
    pod* p = find_named(pods_, wanted.meta.space, wanted.meta.name);
    if (p == nullptr) return missing("pod", wanted.meta.name);
    if (p->meta.uid != wanted.meta.uid || p->meta.version != wanted.meta.version) {
      return stale("pod", wanted.meta.name, "the object has been modified");
    }
    const std::string owner = p->owner, space = p->meta.space;
    changed(event_kind::removed, pod{*p}, pods_, pod_history_);
    // Its controller makes a new one.
    if (held* d = find_deployment(space, owner)) reconcile(*d);
    return happened{};
  }

 private:
  struct held {
    deployment spec;
    std::string version;
    std::uint64_t made = 0;
  };
  template <class Object>
  using history = std::vector<std::pair<std::uint64_t, watch_event<Object>>>;

  std::string now() const { return std::to_string(version_); }
  std::string new_uid() { return "uid-" + std::to_string(++uids_); }
  static error not_there(std::string_view kind, const std::string& name) {
    return {std::string{kind} + " not found", "", 0, name, "an object that exists"};
  }
  static answer<happened> missing(std::string_view kind, const std::string& name) {
    return {api_status::not_found, not_there(kind, name)};
  }
  static answer<happened> stale(std::string_view kind, const std::string& name, std::string why) {
    return {api_status::conflict, error{std::move(why), "", 0, std::string{kind} + ' ' + name,
                                        "the object as it is now"}};
  }
  template <class Object>
  static Object* find_named(std::vector<Object>& all, const std::string& space,
                            const std::string& name) {
    for (Object& o : all) {
      if (o.meta.name == name && o.meta.space == space) return &o;
    }
    return nullptr;
  }
  held* find_deployment(const std::string& space, const std::string& name) {
    for (held& d : deployments_) {
      if (d.spec.name == name && d.spec.space == space) return &d;
    }
    return nullptr;
  }

  template <class Object>
  void changed(event_kind kind, Object object, std::vector<Object>& all, history<Object>& past) {
    object.meta.version = std::to_string(++version_);
    Object* old = find_named(all, object.meta.space, object.meta.name);
    if (kind == event_kind::removed) {
      all.erase(all.begin() + (old - all.data()));
    } else if (old != nullptr) {
      *old = object;
    } else {
      all.push_back(object);
    }
    past.emplace_back(version_, watch_event<Object>{kind, std::move(object)});
    while (past.size() > config_.history) {
      oldest_ = (std::max)(oldest_, past.front().first);
      past.erase(past.begin());
    }
  }

  template <class Object>
  answer<watch_batch<Object>> changes(const history<Object>& past, const std::string& since) {
    std::uint64_t from = 0;
    for (const char c : since) {
      if (c < '0' || c > '9' || from > version_) {
        return {api_status::refused,
                error{"resourceVersion is not one of ours", "", 0, since, "one from a list"}};
      }
      from = from * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (from < oldest_) {
      return {api_status::gone,
              error{"too old resource version", "", 0, since, "a version from a new list"}};
    }
    watch_batch<Object> batch;
    batch.version = now();
    for (const auto& [version, event] : past) {
      if (version > from) batch.events.push_back(event);
    }
    return batch;
  }

  scale scale_of(const held& d) const {
    scale s;
    s.meta.name = d.spec.name;
    s.meta.space = d.spec.space;
    s.meta.version = d.version;
    s.wanted = d.spec.replicas;
    for (const pod& p : pods_) {
      if (p.owner == d.spec.name && p.meta.space == d.spec.space) ++s.present;
    }
    return s;
  }

  static std::int64_t number(std::string_view text) {
    const bool minus = text.starts_with('-');
    std::int64_t value = 0;
    for (const char c : text.substr(minus ? 1 : 0)) {
      if (c >= '0' && c <= '9' && value < 1'000'000'000) value = value * 10 + (c - '0');
    }
    return minus ? -value : value;
  }
  // Which pod goes first when there are too many; uids count up, so the larger is younger.
  static auto rank(const pod& p) {
    const auto* cost = find(p.meta.annotations, key::deletion_cost);
    return std::tuple{!p.node.empty(), p.phase == "Running", p.ready,
                      cost == nullptr ? 0 : number(*cost),
                      -number(std::string_view{p.meta.uid}.substr(4))};
  }

  void reconcile(held& d) {
    for (;;) {
      std::int32_t present = 0;
      const pod* first = nullptr;
      for (const pod& p : pods_) {
        if (p.owner != d.spec.name || p.meta.space != d.spec.space) continue;
        ++present;
        if (first == nullptr || rank(p) < rank(*first)) first = &p;
      }
      if (present == d.spec.replicas) return;
      if (present > d.spec.replicas) {
        changed(event_kind::removed, pod{*first}, pods_, pod_history_);
        continue;
      }
      pod p;
      p.meta.space = d.spec.space;
      p.meta.name = d.spec.name + '-' + std::to_string(d.made++);
      p.meta.uid = new_uid();
      p.meta.labels.emplace(key::service, d.spec.service);
      p.phase = "Pending";
      p.scheduler = key::scheduler;
      p.owner = d.spec.name;
      p.requests = d.spec.requests;
      changed(event_kind::added, std::move(p), pods_, pod_history_);
    }
  }

  config config_;
  std::vector<node> nodes_;
  std::vector<pod> pods_;
  std::vector<held> deployments_;
  history<node> node_history_;
  history<pod> pod_history_;
  std::uint64_t version_ = 0, uids_ = 0, oldest_ = 0;
};

static_assert(kube_api<memory_cluster>);

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
