// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/control/detail/flow_start.hpp>
#include <muster/control/detail/flow_tree.hpp>
#include <muster/control/flow_network.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::control {

/// How a `min_cost_flow` ended.
enum class flow_status : std::uint8_t {
  optimal,
  infeasible,  ///< not all supply reaches a demand: see `unrouted`
  unbounded,   ///< a cycle of negative cost has no capacity limit
  unbalanced,  ///< the supplies do not add up to 0
  overflow,    ///< supplies plus finite capacities, or nodes x largest cost, exceed 2^58, or the
               ///< total cost exceeds 64 bits
};

/// The cheapest flow that satisfies all supplies: primal network simplex.
///
/// Idea      a basis is a spanning tree; the flow of the arcs outside it is 0 or their capacity.
///           While some arc outside would lower the cost, it enters the tree, flow goes round
///           the cycle it closes, and an arc that blocks leaves.
/// Source    W. H. Cunningham, A Network Simplex Method, 1976 (strongly feasible trees); block
///           search as in P. Kovacs, Minimum-cost flow algorithms: an experimental evaluation,
///           2015. Ours: the start and the layout (detail/flow_start.hpp), and a block as long as
///           pivots are dear: the length of the search follows the number of nodes they touch.
/// Equation  minimise sum c_e f_e  subject to  out(v) - in(v) = b_v,  0 <= f_e <= u_e.
///           Optimal if and only if there are potentials p with reduced costs
///           r_e = c_e + p_source - p_target:  r_e >= 0 where f_e < u_e, r_e <= 0 where f_e > 0.
/// Largest   when not all supply can be routed, the flow between one source and one sink is the
///           cheapest among the largest ones (min-cost max-flow), and `unrouted` says what is
///           missing. With several sources or sinks only `unrouted` is meaningful then.
/// Overflow  is found before it happens: costs have 32 bits, potentials and flows 64.
/// Cost      exponential in the worst case, in practice a small multiple of nodes x sqrt(arcs);
///           no allocation once a network of this size has been solved.
/// Determinism  bitwise; of equal candidates the first in the order of the search.
class min_cost_flow {
 public:
  struct config {
    /// Arcs looked at before the best of them enters, for each node that a pivot touches; > 0.
    std::uint32_t effort = 4;
  };

  min_cost_flow() = default;
  explicit min_cost_flow(config c) : config_{c} {
    MUSTER_EXPECTS(c.effort > 0, "muster: control::min_cost_flow has effort 0; write one > 0");
  }

  /// Solves from scratch.
  flow_status solve(const flow_network& net) {
    ready_ = false;
    pivots_ = 0;
    if (const flow_status bad = check(net); bad != flow_status::optimal) return bad;
    arcs_.take(net);
    start_.build(net, arcs_, tree_);
    return run(net);
  }

  /// Solves again after nothing but costs have changed, from the solution of the last `solve` of
  /// the same network: worth it when few have.
  flow_status reprice(const flow_network& net) {
    MUSTER_EXPECTS(ready_ && net.arcs().size() == arcs_.real && net.nodes() == tree_.root(),
                   "muster: control::min_cost_flow::reprice needs a network that solve has "
                   "answered; call solve when more than costs changed");
    pivots_ = 0;
    const auto all = net.arcs();
    for (std::uint32_t e = 0; e < all.size(); ++e) arcs_.halves[arcs_.place[e]].cost = all[e].cost;
    return run(net);
  }

  /// Flow on an arc, by its number in the network.
  [[nodiscard]] std::int64_t flow(std::uint32_t arc) const noexcept {
    return arcs_.flow[arcs_.place[arc]];
  }
  /// Price of a node: what one more unit there would save. Proof of optimality, see above.
  [[nodiscard]] std::int64_t potential(std::uint32_t node) const noexcept {
    return potential_[node];
  }
  /// Sum of cost x flow over all arcs.
  [[nodiscard]] std::int64_t cost() const noexcept { return cost_; }
  /// Supply that reaches no demand; 0 when optimal.
  [[nodiscard]] std::int64_t unrouted() const noexcept { return unrouted_; }
  /// Arcs that entered the tree in the last call.
  [[nodiscard]] std::size_t pivots() const noexcept { return pivots_; }

 private:
  static constexpr std::uint32_t none = detail::flow_tree::none;
  static constexpr std::int64_t unlimited = flow_network::unlimited;
  static constexpr std::int64_t limit = std::int64_t{1} << 58;

