// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::control::detail {

/// The spanning tree of a network simplex basis: each node hangs on its parent by one arc.
///
/// The nodes are threaded in preorder, in a ring, so that a subtree is one stretch of the thread
/// from its top to its last node, and what hangs it elsewhere joins a few stretches.
class flow_tree {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct node {
    std::uint32_t parent = none;
    std::uint32_t link = 0;  ///< arc to the parent x 2, + 1 if it points up, to the parent
    std::uint32_t size = 1;  ///< nodes below and including this one
    std::uint32_t last = 0;  ///< the last of them in preorder

    [[nodiscard]] std::uint32_t arc() const noexcept { return link >> 1; }
    [[nodiscard]] bool up() const noexcept { return (link & 1U) != 0; }
  };

  /// `nodes` nodes that hang nowhere; the root is the last one.
  void clear(std::size_t nodes) { nodes_.assign(nodes, node{}); }

  [[nodiscard]] const node& operator[](std::uint32_t v) const noexcept { return nodes_[v]; }
  [[nodiscard]] std::uint32_t root() const noexcept {
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }

  /// Notes where a node hangs; `thread_all` completes the tree when all nodes have been placed.
  void place(std::uint32_t v, std::uint32_t parent, std::uint32_t arc, bool up) noexcept {
    nodes_[v].parent = parent;
    nodes_[v].link = arc << 1 | (up ? 1U : 0U);
  }
  void thread_all() {
    const std::uint32_t top = root();
    child_.assign(nodes_.size(), none);
    sibling_.assign(nodes_.size(), none);
    for (std::uint32_t v = top; v-- > 0;) {
      sibling_[v] = child_[nodes_[v].parent];
      child_[nodes_[v].parent] = v;
    }
    next_.resize(nodes_.size());
    previous_.resize(nodes_.size());
    order_.clear();
    for (std::uint32_t v = top; v != none;) {
      order_.push_back(v);
      if (child_[v] != none) {
        v = child_[v];
        continue;
      }
      while (v != top && sibling_[v] == none) v = nodes_[v].parent;
      v = v == top ? none : sibling_[v];
    }
    for (std::size_t i = order_.size(); i-- > 0;) {
      const std::uint32_t v = order_[i];
      join(v, order_[i + 1 == order_.size() ? 0 : i + 1]);
      nodes_[v].last = order_[i + nodes_[v].size - 1];
      if (v != top) nodes_[nodes_[v].parent].size += nodes_[v].size;
    }
  }

  /// Visits the nodes below and including `top`, parents first; `visit(node number)`.
  template <class Visit>
  void walk(std::uint32_t top, Visit visit) const {
    const std::uint32_t end = next_[nodes_[top].last];
    std::uint32_t v = top;
    do {
      visit(v);
      v = next_[v];
    } while (v != end);
  }
  /// Visits all other nodes.
  template <class Visit>
  void walk_rest(std::uint32_t top, Visit visit) const {
    for (std::uint32_t v = next_[nodes_[top].last]; v != top; v = next_[v]) visit(v);
  }

  /// Cuts the arc above `out` and hangs the part below it on `parent` by `arc`, at its node `v`;
  /// `meet` is the lowest node above both ends.
  void rehang(std::uint32_t out, std::uint32_t v, std::uint32_t parent, std::uint32_t meet,
              std::uint32_t arc, bool up) noexcept {
    const std::uint32_t moved = nodes_[out].size, end = nodes_[out].last;
    const std::uint32_t before = previous_[out];
    // Take the stretch out of the thread.
    join(before, next_[end]);
    for (std::uint32_t u = nodes_[out].parent; u != none && nodes_[u].last == end;
         u = nodes_[u].parent) {
      nodes_[u].last = before;
    }
    for (std::uint32_t u = nodes_[out].parent; u != meet; u = nodes_[u].parent) {
      nodes_[u].size -= moved;
    }
    for (std::uint32_t u = parent; u != meet; u = nodes_[u].parent) nodes_[u].size += moved;

    // Turn the way from v up to out: v's stretch comes first, then of each node above what is
    // left of its own without the one below.
    const std::uint32_t after = next_[parent];
    std::uint32_t tail = parent, hang = parent, link = arc << 1 | (up ? 1U : 0U);
    std::uint32_t left = none, right = none, below_last = none, below_size = 0;
    for (std::uint32_t u = v;;) {
      const node old = nodes_[u];
      const std::uint32_t to_left = previous_[u];
      const std::uint32_t to_right = old.last == below_last ? right : next_[old.last];
      join(tail, u);
      tail = old.last;
      if (old.last == below_last) {
        tail = left;
      } else if (below_last != none) {
        join(left, right);
      }
      nodes_[u].parent = hang;
      nodes_[u].link = link;
      nodes_[u].size = moved - below_size;
      if (u == out) break;
      left = to_left;
      right = to_right;
      below_last = old.last;
      below_size = old.size;
      link = old.link ^ 1U;
      hang = u;
      u = old.parent;
    }
    join(tail, after);
    for (std::uint32_t u = out; u != parent; u = nodes_[u].parent) nodes_[u].last = tail;
    for (std::uint32_t u = parent; u != none && nodes_[u].last == parent; u = nodes_[u].parent) {
      nodes_[u].last = tail;
    }
  }

 private:
  void join(std::uint32_t a, std::uint32_t b) noexcept {
    next_[a] = b;
    previous_[b] = a;
  }

  std::vector<node> nodes_;
  std::vector<std::uint32_t> next_, previous_;
  std::vector<std::uint32_t> child_, sibling_, order_;  // while threading
};

}  // namespace muster::inline MUSTER_ABI::control::detail
