// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <muster/federated/random_pace.hpp>

using namespace muster;
using muster::federated::random_pace;

TEST_CASE("without jitter the time is mean over speed", "[federated][random_pace]") {
  const random_pace p{{.mean = seconds(3), .speed = {1.0, 2.0, 0.5}}};
  for (const std::uint64_t turn : {0U, 1U, 77U}) {
    CHECK(p.time(client_id{0}, turn) == seconds(3));
    CHECK(p.time(client_id{1}, turn) == milliseconds(1500));
    CHECK(p.time(client_id{2}, turn) == seconds(6));
    CHECK(p.time(client_id{4}, turn) == milliseconds(1500));
  }
}

TEST_CASE("jitter is uniform, and a function of seed, client and turn",
          "[federated][random_pace]") {
  const random_pace p{{.mean = seconds(10), .jitter = 0.2, .seed = 5}};
  const random_pace q{{.mean = seconds(10), .jitter = 0.2, .seed = 6}};
  double sum = 0.0, squares = 0.0;
  int same_client = 0, same_turn = 0, same_seed = 0;
  for (std::uint64_t turn = 0; turn < 4000; ++turn) {
    const duration t = p.time(client_id{3}, turn);
    CHECK((t >= seconds(8) && t <= seconds(12)));
    CHECK(t == p.time(client_id{3}, turn));
    same_client += t == p.time(client_id{4}, turn) ? 1 : 0;
    same_turn += t == p.time(client_id{3}, turn + 1) ? 1 : 0;
    same_seed += t == q.time(client_id{3}, turn) ? 1 : 0;
    sum += t.seconds();
    squares += t.seconds() * t.seconds();
  }
  const double mean = sum / 4000, variance = squares / 4000 - mean * mean;
  CHECK(mean == Approx(10.0).margin(0.08));  // sd of the mean 0.018
  CHECK(variance == Approx(16.0 / 12.0).epsilon(0.08));
  CHECK(same_client + same_turn + same_seed < 5);
}

TEST_CASE("time always goes on", "[federated][random_pace]") {
  const random_pace fast{{.mean = microseconds(1), .speed = {1e9}}};
  CHECK(fast.time(client_id{0}, 0) == microseconds(1));
  CHECK(support::breaks("a jitter of 0 or more", [] { const random_pace p{{.jitter = 1.0}}; }));
  CHECK(support::breaks("needs a mean", [] { const random_pace p{{.mean = seconds(0)}}; }));
  CHECK(support::breaks("speeds above 0", [] { const random_pace p{{.speed = {1.0, 0.0}}}; }));
  CHECK(support::breaks("speeds above 0", [] { const random_pace p{{.speed = {}}}; }));
}
