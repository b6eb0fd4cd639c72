// SPDX-License-Identifier: Apache-2.0
#include "adapters/mpi/one_session.hpp"
#include "support/catch.hpp"
#include "support/federation_parts.hpp"

#include <vector>

#include <muster/adapters/mpi/rank_executor.hpp>
#include <muster/federated/federation.hpp>
#include <muster/federated/in_process.hpp>
#include <muster/federated/rounds/first_k.hpp>

using namespace muster;
using namespace muster::federated;
using client = testing::resumable_client_archetype;
using executor = adapters::mpi::rank_executor<client>;

static_assert(client_executor<executor>);

TEST_CASE("clients are dealt out in turn", "[adapters][mpi]") {
  // 11 clients on 4 ranks: 0 4 8, 1 5 9, 2 6 10, 3 7.
  CHECK(executor::share(11, 0, 4) == 3);
  CHECK(executor::share(11, 2, 4) == 3);
  CHECK(executor::share(11, 3, 4) == 2);
  CHECK(executor::share(2, 1, 4) == 1);
  CHECK(executor::share(2, 2, 4) == 0);
  for (const std::size_t ranks : {1U, 3U, 8U}) {
    std::size_t sum = 0;
    for (std::size_t r = 0; r < ranks; ++r) sum += executor::share(20, r, ranks);
    CHECK(sum == 20);
  }
}

TEST_CASE("one rank does what one process does", "[adapters][mpi]") {
  support::one_session();
  const std::vector<float> model(5, 1.0F);
  const auto play = [&](auto train) {
    basic_federation f{server<support::plain_mean, first_k>{model, {}, first_k{{.k = 3}}},
                       std::move(train), all_clients{}, random_pace{{.jitter = 0.5}}};
    f.join(support::client_numbers(7));
    CHECK(f.run_rounds(20).has_value());
    return support::bits_of(f.server().model());
  };
  auto here = support::noisy_clients(7, 5), there = support::noisy_clients(7, 5);
  thread_pool pool{2};
  auto made = executor::make(there, &pool);
  REQUIRE(made.has_value());
  CHECK(made->clients() == 7);
  CHECK(play(*std::move(made)) == play(in_process<client>{here}));
}

TEST_CASE("clients and jobs that do not fit are refused", "[adapters][mpi]") {
  support::one_session();
  std::vector<client> none;
  CHECK(executor::make(none).failure().to_string() ==
        "rank 0: has no clients; expected one at least");
  auto clients = support::noisy_clients(2, 3);
  clients.push_back(client{{.optimum = {1.0F}}});
  const auto mixed = executor::make(clients);
  CHECK(mixed.failure().to_string() ==
        "rank 0: has a client that exchanges 1 numbers; expected 3, as on rank 0");
  clients.pop_back();
  auto made = executor::make(clients);
  REQUIRE(made.has_value());
  std::vector<float> numbers(3);
  std::vector<training_job> jobs{{.client = client_id{2}, .numbers = numbers}};
  CHECK(made->run(jobs).failure().to_string() ==
        "client 2: does not exist; expected a number below 2");
  jobs[0] = {.client = client_id{1}, .numbers = std::span{numbers}.first(2)};
  CHECK(made->run(jobs).failure().to_string() ==
        "client 1: exchanges 3 numbers; expected 2, as the server's model has");
}
