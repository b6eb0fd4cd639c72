// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <muster/core/distributions.hpp>
#include <muster/queue/adaptive_hybrid.hpp>
#include <muster/queue/arrival_order.hpp>
#include <muster/queue/earliest_deadline.hpp>
#include <muster/sim/event_queue.hpp>
#include <muster/sim/station.hpp>
#include <muster/testing/archetypes/dequeue_strategy.hpp>
#include <vector>

#include "support/catch.hpp"

using muster::duration;
using muster::instant;
using muster::job;
using muster::seconds;
using muster::sim::event_queue;
using muster::sim::station;

namespace {

enum class event : unsigned char { arrival, completion };

// Poisson arrivals, exponential service with mean 1 s, c servers: the waits of M/M/c.
template <class Dequeue = muster::queue::arrival_order>
class markov_station {
 public:
  markov_station(std::uint32_t servers, double load, std::uint64_t seed)
      : desk{{.servers = servers}},
        servers_{servers},
        gap_{load * servers},
        arrivals_{muster::rng{seed}.fork(1)},
        services_{muster::rng{seed}.fork(2)} {
    next_arrival(instant{});
  }

  void run_until(instant end) {
    const auto begin = [this](const job&) {
      events.push(events.now() + muster::from_seconds(muster::exponential{1.0}(services_)),
                  event::completion);
    };
    events.run_until(end, [&](instant now, event e) {
      if (e == event::arrival) {
        job j;
        j.id = muster::job_id{desk.arrived()};
        j.arrival = now;
        desk.arrive(j, now, begin);
        next_arrival(now);
      } else {
        desk.complete(now, begin);
      }
      conserved = conserved && desk.arrived() == desk.waiting() + desk.in_service() + desk.done();
      work_conserving = work_conserving && (desk.waiting() == 0 || desk.in_service() == servers_);
    });
  }

  event_queue<event> events;
  station<Dequeue> desk;
  bool conserved = true;
  bool work_conserving = true;

 private:
  void next_arrival(instant now) {
    events.push(now + muster::from_seconds(gap_(arrivals_)), event::arrival);
  }
  std::uint32_t servers_;
  muster::exponential gap_;
  muster::rng arrivals_;
  muster::rng services_;
};

// A. K. Erlang's C: the probability that an arrival has to wait.
double erlang_c(std::uint32_t c, double load) {
  const double a = c * load;
  double b = 1.0;  // Erlang B by its recursion
  for (std::uint32_t k = 1; k <= c; ++k) b = a * b / (k + a * b);
  return b / (1.0 - load * (1.0 - b));
}

struct interval {
  double mean = 0.0;
  double half = 0.0;
  bool contains(double x) const { return std::fabs(x - mean) <= half; }
};

// 99 % interval of the mean of 31 batches, Student's t with 30 degrees of freedom.
interval batch_means(const std::vector<double>& batches) {
  const auto n = static_cast<double>(batches.size());
  double mean = 0.0, square = 0.0;
  for (const double x : batches) mean += x / n;
  for (const double x : batches) square += (x - mean) * (x - mean);
  return {mean, 2.750 * std::sqrt(square / (n - 1) / n)};
}

}  // namespace

TEST_CASE("Erlang C has its known values", "[sim][station]") {
  CHECK(erlang_c(1, 0.8) == Approx(0.8));
  CHECK(erlang_c(2, 0.5) == Approx(1.0 / 3.0));  // a^2/(2(1-r)) / (1 + a + a^2/(2(1-r))), a = 1
  CHECK(erlang_c(3, 2.0 / 3.0) == Approx(4.0 / 9.0));
}

