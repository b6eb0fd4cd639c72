// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::testing {

namespace detail {

/// Jobs with distinct ids and many equal fields, some of them expired at `now`.
[[nodiscard]] inline std::vector<job> random_jobs(rng& g, instant now, std::uint32_t services) {
  std::vector<job> jobs(1 + static_cast<std::size_t>(uniform_below(g, 12)));
  const std::uint64_t spread = 1 + uniform_below(g, 2) * 9;  // 1: all equal but the id
  const auto some = [&](std::int64_t unit) {
    return static_cast<std::int64_t>(uniform_below(g, spread)) * unit;
  };
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    job& j = jobs[i];
    j.id = job_id{i};
    j.arrival = now - microseconds(some(100'000));
    j.deadline = now + microseconds(some(500'000) - (spread > 1 ? 1'000'000 : 0));
    j.work = microseconds(some(50'000));
    j.service = service_id{static_cast<std::uint32_t>(uniform_below(g, spread) % services)};
    j.urgent = spread > 1 && uniform_below(g, 4) == 0;
  }
  // Ids in an order that has nothing to do with age, and not dense.
  for (std::size_t i = jobs.size(); i > 1; --i) {
    std::swap(jobs[i - 1].id, jobs[static_cast<std::size_t>(uniform_below(g, i))].id);
  }
  for (job& j : jobs) j.id = job_id{3 * index_of(j.id) + 7};
  return jobs;
}

}  // namespace detail

/// Checks the laws of `dequeue_strategy`, and those of its refinements that D models, with
/// random queues. D knows the services 0 .. services - 1.
///
/// `report(const char* law, bool holds)` is called at every check, so that a test framework can
/// count them; nothing is printed. That nothing allocates is left to no_alloc_scope.
template <dequeue_strategy D, class Report>
void check_laws(D strategy, std::uint64_t seed, std::size_t rounds, Report&& report,
                std::uint32_t services = 12) {
  rng g{seed};
  for (std::size_t round = 0; round < rounds; ++round) {
    const instant now{1'000'000'000 + static_cast<std::int64_t>(round) * 250'000};
    std::vector<job> jobs = detail::random_jobs(g, now, services);
    const std::span<const job> waiting{jobs};

    const std::size_t picked = strategy.pick(waiting, now);
    report("the result is an index into the queue", picked < jobs.size());
    if (picked >= jobs.size()) return;
    report("the same arguments give the same answer", strategy.pick(waiting, now) == picked);

    const job first = jobs[picked];
    if constexpr (ordered_dequeue_strategy<D>) {
      bool is_first = true, total = true, irreflexive = true, transitive = true;
      for (const job& a : jobs) {
        is_first = is_first && !strategy.before(a, first);
        irreflexive = irreflexive && !strategy.before(a, a);
        for (const job& b : jobs) {
          if (a.id == b.id) continue;
          total = total && strategy.before(a, b) != strategy.before(b, a);
          for (const job& c : jobs) {
            transitive = transitive && (!strategy.before(a, b) || !strategy.before(b, c) ||
                                        strategy.before(a, c));
          }
        }
      }
      report("before: nothing is before what pick returns", is_first);
      report("before: nothing is before itself", irreflexive);
      report("before: of two jobs exactly one is before the other", total);
      report("before: is transitive", transitive);
      const std::size_t later = strategy.pick(waiting, now + seconds(3600));
      report("before: the order does not change with time", later == picked);
    }
    if constexpr (urgency_dequeue_strategy<D>) {
      bool stays = true;
      for (const job& j : jobs) {
        stays = stays && (!strategy.urgent(j, now) || strategy.urgent(j, now + seconds(1)));
      }
      report("urgent: what is urgent stays so while nothing is observed", stays);
    }

    for (std::size_t i = jobs.size(); i > 1; --i) {
      std::swap(jobs[i - 1], jobs[static_cast<std::size_t>(uniform_below(g, i))]);
    }
    const std::size_t again = strategy.pick(waiting, now);
    report("the order of storage does not matter",
           again < jobs.size() && jobs[again].id == first.id);

    for (job& j : jobs) {
      const job_id id = j.id;
      j = first;
      j.id = id;
    }
    job_id smallest = jobs.front().id;
    for (const job& j : jobs) smallest = j.id < smallest ? j.id : smallest;
    const std::size_t twin = strategy.pick(waiting, now);
    report("ties go to the smaller id", twin < jobs.size() && jobs[twin].id == smallest);

    if constexpr (adaptive_dequeue_strategy<D>) {
      strategy.observe(service_id{static_cast<std::uint32_t>(uniform_below(g, services))},
                       microseconds(static_cast<std::int64_t>(uniform_below(g, 4'000'000))));
    }
  }
}

}  // namespace muster::inline MUSTER_ABI::testing
