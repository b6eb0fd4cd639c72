// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <muster/control/detail/flow_tree.hpp>
#include <muster/control/flow_network.hpp>

namespace muster::inline MUSTER_ABI::control::detail {

/// The arcs of a network as the simplex scans them: source by source, and an artificial arc per
/// node (numbers from `real` on) between the node and the root.
///
/// Neighbours in number are often alike, so the sources follow each other in steps of the golden
/// section: candidates from all over the network come up early.
struct flow_arcs {
  static constexpr std::uint32_t at_capacity = std::uint32_t{1} << 31;
  struct half {
    std::uint32_t head;  ///< target, + at_capacity if the flow is not 0 but the capacity
    std::int32_t cost;
    [[nodiscard]] std::uint32_t target() const noexcept { return head & ~at_capacity; }
  };
  std::vector<std::uint32_t> order, rank;  // the i-th source, and which one a node is
  std::vector<std::uint32_t> first;        // arcs of the i-th source: first[i] .. first[i + 1]
  std::vector<half> halves;
  std::vector<std::int64_t> capacity, flow;  // real arcs, then artificial ones
  std::vector<std::uint32_t> place;          // arc of the network -> number here
  std::size_t real = 0;

  void take(const flow_network& net) {
    const auto all = net.arcs();
    const auto supply = net.supplies();
    const auto n = static_cast<std::uint32_t>(net.nodes());
    real = all.size();
    order.resize(n);
    rank.resize(n);
    auto step = static_cast<std::uint32_t>(0.618033988749895 * n) + 1;
    while (std::gcd(step, n) > 1) ++step;
    for (std::uint32_t i = 0, v = 0; i < n; ++i) {
      order[i] = v;
      rank[v] = i;
      v = static_cast<std::uint32_t>((std::uint64_t{v} + step) % n);
    }
    first.assign(std::size_t{n} + 1, 0);
    fed_.assign(n, 0);
    for (const auto& a : all) {
      ++first[rank[a.source] + 1];
      fed_[a.target] = 1;
    }
    for (std::uint32_t i = 0; i < n; ++i) first[i + 1] += first[i];
    next_.assign(first.begin(), first.end());
    place.resize(real);
    halves.resize(real);
    capacity.resize(real + n);
    flow.assign(real + n, 0);
    for (std::size_t e = 0; e < real; ++e) {
      const auto& a = all[e];
      const std::uint32_t to = next_[rank[a.source]]++;
      place[e] = to;
      halves[to] = {a.target, a.cost};
      // All that passes here is the supply of the source: its capacity cannot bind.
      const bool loose = fed_[a.source] == 0 && a.capacity >= supply[a.source];
      capacity[to] = loose ? flow_network::unlimited : a.capacity;
    }
    std::fill(capacity.begin() + static_cast<std::ptrdiff_t>(real), capacity.end(),
              flow_network::unlimited);
  }

 private:
  std::vector<std::uint32_t> next_;
  std::vector<std::uint8_t> fed_;  // nodes that some arc leads to
};

/// A first tree for the simplex that already carries most of the flow.
///
/// Idea     nodes without supply hang on their cheapest way to a demand; then every supply in
///          turn takes the cheapest arc whose way on still has more room than it needs. What
///          finds no room hangs on the root by its artificial arc. On scheduling graphs this is
///          close to the optimum, and a simplex that starts there has little left to do.
/// Always   every node can send a positive amount to the root (a strongly feasible tree, from
///          which the simplex cannot cycle): hence "more room than it needs", not "enough".
/// Cost     O(arcs + transit arcs log nodes), no allocation once warm.
class flow_start {
 public:
  void build(const flow_network& net, flow_arcs& arcs, flow_tree& tree) {
    const auto supply = net.supplies();
    const auto n = static_cast<std::uint32_t>(supply.size());
    const auto art = static_cast<std::uint32_t>(arcs.real);
    tree.clear(std::size_t{n} + 1);
    distance_.assign(n, unreached);
    for (std::uint32_t v = 0; v < n; ++v) {
      tree.place(v, n, art + v, supply[v] >= 0);
      arcs.flow[art + v] = supply[v] >= 0 ? supply[v] : -supply[v];
    }
    hang_transit_nodes(supply, arcs, tree);
    for (std::uint32_t v = 0; v < n; ++v) {
      if (supply[v] > 0) route(v, supply[v], arcs, tree);
    }
    tree.thread_all();
  }

