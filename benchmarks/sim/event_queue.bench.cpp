// SPDX-License-Identifier: Apache-2.0
// The event kernel beside std::priority_queue: an M/M/16 queue in a tight loop, and the hold
// model (take one, schedule one) over 16 to a million pending events.
//   bare    std::priority_queue of (time, event): equal times come out in any order
//   stable  std::priority_queue of (time, sequence number, event): what event_queue promises
#include <benchmark/benchmark.h>

#include <cstdint>
#include <muster/core/distributions.hpp>
#include <muster/sim/event_queue.hpp>
#include <queue>
#include <utility>
#include <vector>

namespace {

using muster::instant;

template <bool Stable, class Event>
class standard_queue {
 public:
  void reserve(std::size_t n) {
    std::vector<item> room;
    room.reserve(n);
    items_ = std::priority_queue<item, std::vector<item>, later>{later{}, std::move(room)};
  }
  void push(instant at, Event e) {
    if constexpr (Stable) {
      items_.push({at.us, sequence_++, e});
    } else {
      items_.push({at.us, e});
    }
  }
  std::pair<instant, Event> pop() {
    const item top = items_.top();
    items_.pop();
    return {instant{top.at}, top.event};
  }

 private:
  struct bare_item {
    std::int64_t at;
    Event event;
  };
  struct stable_item {
    std::int64_t at;
    std::uint64_t sequence;
    Event event;
  };
  using item = std::conditional_t<Stable, stable_item, bare_item>;
  struct later {
    bool operator()(const item& a, const item& b) const {
      if constexpr (Stable) {
        return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
      } else {
        return a.at > b.at;
      }
    }
  };
  std::priority_queue<item, std::vector<item>, later> items_;
  std::uint64_t sequence_ = 0;
};

enum class kind : std::uint32_t { arrival, departure };
template <class Event>
using bare = standard_queue<false, Event>;
template <class Event>
using stable = standard_queue<true, Event>;
template <class Event>
using muster_queue = muster::sim::event_queue<Event>;

// Random numbers are drawn ahead, so that the loop measures events and not logarithms.
std::vector<std::int64_t> exponential_us(double mean_us, std::size_t n, std::uint64_t seed) {
  muster::rng g{seed};
  const muster::exponential law{1.0 / mean_us};
  std::vector<std::int64_t> x(n);
  for (auto& v : x) v = static_cast<std::int64_t>(law(g) + 0.5);
  return x;
}

template <class Queue>
void mm16(benchmark::State& state) {
  const std::size_t jobs = 100'000;
  const auto gaps = exponential_us(1e6 / 16 / 0.9, jobs, 1);
  const auto services = exponential_us(1e6, jobs, 2);
  std::uint64_t events = 0;
  for (auto _ : state) {
    Queue q;
    q.reserve(32);
    std::size_t arrived = 0, started = 0, waiting = 0, busy = 0;
    std::int64_t queue_time = 0, last = 0;
    q.push(instant{gaps[0]}, kind::arrival);
    for (std::size_t done = 0; done < jobs; ++events) {
      const auto [now, what] = q.pop();
      queue_time += static_cast<std::int64_t>(waiting) * (now.us - last);
      last = now.us;
      if (what == kind::arrival) {
        ++arrived;
        if (arrived < jobs) q.push(instant{now.us + gaps[arrived]}, kind::arrival);
        if (busy < 16) {
          ++busy;
          q.push(instant{now.us + services[started++]}, kind::departure);
        } else {
          ++waiting;
        }
      } else {
        ++done;
        if (waiting > 0) {
          --waiting;
          q.push(instant{now.us + services[started++]}, kind::departure);
        } else {
          --busy;
        }
      }
    }
    benchmark::DoNotOptimize(queue_time);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
}

template <class Queue>
void hold(benchmark::State& state) {
  const auto pending = static_cast<std::size_t>(state.range(0));
  const auto gaps = exponential_us(1e6, 1 << 16, 3);
  Queue q;
  q.reserve(pending + 1);
  for (std::size_t i = 0; i < pending; ++i) {
    q.push(instant{gaps[i % gaps.size()] * 16 + static_cast<std::int64_t>(i)},
           static_cast<std::uint32_t>(i));
  }
  std::size_t k = 0;
  const std::int64_t scale = 16;
  // Into the steady state first.
  for (std::size_t i = 0; i < 2 * pending; ++i) {
    const auto [now, what] = q.pop();
    q.push(instant{now.us + gaps[k++ % gaps.size()] * scale}, what);
  }
  std::uint64_t sum = 0;
  for (auto _ : state) {
    const auto [now, what] = q.pop();
    sum += what;
    q.push(instant{now.us + gaps[k++ % gaps.size()] * scale}, what);
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

}  // namespace

BENCHMARK(mm16<bare<kind>>)->Name("mm16/std_bare")->Unit(benchmark::kMillisecond);
BENCHMARK(mm16<stable<kind>>)->Name("mm16/std_stable")->Unit(benchmark::kMillisecond);
BENCHMARK(mm16<muster_queue<kind>>)->Name("mm16/muster")->Unit(benchmark::kMillisecond);

BENCHMARK(hold<bare<std::uint32_t>>)
    ->Name("hold/std_bare")
    ->RangeMultiplier(16)
    ->Range(16, 1 << 20);
BENCHMARK(hold<stable<std::uint32_t>>)
    ->Name("hold/std_stable")
    ->RangeMultiplier(16)
    ->Range(16, 1 << 20);
BENCHMARK(hold<muster_queue<std::uint32_t>>)
    ->Name("hold/muster")
    ->RangeMultiplier(16)
    ->Range(16, 1 << 20);
