// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/aggregators/weighted_mean.hpp>
#include <muster/federated/detail/average_linkage.hpp>
#include <muster/federated/detail/blocks.hpp>
#include <muster/federated/detail/has_state.hpp>
#include <muster/federated/detail/neighbours.hpp>
#include <muster/federated/detail/roster.hpp>
#include <muster/federated/detail/scratch.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// One model for each group of clients that learn alike.
///
/// Idea      one model cannot serve clients whose data contradict each other; but who pulls in the
///           same direction has the same kind of data, and that can be seen without seeing them.
/// Source    F. Sattler, K.-R. Müller, W. Samek: Clustered federated learning, IEEE TNNLS 32, 2021,
///           for the measure; C. Briggs, Z. Fan, P. Andras: Federated learning with hierarchical
///           clustering of local updates, IJCNN 2020, for the grouping.
/// Equation  likeness_ij = cos(x_i - x, x_j - x); groups by average linkage; personal = Inner over
///           the client's group; next = sum over k of w_k x_k / sum over k of w_k
/// Symbols   x = round.global, x_k, w_k = values and weight of an update
/// Convention  groups are found anew each round, so Inner must carry nothing from round to round.
///           A client that changed nothing is like those that did neither (1), and no one else (0).
///           A group without any weight gets `next`.
/// Cost      n^2 / 2 distances, n^2 comparisons as a rule, 20 bytes per pair; one model per group.
template <aggregator Inner = weighted_mean>
class clustered {
  static_assert(!detail::has_state<Inner>,
                "muster: federated::clustered finds its groups anew each round, so an Inner with "
                "a state would mix up those of different groups; use one without, for example "
                "weighted_mean");

 public:
  struct config {
    double likeness = 0.5;   ///< mean cosine from which two groups become one; [-1, 1]
    std::size_t groups = 0;  ///< how many to make, or as many as clients; 0 = as `likeness` says
    typename Inner::config inner{};
  };

  clustered() : clustered(config{}) {}
  explicit clustered(config c)
      : likeness_{c.likeness}, wanted_{c.groups}, inner_{std::move(c.inner)} {
    MUSTER_EXPECTS(c.likeness >= -1.0 && c.likeness <= 1.0,
                   "muster: federated::clustered compares cosines; set likeness in [-1, 1]");
  }

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    const std::size_t n = roster_.size();
    if (!detail::mean_into(round.pool, roster_.values(), roster_.shares(), next)) {
      return roster_.blame(round);
    }
    find_groups(round);
    size_ = next.size();
    const std::span<float> models = models_.take(n * size_);
    members_.reserve(n);
    for (std::size_t g = 0; g < groups_; ++g) {
      const std::span<float> model = models.subspan(g * size_, size_);
      members_.clear();
      double weight = 0.0;
      for (std::size_t i = 0; i < n; ++i) {
        if (by_id_[i] != g) continue;
        members_.push_back(round.updates[roster_.place(i)]);
        weight += roster_.shares()[i];
      }
      if (!(weight > 0.0)) {
        std::copy(next.begin(), next.end(), model.begin());
        continue;
      }
      if (auto done = inner_.aggregate({members_, round.global, round.pool}, model); !done) {
        groups_ = 0;
        return done;
      }
    }
    return {};
  }

  /// The model of the group of `round.updates[i]`, valid until the next `aggregate`.
  [[nodiscard]] std::span<const float> personal(std::size_t i) const {
    return models_.view().subspan(group_of(i) * size_, size_);
  }
  /// How many groups the last round had, and to which `round.updates[i]` belonged.
  [[nodiscard]] std::size_t groups() const noexcept { return groups_; }
  [[nodiscard]] std::size_t group_of(std::size_t i) const {
    MUSTER_EXPECTS(i < group_of_.size() && groups_ > 0,
                   "muster: federated::clustered knows the updates of its last round, if that "
                   "succeeded; count them from 0");
    return group_of_[i];
  }

 private:
  void find_groups(const aggregation_round& round) {
    const std::size_t n = roster_.size();
    points_.assign(roster_.values().begin(), roster_.values().end());
    points_.push_back(round.global.data());
    neighbours_.measure(round.pool, points_, round.global.size());
    likeness_of_.resize(n * n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const double a = neighbours_.square(i, n), b = neighbours_.square(j, n);
        const double both = std::sqrt(a) * std::sqrt(b);
        const double cosine = (a + b - neighbours_.square(i, j)) / (2.0 * both);
        const bool still = a == 0.0 && b == 0.0;
        likeness_of_[i * n + j] = std::isfinite(cosine) ? cosine : still ? 1.0 : 0.0;
      }
    }
    by_id_.resize(n);
    group_of_.resize(n);
    groups_ = linkage_.group(likeness_of_, likeness_, wanted_, by_id_);
    for (std::size_t i = 0; i < n; ++i) group_of_[roster_.place(i)] = by_id_[i];
  }

  double likeness_;
  std::size_t wanted_;
  Inner inner_;
  detail::roster roster_;
  detail::neighbours neighbours_;
  detail::average_linkage linkage_;
  detail::scratch<float> models_;
  std::vector<const float*> points_;
  std::vector<double> likeness_of_;
  std::vector<std::uint32_t> by_id_, group_of_;  // in the order of ids, and of the updates
  std::vector<model_update> members_;
  std::size_t groups_ = 0, size_ = 0;
};

static_assert(personalising_aggregator<clustered<>>);

}  // namespace muster::inline MUSTER_ABI::federated
