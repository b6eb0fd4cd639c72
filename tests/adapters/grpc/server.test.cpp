// SPDX-License-Identifier: Apache-2.0
#include "coordination/hand_cluster.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <muster/adapters/grpc/cluster.grpc.pb.h>
#include <muster/adapters/grpc/detail/wire.hpp>
#include <muster/adapters/grpc/server.hpp>

using namespace muster;
using adapters::grpc::server;
namespace wire = muster::cluster::v1;
namespace checked = muster::adapters::grpc::detail;

namespace {

wire::OfferRequest good() {
  wire::OfferRequest m;
  m.mutable_key()->set_origin(2);
  m.mutable_key()->set_id(77);
  m.set_service(11);
  m.set_work_us(30'000);
  m.set_arrival_us(1'000'000);
  m.set_deadline_us(never.us / 2);
  m.set_cpu(0.5F);
  m.set_memory_gb(0.25F);
  m.set_urgent(true);
  return m;
}
std::string why(const wire::OfferRequest& m) {
  const auto r = checked::read(m, server::config{});
  return r ? "" : r.failure().to_string();
}
struct connection {
  support::hand_cluster host;
  server served;
  std::shared_ptr<::grpc::Channel> channel;
  connection()
      : served{std::move(*server::start(host, server::config{}))},
        channel{::grpc::CreateChannel("127.0.0.1:" + std::to_string(served.port()),
                                      ::grpc::InsecureChannelCredentials())} {}
  static void limit(::grpc::ClientContext& c) {
    c.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  }
};

}  // namespace

TEST_CASE("an offer crosses the wire unchanged", "[adapters][grpc]") {
  const auto r = checked::read(good(), server::config{});
  REQUIRE(r);
  CHECK(r->key() == request_key{2, job_id{77}});
  CHECK(r->request.service == service_id{11});
  CHECK(r->request.work == milliseconds(30));
  CHECK(r->request.arrival == instant{1'000'000});
  CHECK(r->request.deadline == instant{never.us / 2});
  CHECK(r->request.cpu == 0.5F);
  CHECK(r->request.memory == 0.25F);
  CHECK(r->request.urgent);
  wire::OfferRequest back;
  checked::write(*r, back);
  CHECK(back.SerializeAsString() == good().SerializeAsString());
  for (const offer_reply x : {offer_reply{offer_verdict::accepted, 3, instant{5}},
                              offer_reply{offer_verdict::too_late, 0, never}, offer_reply{}}) {
    wire::OfferReply m;
    checked::write(x, m);
    CHECK(*checked::read(m) == x);
  }
}

TEST_CASE("each rule of the wire is checked, and names its field and what was expected",
          "[adapters][grpc]") {
  CHECK(why(good()).empty());
  const auto broken = [](auto change) {
    wire::OfferRequest m = good();
    change(m);
    return why(m);
  };
  CHECK(broken([](auto& m) { m.clear_key(); }) ==
        "key: is missing; expected origin and id of the request");
  CHECK(broken([](auto& m) { m.mutable_key()->set_origin(3); }) ==
        "key.origin: is 3; expected a cluster, 0 to 2");
  CHECK(broken([](auto& m) { m.set_service(12); }) ==
        "service: is 12; expected a service, 0 to 11");
  CHECK(broken([](auto& m) { m.set_work_us(-1); }) ==
        "work_us: is -1; expected microseconds, 0 to 3600000000");
  CHECK(broken([](auto& m) { m.set_work_us(3'600'000'001); }).find("work_us") == 0);
  CHECK(broken([](auto& m) { m.set_arrival_us(0); }) ==
        "arrival_us: is 0; expected microseconds since 1970, above 0");
  CHECK(broken([](auto& m) { m.set_deadline_us(999'999); }) ==
        "deadline_us: is 999999; expected microseconds since 1970, not before arrival_us");
  CHECK(broken([](auto& m) { m.set_deadline_us(never.us); }).find("deadline_us") == 0);
  CHECK(broken([](auto& m) { m.set_cpu(-0.5F); }).find("cpu: is -0.5") == 0);
  CHECK(broken([](auto& m) { m.set_cpu(std::nanf("")); }).find("cpu: is nan") == 0);
  CHECK(broken([](auto& m) { m.set_memory_gb(std::numeric_limits<float>::infinity()); }) ==
        "memory_gb: is inf; expected GB, 0 to 65536");
}

TEST_CASE("replies that make no sense are not believed", "[adapters][grpc]") {
  wire::OfferReply o;
  CHECK(checked::read(o).failure().field == "verdict");  // a reply without a verdict
  o.set_verdict(static_cast<wire::Verdict>(9));
  CHECK(checked::read(o).failure().field == "verdict");
  o.set_verdict(wire::VERDICT_FULL);
  o.set_expected_us(-1);
  CHECK(checked::read(o).failure().field == "expected_us");
  wire::CapacityReply c;
  c.set_wait_us(-1);
  CHECK(checked::read(c).failure().field == "wait_us");
  wire::LoadReply l;
  l.set_cpu_use(std::nan(""));
  CHECK(checked::read(l).failure().field == "cpu_use");
  l.set_cpu_use(1.0);
  l.set_memory_use(1.5);
  CHECK(checked::read(l).failure().field == "memory_use");
  CHECK_FALSE(checked::read_outcome(0));
  CHECK_FALSE(checked::read_outcome(5));
  CHECK(*checked::read_outcome(1) == request_outcome::unknown);
  CHECK(*checked::read_outcome(4) == request_outcome::missed);
  wire::CapacityReply longest;
  checked::write(cluster_capacity{0, 0, never - instant{}}, longest);
  CHECK(checked::read(longest));
}

TEST_CASE("random messages are accepted within the limits or refused with a reason",
          "[adapters][grpc][fuzz]") {
  rng random{1};
  const std::int64_t corners[] = {
      0, 1, -1, 3'600'000'000, 3'600'000'001, never.us, never.us / 2, -never.us};
  const float reals[] = {0.0F,     1.0F,  -1.0F,         4096.0F,
                         65536.0F, 1e30F, std::nanf(""), std::numeric_limits<float>::infinity()};
  int good_ones = 0;
  for (int i = 0; i < 20'000; ++i) {
    wire::OfferRequest m = good();
    const auto corner = [&] { return corners[uniform_below(random, 8)]; };
    if (uniform_below(random, 2) == 0)
      m.mutable_key()->set_origin(static_cast<std::uint32_t>(uniform_below(random, 5)));
    if (uniform_below(random, 4) == 0) m.set_service(static_cast<std::uint32_t>(random()));
    if (uniform_below(random, 4) == 0) m.set_work_us(corner());
    if (uniform_below(random, 4) == 0) m.set_arrival_us(corner());
    if (uniform_below(random, 4) == 0) m.set_deadline_us(corner());
    if (uniform_below(random, 4) == 0) m.set_cpu(reals[uniform_below(random, 8)]);
    if (uniform_below(random, 4) == 0) m.set_memory_gb(reals[uniform_below(random, 8)]);
    const auto r = checked::read(m, server::config{});
    if (!r) {
      REQUIRE_FALSE(r.failure().field.empty());
      REQUIRE_FALSE(r.failure().expected.empty());
      continue;
    }
    ++good_ones;
    const job& j = r->request;
    REQUIRE((r->origin < 3 && index_of(j.service) < 12));
    REQUIRE((j.work >= duration{} && j.work <= seconds(3600)));
    REQUIRE((j.arrival > instant{} && j.deadline >= j.arrival && j.deadline < never));
    REQUIRE((j.cpu >= 0.0F && j.cpu <= 4096.0F && j.memory >= 0.0F && j.memory <= 65536.0F));
  }
  CHECK(good_ones > 1'000);
}

TEST_CASE("damaged bytes over a real connection: refused, and the server lives",
          "[adapters][grpc][fuzz]") {
  connection c;
  ::grpc::GenericStub stub{c.channel};
  rng random{2};
  int refused = 0, taken = 0;
  for (int i = 0; i < 1'500; ++i) {
    std::string bytes = good().SerializeAsString();
    const std::uint64_t changes = 1 + uniform_below(random, 6);
    for (std::uint64_t k = 0; k < changes; ++k) {
      switch (uniform_below(random, 3)) {
        case 0:
          bytes[uniform_below(random, bytes.size())] = static_cast<char>(random());
          break;
        case 1:
          bytes.resize(uniform_below(random, bytes.size()) + 1);
          break;
        default:
          bytes.insert(uniform_below(random, bytes.size()), 1, static_cast<char>(random()));
      }
    }
    const char* methods[] = {"Offer", "Outcomes", "Capacity", "Load", "Nonsense"};
    const std::string method =
        std::string{"/muster.cluster.v1.Cluster/"} + methods[i % 10 < 6 ? 0 : i % 10 - 5];
    const ::grpc::Slice slice{bytes};
    const ::grpc::ByteBuffer request{&slice, 1};
    ::grpc::ByteBuffer reply;
    ::grpc::ClientContext context;
    connection::limit(context);
    ::grpc::CompletionQueue queue;
    auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
    call->StartCall();
    ::grpc::Status status;
    call->Finish(&reply, &status, &queue);
    void* tag = nullptr;
    bool ok = false;
    REQUIRE(queue.Next(&tag, &ok));
    status.ok() ? ++taken : ++refused;
    REQUIRE(status.error_code() != ::grpc::StatusCode::DEADLINE_EXCEEDED);
    REQUIRE(status.error_code() != ::grpc::StatusCode::UNAVAILABLE);
    if (status.error_code() == ::grpc::StatusCode::INVALID_ARGUMENT) {
      REQUIRE(status.error_message().find("expected") != std::string::npos);
    }
  }
  CHECK(refused > 300);
  CHECK(taken > 30);
  auto proper = wire::Cluster::NewStub(c.channel);
  ::grpc::ClientContext context;
  connection::limit(context);
  wire::OfferReply reply;
  CHECK(proper->Offer(&context, good(), &reply).ok());
}

TEST_CASE("questions for outcomes are checked key by key", "[adapters][grpc]") {
  connection c;
  auto stub = wire::Cluster::NewStub(c.channel);
  const auto ask = [&](const wire::OutcomesRequest& m) {
    ::grpc::ClientContext context;
    connection::limit(context);
    wire::OutcomesReply reply;
    return stub->Outcomes(&context, m, &reply);
  };
  wire::OutcomesRequest m;
  CHECK(ask(m).ok());
  m.add_keys()->set_origin(1);
  m.add_keys()->set_origin(8);
  CHECK(ask(m).error_code() == ::grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(ask(m).error_message() == "keys[1].origin: is 8; expected a cluster, 0 to 2");
  m.clear_keys();
  for (int i = 0; i < 1025; ++i) m.add_keys();
  CHECK(ask(m).error_message() == "keys: has 1025 entries; expected at most 1024");
  for (int i = 0; i < 100'000; ++i) m.add_keys();
  CHECK(ask(m).error_code() == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_CASE("an address that is taken or wrong is an error, not a crash", "[adapters][grpc]") {
  connection c;
  support::hand_cluster other;
  server::config k;
  k.address = "127.0.0.1:" + std::to_string(c.served.port());
  const auto taken = server::start(other, k);
  REQUIRE_FALSE(taken);
  CHECK(taken.failure().field == "address");
  k.address = "not an address";
  CHECK_FALSE(server::start(other, k));
}

TEST_CASE("a server stops cleanly, twice, and frees its port", "[adapters][grpc]") {
  support::hand_cluster host;
  auto s = server::start(host, server::config{});
  REQUIRE(s);
  const auto port = s->port();
  CHECK(port != 0);
  s->stop();
  s->stop();
  server::config k;
  k.address = "127.0.0.1:" + std::to_string(port);
  auto again = server::start(host, k);
  REQUIRE(again);
  // Assignment ends the one that was there.
  support::hand_cluster other;
  *again = std::move(*server::start(other, server::config{}));
  CHECK(server::start(host, k));
}
