// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/cluster_rpc.hpp>
#include <muster/concepts/dispatch_view.hpp>
#include <muster/coordination/in_process_rpc.hpp>
#include <muster/env/edge_cloud_config.hpp>
#include <muster/kmps/detail/neighbour_host.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The clusters of env::edge_cloud, as those whom one can ask: a cluster_rpc of simulated delays.
///
/// Idea     an access point's view of a neighbour's nodes lacks what others have sent there in
///          this slot. The neighbour itself knows. So the check of validity is made there: the
///          asked cluster looks at its nodes, counts what reached it in this slot from everybody,
///          and takes the request or refuses it.
/// Node     a cluster is a Kubernetes service: among its nodes that can take the request each
///          gets one in turn, per service (section IV-A.3 of the KMPS paper).
/// Use      `look(view)` before each decision, `placed(view, k)` after it; three_level_router
///          does both.
/// Lost answers   a neighbour that accepted but whose answer was lost gives the place free again
///          at no cost: the environment runs each request once.
/// Cost     O(nodes of the asked cluster) per offer; allocates when it first sees a system.
class edge_neighbours {
  using host = detail::neighbour_host;
  using network = coordination::in_process_network<host>;

 public:
  struct config {
    sufficiency accept = sufficiency::on_time;  ///< when a neighbour says yes
    duration one_way = milliseconds(25);        ///< between clusters; >= 0
    duration jitter{};                          ///< most that is added to a message; >= 0
    double loss = 0.0;                          ///< part of the messages lost; 0 to 1
    std::vector<env::outage> outages{};         ///< clusters that nobody reaches
  };
  /// With the links and outages of a system.
  [[nodiscard]] static config like(const env::edge_cloud_config& c) {
    config k;
    k.one_way = c.cross;
    k.outages = c.outages;
    return k;
  }

  edge_neighbours() : edge_neighbours{config{}} {}
  explicit edge_neighbours(config c)
      : config_{std::move(c)}, traffic_{std::make_unique<detail::slot_traffic>()} {
    traffic_->accept = config_.accept;
  }

  /// The view of the access point that speaks from now on; it must live until the next look.
  void look(const dispatch_view& view) {
    if (hosts_.size() != view.cloud() / view.own || !traffic_->fits(view)) settle_in(view);
    traffic_->look(view);
  }
  /// Target k of the view got its request.
  void placed(const dispatch_view& view, std::size_t k) { traffic_->placed(view, k); }
  void reset() noexcept { hosts_.clear(); }

  [[nodiscard]] std::uint32_t clusters() const noexcept { return network_.size(); }
  rpc_answer<cluster_capacity> capacity(std::uint32_t cluster, service_id service, rpc_call call,
                                        rng& random) {
    return end().capacity(cluster, service, call, random);
  }
  rpc_answer<cluster_load> load(std::uint32_t cluster, rpc_call call, rng& random) {
    return end().load(cluster, call, random);
  }
  rpc_answer<offer_reply> offer(std::uint32_t cluster, const offered_job& offered, rpc_call call,
                                rng& random) {
    return end().offer(cluster, offered, call, random);
  }
  rpc_answer<std::size_t> outcomes(std::uint32_t cluster, std::span<const request_key> keys,
                                   std::span<request_outcome> told, rpc_call call, rng& random) {
    return end().outcomes(cluster, keys, told, call, random);
  }

  /// Messages so far.
  [[nodiscard]] const network::totals& messages() const noexcept { return network_.counts(); }

 private:
  [[nodiscard]] coordination::in_process_rpc<host> end() noexcept {
    return {network_, traffic_->speaker()};
  }
  void settle_in(const dispatch_view& view) {
    hosts_.resize(view.cloud() / view.own);
    for (std::size_t c = 0; c < hosts_.size(); ++c) {
      hosts_[c] = {};
      hosts_[c].all = traffic_.get();
      hosts_[c].number = static_cast<std::uint32_t>(c);
    }
    network::config n;
    n.one_way = config_.one_way;
    n.jitter = config_.jitter;
    n.loss = config_.loss;
    for (const env::outage& o : config_.outages) n.outages.push_back({o.cluster, o.from, o.until});
    network_ = network{hosts_, std::move(n)};
    traffic_->settle_in(view);
  }

  config config_;
  std::unique_ptr<detail::slot_traffic> traffic_;  // hosts point to it: it must not move
  std::vector<host> hosts_;
  network network_;
};

static_assert(cluster_rpc<edge_neighbours>);

}  // namespace muster::inline MUSTER_ABI::kmps
