// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <yaml-cpp/yaml.h>

#include <muster/adapters/kubernetes/quantity.hpp>
#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// Reads manifests and says what would not work, or not safely, before a cluster does.
///
/// Checked   every document: apiVersion, kind, metadata.name, no two of one name;
///   workloads: the selector matches the template's labels; images with a version; requests and
///     limits of cores and memory that are amounts, requests within limits; not root, no new
///     rights, all capabilities dropped, read-only root, default seccomp profile, nothing of the
///     host; probes, mounts, volumes, service accounts refer to what exists;
///   services: select a workload of their namespace, and ports that it has (not with the
///     annotation `muster/backends: remote`);
///   policies of Cilium: select a workload; ports that are let in exist;
///   RBAC: roles and subjects exist, no wildcards.
/// Not       whether a server would accept every field; no schema is read.
/// Findings  with file, line and path, in the order of the files.
/// Throws    nothing; what yaml-cpp throws becomes a finding.
class manifest_lint {
 public:
  /// Reads a file's text; documents are separated by `---`.
  void add(const std::string& text, const std::string& file) {
    try {
      for (const YAML::Node& d : YAML::LoadAll(text)) {
        if (d.IsNull()) continue;
        docs_.push_back({d, file, word(d, "kind"), word(in(d, "metadata"), "name"),
                         word(in(d, "metadata"), "namespace")});
      }
    } catch (const YAML::Exception& e) {
      findings_.push_back({e.msg, file, static_cast<std::uint64_t>(e.mark.line + 1), "", "YAML"});
    }
  }

  /// Checks all that was added; once, after the last file.
  [[nodiscard]] const std::vector<error>& check() {
    std::set<std::tuple<std::string, std::string, std::string>> names;
    for (const document& d : docs_) {
      try {
        if (!d.root.IsMap()) {
          say(d, d.root, "", "is no object", "apiVersion, kind, metadata");
          continue;
        }
        if (word(d.root, "apiVersion").empty()) say(d, d.root, "apiVersion", "is missing", "");
        if (d.kind.empty()) say(d, d.root, "kind", "is missing", "");
        if (d.name.empty()) say(d, d.root, "metadata.name", "is missing", "");
        if (!names.emplace(d.kind, d.space, d.name).second) {
          say(d, d.root, "metadata.name", d.kind + ' ' + d.name + " is there twice", "one");
        }
        if (is_workload(d)) workload(d);
        if (d.kind == "Service") service(d);
        if (d.kind == "CiliumNetworkPolicy") policy(d);
        if (d.kind == "Role" || d.kind == "ClusterRole") role(d);
        if (d.kind == "RoleBinding" || d.kind == "ClusterRoleBinding") binding(d);
      } catch (const YAML::Exception& e) {
        say(d, d.root, "", std::string{"has an unexpected shape: "} + e.what(), "");
      }
    }
    return findings_;
  }

  /// The rights of a service account as `group/resource:verb`, from all roles bound to it.
  [[nodiscard]] std::set<std::string> rights(const std::string& account) const {
    std::set<std::string> all;
    for (const document& b : docs_) {
      if (b.kind != "RoleBinding" && b.kind != "ClusterRoleBinding") continue;
      bool bound = false;
      for (const auto& s : in(b.root, "subjects")) bound = bound || word(s, "name") == account;
      const document* r =
          find(word(in(b.root, "roleRef"), "kind"), word(in(b.root, "roleRef"), "name"));
      if (!bound || r == nullptr) continue;
      for (const auto& rule : in(r->root, "rules")) {
        for (const auto& group : in(rule, "apiGroups")) {
          for (const auto& resource : in(rule, "resources")) {
            for (const auto& verb : in(rule, "verbs")) {
              all.insert(group.as<std::string>() + '/' + resource.as<std::string>() + ':' +
                         verb.as<std::string>());
            }
          }
        }
      }
    }
    return all;
  }

  [[nodiscard]] std::size_t documents() const noexcept { return docs_.size(); }

 private:
  struct document {
    YAML::Node root;
    std::string file, kind, name, space;
  };

  // A member, however deep; undefined where any of the way is missing.
  template <class... Keys>
  static YAML::Node in(const YAML::Node& n, const char* key, Keys... more) {
    if (!n.IsDefined() || !n.IsMap()) return YAML::Node{YAML::NodeType::Undefined};
    const YAML::Node v = n[key];
    if constexpr (sizeof...(more) == 0) {
      return v.IsDefined() ? v : YAML::Node{YAML::NodeType::Undefined};
    } else {
      return in(v, more...);
    }
  }
  static std::string word(const YAML::Node& n, const char* key) {
    const YAML::Node v = in(n, key);
    return v.IsDefined() && v.IsScalar() ? v.as<std::string>() : std::string{};
  }
  static bool yes(const YAML::Node& n, const char* key) { return word(n, key) == "true"; }
  static bool is_workload(const document& d) {
    return d.kind == "Deployment" || d.kind == "DaemonSet" || d.kind == "StatefulSet";
  }

