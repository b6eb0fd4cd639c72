// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/federation_parts.hpp"

#include <vector>

#include <muster/core/thread_pool.hpp>
#include <muster/federated/federation.hpp>
#include <muster/federated/in_process.hpp>
#include <muster/federated/rounds/first_k.hpp>

using namespace muster;
using namespace muster::federated;
using toy = testing::federated_client_archetype;

static_assert(client_executor<in_process<toy>>);

namespace {

/// Sends each number in one byte, and a byte more.
struct packing : toy {
  using toy::toy;
  [[nodiscard]] std::uint64_t upload_bytes() const { return exchange_size() + 1; }
};
static_assert(packing_client<packing> && !packing_client<toy>);

}  // namespace

TEST_CASE("a job is download, training and upload, once each", "[federated][in_process]") {
  std::vector<packing> clients;
  clients.push_back(packing{{.optimum = {1.0F}, .weight = 5.0}});
  clients.push_back(packing{{.optimum = {3.0F}, .steps = 2}});
  float numbers[2] = {9.0F, 5.0F};
  std::vector<training_job> jobs{{.client = client_id{1}, .numbers = {numbers, 1}},
                                 {.client = client_id{0}, .numbers = {numbers + 1, 1}}};
  in_process<packing> executor{clients};
  REQUIRE(executor.run(jobs).has_value());
  CHECK(numbers[0] == 4.5F);  // half way to 3, twice: 9, 6, 4.5
  CHECK(numbers[1] == 3.0F);
  CHECK((jobs[0].report.weight == 1.0 && jobs[1].report.weight == 5.0));
  CHECK((jobs[0].report.steps == 2 && jobs[1].report.steps == 1));
  CHECK(jobs[0].report.score == -0.5 * 1.5 * 1.5);
  CHECK(jobs[0].upload_bytes == 2);
}

TEST_CASE("one thread and several give the same bytes", "[federated][in_process][threads]") {
  const auto run = [](thread_pool* pool) {
    auto clients = support::noisy_clients(23, 17, 3);
    using client = testing::resumable_client_archetype;
    using tested = federation<slot::aggregator<support::half_personal>, slot::round_rule<first_k>,
                              slot::executor<in_process<client>>>;
    const std::vector<float> model(17, 0.25F);
    tested f{tested::server_type{model, {}, first_k{{.k = 9}}},
             in_process<client>{clients, pool},
             {},
             random_pace{{.jitter = 0.6, .speed = {1.0, 0.3}}}};
    f.join(support::client_numbers(23));
    double score = 0.0;
    CHECK(f.run_rounds(40, [&](const round_summary& s) { score += s.mean_score; }).has_value());
    auto bits = support::bits_of(f.server().model());
    bits.push_back(support::bits_of(std::vector{static_cast<float>(score)})[0]);
    return bits;
  };
  const auto alone = run(nullptr);
  for (const std::size_t threads : {1U, 2U, 5U}) {
    thread_pool pool{threads};
    CHECK(run(&pool) == alone);
  }
}
