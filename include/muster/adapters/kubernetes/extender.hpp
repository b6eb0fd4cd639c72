// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/adapters/kubernetes/cluster_state.hpp>
#include <muster/adapters/kubernetes/extender_messages.hpp>
#include <muster/adapters/kubernetes/ranker.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// A muster strategy as an extender of kube-scheduler.
///
/// Idea       the scheduler asks over HTTP which nodes fit (`filter`) and how good they are
///            (`prioritize`), after its own filters. The strategy stays a separate service, and
///            the scheduler is not changed.
/// Source     KMPS paper, section VI: "encapsulating the GPO service as a plugin within the
///            Kubernetes Scheduling Framework"; contract: kube-scheduler extender v1.
/// Filter     a node fits if it is known, ready and has room for the pod beside what the cluster
///            state says is bound there. A node too small for the pod even when empty is
///            unresolvable, so that nobody is evicted in vain.
/// Scores     integers 0 .. 10 by rank: the best gets 10, the next 9, ..., the eleventh and all
///            behind it 0. The strategy's preference among the first ten survives, its size not.
/// Samples    the scheduler may ask about a part of the nodes only; only those are looked at.
/// Errors     a request that cannot be read is answered with `Error` (filter), or a failure that
///            the server turns into status 400 (prioritize); both name the field.
/// Thread     one call at a time; the server holds a lock.
template <node_ranker Ranker>
class extender {
 public:
  struct config {
    std::uint64_t seed = 1;  ///< of strategies that draw
    std::string speed_label = "muster/speed";
  };

  explicit extender(Ranker ranker = {}) : extender(config{}, std::move(ranker)) {}
  explicit extender(config c, Ranker ranker = {})
      : config_{std::move(c)}, ranker_{std::move(ranker)}, random_{config_.seed} {}

  /// What is bound where, from a watch. Without it all nodes count as empty.
  void look(const cluster_state& state) {
    known_.clear();
    for (const auto& [name, n] : state.nodes()) known_[name].load = load_of(n), known_[name].at = n;
    for (const auto& [name, p] : state.pods()) {
      const auto it = known_.find(p.node);
      if (p.node.empty() || !p.active() || it == known_.end()) continue;
      it->second.load.used = it->second.load.used + p.requests;
      ++it->second.load.pods;
      if (const auto* label = find(p.meta.labels, key::service)) ++it->second.services[*label];
    }
  }

  [[nodiscard]] extender_filter_result filter(const extender_args& args) const {
    extender_filter_result r;
    each_node(args, [&](const std::string& name, const node* n, const node_load& load) {
      if (n == nullptr) {
        r.failed[name] = "muster does not know this node yet";
      } else if (!n->ready) {
        r.failed[name] = "the node is not ready";
      } else if (!node_load{load.total, {}, 1.0, 0, 0}.has_room(args.pod.requests)) {
        r.failed_and_unresolvable[name] = "the pod asks for more than the whole node has";
      } else if (!load.has_room(args.pod.requests)) {
        r.failed[name] = "not enough free cores or memory";
      } else {
        r.fit.push_back(name);
      }
    });
    return r;
  }

  [[nodiscard]] std::vector<host_priority> prioritize(const extender_args& args) {
    std::vector<host_priority> scores;
    loads_.clear();
    numbers_.clear();
    each_node(args, [&](const std::string& name, const node* n, const node_load& load) {
      scores.push_back({name, 0});
      if (n == nullptr || !n->ready || !load.has_room(args.pod.requests)) return;
      loads_.push_back(load);
      numbers_.push_back(static_cast<std::uint32_t>(scores.size() - 1));
    });
    if (loads_.empty()) return scores;
    std::int64_t score = max_extender_priority;
    for (const std::uint32_t k :
         ranker_.rank(args.pod.requests, loads_, max_extender_priority, random_)) {
      scores[numbers_[k]].score = score--;
    }
    return scores;
  }

  /// The whole call: a request's body to an answer's body. Always an answer.
  [[nodiscard]] std::string filter_json(std::string_view body) const {
    const auto args = read_extender_args(body);
    return args ? write_filter_result(*args, filter(*args)) : write_filter_error(args.failure());
  }
  [[nodiscard]] result<std::string> prioritize_json(std::string_view body) {
    const auto args = read_extender_args(body);
    if (!args) return args.failure();
    return write_priorities(prioritize(*args));
  }

 private:
  struct known_node {
    node at;
    node_load load;
    std::map<std::string, std::uint32_t> services;
  };

  [[nodiscard]] node_load load_of(const node& n) const {
    node_load l;
    l.total = n.allocatable;
    if (const auto* text = find(n.meta.labels, config_.speed_label)) {
      const auto value = read_quantity(*text);
      if (value && *value > 0) l.speed = static_cast<double>(*value) * 1e-3;
    }
    return l;
  }

  template <class Visit>
  void each_node(const extender_args& args, Visit visit) const {
    const std::string* service = find(args.pod.meta.labels, key::service);
    const auto one = [&](const std::string& name, const node* sent) {
      const auto it = known_.find(name);
      if (it == known_.end()) {
        visit(name, sent, sent != nullptr ? load_of(*sent) : node_load{});
        return;
      }
      node_load load = it->second.load;
      if (service != nullptr) {
        const auto count = it->second.services.find(*service);
        if (count != it->second.services.end()) load.of_service = count->second;
      }
      visit(name, sent != nullptr ? sent : &it->second.at, load);
    };
    if (args.names) {
      for (const std::string& name : *args.names) one(name, nullptr);
    } else {
      for (const node& n : args.nodes) one(n.meta.name, &n);
    }
  }

  config config_;
  Ranker ranker_;
  rng random_;
  std::map<std::string, known_node> known_;
  std::vector<node_load> loads_;
  std::vector<std::uint32_t> numbers_;
};

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
