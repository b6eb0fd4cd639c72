// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <muster/core/result.hpp>

#include "experiments/experiment.hpp"
#include "experiments/pfrl_dm/study.hpp"
#include "experiments/runner.hpp"

namespace experiments::pfrl_dm {

/// What the clients of one federation left behind, one record each.
using federation = std::vector<cli::run_record>;

/// One study per arm and setting, run for every seed.
class grid {
 public:
  grid(std::vector<std::vector<study>> studies, std::uint64_t seeds)
      : studies_{std::move(studies)}, seeds_{seeds} {}

  /// Runs what is missing, `context.threads` federations at a time; nothing if interrupted.
  [[nodiscard]] muster::result<std::optional<grid>> run(const run_context& context) &&;

  [[nodiscard]] const federation& at(std::size_t arm, std::size_t setting, std::size_t seed) const {
    return done_[(arm * studies_[0].size() + setting) * seeds_ + seed];
  }
  [[nodiscard]] std::size_t arms() const noexcept { return studies_.size(); }
  [[nodiscard]] std::size_t settings() const noexcept { return studies_[0].size(); }
  [[nodiscard]] std::size_t seeds() const noexcept { return seeds_; }

 private:
  std::vector<std::vector<study>> studies_;
  std::size_t seeds_;
  std::vector<federation> done_;
};

/// Results paired by seed: metrics and curves are means over the clients, or those of one client.
[[nodiscard]] results by_seed(const experiment& e, const grid& g, std::uint64_t first_seed,
                              std::optional<std::size_t> client);
/// Results paired by client: metrics are means over the seeds.
[[nodiscard]] results by_client(const experiment& e, const grid& g);

/// An experiment that runs a grid: `studies(effort)` has one row per arm, one study per setting.
/// What it is paired by is what `unit` says; of `client` alone, if one is named.
template <class Studies>
void runs(experiment& e, Studies studies, std::optional<std::size_t> client = {}) {
  e.paper = "pfrl-dm";
  e.run = [=](const experiment& self, const effort& how_much,
              const run_context& context) -> muster::result<std::optional<results>> {
    auto all = studies(how_much);
    for (auto& row : all) {  // with few episodes a round is no longer than the training
      for (study& s : row) s.every = std::min(s.every, s.episodes);
    }
    auto done = grid{std::move(all), how_much.seeds}.run(context);
    if (!done) return done.failure();
    if (!*done) return std::optional<results>{};
    if (self.unit == "client") return std::optional<results>{by_client(self, **done)};
    return std::optional<results>{by_seed(self, **done, context.first_seed, client)};
  };
  if (!e.effort_text) {
    e.effort_text = [](const effort& how_much) {
      return std::to_string(how_much.seeds) + " seeds, " + std::to_string(how_much.episodes) +
             " episodes of each client";
    };
  }
}

// The figures.
experiment fig07();
experiment fig08();
experiment fig09();
experiment fig10();
experiment fig11();
experiment fig12();
experiment fig13();
experiment fig15();
experiment fig16();
experiment fig17();
experiment fig18();
experiment fig19();
experiment fig20();
experiment fig21();
experiment table4();
experiment unmasked();
experiment ablation();
experiment real();
experiment tuning();
experiment temperature();
experiment timeline();

}  // namespace experiments::pfrl_dm