  void say(const document& d, const YAML::Node& at, const std::string& path, std::string what,
           std::string expected) {
    const auto line = at.IsDefined() ? at.Mark().line : d.root.Mark().line;
    findings_.push_back({std::move(what), d.file, static_cast<std::uint64_t>(line + 1),
                         d.kind + ' ' + d.name + ' ' + path, std::move(expected)});
  }
  [[nodiscard]] const document* find(const std::string& kind, const std::string& name) const {
    for (const document& d : docs_) {
      if (d.kind == kind && d.name == name) return &d;
    }
    return nullptr;
  }
  // Whether every label of `wanted` is in `labels`; false for an empty selector.
  static bool matches(const YAML::Node& wanted, const YAML::Node& labels) {
    if (!wanted.IsDefined() || !wanted.IsMap() || wanted.size() == 0) return false;
    for (const auto& l : wanted) {
      if (word(labels, l.first.as<std::string>().c_str()) != l.second.as<std::string>()) {
        return false;
      }
    }
    return true;
  }
  // The ports of the workloads of a namespace that a selector matches, by name and number.
  [[nodiscard]] std::pair<bool, std::set<std::string>> ports_behind(
      const std::string& space, const YAML::Node& wanted) const {
    std::pair<bool, std::set<std::string>> out{false, {}};
    for (const document& d : docs_) {
      if (!is_workload(d) || d.space != space) continue;
      const YAML::Node pod = in(d.root, "spec", "template");
      if (!matches(wanted, in(pod, "metadata", "labels"))) continue;
      out.first = true;
      for (const auto& c : in(pod, "spec", "containers")) {
        for (const auto& p : in(c, "ports")) {
          out.second.insert(word(p, "name"));
          out.second.insert(word(p, "containerPort"));
        }
      }
    }
    out.second.erase("");
    return out;
  }

  void workload(const document& d) {
    const YAML::Node spec = in(d.root, "spec"), pod = in(spec, "template", "spec");
    if (!matches(in(spec, "selector", "matchLabels"), in(spec, "template", "metadata", "labels"))) {
      say(d, spec, "spec.selector", "does not match the labels of the template", "the same labels");
    }
    for (const char* key : {"hostNetwork", "hostPID", "hostIPC"}) {
      if (yes(pod, key)) say(d, pod, key, "shares the host", "false");
    }
    const YAML::Node safe = in(pod, "securityContext");
    if (!yes(safe, "runAsNonRoot"))
      say(d, pod, "securityContext.runAsNonRoot", "is not set", "true");
    if (word(in(safe, "seccompProfile"), "type") != "RuntimeDefault") {
      say(d, pod, "securityContext.seccompProfile", "is not set", "type: RuntimeDefault");
    }
    const std::string account = word(pod, "serviceAccountName");
    if (!account.empty() && find("ServiceAccount", account) == nullptr) {
      say(d, pod, "serviceAccountName", "no such account: " + account, "one of these files");
    }
    std::set<std::string> volumes;
    for (const auto& v : in(pod, "volumes")) {
      volumes.insert(word(v, "name"));
      if (in(v, "hostPath").IsDefined())
        say(d, v, "volumes", "mounts a folder of the host", "none");
      const std::string map = word(in(v, "configMap"), "name");
      const std::string claim = word(in(v, "persistentVolumeClaim"), "claimName");
      if ((!map.empty() && find("ConfigMap", map) == nullptr) ||
          (!claim.empty() && find("PersistentVolumeClaim", claim) == nullptr)) {
        say(d, v, "volumes", "refers to " + map + claim + ", which is not there",
            "one that exists");
      }
    }
    if (!in(pod, "containers").IsDefined() || in(pod, "containers").size() == 0) {
      say(d, pod, "containers", "are missing", "at least one");
    }
    for (const auto& c : in(pod, "containers")) container(d, c, volumes);
  }

