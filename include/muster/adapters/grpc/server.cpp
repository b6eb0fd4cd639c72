// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>

#include <grpcpp/grpcpp.h>

#include <muster/adapters/grpc/detail/wire.hpp>
#include <muster/adapters/grpc/server.hpp>
#include <muster/adapters/grpc/unix_clock.hpp>

#include <muster/adapters/grpc/cluster.grpc.pb.h>

namespace muster::inline MUSTER_ABI::adapters::grpc {

namespace wire = detail::wire;

// gRPC calls these functions from threads of its own; all of them answer at once.
struct server::inside final : wire::Cluster::CallbackService {
  using context = ::grpc::CallbackServerContext;
  using reactor = ::grpc::ServerUnaryReactor;

  inside(detail::host_functions h, config c) : host{h}, settings{std::move(c)} {}

  reactor* Capacity(context* c, const wire::CapacityRequest* request,
                    wire::CapacityReply* reply) override {
    return answer(c, [&]() -> result<void> {
      const auto service = detail::read_service(request->service(), settings);
      if (!service) return service.failure();
      detail::write(host.capacity(host.host, *service, clock.now()), *reply);
      return {};
    });
  }
  reactor* Load(context* c, const wire::LoadRequest*, wire::LoadReply* reply) override {
    return answer(c, [&]() -> result<void> {
      detail::write(host.load(host.host, clock.now()), *reply);
      return {};
    });
  }
  reactor* Offer(context* c, const wire::OfferRequest* request, wire::OfferReply* reply) override {
    return answer(c, [&]() -> result<void> {
      const auto offered = detail::read(*request, settings);
      if (!offered) return offered.failure();
      detail::write(host.offer(host.host, *offered, clock.now()), *reply);
      return {};
    });
  }
  reactor* Outcomes(context* c, const wire::OutcomesRequest* request,
                    wire::OutcomesReply* reply) override {
    return answer(c, [&]() -> result<void> {
      if (static_cast<std::size_t>(request->keys_size()) > settings.max_keys) {
        return detail::broken("keys", "has " + std::to_string(request->keys_size()) + " entries",
                              "at most " + std::to_string(settings.max_keys));
      }
      reply->mutable_outcomes()->Reserve(request->keys_size());
      for (int i = 0; i < request->keys_size(); ++i) {
        const auto key =
            detail::read(request->keys(i), "keys[" + std::to_string(i) + "]", settings);
        if (!key) return key.failure();
        reply->add_outcomes(detail::to_wire(host.outcome(host.host, *key, clock.now())));
      }
      return {};
    });
  }

  template <class Act>
  reactor* answer(context* c, Act&& act) {
    result<void> done;
    {
      const std::lock_guard hold{mutex};
      done = act();
    }
    calls.fetch_add(1, std::memory_order_relaxed);
    reactor* r = c->DefaultReactor();
    if (done) {
      r->Finish(::grpc::Status::OK);
    } else {
      invalid.fetch_add(1, std::memory_order_relaxed);
      r->Finish({::grpc::StatusCode::INVALID_ARGUMENT, done.failure().to_string()});
    }
    return r;
  }

  detail::host_functions host;
  config settings;
  unix_clock clock;
  std::mutex mutex;  // the host is called by one thread at a time
  std::atomic<std::uint64_t> calls{0}, invalid{0};
  int port = 0;
  std::unique_ptr<::grpc::Server> server;  // last: it ends before what it uses
};

result<server> server::start(detail::host_functions host, config c) {
  auto i = std::make_unique<inside>(host, std::move(c));
  const config& settings = i->settings;
  std::shared_ptr<::grpc::ServerCredentials> credentials;
  if (settings.certificate.empty()) {
    credentials = ::grpc::InsecureServerCredentials();
  } else {
    ::grpc::SslServerCredentialsOptions options{
        settings.authority.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                   : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY};
    options.pem_root_certs = settings.authority;
    options.pem_key_cert_pairs.push_back({settings.key, settings.certificate});
    credentials = ::grpc::SslServerCredentials(options);
  }
  ::grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(static_cast<int>(settings.max_message_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(settings.max_calls));
  // Two servers must not share a port unnoticed.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(settings.address, credentials, &i->port);
  builder.RegisterService(i.get());
  i->server = builder.BuildAndStart();
  if (i->server == nullptr || i->port == 0) {
    return error{.what = "cannot listen at " + settings.address,
                 .file = {},
                 .field = "address",
                 .expected = "host:port of this machine that is free, port 0 for any"};
  }
  return server{std::move(i)};
}

server::server(std::unique_ptr<inside> i) noexcept : inside_{std::move(i)} {}
server::server(server&&) noexcept = default;
server& server::operator=(server&& other) noexcept {
  if (this != &other) {
    if (inside_ != nullptr) stop();
    inside_ = std::move(other.inside_);
  }
  return *this;
}
server::~server() {
  if (inside_ != nullptr) stop();
}

std::uint16_t server::port() const noexcept { return static_cast<std::uint16_t>(inside_->port); }

void server::stop(duration grace) {
  if (inside_->server == nullptr) return;
  inside_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::microseconds(grace.us));
  inside_->server->Wait();
  inside_->server.reset();
}

server::totals server::counts() const noexcept {
  return {inside_->calls.load(std::memory_order_relaxed),
          inside_->invalid.load(std::memory_order_relaxed)};
}

}  // namespace muster::inline MUSTER_ABI::adapters::grpc
