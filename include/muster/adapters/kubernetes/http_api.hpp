// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <muster/adapters/kubernetes/api.hpp>
#include <muster/adapters/kubernetes/detail/http_channel.hpp>
#include <muster/adapters/kubernetes/json_objects.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// An API server over HTTP.
///
/// Source    Kubernetes API v1.30: GET lists in pages (`limit`, `continue`), GET with `watch=1`
///           as lines of JSON, POST `binding`, GET and PATCH `scale` (merge patch), PATCH and
///           DELETE of pods. Optimistic locking by `metadata.resourceVersion` and preconditions.
/// Retry     429 and 5xx and lost connections are tried again after a random wait that doubles,
///           at least as long as `Retry-After` says. All calls that write carry the version or
///           the uid they mean, so a call that did arrive ends in `conflict`, never in a second
///           effect. Conflicts are the caller's to solve.
/// Watching  one call is one watch. It ends when `time` is over; a change that comes late may
///           double that.
/// Rights    see `needed_access`.
/// Thread    one object for one thread.
template <class Sleep = thread_sleep>
class http_api {
 public:
  using config = http_config;

  explicit http_api(config c, Sleep sleep = {}) : channel_{std::move(c), std::move(sleep)} {}

  /// The server as a pod sees it: from the environment and the files of its service account.
  [[nodiscard]] static result<config> in_cluster() {
    const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
    const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
    if (host == nullptr || port == nullptr) {
      return error{"this is not a pod", "", 0, "KUBERNETES_SERVICE_HOST and _PORT",
                   "to run in a cluster, or a config with the server's address"};
    }
    const std::string folder = "/var/run/secrets/kubernetes.io/serviceaccount/";
    const std::string_view text{host};
    const bool six = text.find(':') != text.npos;
    config c;
    c.server = std::string{"https://"} + (six ? "[" : "") + host + (six ? "]:" : ":") + port;
    c.token_file = folder + "token";
    c.ca_file = folder + "ca.crt";
    return c;
  }

  [[nodiscard]] answer<listing<node>> list_nodes() { return list<node>("/api/v1/nodes"); }
  [[nodiscard]] answer<listing<pod>> list_pods() { return list<pod>("/api/v1/pods"); }
  [[nodiscard]] answer<watch_batch<node>> watch_nodes(const std::string& since, duration time) {
    return watch<node>("/api/v1/nodes", since, time);
  }
  [[nodiscard]] answer<watch_batch<pod>> watch_pods(const std::string& since, duration time) {
    return watch<pod>("/api/v1/pods", since, time);
  }

  [[nodiscard]] answer<happened> bind(const pod& p, const std::string& node_name) {
    const auto path = pod_path(p.meta);
    if (!path || !plain(node_name)) return {api_status::refused, bad_name(p.meta.name, node_name)};
    json body{{"apiVersion", "v1"}, {"kind", "Binding"}, {"metadata", {{"name", p.meta.name}}}};
    body["metadata"]["namespace"] = p.meta.space;
    if (!p.meta.uid.empty()) body["metadata"]["uid"] = p.meta.uid;
    body["target"] = {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", node_name}};
    return nothing(channel_.post(*path + "/binding", body));
  }

  [[nodiscard]] answer<scale> read_scale(const std::string& space, const std::string& name) {
    const auto path = scale_path(space, name);
    if (!path) return {api_status::refused, bad_name(space, name)};
    return parsed<scale>(channel_.get(*path));
  }
  [[nodiscard]] answer<scale> write_scale(const scale& s) {
    const auto path = scale_path(s.meta.space, s.meta.name);
    if (!path) return {api_status::refused, bad_name(s.meta.space, s.meta.name)};
    const json body{{"metadata", {{"resourceVersion", s.meta.version}}},
                    {"spec", {{"replicas", s.wanted}}}};
    return parsed<scale>(channel_.merge(*path, body));
  }
  [[nodiscard]] answer<pod> annotate(const pod& p, const std::string& name,
                                     const std::string& value) {
    const auto path = pod_path(p.meta);
    if (!path) return {api_status::refused, bad_name(p.meta.space, p.meta.name)};
    const json body{
        {"metadata", {{"resourceVersion", p.meta.version}, {"annotations", {{name, value}}}}}};
    return parsed<pod>(channel_.merge(*path, body));
  }
  [[nodiscard]] answer<happened> remove(const pod& p) {
    const auto path = pod_path(p.meta);
    if (!path) return {api_status::refused, bad_name(p.meta.space, p.meta.name)};
    const json body{{"apiVersion", "v1"},
                    {"kind", "DeleteOptions"},
                    {"preconditions", {{"uid", p.meta.uid}, {"resourceVersion", p.meta.version}}}};
    return nothing(channel_.remove(*path, body));
  }

  /// Calls made over the wire, retries included.
  [[nodiscard]] std::uint64_t calls() const noexcept { return channel_.calls(); }

 private:
  // Only what may stand in a path unescaped: a name from outside never becomes another path.
  static bool plain(std::string_view name) noexcept {
    for (const char c : name) {
      if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.') return false;
    }
    return !name.empty() && name.size() <= 253 && name.front() != '.';
  }
  static std::optional<std::string> pod_path(const metadata& m) {
    if (!plain(m.space) || !plain(m.name)) return {};
    return "/api/v1/namespaces/" + m.space + "/pods/" + m.name;
  }
  static std::optional<std::string> scale_path(const std::string& space, const std::string& name) {
    if (!plain(space) || !plain(name)) return {};
    return "/apis/apps/v1/namespaces/" + space + "/deployments/" + name + "/scale";
  }
  static error bad_name(const std::string& a, const std::string& b) {
    return {"a name is empty or has characters that no object may have", "", 0, a + ", " + b,
            "lower-case letters, digits, - and ."};
  }
  static std::string escaped(std::string_view text) {
    constexpr const char* digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
      const auto u = static_cast<unsigned char>(c);
      const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
      if (safe) {
        out += c;
      } else {
        out += '%';
        out += digits[u >> 4];
        out += digits[u & 15];
      }
    }
    return out;
  }

