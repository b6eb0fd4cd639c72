// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// Who belongs to whom: nodes to access points, access points to clusters, and which nodes are
/// neighbours. A description to fill in by hand or by one of the two makers.
struct topology {
  std::vector<std::uint32_t> access_point;  ///< of each node; < access points
  std::vector<std::uint32_t> cluster;       ///< of each access point; clusters are 0, 1, ...
  std::vector<std::uint32_t> source;        ///< of each edge: the node that is heard
  std::vector<std::uint32_t> target;        ///< of each edge: the node that hears
  /// All nodes of one access point are neighbours of each other, beside the edges above. Costs
  /// O(nodes), where the same edges written out cost O(nodes x nodes of an access point).
  bool complete = true;

  /// `access_points` of `nodes_each` nodes, fully connected within each access point, all in one
  /// cluster or dealt to `clusters` clusters in equal blocks (which must divide them).
  [[nodiscard]] static topology uniform(std::size_t access_points, std::size_t nodes_each,
                                        std::size_t clusters = 1) {
    MUSTER_EXPECTS(clusters > 0 && access_points % clusters == 0,
                   "muster: nn::topology::uniform deals access points to clusters in equal blocks; "
                   "fill in topology::cluster by hand for other divisions");
    topology t;
    for (std::size_t b = 0; b < access_points; ++b) {
      t.cluster.push_back(static_cast<std::uint32_t>(b / (access_points / clusters)));
      for (std::size_t n = 0; n < nodes_each; ++n) {
        t.access_point.push_back(static_cast<std::uint32_t>(b));
      }
    }
    return t;
  }
  /// Neighbours by edges only. An undirected edge is given in both directions.
  [[nodiscard]] static topology edges(std::span<const std::uint32_t> source,
                                      std::span<const std::uint32_t> target,
                                      std::span<const std::uint32_t> access_point,
                                      std::span<const std::uint32_t> cluster) {
    return {{access_point.begin(), access_point.end()},
            {cluster.begin(), cluster.end()},
            {source.begin(), source.end()},
            {target.begin(), target.end()},
            false};
  }
  /// The same neighbours with every edge written out, ordered by target, then source.
  [[nodiscard]] topology written_out() const {
    topology t{access_point, cluster, source, target, false};
    for (std::uint32_t to = 0; complete && to < access_point.size(); ++to) {
      for (std::uint32_t from = 0; from < access_point.size(); ++from) {
        if (from == to || access_point[from] != access_point[to]) continue;
        t.source.push_back(from);
        t.target.push_back(to);
      }
    }
    return t;
  }
};

/// A graph as an encoder reads it: index arrays and sizes in memory of the backend.
///
/// `graph` makes one for backends with host memory; a program whose arrays live on a device
/// uploads them and fills this in.
template <class T = float>
struct graph_view {
  using index_view = num::view<const std::uint32_t>;

  index_view source, target;              ///< [edges]
  index_view access_point;                ///< [nodes]
  index_view cluster;                     ///< [access points]
  num::view<const T> degree;              ///< neighbours of each node, at least 1
  num::view<const T> access_point_sizes;  ///< nodes of each access point, at least 1
  num::view<const T> cluster_sizes;       ///< access points of each cluster, at least 1
  bool complete = false;                  ///< see topology::complete

  [[nodiscard]] std::size_t nodes() const noexcept { return access_point.size(); }
  [[nodiscard]] std::size_t access_points() const noexcept { return cluster.size(); }
  [[nodiscard]] std::size_t clusters() const noexcept { return cluster_sizes.size(); }
};

/// One topology, or several side by side without edges between them: a batch of frames.
///
///     nn::graph<> one{nn::topology::uniform(3, 6)};
///     nn::graph<> batch;
///     batch.assign(nn::topology::uniform(3, 6), 64);   // 64 frames: 1,152 nodes, 64 clusters
///
/// Idea      rows of part k follow those of part k - 1, and its indices are shifted by the
///           rows before it, so that one pass over the batch computes what a pass over each
///           part computes.
/// Cost      O(nodes + edges). `clear`, `append` and `assign` allocate only while the graph is
///           larger than it ever was.
/// Lifetime  a tape keeps views: do not change the graph before the tape is reset.
template <class T = float>
class graph {
 public:
  graph() = default;
  explicit graph(const topology& t) { append(t); }

