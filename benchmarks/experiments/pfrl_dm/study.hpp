// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/pfrl_dm/workloads.hpp>

#include "cli/progress.hpp"
#include "cli/run_record.hpp"
#include "experiments/pfrl_dm/method.hpp"
#include "experiments/runner.hpp"

namespace experiments::pfrl_dm {

/// Everything that decides what one federation gives, apart from its seed. Equal studies are run
/// once, whoever asks for them.
struct study {
  std::string method;              ///< see method.cpp
  std::string clients = "table3";  ///< see client_sets.hpp
  std::uint64_t episodes = 500;    ///< of each client
  std::uint64_t every = 25;        ///< episodes of a round
  std::uint64_t late = 0;          ///< the last client joins after so many episodes; 0: at once
  double rates = 1.0;              ///< times the learning rates that the method has
  double temperature = 0.0;        ///< of the attention; 0: as the method has it
  bool unmasked = false;           ///< tested without a mask too; trained as without this
};

/// Steps after which an episode of training is cut; a usual one has 2,000 to 6,000. A policy that
/// asks for a full machine again and again would else go on for a hundred thousand.
inline constexpr std::uint64_t training_step_limit = 20'000;

/// One record per client. Metrics: masked_response, masked_makespan, masked_utilisation,
/// masked_load_balance on the hybrid test set, own_masked_* on its own, with `unmasked` the same
/// without a mask (response, own_response, ...), final_reward and mean_reward of the training,
/// bytes_up and bytes_down of the whole federation per client, alpha, and the medians over the
/// rounds of critic_before and critic_after, the critics' squared errors around a download.
/// Training points: reward of each episode, and with the first one of a round those errors. The
/// first record also has weight_i_j: the mean over the rounds of what client i gave to j. Nothing
/// if it was interrupted. The policies are kept beside the records, so that another test needs no
/// training.
[[nodiscard]] muster::result<std::optional<std::vector<cli::run_record>>> run_study(
    const study& s, std::uint64_t seed, const run_context& context, cli::progress& bar);

/// A federation before its first round: those who are there from the start have joined.
struct started_study {
  std::unique_ptr<method> federation;
  std::vector<muster::pfrl_dm::study_client> clients;
};
[[nodiscard]] muster::result<started_study> start(const study& s, std::uint64_t seed,
                                                  const std::string& data);

/// Units of progress that a study takes.
[[nodiscard]] double cost_of(const study& s);

}  // namespace experiments::pfrl_dm
