// SPDX-License-Identifier: Apache-2.0
#include "adapters/kubernetes/mock_api_server.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <cstdlib>
#include <filesystem>

#include <muster/adapters/kubernetes/http_api.hpp>

using namespace muster;
namespace kube = muster::adapters::kubernetes;
using kube::api_status;

namespace {

// Notes how long it was told to wait, and does not.
struct no_sleep {
  std::vector<duration>* waits;
  void operator()(duration d) const { waits->push_back(d); }
};
using api = kube::http_api<no_sleep>;

}  // namespace

TEST_CASE("http_api lists in pages, and watches what changes", "[adapters][kubernetes]") {
  support::mock_api_server server;
  for (const char* name : {"a", "b", "c", "d", "e"}) server.cluster.add_node(name, {4000, 16'000});
  std::vector<duration> waits;
  api client{{.server = server.url(), .page = 2}, {&waits}};
  const auto nodes = client.list_nodes();
  REQUIRE(nodes);
  REQUIRE(nodes->items.size() == 5);
  CHECK(nodes->items[4].meta.name == "e");
  CHECK(nodes->items[4].allocatable == kube::resources{4000, 16'000});
  CHECK(client.calls() == 3);
  CHECK(server.seen[1] == "GET /api/v1/nodes?limit=2&continue=%262");

  {
    const std::scoped_lock held{server.lock};
    server.cluster.set_ready("b", false);
    server.cluster.remove_node("d");
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto seen = client.watch_nodes(nodes->version, milliseconds(150));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(900));
  REQUIRE(seen);
  REQUIRE(seen->events.size() == 2);
  CHECK(seen->events[0].kind == kube::event_kind::modified);
  CHECK(seen->events[1].kind == kube::event_kind::removed);
  CHECK(seen->events[1].object.meta.name == "d");
  // Nothing new: the time passes, and the version stays.
  const auto quiet = client.watch_nodes(seen->version, milliseconds(60));
  REQUIRE(quiet);
  CHECK(quiet->events.empty());
  CHECK(quiet->version == seen->version);
  // The bookmark counts: it is ahead of the last node's own version only if others changed.
  {
    const std::scoped_lock held{server.lock};
    server.cluster.add_pod("edge", "p", {}, {});
  }
  const auto marked = client.watch_nodes(seen->version, milliseconds(60));
  REQUIRE(marked);
  CHECK(marked->events.empty());
  CHECK(marked->version != seen->version);
}

TEST_CASE("http_api: a change comes while a watch is open", "[adapters][kubernetes]") {
  support::mock_api_server server;
  server.cluster.add_node("a", {});
  std::vector<duration> waits;
  api client{{.server = server.url()}, {&waits}};
  const auto version = client.list_pods()->version;
  std::thread later{[&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    const std::scoped_lock held{server.lock};
    server.cluster.add_pod("edge", "p", {}, {250, 100});
  }};
  const auto seen = client.watch_pods(version, milliseconds(400));
  later.join();
  REQUIRE(seen);
  REQUIRE(seen->events.size() == 1);
  CHECK(seen->events[0].object.requests.cpu == 250);
}

TEST_CASE("http_api: a version that is forgotten is gone", "[adapters][kubernetes]") {
  support::mock_api_server server{{.history = 2}};
  server.cluster.add_node("a", {});
  std::vector<duration> waits;
  api client{{.server = server.url()}, {&waits}};
  const auto version = client.list_nodes()->version;
  for (int i = 0; i < 5; ++i) server.cluster.set_ready("a", i % 2 == 0);
  const auto old = client.watch_nodes(version, milliseconds(50));
  CHECK(old.status() == api_status::gone);
  CHECK(old.failure().what.find("too old resource version") != std::string::npos);
  server.fail_next = 1;  // some servers say it at once
  server.fail_status = 410;
  CHECK(client.watch_nodes("1", milliseconds(50)).status() == api_status::gone);
}

TEST_CASE("http_api binds, scales, annotates and deletes with versions", "[adapters][kubernetes]") {
  support::mock_api_server server;
  server.cluster.add_node("a", {4000, 16'000});
  server.cluster.add_deployment({"edge", "detect", "detect", {500, 1000}, 1});
  std::vector<duration> waits;
  api client{{.server = server.url()}, {&waits}};
  kube::pod p = client.list_pods()->items.at(0);
  REQUIRE(client.bind(p, "a"));
  CHECK(server.bodies.back() ==
        kube::json::parse(R"({"apiVersion":"v1","kind":"Binding",
            "metadata":{"name":"detect-0","namespace":"edge","uid":")" +
                          p.meta.uid +
                          R"("},"target":{"apiVersion":"v1","kind":"Node","name":"a"}})"));
  const auto again = client.bind(p, "a");
  CHECK(again.status() == api_status::conflict);
  CHECK(again.failure().to_string().find("HTTP status 409: it is bound to a") != std::string::npos);

  auto s = client.read_scale("edge", "detect");
  REQUIRE(s);
  s->wanted = 2;
  const auto written = client.write_scale(*s);
  REQUIRE(written);
  CHECK(written->wanted == 2);
  CHECK(server.content_types.back() == "application/merge-patch+json");
  CHECK(server.bodies.back()["metadata"]["resourceVersion"] == s->meta.version);
  CHECK(client.write_scale(*s).status() == api_status::conflict);
  CHECK(client.read_scale("edge", "nothing").status() == api_status::not_found);

  p = client.list_pods()->items.at(0);
  const auto noted = client.annotate(p, "muster/in-flight", "3");
  REQUIRE(noted);
  CHECK(*kube::find(noted->meta.annotations, "muster/in-flight") == "3");
  CHECK(client.annotate(p, "x", "y").status() == api_status::conflict);
  CHECK(client.remove(p).status() == api_status::conflict);
  CHECK(client.remove(*noted));
  CHECK(waits.empty());
}

TEST_CASE("http_api tries again what may pass, with growing waits, and nothing else",
          "[adapters][kubernetes]") {
  support::mock_api_server server;
  server.cluster.add_node("a", {});
  std::vector<duration> waits;
  api client{{.server = server.url(),
              .retry = {.first = milliseconds(100), .most = milliseconds(300), .attempts = 4}},
             {&waits}};
  server.fail_next = 3;
  CHECK(client.list_nodes());
  REQUIRE(waits.size() == 3);
  CHECK(waits[0] <= milliseconds(100));
  CHECK(waits[1] <= milliseconds(200));
  CHECK(waits[2] <= milliseconds(300));
  waits.clear();
  server.fail_next = 4;
  const auto busy = client.list_nodes();
  CHECK(busy.status() == api_status::unavailable);
  CHECK(busy.failure().to_string().find("HTTP status 503: told to fail") != std::string::npos);
  waits.clear();
  server.fail_next = 1;
  server.fail_status = 429;
  server.retry_after = "2";
  CHECK(client.list_nodes());
  REQUIRE(waits.size() == 1);
  CHECK(waits[0] >= seconds(2));
  waits.clear();
  for (const auto& [code, status] : {std::pair{403, api_status::forbidden},
                                     {404, api_status::not_found},
                                     {409, api_status::conflict},
                                     {422, api_status::refused}}) {
    server.fail_next = 1;
    server.fail_status = code;
    CHECK(client.list_nodes().status() == status);
  }
  CHECK(waits.empty());
}

TEST_CASE("http_api: no server, half an answer, bad names, tokens", "[adapters][kubernetes]") {
  std::vector<duration> waits;
  std::string dead;
  {
    support::mock_api_server gone;
    dead = gone.url();
  }
  api nobody{{.server = dead, .timeout = milliseconds(300), .retry = {.attempts = 2}}, {&waits}};
  const auto lost = nobody.list_nodes();
  CHECK(lost.status() == api_status::unavailable);
  CHECK(lost.failure().file == dead);
  CHECK(waits.size() == 1);
  CHECK(nobody.watch_pods("1", milliseconds(50)).status() == api_status::unavailable);

  support::mock_api_server server;
  server.cluster.add_node("a", {});
  server.garbled = true;
  api client{{.server = server.url()}, {&waits}};
  const auto half = client.list_nodes();
  CHECK(half.status() == api_status::malformed);
  CHECK(half.failure().what == "the text is not JSON");
  const std::size_t calls = server.seen.size();
  kube::pod p;
  p.meta.name = "x";
  for (const char* space : {"", "a/b", "..", "A", "a b", "a?x=1"}) {
    p.meta.space = space;
    CHECK(client.remove(p).status() == api_status::refused);
    CHECK(client.read_scale(space, "d").status() == api_status::refused);
  }
  p.meta.space = "edge";
  CHECK(client.bind(p, "../nodes").status() == api_status::refused);
  CHECK(server.seen.size() == calls);  // none of these reached the wire

  server.garbled = false;
  server.token = "secret";
  CHECK(client.list_nodes().status() == api_status::forbidden);
  const auto file = std::filesystem::temp_directory_path() / "muster_http_api_token";
  if (std::FILE* f = std::fopen(file.c_str(), "w")) {
    std::fputs("secret\n", f);
    std::fclose(f);
  }
  api with_token{{.server = server.url(), .token_file = file.string()}, {&waits}};
  CHECK(with_token.list_nodes());
  std::filesystem::remove(file);
  CHECK(support::breaks("has no scheme", [] { kube::http_api<> bad{{.server = "host:80"}}; }));
}

TEST_CASE("http_api: a pod finds its server in the environment", "[adapters][kubernetes]") {
  unsetenv("KUBERNETES_SERVICE_HOST");
  CHECK_FALSE(kube::http_api<>::in_cluster());
  setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
  setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  const auto four = kube::http_api<>::in_cluster();
  REQUIRE(four);
  CHECK(four->server == "https://10.96.0.1:443");
  CHECK(four->ca_file == "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");
  setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
  CHECK(kube::http_api<>::in_cluster()->server == "https://[fd00::1]:443");
  unsetenv("KUBERNETES_SERVICE_HOST");
  unsetenv("KUBERNETES_SERVICE_PORT");
}
