// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/aggregators/weighted_mean.hpp>
#include <muster/federated/detail/blocks.hpp>
#include <muster/federated/detail/has_state.hpp>
#include <muster/federated/detail/roster.hpp>
#include <muster/federated/detail/scratch.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Aggregates within regions first, so that one model per region crosses the long way.
///
/// Idea      a mean of means, each with the weight of what is in it, is the mean of all; so the
///           regions can be close to their clients, and the server hears from regions alone.
/// Source    L. Liu, J. Zhang, S. Song, K. Letaief: Client-edge-cloud hierarchical federated
///           learning, ICC 2020; MA-FL: edge, regional and global level.
/// Equation  y_r = sum over k in r of w_k x_k / W_r,  W_r = sum over k in r of w_k
///           next = Inner of the y_r, each with the weight W_r
/// Symbols   x_k, w_k = values and weight of client k, r its region
/// Convention  a region stands in Inner's round as the client with the region's number, as stale as
///           its stalest client; a region whose clients have no weight sends nothing up.
/// Rounding  with the mean inside, the flat weighted mean but for one rounding per region.
/// Deeper    Inner may be hierarchical again, with a region of regions.
/// Cost      weighted_mean, one model per region, and Inner. No allocation once warm.
/// See       region.hpp, where regions are federations of their own with rounds of their own.
template <aggregator Inner = weighted_mean>
class hierarchical {
 public:
  struct config {
    std::vector<std::uint32_t> region_of{};  ///< region of client 0, 1, ...; regions from 0 on
    typename Inner::config inner{};
  };
  /// Bytes of numbers on their way up in one round.
  struct uplink {
    std::uint64_t to_regions = 0;  ///< from clients
    std::uint64_t to_server = 0;   ///< from regions: what the long way carries
    std::uint64_t flat = 0;        ///< what it would carry without regions
  };

  hierarchical() = default;
  explicit hierarchical(config c) : region_of_{std::move(c.region_of)}, inner_{std::move(c.inner)} {
    for (const std::uint32_t r : region_of_) regions_ = (std::max)(regions_, std::size_t{r} + 1);
  }

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    const std::size_t n = roster_.size(), size = next.size();
    for (std::size_t i = 0; i < n; ++i) {
      const model_update& u = round.updates[roster_.place(i)];
      if (index_of(u.client) >= region_of_.size())
        return error{.what = "has no region",
                     .file = {},
                     .field = detail::name_of(u.client),
                     .expected = "a number for it in hierarchical::config::region_of"};
    }
    const std::span<float> models = models_.take(regions_ * size);
    up_.clear();
    up_.reserve(regions_);
    values_.reserve(n);
    shares_.reserve(n);
    for (std::size_t r = 0; r < regions_; ++r) {
      model_update region{.client = static_cast<client_id>(r), .weight = 0.0};
      values_.clear();
      shares_.clear();
      for (std::size_t i = 0; i < n; ++i) {
        const model_update& u = round.updates[roster_.place(i)];
        if (region_of_[index_of(u.client)] != r) continue;
        region.weight += u.weight;
        region.staleness = (std::max)(region.staleness, u.staleness);
        values_.push_back(u.values.data());
        shares_.push_back(roster_.shares()[i]);
      }
      if (values_.empty()) continue;
      double total = 0.0;
      for (const double s : shares_) total += s;
      for (double& s : shares_) s = total > 0.0 ? s / total : 0.0;
      const std::span<float> model = models.subspan(r * size, size);
      if (!detail::mean_into(round.pool, values_, shares_, model)) return roster_.blame(round);
      region.values = model;
      if (total > 0.0) up_.push_back(region);
    }
    if (auto done = inner_.aggregate({up_, round.global, round.pool}, next); !done) return done;
    const std::uint64_t bytes = size * sizeof(float);
    uplink_ = {.to_regions = n * bytes, .to_server = up_.size() * bytes, .flat = n * bytes};
    return {};
  }

  /// What the last round sent up.
  [[nodiscard]] const uplink& traffic() const noexcept { return uplink_; }
  [[nodiscard]] const Inner& inner() const noexcept { return inner_; }

  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) requires detail::has_state<Inner> {
    inner_.add_to(c, prefix);
  }

 private:
  std::vector<std::uint32_t> region_of_;
  std::size_t regions_ = 0;
  Inner inner_;
  detail::roster roster_;
  detail::scratch<float> models_;
  std::vector<const float*> values_;
  std::vector<double> shares_;
  std::vector<model_update> up_;
  uplink uplink_;
};

static_assert(aggregator<hierarchical<>>);

}  // namespace muster::inline MUSTER_ABI::federated