  static flow_status check(const flow_network& net) noexcept {
    std::int64_t in = 0, out = 0;
    for (const std::int64_t b : net.supplies()) {
      if (b < -limit || b > limit) return flow_status::overflow;
      (b > 0 ? in : out) += b > 0 ? b : -b;
      if (in > limit || out > limit) return flow_status::overflow;
    }
    if (in != out) return flow_status::unbalanced;
    for (const auto& a : net.arcs()) {
      if (a.capacity == unlimited) continue;
      if (a.capacity > limit - in) return flow_status::overflow;
      in += a.capacity;
    }
    return flow_status::optimal;
  }

  flow_status run(const flow_network& net) {
    std::int64_t largest = 1;
    for (const auto& h : arcs_.halves) {
      const std::int64_t c = h.cost;
      largest = (std::max)(largest, c < 0 ? -c : c);
    }
    const auto n = static_cast<std::uint32_t>(net.nodes());
    if (largest > limit / (std::int64_t{n} + 1)) return flow_status::overflow;
    artificial_ = largest * (std::int64_t{n} + 1) + 1;
    supply_ = net.supplies();
    block_ = static_cast<std::uint64_t>(64.0 * std::sqrt(static_cast<double>(arcs_.real)));
    cursor_ = 0;
    potential_.resize(std::size_t{n} + 1);
    tree_.walk(n, [&](std::uint32_t v) {
      if (v == n) {
        potential_[v] = 0;
        return;
      }
      const auto& x = tree_[v];
      const std::int64_t c = cost_of(x.arc());
      potential_[v] = potential_[x.parent] + (x.up() ? -c : c);
    });
    for (;;) {
      const candidate in = price(n);
      if (in.arc == none) break;
      if (!pivot(in)) return flow_status::unbounded;
      ++pivots_;
    }
    ready_ = true;
    return add_up(net);
  }

  [[nodiscard]] std::int64_t cost_of(std::uint32_t arc) const noexcept {
    if (arc < arcs_.real) return arcs_.halves[arc].cost;
    // What is not routed leaves at its source and appears at a demand, nowhere in between.
    return supply_[arc - arcs_.real] > 0 ? 0 : artificial_;
  }

  struct candidate {
    std::uint32_t arc = none, source = 0;
  };
  /// The arc outside the tree with the largest gain among the next `block_` arcs that hold one.
  candidate price(std::uint32_t n) noexcept {
    candidate best;
    std::int64_t least = 0;
    const std::size_t block = block_ / 64 + 1;
    std::size_t left = block;
    std::uint32_t i = cursor_;
    const std::int64_t* const p = potential_.data();
    for (std::uint32_t seen = 0; seen < n; ++seen) {
      const std::uint32_t v = arcs_.order[i];
      const std::uint32_t from = arcs_.first[i], to = arcs_.first[i + 1];
      const std::int64_t here = p[v];
      for (std::uint32_t e = from; e < to; ++e) {
        const auto h = arcs_.halves[e];
        const std::int64_t gain = h.cost + here - p[h.target()];
        const std::int64_t full = -static_cast<std::int64_t>(h.head >> 31);  // 0 or -1
        const std::int64_t reduced = (gain ^ full) - full;                   // its sign turned
        if (reduced < least) {
          least = reduced;
          best = {e, v};
        }
      }
      i = i + 1 == n ? 0 : i + 1;
      if (to - from >= left) {
        if (best.arc != none) break;
        left = block;
      } else {
        left -= to - from;
      }
    }
    cursor_ = i;
    return best;
  }

