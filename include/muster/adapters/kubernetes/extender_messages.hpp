// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/adapters/kubernetes/json_objects.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// What kube-scheduler sends to an extender, for `filter` and for `prioritize`.
///
/// Source    k8s.io/kube-scheduler/extender/v1, ExtenderArgs: the keys are Go field names,
///           `Pod`, `Nodes`, `NodeNames`; older schedulers wrote them in lower case, so they are
///           read in any. With `nodeCacheCapable` only names come, else whole nodes.
struct extender_args {
  kubernetes::pod pod;
  std::optional<std::vector<std::string>> names;  ///< with nodeCacheCapable
  std::vector<node> nodes;                        ///< without
  json raw_nodes;  ///< the NodeList as it came: an answer must give nodes back unchanged
};

/// What an extender answers to `filter`.
struct extender_filter_result {
  std::vector<std::string> fit;               ///< a subset of the nodes asked about, in that order
  std::map<std::string, std::string> failed;  ///< node -> why not
  /// ... and evicting others would not help.
  std::map<std::string, std::string> failed_and_unresolvable;
  std::string error;  ///< empty: all went well
};

/// One score for `prioritize`; hosts that are left out get 0.
struct host_priority {
  std::string host;
  std::int64_t score = 0;  ///< an integer, 0 .. 10
};
inline constexpr std::int64_t max_extender_priority = 10;

[[nodiscard]] inline result<extender_args> read_extender_args(std::string_view text) {
  auto document = read_json(text, "ExtenderArgs");
  if (!document) return document.failure();
  extender_args args;
  error why;
  const auto fail = [&] {
    why.file = "ExtenderArgs";
    return why;
  };
  const json_place root{*document};
  if (!root.is_object(why)) return fail();
  const json_place at_pod = root.member_any_case("Pod");
  if (!read_object(at_pod, args.pod, why)) return fail();
  const json_place names = root.member_any_case("NodeNames");
  const json_place nodes = root.member_any_case("Nodes");
  if (!names.absent()) {
    if (!names.is_array(why)) return fail();
    args.names.emplace();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!names.item(i).text(args.names->emplace_back(), why)) return fail();
    }
  }
  if (!nodes.absent()) {
    listing<node> list;
    std::string next;
    if (!read_list(nodes, list, next, why)) return fail();
    args.nodes = std::move(list.items);
    args.raw_nodes = nodes.value();
  }
  if (names.absent() && nodes.absent()) {
    why = error{"both lists of nodes are missing", "", 0, "NodeNames, Nodes",
                "one of them, as nodeCacheCapable says"};
    return fail();
  }
  return args;
}

/// An ExtenderFilterResult for these arguments, with names or whole nodes as they came.
[[nodiscard]] inline std::string write_filter_result(const extender_args& args,
                                                     const extender_filter_result& r) {
  json out{{"Nodes", nullptr}, {"NodeNames", nullptr}, {"FailedNodes", json::object()}};
  out["FailedAndUnresolvableNodes"] = json::object();
  out["Error"] = r.error;
  if (r.error.empty() && args.names) {
    out["NodeNames"] = json::array();
    for (const std::string& name : r.fit) out["NodeNames"].push_back(name);
  } else if (r.error.empty()) {
    out["Nodes"] = args.raw_nodes;
    json kept = json::array();
    std::size_t next = 0;
    for (std::size_t i = 0; i < args.nodes.size() && next < r.fit.size(); ++i) {
      if (args.nodes[i].meta.name != r.fit[next]) continue;
      ++next;
      kept.push_back(args.raw_nodes["items"][i]);
    }
    out["Nodes"]["items"] = std::move(kept);
  }
  for (const auto& [name, why] : r.failed) out["FailedNodes"][name] = why;
  for (const auto& [name, why] : r.failed_and_unresolvable) {
    out["FailedAndUnresolvableNodes"][name] = why;
  }
  return write_json(out);
}

/// The answer to `filter` when the request could not be read.
[[nodiscard]] inline std::string write_filter_error(const error& why) {
  return write_json({{"Nodes", nullptr},
                     {"NodeNames", nullptr},
                     {"FailedNodes", nullptr},
                     {"FailedAndUnresolvableNodes", nullptr},
                     {"Error", why.to_string()}});
}

/// A HostPriorityList.
[[nodiscard]] inline std::string write_priorities(const std::vector<host_priority>& scores) {
  json out = json::array();
  for (const auto& s : scores) out.push_back({{"Host", s.host}, {"Score", s.score}});
  return write_json(out);
}

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