  void clear() noexcept {
    source_.clear(), target_.clear(), access_point_.clear(), cluster_.clear();
    degree_.clear(), access_point_sizes_.clear(), cluster_sizes_.clear();
  }
  /// All parts of a graph must agree in `complete`.
  void append(const topology& t) {
    MUSTER_EXPECTS(t.source.size() == t.target.size(),
                   "muster: nn::topology has edges without an end; give source and target equal "
                   "lengths");
    MUSTER_EXPECTS(nodes() == 0 || complete_ == t.complete,
                   "muster: nn::graph::append mixes complete and other parts; use "
                   "topology::written_out() for the complete ones");
    complete_ = t.complete;
    const std::size_t node = nodes();
    const std::size_t first = access_points();
    const std::size_t part = clusters();
    for (const std::uint32_t c : t.cluster) {
      if (part + c >= cluster_sizes_.size()) cluster_sizes_.resize(part + c + 1, T(0));
      cluster_sizes_[part + c] += T(1);
      cluster_.push_back(static_cast<std::uint32_t>(part + c));
    }
    access_point_sizes_.resize(access_points(), T(0));
    for (const std::uint32_t b : t.access_point) {
      MUSTER_EXPECTS(b < t.cluster.size(),
                     "muster: nn::topology names an access point without a cluster; give "
                     "topology::cluster one entry for each access point");
      access_point_sizes_[first + b] += T(1);
      access_point_.push_back(static_cast<std::uint32_t>(first + b));
    }
    degree_.resize(nodes(), T(0));
    for (std::size_t n = node; t.complete && n < nodes(); ++n) {
      degree_[n] = access_point_sizes_[access_point_[n]] - T(1);
    }
    for (std::size_t e = 0; e < t.source.size(); ++e) {
      MUSTER_EXPECTS(t.source[e] < t.access_point.size() && t.target[e] < t.access_point.size(),
                     "muster: nn::topology has an edge to a node that it does not have; nodes are "
                     "counted from 0, and each has an entry in topology::access_point");
      source_.push_back(static_cast<std::uint32_t>(node + t.source[e]));
      target_.push_back(static_cast<std::uint32_t>(node + t.target[e]));
      degree_[node + t.target[e]] += T(1);
    }
    at_least_one(degree_, node);
    at_least_one(access_point_sizes_, first);
    at_least_one(cluster_sizes_, part);
  }
  /// `count` copies of one topology side by side instead of what was there.
  void assign(const topology& t, std::size_t count = 1) {
    clear();
    for (std::size_t i = 0; i < count; ++i) append(t);
  }

  [[nodiscard]] std::size_t nodes() const noexcept { return access_point_.size(); }
  [[nodiscard]] std::size_t access_points() const noexcept { return cluster_.size(); }
  [[nodiscard]] std::size_t clusters() const noexcept { return cluster_sizes_.size(); }
  [[nodiscard]] std::size_t edges() const noexcept { return source_.size(); }

  [[nodiscard]] graph_view<T> view() const noexcept {
    return {of(source_),        of(target_), of(access_point_),
            of(cluster_),       of(degree_), of(access_point_sizes_),
            of(cluster_sizes_), complete_};
  }
  operator graph_view<T>() const noexcept { return view(); }  // NOLINT implicit

 private:
  template <class U>
  [[nodiscard]] static num::view<const U> of(const std::vector<U>& v) noexcept {
    return num::view<const U>{std::span<const U>{v}};
  }
  static void at_least_one(std::vector<T>& sizes, std::size_t first) {
    for (std::size_t i = first; i < sizes.size(); ++i)
      sizes[i] = sizes[i] == T(0) ? T(1) : sizes[i];
  }

  std::vector<std::uint32_t> source_, target_, access_point_, cluster_;
  std::vector<T> degree_, access_point_sizes_, cluster_sizes_;
  bool complete_ = true;
};

}  // namespace muster::inline MUSTER_ABI::nn
