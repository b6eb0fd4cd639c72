// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <thread>

#include <muster/adapters/kubernetes/report_server.hpp>
#include <muster/adapters/proc/files.hpp>

using namespace muster;
namespace kube = muster::adapters::kubernetes;

TEST_CASE("node agents push what they read, and the access point sees it",
          "[adapters][kubernetes]") {
  kube::state_board board;
  std::mutex lock;
  httplib::Server server;
  kube::mount_reports(server, "/report", board, lock);
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread serving{[&] { server.listen_after_bind(); }};
  while (!server.is_running()) std::this_thread::yield();
  {
    // An agent: recorded process files, a monitor, a report.
    adapters::proc::files machine{{.root = "tests/adapters/proc/fixtures"}};
    adapters::proc::state_monitor monitor;
    auto sample = machine.sample(instant{} + seconds(1));
    REQUIRE(sample);
    monitor.observe(*sample);
    sample->at = instant{} + seconds(2);
    sample->cpu.all.user += 30;
    sample->cpu.all.idle += 10;
    monitor.observe(*sample);
    kube::node_report r;
    r.node = "n1";
    r.number = 1;
    r.cpu = monitor.use().cpu;
    r.memory = monitor.use().memory;

    httplib::Client agent{"127.0.0.1", port};
    const auto send = [&](const std::string& body) {
      const auto answer = agent.Post("/report", body, "application/json");
      REQUIRE(answer);
      return std::pair{answer->status, answer->body};
    };
    CHECK(send(kube::write_node_report(r)).first == 204);
    CHECK(send(kube::write_node_report(r)).first == 409);
    const auto bad = send(R"({"node":"n1"})");
    CHECK(bad.first == 400);
    CHECK(bad.second == "report: number: is missing; expected an integer\n");
    const std::scoped_lock held{lock};
    const auto* seen = board.fresh("n1", kube::steady_now());
    REQUIRE(seen != nullptr);
    CHECK(seen->cpu == 0.75);
    CHECK(seen->memory == 0.5);
  }
  server.stop();
  serving.join();
}