  void container(const document& d, const YAML::Node& c, const std::set<std::string>& volumes) {
    const std::string path = "container " + word(c, "name");
    const std::string image = word(c, "image");
    const std::size_t slash = image.rfind('/') == image.npos ? 0 : image.rfind('/');
    const std::size_t colon = image.find(':', slash);
    if (image.find("@sha256:") == image.npos &&
        (colon == image.npos || image.substr(colon) == ":latest" || colon + 1 == image.size())) {
      say(d, c, path + " image", "'" + image + "' has no fixed version", "name:1.2.3");
    }
    for (const char* what : {"cpu", "memory"}) {
      const std::string asked = word(in(c, "resources", "requests"), what);
      const std::string most = word(in(c, "resources", "limits"), what);
      const auto low = read_quantity(asked), high = read_quantity(most);
      if (!low || !high || *low > *high || *high == 0) {
        say(d, c, path + " resources " + what,
            "request '" + asked + "' and limit '" + most + "' are not set well",
            "both, the request not above the limit");
      }
    }
    const YAML::Node safe = in(c, "securityContext");
    if (word(safe, "allowPrivilegeEscalation") != "false") {
      say(d, c, path + " allowPrivilegeEscalation", "is not forbidden", "false");
    }
    if (!yes(safe, "readOnlyRootFilesystem")) {
      say(d, c, path + " readOnlyRootFilesystem", "is not set", "true");
    }
    if (yes(safe, "privileged")) say(d, c, path, "is privileged", "privileged: false");
    bool all = false;
    for (const auto& cap : in(safe, "capabilities", "drop"))
      all = all || cap.as<std::string>() == "ALL";
    if (!all) say(d, c, path + " capabilities.drop", "keeps some", "[ALL]");

    std::set<std::string> ports;
    for (const auto& p : in(c, "ports")) {
      for (const char* key : {"name", "containerPort"}) {
        if (const auto value = word(p, key); !value.empty() && !ports.insert(value).second) {
          say(d, p, path + " ports", value + " is there twice", "different ones");
        }
      }
    }
    for (const char* probe : {"readinessProbe", "livenessProbe", "startupProbe"}) {
      for (const char* how : {"httpGet", "tcpSocket", "grpc"}) {
        const std::string port = word(in(c, probe, how), "port");
        if (!port.empty() && !ports.contains(port)) {
          say(d, c, path + ' ' + probe, "asks port " + port, "a port of the container");
        }
      }
    }
    for (const auto& m : in(c, "volumeMounts")) {
      if (!volumes.contains(word(m, "name"))) {
        say(d, m, path + " volumeMounts", "no such volume: " + word(m, "name"), "one of the pod's");
      }
    }
  }

  void service(const document& d) {
    if (word(in(d.root, "metadata", "annotations"), "muster/backends") == "remote") return;
    const auto [found, ports] = ports_behind(d.space, in(d.root, "spec", "selector"));
    if (!found) {
      say(d, in(d.root, "spec"), "spec.selector", "selects no workload", "labels of a template");
      return;
    }
    for (const auto& p : in(d.root, "spec", "ports")) {
      const std::string target =
          word(p, "targetPort").empty() ? word(p, "port") : word(p, "targetPort");
      if (!ports.contains(target)) {
        say(d, p, "spec.ports", "no container has port " + target, "a port of the workload");
      }
    }
  }

  void policy(const document& d) {
    const YAML::Node spec = in(d.root, "spec");
    const auto [found, ports] = ports_behind(d.space, in(spec, "endpointSelector", "matchLabels"));
    if (!found) {
      say(d, spec, "spec.endpointSelector", "selects no workload", "labels of a template");
      return;
    }
    for (const auto& rule : in(spec, "ingress")) {
      for (const auto& group : in(rule, "toPorts")) {
        for (const auto& p : in(group, "ports")) {
          if (!ports.contains(word(p, "port"))) {
            say(d, p, "spec.ingress", "lets in to port " + word(p, "port"),
                "a port of the workload");
          }
        }
      }
    }
  }

  void role(const document& d) {
    for (const auto& rule : in(d.root, "rules")) {
      for (const char* key : {"apiGroups", "resources", "verbs"}) {
        if (!in(rule, key).IsDefined() || in(rule, key).size() == 0) {
          say(d, rule, std::string{"rules."} + key, "is empty", "a list");
        }
        for (const auto& v : in(rule, key)) {
          if (v.as<std::string>().find('*') != std::string::npos) {
            say(d, rule, std::string{"rules."} + key, "has a wildcard", "what is needed, by name");
          }
        }
      }
    }
  }
  void binding(const document& d) {
    const std::string kind = word(in(d.root, "roleRef"), "kind"),
                      name = word(in(d.root, "roleRef"), "name");
    if (find(kind, name) == nullptr) {
      say(d, d.root, "roleRef", "no such role: " + kind + ' ' + name, "one of these files");
    }
    for (const auto& s : in(d.root, "subjects")) {
      if (word(s, "kind") == "ServiceAccount" &&
          find("ServiceAccount", word(s, "name")) == nullptr) {
        say(d, s, "subjects", "no such account: " + word(s, "name"), "one of these files");
      }
    }
  }

  std::vector<document> docs_;
  std::vector<error> findings_;
};

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
