// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include <muster/adapters/kubernetes/json_place.hpp>
#include <muster/adapters/kubernetes/objects.hpp>
#include <muster/adapters/kubernetes/quantity.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// The objects of a cluster as JSON: reading what a server sends, writing what a mock one does.
///
/// Source    Kubernetes API v1: Node, Pod, Binding; autoscaling/v1: Scale; meta/v1: lists and
///           watch events. Only the fields that `objects.hpp` has; others are passed over.
/// Errors    name the path of the field, for example `items[3].spec.containers[0].resources`.
/// Requests  of a pod: the sum over its containers, at least the largest of its init containers,
///           plus `spec.overhead`, as the scheduler counts.

namespace detail {

[[nodiscard]] inline bool read_map(const json_place& at, string_map& out, error& why) {
  if (at.absent()) return true;
  if (!at.is_object(why)) return false;
  for (auto it = at.value().begin(); it != at.value().end(); ++it) {
    if (!it.value().is_string()) {
      why = at.flaw(write_json(it.key()) + " is not a string", "names and strings");
      return false;
    }
    out.insert_or_assign(it.key(), it.value().get<std::string>());
  }
  return true;
}

[[nodiscard]] inline bool read_amount(const json_place& at, std::int64_t& out, error& why) {
  if (at.absent()) return true;
  std::string text;
  if (at.value().is_number()) {
    text = at.value().dump();  // a bare number is allowed
  } else if (!at.text(text, why)) {
    return false;
  }
  const auto amount = read_quantity(text);
  if (!amount) return why = at.flaw(amount.failure().what, amount.failure().expected), false;
  out = *amount;
  return true;
}

// Memory comes in bytes; ours is in 10^6 bytes, rounded down for capacity, up for requests.
[[nodiscard]] inline bool read_resources(const json_place& at, bool up, resources& out,
                                         error& why) {
  std::int64_t cpu = 0, memory = 0;
  if (!read_amount(at.member("cpu"), cpu, why)) return false;
  if (!read_amount(at.member("memory"), memory, why)) return false;
  constexpr std::int64_t unit = 1'000'000'000;  // thousandths of a byte in 10^6 bytes
  out.cpu = cpu;
  out.memory = memory / unit + (up && memory % unit != 0 ? 1 : 0);
  return true;
}

[[nodiscard]] inline bool read_ready(const json_place& status, bool& ready, error& why) {
  const json_place conditions = status.member("conditions");
  if (conditions.absent()) return true;
  if (!conditions.is_array(why)) return false;
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const json_place c = conditions.item(i);
    std::string type, value;
    const json_place at_type = c.member("type"), at_status = c.member("status");
    if (!at_type.text(type, why) || !at_status.text(value, why)) return false;
    if (type == "Ready") ready = value == "True";
  }
  return true;
}

[[nodiscard]] inline bool read_containers(const json_place& list, bool sum, resources& out,
                                          error& why) {
  if (list.absent()) return true;
  if (!list.is_array(why)) return false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const json_place c = list.item(i);
    const json_place r = c.member("resources");
    resources one;
    if (!read_resources(r.member("requests"), true, one, why)) return false;
    out = sum ? out + one
              : resources{(std::max)(out.cpu, one.cpu), (std::max)(out.memory, one.memory)};
  }
  return true;
}

}  // namespace detail

[[nodiscard]] inline bool read_object(const json_place& at, metadata& out, error& why) {
  const json_place m = at.member("metadata");
  if (!m.is_object(why)) return false;
  out.deleting = !m.member("deletionTimestamp").absent();
  return m.member("name").text(out.name, why) &&
         m.member("namespace").optional_text(out.space, why) &&
         m.member("uid").optional_text(out.uid, why) &&
         m.member("resourceVersion").optional_text(out.version, why) &&
         detail::read_map(m.member("labels"), out.labels, why) &&
         detail::read_map(m.member("annotations"), out.annotations, why);
}

[[nodiscard]] inline bool read_object(const json_place& at, node& out, error& why) {
  if (!at.is_object(why) || !read_object(at, out.meta, why)) return false;
  const json_place spec = at.member("spec"), status = at.member("status");
  return spec.member("unschedulable").optional_flag(out.unschedulable, why) &&
         detail::read_resources(status.member("allocatable"), false, out.allocatable, why) &&
         detail::read_ready(status, out.ready, why);
}

