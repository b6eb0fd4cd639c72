// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <muster/concepts/cluster_rpc.hpp>
#include <muster/concepts/dispatcher.hpp>
#include <muster/coordination/offer_around.hpp>
#include <muster/env/mask.hpp>
#include <muster/kmps/edge_neighbours.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// What a router did, by level, and what the search for a place cost.
struct routing_counts {
  std::uint64_t own = 0, neighbour = 0, cloud = 0;  ///< requests by level
  std::uint64_t refused = 0;                        ///< offers answered with no
  std::uint64_t timed_out = 0;                      ///< offers without an answer in time
  std::uint64_t unreachable = 0;                    ///< offers that nobody could have received
  std::uint64_t misplaced = 0;  ///< offers accepted for a node that the mask forbids
  duration spent{};             ///< time lost before requests could leave, summed
};

/// Routing over three levels: the own cluster, else a neighbour that says yes, else the cloud.
///
/// Idea     the own cluster has the shortest way, so it comes first as long as it can take the
///          request. What overflows is offered to the neighbours in turn; the offer is the check
///          in real time that the target is valid. A refusal, or no answer in time, falls to the
///          next level, and the request leaves that much later. The cloud always takes it.
/// Source   C. Huang et al., KMPS, section IV-A.3: "gRPC-based cross-cluster three-level routing
///          (local edge -> neighbouring cluster -> cloud)", neighbours "exposed via Kubernetes
///          Service", with round robin.
/// Differs  the paper's actor names single nodes of neighbours (section III-A.2), yet a service
///          hides them. Here the action is the cluster and the neighbour chooses its node; an
///          actor over all nodes is the pipeline as it is. Both can be had, and compared.
/// Local    any dispatcher; it sees a view in which only the own nodes that can take the request
///          are valid, and that there is none if it answers with the cloud.
/// Rpc      any cluster_rpc whose clusters have the numbers of the access points. One that
///          simulates gets to know the views by `look` and `placed`.
/// Mask     must be the mask of the environment.
/// Time     `spent()`: what refusals and time-outs cost the last request before it left.
/// Determinism  that of Rpc and Local; no allocation once every access point has decided.
template <cluster_rpc Rpc, dispatcher Local, target_mask Mask = env::resource_mask>
class three_level_router {
 public:
  static constexpr const char* name = "three_level";

  struct config {
    sufficiency own = sufficiency::on_time;  ///< when the own cluster keeps a request
    /// How neighbours are asked; `least` 0: a round trip of the view.
    coordination::offer_around::config around{};
  };

  three_level_router() = default;
  explicit three_level_router(config c, Local local = {}, Rpc rpc = {})
      : config_{std::move(c)}, local_{std::move(local)}, rpc_{std::move(rpc)} {}

  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng& random) {
    if constexpr (requires { rpc_.look(view); }) rpc_.look(view);
    spent_ = {};
    dispatch_view own = view;
    own.is_valid = config_.own == sufficiency::valid     ? &allows<sufficiency::valid>
                   : config_.own == sufficiency::on_time ? &allows<sufficiency::on_time>
                                                         : &allows<sufficiency::idle>;
    std::uint32_t k = local_.choose(own, random);
    if (k < view.own && own.valid(k)) {
      ++counts_.own;
    } else {
      k = leave(view, random);
      counts_.spent += spent_;
    }
    if constexpr (requires { rpc_.placed(view, k); }) rpc_.placed(view, k);
    return k;
  }
  void reset() {
    if constexpr (resettable_dispatcher<Local>) local_.reset();
    if constexpr (requires { rpc_.reset(); }) rpc_.reset();
    for (auto& a : around_) a.reset();
    counts_ = {};
    spent_ = {};
  }

  /// How much later than its decision began the last request can leave.
  [[nodiscard]] duration spent() const noexcept { return spent_; }
  [[nodiscard]] const routing_counts& counts() const noexcept { return counts_; }
  [[nodiscard]] Rpc& rpc() noexcept { return rpc_; }
  [[nodiscard]] Local& local() noexcept { return local_; }

 private:
  template <sufficiency Test>
  static bool allows(const dispatch_view& view, std::size_t k) noexcept {
    if (k >= view.own || !Mask::allows(view, k)) return false;
    if constexpr (Test == sufficiency::idle) return view[k].idle() > 0;
    if constexpr (Test == sufficiency::on_time) {
      return view.estimated_answer(k) <= view.request.deadline;
    }
    return true;
  }

  /// Neighbours, then the cloud.
  std::uint32_t leave(const dispatch_view& view, rng& random) {
    while (around_.size() <= view.access_point) {
      coordination::offer_around::config c = config_.around;
      if (c.least.us == 0) c.least = view.cross * 2;
      around_.emplace_back(static_cast<std::uint32_t>(around_.size()), rpc_.clusters(), c);
    }
    const auto cloud = static_cast<std::uint32_t>(view.cloud());
    // Look around only as long as a refusal would leave the cloud in time, if it can be at all.
    const instant last = view.request.deadline - (view.estimated_answer(cloud) - view.now);
    const bool in_time = view.estimated_answer(cloud) != never && last > view.now;
    const auto p = around_[view.access_point].place(
        rpc_, {view.access_point, view.request}, {view.now, in_time ? last : view.request.deadline},
        random);
    counts_.refused += p.refused;
    counts_.timed_out += p.timed_out;
    counts_.unreachable += p.unreachable;
    if (p.found()) {
      const std::size_t row = p.cluster * std::size_t{view.own} + p.reply.node;
      if (p.reply.node < view.own && row < cloud && view.valid(view.index_of_row(row))) {
        ++counts_.neighbour;
        spent_ = p.sent - view.now;
        return static_cast<std::uint32_t>(view.index_of_row(row));
      }
      ++counts_.misplaced;
    }
    ++counts_.cloud;
    spent_ = p.at - view.now;
    return cloud;
  }

  config config_{};
  Local local_{};
  Rpc rpc_{};
  std::vector<coordination::offer_around> around_;  // by access point
  routing_counts counts_{};
  duration spent_{};
};

/// Cluster-level action and round robin, in the environment: the alternative to actors that name
/// single nodes of neighbours.
template <dispatcher Local, target_mask Mask = env::resource_mask>
using cluster_level = three_level_router<edge_neighbours, Local, Mask>;

}  // namespace muster::inline MUSTER_ABI::kmps