  /// Sends as much as possible round the cycle of an arc; false when there is no limit.
  bool pivot(candidate in) noexcept {
    auto& half = arcs_.halves[in.arc];
    const bool full = (half.head & detail::flow_arcs::at_capacity) != 0;
    const std::uint32_t first = full ? half.target() : in.source;
    const std::uint32_t second = full ? in.source : half.target();
    // The last arc that blocks leaves, in the direction of the flow from where the paths join:
    // down to first, over the new arc, and up from second. This keeps the tree strongly feasible.
    std::int64_t down = unlimited, up = unlimited;
    std::uint32_t out_down = none, out_up = none;
    std::uint32_t a = first, b = second;
    std::uint32_t touched = 0;
    while (a != b) {
      ++touched;
      if (tree_[a].size < tree_[b].size) {
        const std::int64_t room =
            tree_[a].up() ? arcs_.flow[tree_[a].arc()] : room_of(tree_[a].arc());
        if (room < down) {
          down = room;
          out_down = a;
        }
        a = tree_[a].parent;
      } else {
        const std::int64_t room =
            tree_[b].up() ? room_of(tree_[b].arc()) : arcs_.flow[tree_[b].arc()];
        if (room <= up && room != unlimited) {
          up = room;
          out_up = b;
        }
        b = tree_[b].parent;
      }
    }
    const std::uint32_t join = a;
    const std::int64_t capacity = arcs_.capacity[in.arc];
    const std::int64_t amount = (std::min)({down, up, capacity});
    if (amount == unlimited) return false;
    if (amount > 0) {
      arcs_.flow[in.arc] += full ? -amount : amount;
      for (std::uint32_t u = first; u != join; u = tree_[u].parent) {
        arcs_.flow[tree_[u].arc()] += tree_[u].up() ? -amount : amount;
      }
      for (std::uint32_t u = second; u != join; u = tree_[u].parent) {
        arcs_.flow[tree_[u].arc()] += tree_[u].up() ? amount : -amount;
      }
    }
    const bool leaves_up = out_up != none && up == amount;
    if (!leaves_up && capacity == amount) {  // the new arc itself blocks: it changes its bound
      half.head ^= detail::flow_arcs::at_capacity;
      return true;
    }
    const std::uint32_t out = leaves_up ? out_up : out_down;
    const std::uint32_t below = leaves_up ? second : first;  // the end that is cut off
    const std::uint32_t above = leaves_up ? first : second;
    if (const std::uint32_t e = tree_[out].arc(); e < arcs_.real) {
      auto& head = arcs_.halves[e].head;
      head = (head & ~detail::flow_arcs::at_capacity) |
             (arcs_.flow[e] == 0 ? 0U : detail::flow_arcs::at_capacity);
    }
    const bool points_up = below == in.source;
    tree_.rehang(out, below, above, join, in.arc, points_up);
    const std::int64_t shift = potential_[above] +
                               (points_up ? -std::int64_t{half.cost} : std::int64_t{half.cost}) -
                               potential_[below];
    // Only differences matter: the smaller part is shifted.
    const std::uint32_t part = tree_[below].size;
    const auto rest = static_cast<std::uint32_t>(potential_.size()) - part;
    // Where pivots are dear, a better one is worth a longer search.
    block_ += std::uint64_t{config_.effort} * (touched + (std::min)(part, rest)) - block_ / 64;
    if (part <= rest) {
      tree_.walk(below, [&](std::uint32_t v) { potential_[v] += shift; });
    } else {
      tree_.walk_rest(below, [&](std::uint32_t v) { potential_[v] -= shift; });
      const std::int64_t drift = potential_[tree_.root()];
      if (drift > limit || drift < -limit) {
        for (std::int64_t& p : potential_) p -= drift;
      }
    }
    return true;
  }

  [[nodiscard]] std::int64_t room_of(std::uint32_t arc) const noexcept {
    const std::int64_t u = arcs_.capacity[arc];
    return u == unlimited ? unlimited : u - arcs_.flow[arc];
  }

  flow_status add_up(const flow_network& net) noexcept {
    unrouted_ = 0;
    for (std::size_t v = 0; v < supply_.size(); ++v) {
      if (supply_[v] < 0) unrouted_ += arcs_.flow[arcs_.real + v];
    }
    supply_ = {};  // the network may go before we do
    cost_ = 0;
    const auto all = net.arcs();
    for (std::uint32_t e = 0; e < all.size(); ++e) {
      std::int64_t part = 0;
      if (const std::int64_t f = flow(e); f != 0) {
        if (__builtin_mul_overflow(f, std::int64_t{all[e].cost}, &part) ||
            __builtin_add_overflow(cost_, part, &cost_)) {
          return flow_status::overflow;
        }
      }
    }
    return unrouted_ == 0 ? flow_status::optimal : flow_status::infeasible;
  }

  config config_{};
  detail::flow_arcs arcs_;
  detail::flow_tree tree_;
  detail::flow_start start_;
  std::vector<std::int64_t> potential_;
  std::span<const std::int64_t> supply_;
  std::int64_t artificial_ = 0, cost_ = 0, unrouted_ = 0;
  std::uint64_t block_ = 0;  // 64 times the running mean of effort x nodes touched
  std::size_t pivots_ = 0;
  std::uint32_t cursor_ = 0;
  bool ready_ = false;
};

}  // namespace muster::inline MUSTER_ABI::control
