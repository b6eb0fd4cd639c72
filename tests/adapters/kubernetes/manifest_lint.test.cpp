// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <muster/adapters/kubernetes/api.hpp>
#include <muster/adapters/kubernetes/manifest_lint.hpp>

using namespace muster;
namespace kube = muster::adapters::kubernetes;

namespace {

std::string read(const std::filesystem::path& path) {
  std::string text;
  if (std::FILE* f = std::fopen(path.c_str(), "rb")) {
    char buffer[4096];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, f)) != 0;) {
      text.append(buffer, n);
    }
    std::fclose(f);
  }
  return text;
}

std::vector<std::filesystem::path> files(const char* folder) {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    if (entry.path().extension() == ".yaml") all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

kube::manifest_lint deployed() {
  kube::manifest_lint lint;
  for (const auto& path : files("deploy/kubernetes")) lint.add(read(path), path.string());
  return lint;
}

// Findings of a workload like ours, with one text replaced by another.
std::vector<std::string> after(const char* file, const std::string& from, const std::string& to) {
  kube::manifest_lint lint;
  for (const auto& path : files("deploy/kubernetes")) {
    std::string text = read(path);
    if (path.filename() == file) {
      const std::size_t at = text.find(from);
      REQUIRE(at != text.npos);
      text.replace(at, from.size(), to);
    }
    lint.add(text, path.filename().string());
  }
  std::vector<std::string> out;
  for (const error& e : lint.check()) out.push_back(e.to_string());
  return out;
}

bool says(const std::vector<std::string>& findings, const char* part) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const std::string& f) { return f.find(part) != f.npos; });
}

}  // namespace

TEST_CASE("the manifests in deploy/kubernetes have no finding", "[adapters][kubernetes][deploy]") {
  auto lint = deployed();
  CHECK(lint.documents() > 20);
  for (const error& e : lint.check()) {
    UNSCOPED_INFO(e.to_string());
    CHECK(false);
  }
}

TEST_CASE("the rights granted are those the adapter needs, and no others",
          "[adapters][kubernetes][deploy]") {
  const auto lint = deployed();
  std::set<std::string> needed;
  for (const auto& a : kube::needed_access) {
    needed.insert(std::string{a.group} + '/' + std::string{a.resource} + ':' + std::string{a.verb});
  }
  CHECK(lint.rights("muster-orchestrator") == needed);
  const auto dispatcher = lint.rights("muster-dispatcher");
  CHECK(dispatcher == std::set<std::string>{"/nodes:list", "/nodes:watch", "/pods:list",
                                            "/pods:watch", "/pods/binding:create"});
  CHECK(lint.rights("muster-node-agent").empty());
}

