// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::control {

/// A directed network with integer capacities and costs: what `min_cost_flow` solves.
///
/// Nodes and arcs have numbers from 0 in the order in which they were added. A node with supply
/// b > 0 sends b units, one with b < 0 takes -b units, others pass on what they get. Parallel
/// arcs, loops, negative costs and cycles are allowed; flow on every arc is at least 0.
///
/// From s to t   for a cheapest largest flow between two nodes call `set_supply(s, F)` and
///               `set_supply(t, -F)` with any F that is large enough; see `min_cost_flow`.
/// Cost          adding is O(1) amortised; `clear` keeps the memory, so a network that is built
///               again and again at the same size does not allocate.
class flow_network {
 public:
  /// The capacity of an arc without limit.
  static constexpr std::int64_t unlimited = (std::numeric_limits<std::int64_t>::max)();

  struct arc {
    std::uint32_t source = 0, target = 0;
    std::int32_t cost = 0;      ///< per unit of flow
    std::int64_t capacity = 0;  ///< >= 0, or `unlimited`
  };

  flow_network() = default;
  explicit flow_network(std::size_t nodes) { clear(nodes); }

  /// Starts again with so many nodes without supply, and no arcs.
  void clear(std::size_t nodes = 0) {
    arcs_.clear();
    supply_.assign(nodes, 0);
  }
  void reserve(std::size_t nodes, std::size_t arcs) {
    supply_.reserve(nodes);
    arcs_.reserve(arcs);
  }

  /// Adds a node and returns its number.
  std::uint32_t add_node(std::int64_t supply = 0) {
    supply_.push_back(supply);
    return static_cast<std::uint32_t>(supply_.size() - 1);
  }
  void set_supply(std::uint32_t node, std::int64_t supply) {
    MUSTER_EXPECTS(node < supply_.size(),
                   "muster: control::flow_network::set_supply got a node that does not exist; "
                   "write a number below nodes()");
    supply_[node] = supply;
  }

  /// Adds an arc and returns its number.
  std::uint32_t add_arc(std::uint32_t source, std::uint32_t target, std::int64_t capacity,
                        std::int32_t cost) {
    MUSTER_EXPECTS(source < supply_.size() && target < supply_.size() && capacity >= 0,
                   "muster: control::flow_network::add_arc got a node that does not exist or a "
                   "negative capacity; add the nodes first and write capacities >= 0");
    arcs_.push_back({source, target, cost, capacity});
    return static_cast<std::uint32_t>(arcs_.size() - 1);
  }
  /// Changes the cost of an arc; `min_cost_flow::reprice` then starts from the last solution.
  void set_cost(std::uint32_t number, std::int32_t cost) {
    MUSTER_EXPECTS(number < arcs_.size(),
                   "muster: control::flow_network::set_cost got an arc that does not exist; write "
                   "the number that add_arc returned");
    arcs_[number].cost = cost;
  }

  [[nodiscard]] std::size_t nodes() const noexcept { return supply_.size(); }
  [[nodiscard]] std::span<const arc> arcs() const noexcept { return arcs_; }
  [[nodiscard]] std::span<const std::int64_t> supplies() const noexcept { return supply_; }

 private:
  std::vector<arc> arcs_;
  std::vector<std::int64_t> supply_;
};

}  // namespace muster::inline MUSTER_ABI::control
