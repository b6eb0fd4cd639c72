// SPDX-License-Identifier: Apache-2.0
#include "adapters/kubernetes/fixture.hpp"
#include "support/catch.hpp"

#include <muster/adapters/kubernetes/extender_messages.hpp>
#include <muster/core/rng.hpp>

namespace kube = muster::adapters::kubernetes;

TEST_CASE("extender requests are read in both cache modes and both spellings",
          "[adapters][kubernetes]") {
  const auto names = kube::read_extender_args(support::kube_fixture("extender_args_names.json"));
  REQUIRE(names);
  REQUIRE(names->names);
  CHECK(names->names->size() == 4);
  CHECK(names->nodes.empty());
  CHECK(names->pod.requests == kube::resources{500, 1074});  // 1Gi, rounded up
  const auto nodes = kube::read_extender_args(support::kube_fixture("extender_args_nodes.json"));
  REQUIRE(nodes);
  CHECK_FALSE(nodes->names);
  REQUIRE(nodes->nodes.size() == 3);
  CHECK(nodes->nodes[1].allocatable.cpu == 2000);
  const auto legacy = kube::read_extender_args(support::kube_fixture("extender_args_legacy.json"));
  REQUIRE(legacy);
  CHECK(legacy->names->at(0) == "a");
}

TEST_CASE("a request that is wrong is refused by the name of its field", "[adapters][kubernetes]") {
  const auto says = [](const char* text) {
    return kube::read_extender_args(text).failure().to_string();
  };
  CHECK(says("no") == "ExtenderArgs: the text is not JSON; expected one JSON value in UTF-8");
  CHECK(says("[]") == "ExtenderArgs: is of type array; expected an object");
  CHECK(says("{}") == "ExtenderArgs: Pod: is missing; expected an object");
  CHECK(says(R"({"Pod":{"metadata":{"name":1}}})") ==
        "ExtenderArgs: Pod.metadata.name: is of type number; expected a string");
  CHECK(says(R"({"Pod":{"metadata":{"name":"p"}}})")
            .find("NodeNames, Nodes: both lists of nodes are missing") != std::string::npos);
  CHECK(says(R"({"Pod":{"metadata":{"name":"p"}},"NodeNames":["a",7]})") ==
        "ExtenderArgs: NodeNames[1]: is of type number; expected a string");
  CHECK(says(R"({"Pod":{"metadata":{"name":"p"}},"NodeNames":"a"})") ==
        "ExtenderArgs: NodeNames: is of type string; expected an array");
  CHECK(says(R"({"Pod":{"metadata":{"name":"p"}},"Nodes":{"items":[{"metadata":{"name":"n"},
                 "status":{"allocatable":{"cpu":"x"}}}]}})")
            .find("Nodes.items[0].status.allocatable.cpu: 'x' is no amount") != std::string::npos);
}

TEST_CASE("answers have the keys and types of the contract", "[adapters][kubernetes]") {
  auto args = *kube::read_extender_args(support::kube_fixture("extender_args_names.json"));
  kube::extender_filter_result r;
  r.fit = {"b"};
  r.failed["a"] = "full";
  r.failed_and_unresolvable["c"] = "too small";
  CHECK(kube::json::parse(kube::write_filter_result(args, r)) ==
        kube::json::parse(R"({"Nodes":null,"NodeNames":["b"],"FailedNodes":{"a":"full"},
                              "FailedAndUnresolvableNodes":{"c":"too small"},"Error":""})"));
  r.fit.clear();
  CHECK(kube::json::parse(kube::write_filter_result(args, r))["NodeNames"] ==
        kube::json::array());  // nothing fits: empty, not null

  // Whole nodes come back as they came, unknown fields included.
  args = *kube::read_extender_args(support::kube_fixture("extender_args_nodes.json"));
  r.fit = {"big"};
  const auto whole = kube::json::parse(kube::write_filter_result(args, r));
  CHECK(whole["NodeNames"].is_null());
  REQUIRE(whole["Nodes"]["items"].size() == 1);
  CHECK(whole["Nodes"]["items"][0] == args.raw_nodes["items"][0]);
  CHECK(whole["Nodes"]["items"][0]["spec"]["providerID"] == "keep://me");

  const auto scores = kube::json::parse(kube::write_priorities({{"a", 10}, {"b", 0}}));
  CHECK(scores == kube::json::parse(R"([{"Host":"a","Score":10},{"Host":"b","Score":0}])"));
  CHECK(scores[0]["Score"].is_number_integer());
  CHECK(kube::write_priorities({}) == "[]");
  CHECK(kube::json::parse(kube::write_filter_error({"is missing", "", 0, "Pod", ""}))["Error"] ==
        "Pod: is missing");
}

TEST_CASE("extender requests survive damage", "[adapters][kubernetes]") {
  muster::rng random{3};
  for (const char* name : {"extender_args_names.json", "extender_args_nodes.json"}) {
    const std::string text = support::kube_fixture(name);
    for (int i = 0; i < 1500; ++i) {
      std::string copy = text;
      for (auto n = 1 + muster::uniform_below(random, 3); n > 0; --n) {
        const auto at = static_cast<std::size_t>(muster::uniform_below(random, copy.size()));
        if (muster::uniform_below(random, 2) == 0) {
          copy[at] = "0\"[]{}:,-nt"[muster::uniform_below(random, 11)];
        } else {
          copy.erase(at, static_cast<std::size_t>(muster::uniform_below(random, 8)));
        }
      }
      const auto args = kube::read_extender_args(copy);
      if (!args) {
        REQUIRE(args.failure().to_string().find('\n') == std::string::npos);
      } else {
        kube::extender_filter_result r;
        for (const auto& n : args->nodes) r.fit.push_back(n.meta.name);
        REQUIRE_FALSE(kube::write_filter_result(*args, r).empty());
      }
    }
  }
}