  static answer<happened> nothing(const answer<std::string>& text) {
    if (!text) return {text.status(), text.failure()};
    return happened{};
  }
  [[nodiscard]] error located(error why) const {
    why.file = channel_.settings().server;
    return why;
  }
  template <class Object>
  [[nodiscard]] answer<Object> parsed(const answer<std::string>& text) const {
    if (!text) return {text.status(), text.failure()};
    const auto document = read_json(*text, channel_.settings().server);
    if (!document) return {api_status::malformed, document.failure()};
    Object object;
    error why;
    if (!read_object(json_place{*document}, object, why)) {
      return {api_status::malformed, located(why)};
    }
    return object;
  }

  template <class Object>
  answer<listing<Object>> list(const std::string& path) {
    listing<Object> all;
    std::string next;
    do {
      std::string where = path + "?limit=" + std::to_string(channel_.settings().page);
      if (!next.empty()) where += "&continue=" + escaped(next);
      const auto text = channel_.get(where);
      if (!text) return {text.status(), text.failure()};
      const auto document = read_json(*text, channel_.settings().server);
      if (!document) return {api_status::malformed, document.failure()};
      error why;
      if (!read_list(json_place{*document}, all, next, why)) {
        return {api_status::malformed, located(why)};
      }
    } while (!next.empty());
    return all;
  }

  template <class Object>
  answer<watch_batch<Object>> watch(const std::string& path, const std::string& since,
                                    duration time) {
    const std::string where =
        path + "?watch=1&allowWatchBookmarks=true&resourceVersion=" + escaped(since) +
        "&timeoutSeconds=" + std::to_string((std::max)(std::int64_t{1}, time.us / 1'000'000));
    watch_batch<Object> batch;
    batch.version = since;
    api_status status = api_status::done;
    error why;
    const auto ended = channel_.lines(
        where, time, [&](std::string_view line) { return take(line, batch, status, why); });
    if (status != api_status::done) return {status, located(why)};
    if (!ended) return {ended.status(), ended.failure()};
    return batch;
  }

  // One line of a watch; false ends it.
  template <class Object>
  bool take(std::string_view line, watch_batch<Object>& batch, api_status& status, error& why) {
    const auto document = read_json(line, "");
    if (!document) {
      status = api_status::malformed;
      why = document.failure();
      return false;
    }
    const json_place root{*document};
    const json_place object = root.member("object");
    const auto flaw = [&] { return status = api_status::malformed, false; };
    std::string type;
    if (!root.member("type").text(type, why)) return flaw();
    if (type == "ERROR") {
      int code = 500;
      if (!object.member("code").optional_integer(code, why)) return flaw();
      status = channel_.status_of(code);
      if (status == api_status::done) status = api_status::unavailable;
      why = channel_.reason(code, write_json(object.absent() ? json::object() : object.value()));
      return false;
    }
    if (type == "BOOKMARK") {
      const json_place meta = object.member("metadata");
      return meta.member("resourceVersion").text(batch.version, why) || flaw();
    }
    watch_event<Object> event;
    if (type == "ADDED") {
      event.kind = event_kind::added;
    } else if (type == "MODIFIED") {
      event.kind = event_kind::modified;
    } else if (type == "DELETED") {
      event.kind = event_kind::removed;
    } else {
      return true;  // of a newer server
    }
    if (!read_object(object, event.object, why)) return flaw();
    batch.version = event.object.meta.version;
    batch.events.push_back(std::move(event));
    return true;
  }

  detail::http_channel<Sleep> channel_;
};

static_assert(kube_api<http_api<>>);

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