 private:
  static constexpr std::int64_t unreached = (std::numeric_limits<std::int64_t>::max)();

  void hang_transit_nodes(std::span<const std::int64_t> supply, const flow_arcs& arcs,
                          flow_tree& tree) {
    const auto n = static_cast<std::uint32_t>(supply.size());
    // Arcs into each node from nodes without supply.
    into_first_.assign(std::size_t{n} + 1, 0);
    const auto each = [&](auto take) {
      for (std::uint32_t v = 0; v < n; ++v) {
        if (supply[v] != 0) continue;
        for (std::uint32_t e = arcs.first[arcs.rank[v]]; e < arcs.first[arcs.rank[v] + 1]; ++e) {
          if (arcs.capacity[e] > 0) take(v, e, arcs.halves[e].target());
        }
      }
    };
    each([&](std::uint32_t, std::uint32_t, std::uint32_t w) { ++into_first_[w + 1]; });
    for (std::uint32_t v = 0; v < n; ++v) into_first_[v + 1] += into_first_[v];
    into_.resize(into_first_[n]);
    fill_.assign(into_first_.begin(), into_first_.end());
    each([&](std::uint32_t v, std::uint32_t e, std::uint32_t w) { into_[fill_[w]++] = {e, v}; });

    heap_.clear();
    for (std::uint32_t v = 0; v < n; ++v) {
      if (supply[v] < 0) push(0, v);
    }
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), later);
      const auto [d, v] = heap_.back();
      heap_.pop_back();
      if (d > distance_[v]) continue;
      for (std::uint32_t i = into_first_[v]; i < into_first_[v + 1]; ++i) {
        const auto [e, x] = into_[i];
        // Negative costs count as none: this is a start, not yet an answer.
        const std::int64_t longer = d + (std::max)(arcs.halves[e].cost, 0);
        if (longer >= distance_[x]) continue;
        tree.place(x, v, e, true);
        push(longer, x);
      }
    }
  }

  void route(std::uint32_t v, std::int64_t amount, flow_arcs& arcs, flow_tree& tree) const {
    std::int64_t least = unreached;
    std::uint32_t best = flow_tree::none;
    for (std::uint32_t e = arcs.first[arcs.rank[v]]; e < arcs.first[arcs.rank[v] + 1]; ++e) {
      const std::int64_t d = distance_[arcs.halves[e].target()];
      if (d == unreached || d + arcs.halves[e].cost >= least || arcs.capacity[e] <= amount)
        continue;
      if (!has_room(arcs.halves[e].target(), amount, arcs, tree)) continue;
      least = d + arcs.halves[e].cost;
      best = e;
    }
    if (best == flow_tree::none) return;
    arcs.flow[tree[v].arc()] = 0;
    arcs.flow[best] = amount;
    tree.place(v, arcs.halves[best].target(), best, true);
    for (std::uint32_t u = tree[v].parent; u != tree.root(); u = tree[u].parent) {
      arcs.flow[tree[u].arc()] += tree[u].up() ? amount : -amount;
    }
  }
  static bool has_room(std::uint32_t u, std::int64_t amount, const flow_arcs& arcs,
                       const flow_tree& tree) noexcept {
    for (; u != tree.root(); u = tree[u].parent) {
      const std::uint32_t e = tree[u].arc();
      const std::int64_t room = !tree[u].up() ? arcs.flow[e]
                                : arcs.capacity[e] == flow_network::unlimited
                                    ? unreached
                                    : arcs.capacity[e] - arcs.flow[e];
      if (room <= amount) return false;
    }
    return true;
  }

  using entry = std::pair<std::int64_t, std::uint32_t>;
  static bool later(const entry& a, const entry& b) noexcept { return b < a; }
  void push(std::int64_t d, std::uint32_t v) {
    distance_[v] = d;
    heap_.push_back({d, v});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  std::vector<std::int64_t> distance_;  // to the nearest demand, along the tree
  std::vector<std::uint32_t> into_first_, fill_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> into_;  // arc, source
  std::vector<entry> heap_;
};

}  // namespace muster::inline MUSTER_ABI::control::detail
