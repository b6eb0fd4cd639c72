// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include <grpcpp/grpcpp.h>

#include <muster/adapters/grpc/client.hpp>
#include <muster/adapters/grpc/detail/wire.hpp>
#include <muster/adapters/grpc/unix_clock.hpp>
#include <muster/coordination/round_robin.hpp>
#include <muster/core/contracts.hpp>

#include <muster/adapters/grpc/cluster.grpc.pb.h>

namespace muster::inline MUSTER_ABI::adapters::grpc {

namespace wire = detail::wire;

struct client::inside {
  using stub = wire::Cluster::Stub;
  /// The replicas of one cluster.
  struct peer {
    std::vector<std::shared_ptr<stub>> replicas;
    coordination::round_robin turn;
    std::uint64_t generation = 0;  // of the addresses: reports about older ones do not count
  };

  explicit inside(config c) : settings{std::move(c)}, policy{settings.retry} {
    MUSTER_EXPECTS(settings.timeout.us > 0 && settings.attempt.us > 0,
                   "muster: adapters::grpc::client needs timeout > 0 and attempt > 0");
    MUSTER_EXPECTS(
        settings.addresses.size() <= settings.clusters && settings.self < settings.clusters,
        "muster: adapters::grpc::client has more addresses than clusters, or a self "
        "beyond; number clusters from 0");
    peers.resize(settings.clusters);
    for (std::uint32_t i = 0; i < settings.addresses.size(); ++i) {
      connect(i, settings.addresses[i]);
    }
  }

  void connect(std::uint32_t cluster, std::span<const std::string> addresses) {
    ::grpc::ChannelArguments options;
    options.SetMaxReceiveMessageSize(static_cast<int>(settings.max_message_bytes));
    // Retries are ours: they know the deadline, draw from the caller's generator, change replica.
    options.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    // A neighbour that comes back is noticed soon; how often it is asked is up to the breaker.
    options.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    options.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
    options.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
    // Each client has connections of its own, so that closing one does not touch another's.
    options.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    std::shared_ptr<::grpc::ChannelCredentials> credentials;
    if (settings.authority.empty()) {
      credentials = ::grpc::InsecureChannelCredentials();
    } else {
      credentials =
          ::grpc::SslCredentials({settings.authority, settings.key, settings.certificate});
    }
    peer next;
    for (const std::string& address : addresses) {
      next.replicas.push_back(
          wire::Cluster::NewStub(::grpc::CreateCustomChannel(address, credentials, options)));
    }
    next.turn = coordination::round_robin{static_cast<std::uint32_t>(next.replicas.size()),
                                          settings.breaker};
    const std::lock_guard hold{mutex};
    next.generation = peers[cluster].generation + 1;
    std::swap(peers[cluster], next);
  }

  /// One call with retries; `send(stub, context)` -> grpc status, `read()` -> result<T>.
  template <class T, class Send, class Read>
  rpc_answer<T> call(std::uint32_t cluster, rpc_call asked, rng& random, Send&& send, Read&& read) {
    using answer = rpc_answer<T>;
    MUSTER_EXPECTS(cluster < peers.size() && cluster != settings.self,
                   "muster: adapters::grpc::client: a cluster calls itself or one that does not "
                   "exist");
    // The caller's clock may be a little ahead of this one: no call begins before it was made.
    const instant start = (std::max)(clock.now(), asked.now);
    const auto attempt = [&](rpc_call c) {
      std::shared_ptr<stub> replica;
      std::uint32_t member = coordination::round_robin::nobody;
      std::uint64_t generation = 0;
      {
        const std::lock_guard hold{mutex};
        peer& p = peers[cluster];
        member = p.turn.take(c.now);
        if (member == coordination::round_robin::nobody) {
          ++counts.not_tried;
          return answer::failed(rpc_status::not_tried, c.now);
        }
        ++counts.attempts;
        replica = p.replicas[member];
        generation = p.generation;
      }
      const duration left = (std::min)(c.deadline - c.now, settings.attempt);
      ::grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::microseconds(left.us));
      const ::grpc::Status status = send(*replica, context);
      const instant now = clock.now();
      answer a = status.ok() ? understood<T>(read(), now)
                             : answer::failed(kind_of(status), now, reason_of(status));
      const std::lock_guard hold{mutex};
      peer& p = peers[cluster];
      // A message that was not understood was read by somebody: the replica is there.
      const bool alive = a || a.status == rpc_status::invalid;
      if (p.generation == generation) p.turn.report(member, alive, now);
      ++(a                                     ? counts.answered
         : a.status == rpc_status::timed_out   ? counts.timed_out
         : a.status == rpc_status::unreachable ? counts.unreachable
                                               : counts.invalid);
      return a;
    };
    return coordination::retry(policy,
                               {start, (std::min)(asked.deadline, start + settings.timeout)},
                               random, attempt, [&](instant until) { return clock.wait(until); });
  }

