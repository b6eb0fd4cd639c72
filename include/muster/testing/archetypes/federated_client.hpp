// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/federated_client.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::testing {

/// Exactly what `federated_client` asks for and nothing more: it can be moved, not copied.
///
/// Equation  one step on its private loss |x - c|^2 / 2:   x <- x - rate (x - c + noise (u - 1/2)),
///           u uniform in [0, 1) from its seed and its count of rounds
/// Use       with one step and no noise, the weighted mean of all models moves as
///           x_t = m + (1 - rate)^t (x_0 - m), m = weighted mean of the optima: what a federation
///           does to it is known in advance.
class federated_client_archetype {
 public:
  struct config {
    std::vector<float> optimum{0.0F};  ///< c
    float rate = 0.5F;                 ///< in (0, 1]
    std::uint32_t steps = 1;           ///< per round
    double weight = 1.0;               ///< what it reports
    float noise = 0.0F;                ///< width of the noise
    std::uint64_t seed = 0;            ///< of the noise
  };

  explicit federated_client_archetype(config c)
      : config_{std::move(c)}, model_(config_.optimum.size()) {}
  federated_client_archetype(const federated_client_archetype&) = delete;
  federated_client_archetype& operator=(const federated_client_archetype&) = delete;
  federated_client_archetype(federated_client_archetype&&) = default;
  federated_client_archetype& operator=(federated_client_archetype&&) = default;

  [[nodiscard]] std::size_t exchange_size() const noexcept { return model_.size(); }
  void download(std::span<const float> model, const download_info&) {
    std::copy(model.begin(), model.end(), model_.begin());
  }
  training_report train() {
    rng draw = rng{config_.seed}.fork(rounds_++);
    double loss = 0.0;
    for (std::uint32_t step = 0; step < config_.steps; ++step) {
      for (std::size_t j = 0; j < model_.size(); ++j) {
        const float noise = config_.noise != 0.0F
                                ? config_.noise * (static_cast<float>(uniform01(draw)) - 0.5F)
                                : 0.0F;
        model_[j] -= config_.rate * (model_[j] - config_.optimum[j] + noise);
      }
    }
    for (std::size_t j = 0; j < model_.size(); ++j) {
      const double off = model_[j] - config_.optimum[j];
      loss += 0.5 * off * off;
    }
    return {.weight = config_.weight, .steps = config_.steps, .score = -loss};
  }
  void upload(std::span<float> out) const { std::copy(model_.begin(), model_.end(), out.begin()); }

 protected:
  config config_;
  std::vector<float> model_;
  std::uint64_t rounds_ = 0;
};

static_assert(federated_client<federated_client_archetype>);

/// The same, and able to save itself.
class resumable_client_archetype : public federated_client_archetype {
 public:
  using federated_client_archetype::federated_client_archetype;

  template <class Checkpoint>
  void add_to(Checkpoint& c) {
    c.add("model", std::span<float>{model_});
    c.add("rounds", rounds_);
  }
};

}  // namespace muster::inline MUSTER_ABI::testing
