// SPDX-License-Identifier: Apache-2.0
#pragma once

// What each departure of the KMPS authors' program from their paper costs: one row per departure,
// each an otherwise unchanged pipeline, trained and tested on the same requests as all others.
// One source file for a few pipelines, because each is a program of its own to the compiler.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/kmps/pipeline.hpp>
#include <muster/trace/replay.hpp>

namespace departures {

/// How much is run per row and seed.
struct effort {
  std::uint32_t episodes = 30;  ///< of training
  std::uint64_t slots = 160;    ///< of 0.25 s per episode; a test has twice as many
};
inline constexpr std::size_t samples = 4096;     ///< decisions kept per episode
inline constexpr std::int64_t frame_slots = 20;  ///< a frame, where replicas move

/// The unchanged pipeline that a row is compared with.
enum class base : std::uint8_t {
  dispatch,  ///< KMPS with replicas that stay
  shares,    ///< the same, paid by the shares of the slot, as printed
  chained,   ///< the same, paid per request, with rewards chained over time
  replicas   ///< KMPS with GPO
};

struct row {
  std::string number;  ///< as in docs/book/kmps_as_released.md; "-" has none
  std::string what;
  base against = base::dispatch;
  enum class role : std::uint8_t { reference, departure, control } role = role::departure;
  /// Part of the test's requests answered on time.
  std::function<double(const effort&, std::uint64_t seed)> on_time{};
};

/// The requests of a seed, from rows that training and test do not share.
[[nodiscard]] std::vector<muster::trace::arrival> workload(muster::trace::part part,
                                                           muster::duration horizon,
                                                           std::uint64_t seed);

template <class Pipeline>
[[nodiscard]] double trained_on_time(typename Pipeline::config c, std::uint32_t episodes,
                                     std::uint64_t slots, std::uint64_t seed) {
  namespace trace = muster::trace;
  c.seed = seed;
  Pipeline p{std::move(c)};
  const auto horizon = p.settings().environment.slot * static_cast<std::int64_t>(slots);
  if (episodes > 0) {
    p.train([&](std::uint64_t s) { return workload(trace::part::train, horizon, s); },
            {.episodes = episodes, .horizon = horizon, .seed = seed});
  }
  const auto test = workload(trace::part::test, 2 * horizon, seed);
  return p
      .evaluate(test, 2 * horizon, seed,
                {.latencies = false, .series = false, .time_every = 0, .timeline_limit = 0})
      .throughput();
}

/// A row of this pipeline; `change(config, effort)` applies what a slot alone does not.
template <class Pipeline, class Change>
[[nodiscard]] row row_of(std::string number, std::string what, base against, Change change) {
  row r{std::move(number), std::move(what), against};
  r.on_time = [=](effort e, std::uint64_t seed) {
    typename Pipeline::config c;
    c.environment.frame = {};
    if (against == base::replicas) c.environment.frame = c.environment.slot * frame_slots;
    c.trainer.copies = 1;
    c.trainer.samples = samples;
    change(c, e);
    return trained_on_time<Pipeline>(std::move(c), e.episodes, e.slots, seed);
  };
  return r;
}
template <class Pipeline>
[[nodiscard]] row row_of(std::string number, std::string what, base against) {
  return row_of<Pipeline>(std::move(number), std::move(what), against, [](auto&, effort&) {});
}

using rows = std::vector<row>;
void add_numbers(rows& all);   ///< the reference of dispatch, and what is a number in it
void add_queues(rows& all);    ///< order, mask and urgent requests
void add_inputs(rows& all);    ///< what actor and critic read
void add_training(rows& all);  ///< how it is trained
void add_shares(rows& all);    ///< what is about rewards that are chained
void add_replicas(rows& all);  ///< orchestration

}  // namespace departures
