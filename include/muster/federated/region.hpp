// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include <muster/concepts/federated_client.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/messages.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// A whole federation as one client of another: edge clients below a region, regions below a cloud.
///
/// Idea      a region takes the model from above as its own newest version, lets its clients train
///           for a number of rounds, and sends what its server has then. So hierarchies of any
///           depth are the same two types again, and each server counts its own bytes: those of
///           the upper one are what crosses the wide area.
/// Equation  weight of the upload = sum of the weights of the region's last round; so with weighted
///           means at both levels and one round below, the result is the mean over all clients
/// Source    L. Liu, J. Zhang, S. Song, K. Letaief: Client-Edge-Cloud Hierarchical Federated
///           Learning, ICC 2020.
/// Time      the region has a clock of its own for its rounds; how long its turn takes in the time
///           of the federation above is that one's pace.
/// Errors    a round that fails leaves the last good model, which then has the weight 0; see
///           `failure`.
template <class Federation>
class region {
 public:
  struct config {
    std::size_t rounds = 1;  ///< of its clients per round above; >= 1
  };

  explicit region(Federation federation, config c = {})
      : federation_{std::move(federation)}, config_{c} {
    MUSTER_EXPECTS(c.rounds > 0, "muster: federated::region needs rounds of 1 or more");
  }

  [[nodiscard]] std::size_t exchange_size() const noexcept {
    return federation_.server().model().size();
  }
  void download(std::span<const float> model, const download_info&) {
    federation_.server().publish(model);
  }
  training_report train() {
    training_report report{.weight = 0.0, .steps = 0, .score = 0.0};
    const auto done = federation_.run_rounds(config_.rounds, [&](const round_summary& s) {
      report = {s.weight, report.steps + s.steps, s.mean_score};
    });
    failure_.reset();
    if (!done) {
      failure_ = done.failure();
      report.weight = 0.0;
    }
    return report;
  }
  void upload(std::span<float> out) const {
    const auto model = federation_.server().model();
    std::copy(model.begin(), model.end(), out.begin());
  }

  template <class Checkpoint>
  void add_to(Checkpoint& c) {
    federation_.add_to(c);
  }

  [[nodiscard]] Federation& federation() noexcept { return federation_; }
  /// Why the last turn came to nothing, if it did.
  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

 private:
  Federation federation_;
  config config_;
  std::optional<error> failure_;
};

}  // namespace muster::inline MUSTER_ABI::federated