  template <class T>
  static rpc_answer<T> understood(result<T> value, instant now) {
    if (!value) return rpc_answer<T>::failed(rpc_status::invalid, now, value.failure());
    return {std::move(value), now, rpc_status::answered};
  }
  static rpc_status kind_of(const ::grpc::Status& s) noexcept {
    switch (s.error_code()) {
      case ::grpc::StatusCode::DEADLINE_EXCEEDED:
        return rpc_status::timed_out;
      case ::grpc::StatusCode::INVALID_ARGUMENT:
      case ::grpc::StatusCode::OUT_OF_RANGE:
      case ::grpc::StatusCode::UNIMPLEMENTED:
      case ::grpc::StatusCode::RESOURCE_EXHAUSTED:  // a message beyond the limit of its reader
      case ::grpc::StatusCode::PERMISSION_DENIED:
      case ::grpc::StatusCode::UNAUTHENTICATED:
        return rpc_status::invalid;
      default:
        return rpc_status::unreachable;
    }
  }
  static error reason_of(const ::grpc::Status& s) {
    std::string text = to_text(kind_of(s));
    if (!s.error_message().empty()) text += ": " + s.error_message();
    return {.what = std::move(text), .file = {}, .field = {}, .expected = {}};
  }

  config settings;
  coordination::backoff policy;
  unix_clock clock;
  mutable std::mutex mutex;  // guards what follows; never held during a call
  std::vector<peer> peers;
  totals counts;
};

client::client() : client{config{}} {}
client::client(config c) : inside_{std::make_unique<inside>(std::move(c))} {}
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

void client::connect(std::uint32_t cluster, std::span<const std::string> addresses) {
  MUSTER_EXPECTS(cluster < clusters(),
                 "muster: adapters::grpc::client::connect got a cluster that does not exist; "
                 "number clusters from 0");
  inside_->connect(cluster, addresses);
}
std::uint32_t client::clusters() const noexcept { return inside_->settings.clusters; }

rpc_answer<cluster_capacity> client::capacity(std::uint32_t cluster, service_id service,
                                              rpc_call call, rng& random) {
  wire::CapacityRequest request;
  wire::CapacityReply reply;
  request.set_service(static_cast<std::uint32_t>(service));
  return inside_->call<cluster_capacity>(
      cluster, call, random,
      [&](inside::stub& s, ::grpc::ClientContext& c) { return s.Capacity(&c, request, &reply); },
      [&] { return detail::read(reply); });
}
rpc_answer<cluster_load> client::load(std::uint32_t cluster, rpc_call call, rng& random) {
  const wire::LoadRequest request;
  wire::LoadReply reply;
  return inside_->call<cluster_load>(
      cluster, call, random,
      [&](inside::stub& s, ::grpc::ClientContext& c) { return s.Load(&c, request, &reply); },
      [&] { return detail::read(reply); });
}
rpc_answer<offer_reply> client::offer(std::uint32_t cluster, const offered_job& offered,
                                      rpc_call call, rng& random) {
  wire::OfferRequest request;
  wire::OfferReply reply;
  detail::write(offered, request);
  return inside_->call<offer_reply>(
      cluster, call, random,
      [&](inside::stub& s, ::grpc::ClientContext& c) { return s.Offer(&c, request, &reply); },
      [&] { return detail::read(reply); });
}
rpc_answer<std::size_t> client::outcomes(std::uint32_t cluster, std::span<const request_key> keys,
                                         std::span<request_outcome> told, rpc_call call,
                                         rng& random) {
  MUSTER_EXPECTS(keys.size() == told.size(),
                 "muster: adapters::grpc::client::outcomes needs room for each answer; give spans "
                 "of equal length");
  wire::OutcomesRequest request;
  wire::OutcomesReply reply;
  for (const request_key k : keys) detail::write(k, *request.add_keys());
  return inside_->call<std::size_t>(
      cluster, call, random,
      [&](inside::stub& s, ::grpc::ClientContext& c) { return s.Outcomes(&c, request, &reply); },
      [&]() -> result<std::size_t> {
        if (static_cast<std::size_t>(reply.outcomes_size()) != keys.size()) {
          return detail::broken("outcomes",
                                "has " + std::to_string(reply.outcomes_size()) + " entries",
                                "one for each of " + std::to_string(keys.size()) + " keys");
        }
        for (int i = 0; i < reply.outcomes_size(); ++i) {
          const auto o = detail::read_outcome(reply.outcomes(i));
          if (!o) return o.failure();
          told[static_cast<std::size_t>(i)] = *o;
        }
        return keys.size();
      });
}

client::totals client::counts() const {
  const std::lock_guard hold{inside_->mutex};
  return inside_->counts;
}
coordination::circuit client::circuit_of(std::uint32_t cluster, std::uint32_t replica) const {
  const std::lock_guard hold{inside_->mutex};
  return inside_->peers[cluster].turn.breaker(replica).state();
}

}  // namespace muster::inline MUSTER_ABI::adapters::grpc