TEST_CASE("manifest_lint finds what is wrong", "[adapters][kubernetes][deploy]") {
  CHECK(after("dispatcher.yaml", "kind: Deployment", "kind: Deployment").empty());
  CHECK(says(after("dispatcher.yaml", "apiVersion: apps/v1", "version: 1"),
             "apiVersion: is missing"));
  CHECK(says(after("dispatcher.yaml", "  name: muster-dispatcher", "  label: x"),
             "metadata.name: is missing"));
  CHECK(says(after("dispatcher.yaml", "matchLabels: {app: muster-dispatcher}",
                   "matchLabels: {app: other}"),
             "does not match the labels"));
  CHECK(says(after("dispatcher.yaml", "dispatcher:0.1.0", "dispatcher"), "has no fixed version"));
  CHECK(says(after("dispatcher.yaml", "dispatcher:0.1.0", "dispatcher:latest"),
             "has no fixed version"));
  CHECK(says(after("dispatcher.yaml", "cpu: 500m", "cpu: half"), "resources cpu"));
  CHECK(says(after("dispatcher.yaml", "cpu: 500m", "cpu: 2500m"), "not above the limit"));
  CHECK(says(after("dispatcher.yaml", "limits: {cpu: \"2\", memory: 1Gi}", "limits: {cpu: \"2\"}"),
             "resources memory"));
  CHECK(says(after("dispatcher.yaml", "runAsNonRoot: true", "runAsNonRoot: false"),
             "runAsNonRoot: is not set"));
  CHECK(says(after("dispatcher.yaml", "allowPrivilegeEscalation: false", "privileged: true"),
             "is privileged"));
  CHECK(says(after("dispatcher.yaml", "readOnlyRootFilesystem: true", "x: y"),
             "readOnlyRootFilesystem"));
  CHECK(says(after("dispatcher.yaml", "drop: [ALL]", "drop: [NET_RAW]"), "capabilities.drop"));
  CHECK(
      says(after("dispatcher.yaml", "type: RuntimeDefault", "type: Unconfined"), "seccompProfile"));
  CHECK(says(after("dispatcher.yaml", "httpGet: {path: /healthz, port: extender}",
                   "httpGet: {path: /healthz, port: 81}"),
             "readinessProbe: asks port 81"));
  CHECK(says(after("dispatcher.yaml", "claimName: muster-model", "claimName: lost"),
             "refers to lost"));
  CHECK(says(after("dispatcher.yaml", "{name: model, mountPath", "{name: nothing, mountPath"),
             "no such volume: nothing"));
  CHECK(says(
      after("dispatcher.yaml", "serviceAccountName: muster-dispatcher", "serviceAccountName: root"),
      "no such account: root"));
  CHECK(says(after("dispatcher.yaml",
                   "      nodeSelector:", "      hostNetwork: true\n      nodeSelector:"),
             "shares the host"));
  CHECK(says(after("dispatcher.yaml", "targetPort: report", "targetPort: reports"),
             "no container has port reports"));
  CHECK(says(
      after("dispatcher.yaml", "  selector: {app: muster-dispatcher}", "  selector: {app: nobody}"),
      "selects no workload"));
  CHECK(says(after("network_policy.yaml", "port: \"50051\"", "port: \"50052\""),
             "lets in to port 50052"));
  CHECK(says(after("rbac.yaml", "verbs: [list, watch]", "verbs: [\"*\"]"), "has a wildcard"));
  CHECK(says(
      after("rbac.yaml", "kind: ClusterRole, name: muster-look", "kind: ClusterRole, name: admin"),
      "no such role: ClusterRole admin"));
  const auto broken = after("namespace.yaml", "metadata:", "metadata: [");
  REQUIRE_FALSE(broken.empty());
  CHECK(broken[0].find("namespace.yaml:") == 0);
  kube::manifest_lint odd;
  odd.add("- a\n- b\n---\n3\n---\nkind: Deployment\nspec: 7\nmetadata: {name: x}\n", "odd.yaml");
  CHECK(odd.check().size() >= 3);
}

TEST_CASE("the mesh's clusters have different names, numbers and address ranges",
          "[adapters][kubernetes][deploy]") {
  std::set<std::string> names, ranges;
  std::set<int> ids;
  const auto all = files("deploy/cilium");
  REQUIRE(all.size() == 4);
  for (const auto& path : all) {
    const YAML::Node values = YAML::Load(read(path));
    const int id = values["cluster"]["id"].as<int>();
    CHECK((id >= 1 && id <= 255));
    ids.insert(id);
    names.insert(values["cluster"]["name"].as<std::string>());
    ranges.insert(values["ipam"]["operator"]["clusterPoolIPv4PodCIDRList"][0].as<std::string>());
    CHECK(values["clustermesh"]["useAPIServer"].as<bool>());
  }
  CHECK(ids.size() == all.size());
  CHECK(names.size() == all.size());
  CHECK(ranges.size() == all.size());
}

TEST_CASE("the scheduler's configuration fits the extender", "[adapters][kubernetes][deploy]") {
  const YAML::Node map = YAML::Load(read("deploy/kubernetes/scheduler_extender.yaml"));
  const YAML::Node config = YAML::Load(map["data"]["scheduler.yaml"].as<std::string>());
  CHECK(config["kind"].as<std::string>() == "KubeSchedulerConfiguration");
  const YAML::Node e = config["extenders"][0];
  CHECK(e["urlPrefix"].as<std::string>() == "http://muster-dispatcher.muster.svc:8900/muster");
  CHECK(e["filterVerb"].as<std::string>() == "filter");
  CHECK(e["prioritizeVerb"].as<std::string>() == "prioritize");
  CHECK_FALSE(e["bindVerb"].IsDefined());
}