[[nodiscard]] inline bool read_object(const json_place& at, pod& out, error& why) {
  if (!at.is_object(why) || !read_object(at, out.meta, why)) return false;
  const json_place spec = at.member("spec"), status = at.member("status");
  resources start, overhead;
  if (!spec.member("nodeName").optional_text(out.node, why) ||
      !spec.member("schedulerName").optional_text(out.scheduler, why) ||
      !detail::read_containers(spec.member("containers"), true, out.requests, why) ||
      !detail::read_containers(spec.member("initContainers"), false, start, why) ||
      !detail::read_resources(spec.member("overhead"), true, overhead, why) ||
      !status.member("phase").optional_text(out.phase, why) ||
      !detail::read_ready(status, out.ready, why)) {
    return false;
  }
  out.requests = resources{(std::max)(out.requests.cpu, start.cpu),
                           (std::max)(out.requests.memory, start.memory)} +
                 overhead;
  if (out.phase.empty()) out.phase = "Pending";
  const json_place meta = at.member("metadata");
  const json_place owners = meta.member("ownerReferences");
  for (std::size_t i = 0; i < owners.size(); ++i) {
    const json_place o = owners.item(i);
    bool controls = false;
    if (!o.member("controller").optional_flag(controls, why)) return false;
    if (controls && !o.member("name").text(out.owner, why)) return false;
  }
  return true;
}

[[nodiscard]] inline bool read_object(const json_place& at, scale& out, error& why) {
  if (!at.is_object(why) || !read_object(at, out.meta, why)) return false;
  const json_place spec = at.member("spec"), status = at.member("status");
  return spec.member("replicas").optional_integer(out.wanted, why) &&
         status.member("replicas").optional_integer(out.present, why);
}

/// A NodeList or PodList; `next` is set where the server has more behind it.
template <class Object>
[[nodiscard]] bool read_list(const json_place& at, listing<Object>& out, std::string& next,
                             error& why) {
  if (!at.is_object(why)) return false;
  const json_place meta = at.member("metadata"), items = at.member("items");
  next.clear();
  if (!meta.member("resourceVersion").optional_text(out.version, why) ||
      !meta.member("continue").optional_text(next, why)) {
    return false;
  }
  if (items.absent()) return true;
  if (!items.is_array(why)) return false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    out.items.emplace_back();
    const json_place item = items.item(i);
    if (!read_object(item, out.items.back(), why)) return false;
  }
  return true;
}

[[nodiscard]] inline json write_object(const metadata& m) {
  json j{{"name", m.name}};
  if (!m.space.empty()) j["namespace"] = m.space;
  if (!m.uid.empty()) j["uid"] = m.uid;
  if (!m.version.empty()) j["resourceVersion"] = m.version;
  for (const auto& [name, value] : m.labels) j["labels"][name] = value;
  for (const auto& [name, value] : m.annotations) j["annotations"][name] = value;
  if (m.deleting) j["deletionTimestamp"] = "2020-01-01T00:00:00Z";
  return j;
}
[[nodiscard]] inline json write_object(const resources& r) {
  return {{"cpu", std::to_string(r.cpu) + 'm'}, {"memory", std::to_string(r.memory) + 'M'}};
}
[[nodiscard]] inline json write_object(const node& n) {
  json j{{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", write_object(n.meta)}};
  j["spec"] = json::object();
  if (n.unschedulable) j["spec"]["unschedulable"] = true;
  j["status"]["allocatable"] = write_object(n.allocatable);
  j["status"]["conditions"] = {{{"type", "Ready"}, {"status", n.ready ? "True" : "False"}}};
  return j;
}
[[nodiscard]] inline json write_object(const pod& p) {
  json j{{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", write_object(p.meta)}};
  if (!p.owner.empty()) {
    j["metadata"]["ownerReferences"] = {{{"name", p.owner}, {"controller", true}}};
  }
  j["spec"]["schedulerName"] = p.scheduler;
  if (!p.node.empty()) j["spec"]["nodeName"] = p.node;
  j["spec"]["containers"] = {
      {{"name", "main"}, {"resources", {{"requests", write_object(p.requests)}}}}};
  j["status"]["phase"] = p.phase;
  j["status"]["conditions"] = {{{"type", "Ready"}, {"status", p.ready ? "True" : "False"}}};
  return j;
}
[[nodiscard]] inline json write_object(const scale& s) {
  return {{"apiVersion", "autoscaling/v1"},
          {"kind", "Scale"},
          {"metadata", write_object(s.meta)},
          {"spec", {{"replicas", s.wanted}}},
          {"status", {{"replicas", s.present}}}};
}

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