TEST_CASE("waiting times of M/M/1 and M/M/c lie in 99 % intervals, and so does Little's law",
          "[sim][station]") {
  for (const std::uint32_t c : {1U, 2U, 4U, 16U}) {
    for (const double load : {0.5, 0.8, 0.9}) {
      const double rate = load * c;  // arrivals per second
      const double expected_wait = erlang_c(c, load) / (c - rate);
      markov_station s{c, load, /*seed=*/2025};
      const duration batch = muster::from_seconds(10'000.0 / rate);
      instant now{};
      s.run_until(now += batch);  // not counted: the station starts empty
      std::vector<double> waits, lengths, systems, little;
      for (int k = 0; k < 31; ++k) {
        const auto wait0 = s.desk.total_wait();
        const auto started0 = s.desk.started();
        const auto queue0 = s.desk.queue_length().total(now);
        const auto system0 = s.desk.in_system().total(now);
        const instant from = now;
        s.run_until(now += batch);
        const double span = static_cast<double>((now - from).us);
        waits.push_back((s.desk.total_wait() - wait0).seconds() /
                        static_cast<double>(s.desk.started() - started0));
        lengths.push_back(static_cast<double>(s.desk.queue_length().total(now) - queue0) / span);
        systems.push_back(static_cast<double>(s.desk.in_system().total(now) - system0) / span);
        // Little: mean queue = rate x mean wait, that is, both sides times the span: the
        // integral of the queue = the sum of the waits. Jobs that wait across the ends of a
        // batch make the two differ, by nothing on average.
        const std::int64_t queue_time = s.desk.queue_length().total(now) - queue0;
        const std::int64_t wait_time = (s.desk.total_wait() - wait0).us;
        little.push_back(static_cast<double>(queue_time - wait_time) / span);
      }
      INFO("c = " << c << ", load = " << load << ", expected wait " << expected_wait << ", got "
                  << batch_means(waits).mean << " +- " << batch_means(waits).half);
      CHECK(batch_means(waits).contains(expected_wait));
      CHECK(batch_means(lengths).contains(rate * expected_wait));
      CHECK(batch_means(systems).contains(rate * expected_wait + rate));  // + load x c in service
      CHECK(batch_means(little).contains(0.0));
      CHECK(batch_means(waits).half < 0.35 * expected_wait);  // the interval can tell
      CHECK(s.conserved);
      CHECK(s.work_conserving);
    }
  }
}

TEST_CASE("Little's law is exact once the station is empty again", "[sim][station]") {
  station<muster::queue::arrival_order> desk{{.servers = 2}};
  event_queue<event> events;
  muster::rng g{8};
  for (int k = 0; k < 5'000; ++k) {
    events.push(instant{static_cast<std::int64_t>(muster::uniform_below(g, 1'000'000'000))},
                event::arrival);
  }
  const auto begin = [&](const job&) {
    events.push(
        events.now() + duration{static_cast<std::int64_t>(muster::uniform_below(g, 500'000))},
        event::completion);
  };
  events.run_until(instant{2'000'000'000}, [&](instant now, event e) {
    job j;
    j.arrival = now;
    j.id = muster::job_id{desk.arrived()};
    e == event::arrival ? desk.arrive(j, now, begin) : desk.complete(now, begin);
  });
  CHECK(desk.done() == 5'000);
  CHECK(desk.queue_length().total(events.now()) == desk.total_wait().us);  // the same microseconds
  CHECK(desk.total_wait() > duration{});
}

TEST_CASE("the strategy decides who is next, and any strategy will do", "[sim][station]") {
  std::vector<muster::job_id> order;
  const auto begin = [&](const job& j) { order.push_back(j.id); };
  const auto serve = [&](auto& desk) {
    order.clear();
    for (std::uint64_t i = 0; i < 4; ++i) {
      job j;
      j.id = muster::job_id{i};
      j.deadline = instant{} + seconds(10 - static_cast<std::int64_t>(i));
      desk.arrive(j, instant{}, begin);
    }
    for (int i = 0; i < 4; ++i) desk.complete(instant{} + seconds(1), begin);
    std::vector<std::uint64_t> ids;
    for (const auto id : order) ids.push_back(muster::index_of(id));
    return ids;
  };
  station<muster::queue::earliest_deadline> by_deadline{{}};
  CHECK(serve(by_deadline) == std::vector<std::uint64_t>{0, 3, 2, 1});  // 0 was alone
  station<muster::testing::dequeue_archetype> least{{}, muster::testing::dequeue_archetype::make()};
  CHECK(serve(least) == std::vector<std::uint64_t>{0, 1, 2, 3});
}

TEST_CASE("the pass of a long slot lifts what the strategy calls urgent", "[sim][station]") {
  station<muster::queue::adaptive_hybrid> desk{{}};
  desk.strategy().observe(muster::service_id{0}, seconds(1));
  desk.strategy().observe(muster::service_id{1}, seconds(2));
  std::vector<std::uint64_t> order;
  const auto begin = [&](const job& j) { order.push_back(muster::index_of(j.id)); };
  for (std::uint64_t i = 0; i < 4; ++i) {
    job j;
    j.id = muster::job_id{i};
    j.service = muster::service_id{i == 3 ? 1U : 0U};
    j.deadline = instant{} + seconds(i == 3 ? 5 : 50);
    desk.arrive(j, instant{}, begin);
  }
  CHECK(desk.lift_urgent(instant{} + seconds(2)) == 0);
  CHECK(desk.lift_urgent(instant{} + seconds(3)) == 1);
  CHECK(desk.lift_urgent(instant{} + seconds(4)) == 0);  // once is enough
  for (int i = 0; i < 3; ++i) desk.complete(instant{} + seconds(4), begin);
  CHECK(order == std::vector<std::uint64_t>{0, 3, 1, 2});
}
