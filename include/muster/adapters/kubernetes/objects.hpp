// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// The words by which muster and the objects of a cluster know each other.
namespace key {
inline constexpr std::string_view service = "muster/service";      ///< label: which service it is
inline constexpr std::string_view in_flight = "muster/in-flight";  ///< annotation: requests in it
/// Annotation of Kubernetes: of two ready pods the one with the lower number is removed first.
inline constexpr std::string_view deletion_cost = "controller.kubernetes.io/pod-deletion-cost";
/// `spec.schedulerName` of pods that muster binds.
inline constexpr std::string_view scheduler = "muster-scheduler";
}  // namespace key

using string_map = std::map<std::string, std::string, std::less<>>;

/// The value behind a name, or nothing.
[[nodiscard]] inline const std::string* find(const string_map& map, std::string_view name) {
  const auto it = map.find(name);
  return it == map.end() ? nullptr : &it->second;
}

/// Amounts as in `target_table`: thousandths of a core, thousandths of a GB (10^6 bytes).
struct resources {
  std::int64_t cpu = 0, memory = 0;
  friend constexpr bool operator==(const resources&, const resources&) = default;
  friend constexpr resources operator+(resources a, resources b) noexcept {
    return {a.cpu + b.cpu, a.memory + b.memory};
  }
};

/// What every object has.
struct metadata {
  std::string name;
  std::string space;    ///< namespace; empty for nodes
  std::string uid;      ///< never used again, unlike a name
  std::string version;  ///< resourceVersion: changes with every change, no meaning in itself
  string_map labels, annotations;
  bool deleting = false;  ///< deletionTimestamp is set
};

struct node {
  metadata meta;
  resources allocatable;
  bool ready = false;          ///< condition Ready is True
  bool unschedulable = false;  ///< cordoned
};

struct pod {
  metadata meta;
  std::string node;       ///< where it is bound; empty: nowhere yet
  std::string phase;      ///< Pending, Running, Succeeded, Failed, Unknown
  std::string scheduler;  ///< who shall bind it
  std::string owner;      ///< name of the controller, a ReplicaSet; may be empty
  resources requests;     ///< sum over its containers
  bool ready = false;     ///< condition Ready is True

  /// Holds resources of its node.
  [[nodiscard]] bool active() const noexcept { return phase != "Succeeded" && phase != "Failed"; }
};

/// The scale subresource of a Deployment.
struct scale {
  metadata meta;
  std::int32_t wanted = 0;   ///< spec.replicas
  std::int32_t present = 0;  ///< status.replicas
};

/// All objects of a kind, and the version from which to watch on.
template <class Object>
struct listing {
  std::vector<Object> items;
  std::string version;
};

enum class event_kind : std::uint8_t { added, modified, removed, bookmark };

template <class Object>
struct watch_event {
  event_kind kind = event_kind::added;
  Object object;  ///< of a bookmark only the version is set
};

/// What a watch saw in a while, and the version from which to go on.
template <class Object>
struct watch_batch {
  std::vector<watch_event<Object>> events;
  std::string version;
};

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
