// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/adapters/kubernetes/cluster_state.hpp>
#include <muster/adapters/kubernetes/system_books.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// Makes the replica changes of an orchestrator happen in one cluster.
///
/// Idea       a Deployment has a number of replicas but no say in where they run; so one more
///            means: scale up by one, and bind the pod that appears to the node that was chosen.
///            One less means: mark an idle pod on that node as the cheapest to lose, then scale
///            down by one. Pods without a controller are deleted themselves.
/// Source     KMPS paper, section IV-A.3: replicas change through the Kubernetes API; "services
///            can only be deleted when idle; otherwise, operations are delayed".
/// Idle       the annotation `muster/in-flight` is 0. A pod that does not say is busy. Marking and
///            deleting name the version in which the pod was idle: if a request came in between,
///            the server answers `conflict`, and the removal is delayed.
/// Delayed    a removal also waits while a pod of the service is not running yet, because the
///            controller would remove that one first, wherever it is.
/// Gap        between the mark and the end of the pod a request can still arrive; the pod must
///            finish it when told to stop (terminationGracePeriodSeconds).
/// Conflicts  a scale that somebody else changed is read again, `tries` times in one step.
/// Determinism  orders are worked off in the order given; pods in the order of their names.
class replica_scaler {
 public:
  /// The Deployment behind a service.
  struct service {
    std::string label;  ///< value of the label muster/service
    std::string space;  ///< namespace
    std::string name;   ///< of the Deployment
  };
  struct config {
    std::vector<service> services;  ///< number w is services[w]
    std::uint32_t tries = 4;        ///< at a scale that changes under our hands; >= 1
    std::uint32_t patience = 40;    ///< steps after which an order that cannot be met is dropped
  };
  /// What one step did.
  struct report {
    std::uint32_t scaled_up = 0, scaled_down = 0;  ///< replicas
    std::uint32_t bound = 0;                       ///< pods put on a node
    std::uint32_t delayed = 0;                     ///< removals that still wait
    std::uint32_t dropped = 0;                     ///< orders given up
    std::vector<error> problems;                   ///< calls that failed, not conflicts
  };

  explicit replica_scaler(config c) : config_{std::move(c)} {
    MUSTER_EXPECTS(config_.tries >= 1, "muster: kubernetes::replica_scaler needs tries >= 1");
  }

  /// Orders `delta` more or fewer replicas of service w on a node.
  void order(std::uint32_t w, const std::string& node_name, std::int32_t delta) {
    MUSTER_EXPECTS(w < config_.services.size(),
                   "muster: kubernetes::replica_scaler has no such service");
    for (; delta > 0; --delta) additions_.push_back({w, node_name, 0});
    for (; delta < 0; ++delta) removals_.push_back({w, node_name, 0});
  }

  /// Orders those changes of a plan that are about nodes of `cluster`. One for the cloud, or a row
  /// without node, is left to others; the answer counts those taken.
  std::uint32_t order(std::span<const replica_change> plan, const system_books& books,
                      std::uint32_t cluster) {
    std::uint32_t taken = 0;
    for (const replica_change& c : plan) {
      const auto& where = books.where(c.target);
      if (where.cluster != cluster || where.node.empty() || c.delta == 0) continue;
      order(static_cast<std::uint32_t>(index_of(c.service)), where.node, c.delta);
      ++taken;
    }
    return taken;
  }

  /// Does what can be done now. `state` shall be fresh; call again after each refresh until
  /// nothing is open.
  template <kube_api Api>
  report step(Api& api, const cluster_state& state) {
    report r;
    scale_up(api, r);
    bind(api, state, r);
    scale_down(api, state, r);
    r.delayed = static_cast<std::uint32_t>(removals_.size());
    return r;
  }

  /// Replicas that shall still come or go, or wait to be bound.
  [[nodiscard]] std::size_t open() const noexcept {
    return additions_.size() + reserved_.size() + removals_.size();
  }

 private:
  static constexpr std::string_view marked_cost = "-1000";
  struct task {
    std::uint32_t service = 0;
    std::string node;
    std::uint32_t age = 0;
  };

  // Adds `delta` to a Deployment; conflict means somebody was faster every time.
  template <kube_api Api>
  answer<scale> change(Api& api, const service& s, std::int32_t delta) {
    answer<scale> last = api.read_scale(s.space, s.name);
    for (std::uint32_t i = 0; i < config_.tries && last; ++i) {
      scale wanted = *last;
      wanted.wanted += delta;
      if (wanted.wanted < 0) {
        return {api_status::refused,
                error{"there is no replica left to remove", "", 0, s.name, ""}};
      }
      answer<scale> written = api.write_scale(wanted);
      if (written.status() != api_status::conflict) return written;
      last = api.read_scale(s.space, s.name);
    }
    if (!last) return last;
    return {api_status::conflict, error{"the scale changes all the time", "", 0, s.name, ""}};
  }

