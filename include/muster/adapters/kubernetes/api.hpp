// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <muster/adapters/kubernetes/objects.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/result.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// How a call to an API server ended, as far as a caller must tell it apart.
enum class api_status : std::uint8_t {
  done,
  not_found,    ///< 404: the object is not there (any more)
  conflict,     ///< 409: somebody else was faster; read again, then decide again
  gone,         ///< 410: the version is too old; list again
  forbidden,    ///< 401, 403: the rights are missing; trying again does not help
  refused,      ///< other 4xx: the request makes no sense to the server
  busy,         ///< 429: too many calls; wait
  unavailable,  ///< 5xx, no connection, no answer in time
  malformed     ///< an answer that cannot be read
};

/// Whether the same call may succeed after a while.
[[nodiscard]] constexpr bool may_retry(api_status s) noexcept {
  return s == api_status::busy || s == api_status::unavailable;
}

/// A value, or why there is none.
template <class T>
class [[nodiscard]] answer {
 public:
  answer(T value) : value_{std::move(value)} {}  // NOLINT implicit
  answer(api_status status, error reason) : status_{status}, reason_{std::move(reason)} {
    MUSTER_EXPECTS(status != api_status::done,
                   "muster: kubernetes::answer without a value needs a status other than done");
  }

  [[nodiscard]] explicit operator bool() const noexcept { return status_ == api_status::done; }
  [[nodiscard]] api_status status() const noexcept { return status_; }
  [[nodiscard]] const error& failure() const noexcept { return reason_; }
  [[nodiscard]] T& operator*() { return *checked(); }
  [[nodiscard]] const T& operator*() const { return *const_cast<answer*>(this)->checked(); }
  [[nodiscard]] T* operator->() { return checked(); }
  [[nodiscard]] const T* operator->() const { return const_cast<answer*>(this)->checked(); }

 private:
  T* checked() {
    MUSTER_EXPECTS(status_ == api_status::done,
                   "muster: kubernetes::answer holds no value; ask whether it is true first");
    return &value_;
  }
  api_status status_ = api_status::done;
  T value_{};
  error reason_{};
};

/// The value of calls that only happen or do not.
struct happened {};

/// An API server of Kubernetes, as far as a scheduler and an orchestrator need it.
///
/// Syntax (checked here) and meaning
///   `a.list_nodes()`, `a.list_pods()`     everything there is now, and its version
///   `a.watch_nodes(version, time)`, `a.watch_pods(...)`   what changed since `version`, waiting
///        for at most `time` for a first change; `gone` if the server forgot that version
///   `a.bind(pod, node)`       puts a pod that is nowhere on a node; `conflict` if it is somewhere
///   `a.read_scale(space, name)`, `a.write_scale(scale)`   replicas of a Deployment; writing
///        fails with `conflict` unless `scale.meta.version` is the latest
///   `a.annotate(pod, key, value)`   sets an annotation of exactly this pod in this version
///   `a.remove(pod)`           deletes exactly this pod (uid) in exactly this version
// clang-format off
template <class A>
concept kube_api = requires(A& a, const std::string& text, duration time, const pod& p,
                            const scale& s) {
  { a.list_nodes() } -> std::same_as<answer<listing<node>>>;
  { a.list_pods() } -> std::same_as<answer<listing<pod>>>;
  { a.watch_nodes(text, time) } -> std::same_as<answer<watch_batch<node>>>;
  { a.watch_pods(text, time) } -> std::same_as<answer<watch_batch<pod>>>;
  { a.bind(p, text) } -> std::same_as<answer<happened>>;
  { a.read_scale(text, text) } -> std::same_as<answer<scale>>;
  { a.write_scale(s) } -> std::same_as<answer<scale>>;
  { a.annotate(p, text, text) } -> std::same_as<answer<pod>>;
  { a.remove(p) } -> std::same_as<answer<happened>>;
};
// clang-format on

/// A right that the calls above need, as a rule of RBAC names it. The manifests grant these and
/// no others, which a test compares.
struct access {
  std::string_view group;     ///< apiGroups
  std::string_view resource;  ///< resources
  std::string_view verb;      ///< verbs
};
inline constexpr access needed_access[] = {
    {"", "nodes", "list"},
    {"", "nodes", "watch"},
    {"", "pods", "list"},
    {"", "pods", "watch"},
    {"", "pods", "patch"},
    {"", "pods", "delete"},
    {"", "pods/binding", "create"},
    {"apps", "deployments/scale", "get"},
    {"apps", "deployments/scale", "patch"},
};

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