  template <class T>
  static void note(const answer<T>& a, report& r) {
    if (!a && a.status() != api_status::conflict) r.problems.push_back(a.failure());
  }

  template <kube_api Api>
  void scale_up(Api& api, report& r) {
    for (std::size_t i = additions_.size(); i > 0; --i) {
      task t = std::move(additions_.front());
      additions_.pop_front();
      const auto done = change(api, config_.services[t.service], +1);
      note(done, r);
      if (done) {
        ++r.scaled_up;
        t.age = 0;
        reserved_.push_back(std::move(t));
      } else {
        keep(std::move(t), additions_, r);
      }
    }
  }

  template <kube_api Api>
  void bind(Api& api, const cluster_state& state, report& r) {
    for (auto it = bound_.begin(); it != bound_.end();) {  // forget what the state shows now
      const bool known = is_waiting(state, *it);
      it = known ? std::next(it) : bound_.erase(it);
    }
    for (const auto& [name, p] : state.pods()) {
      if (reserved_.empty()) return;
      if (!waiting(p) || bound_.contains(p.meta.uid)) continue;
      const std::string* label = find(p.meta.labels, key::service);
      if (label == nullptr) continue;
      for (auto it = reserved_.begin(); it != reserved_.end(); ++it) {
        if (config_.services[it->service].label != *label) continue;
        const auto done = api.bind(p, it->node);
        note(done, r);
        if (done) {
          bound_.insert(p.meta.uid);
          ++r.bound;
          reserved_.erase(it);
        }
        break;
      }
    }
    for (std::size_t i = reserved_.size(); i > 0; --i) {
      task t = std::move(reserved_.front());
      reserved_.pop_front();
      const service& s = config_.services[t.service];
      // A pod that nobody can place is taken back; unbound ones go first.
      if (!keep(std::move(t), reserved_, r)) note(change(api, s, -1), r);
    }
  }

  template <kube_api Api>
  void scale_down(Api& api, const cluster_state& state, report& r) {
    std::set<std::string> taken;  // one removal per pod and step
    for (std::size_t i = removals_.size(); i > 0; --i) {
      task t = std::move(removals_.front());
      removals_.pop_front();
      const service& s = config_.services[t.service];
      const pod* idle = nullptr;
      bool unsettled = false;  // the controller would not remove the one we mean
      for (const auto& [name, p] : state.pods()) {
        const std::string* label = find(p.meta.labels, key::service);
        if (label == nullptr || *label != s.label || !p.active() || p.meta.deleting) continue;
        unsettled = unsettled || (!p.owner.empty() && !p.ready);
        const bool fits = p.node == t.node && p.ready && in_flight(p) == 0;
        if (fits && idle == nullptr && !taken.contains(p.meta.uid)) idle = &p;
        const std::string* cost = find(p.meta.annotations, key::deletion_cost);
        if (cost != nullptr && *cost == marked_cost && !fits) {
          // Marked once, but busy or not wanted any more.
          note(api.annotate(p, std::string{key::deletion_cost}, "0"), r);
          unsettled = true;
        }
      }
      bool gone = false;
      if (idle != nullptr && idle->owner.empty()) {
        const auto done = api.remove(*idle);
        note(done, r);
        gone = static_cast<bool>(done);
      } else if (idle != nullptr && !unsettled) {
        const auto marked =
            api.annotate(*idle, std::string{key::deletion_cost}, std::string{marked_cost});
        note(marked, r);
        if (marked) {
          const auto done = change(api, s, -1);
          note(done, r);
          gone = static_cast<bool>(done);
          if (!gone) note(api.annotate(*marked, std::string{key::deletion_cost}, "0"), r);
        }
      }
      if (gone) {
        taken.insert(idle->meta.uid);
        ++r.scaled_down;
      } else {
        keep(std::move(t), removals_, r);
      }
    }
  }

  // False when the order is given up.
  bool keep(task t, std::deque<task>& list, report& r) const {
    if (++t.age > config_.patience) return ++r.dropped, false;
    list.push_back(std::move(t));
    return true;
  }
  static bool waiting(const pod& p) noexcept {
    return p.node.empty() && p.active() && !p.meta.deleting && p.scheduler == key::scheduler;
  }
  static bool is_waiting(const cluster_state& state, const std::string& uid) {
    for (const auto& [name, p] : state.pods()) {
      if (p.meta.uid == uid) return waiting(p);
    }
    return false;
  }

  config config_;
  std::deque<task> additions_, reserved_, removals_;
  std::set<std::string> bound_;  // uids whose binding the state does not show yet
};

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
