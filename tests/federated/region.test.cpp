// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/federation_parts.hpp"

#include <limits>

#include <muster/federated/federation.hpp>
#include <muster/federated/in_process.hpp>
#include <muster/federated/region.hpp>
#include <muster/testing/laws/federated_client.hpp>

using namespace muster;
using namespace muster::federated;
using toy = testing::resumable_client_archetype;
using inner = federation<slot::aggregator<support::plain_mean>, slot::executor<in_process<toy>>>;
using region_type = region<inner>;
using outer =
    federation<slot::aggregator<support::plain_mean>, slot::executor<in_process<region_type>>>;

static_assert(federated_client<region_type> && resumable_client<region_type, nn::checkpoint>);

namespace {

const std::vector<float> model{0.5F, -1.0F, 2.0F};

region_type region_of(std::span<toy> clients, region_type::config c = {}) {
  inner f{inner::server_type{model}, in_process<toy>{clients}};
  f.join(support::client_numbers(clients.size()));
  return region_type{std::move(f), c};
}

}  // namespace

TEST_CASE("regions below a cloud are as good as all clients below it, with fewer bytes",
          "[federated][region]") {
  auto flat_clients = support::noisy_clients(12), clients = support::noisy_clients(12);
  inner flat{inner::server_type{model}, in_process<toy>{flat_clients}};
  flat.join(support::client_numbers(12));

  std::vector<region_type> regions;
  std::span<toy> rest{clients};
  for (const std::size_t n : {2U, 3U, 7U}) {
    regions.push_back(region_of(rest.first(n)));
    rest = rest.subspan(n);
  }
  outer cloud{outer::server_type{model}, in_process<region_type>{regions}};
  cloud.join(support::client_numbers(3));
  for (int round = 0; round < 15; ++round) {
    REQUIRE(flat.run_rounds(1).has_value());
    REQUIRE(cloud.run_rounds(1).has_value());
    for (std::size_t j = 0; j < model.size(); ++j) {
      CHECK(cloud.server().model()[j] == Approx(flat.server().model()[j]).epsilon(1e-5));
    }
  }
  // Each byte that crosses the wide area is one of three clients' instead of twelve.
  CHECK(cloud.server().bytes().up == 15 * 3 * (48 + 12));
  CHECK(flat.server().bytes().up == 15 * 12 * (48 + 12));
  CHECK(regions[2].federation().server().bytes().up == 15 * 7 * (48 + 12));
  CHECK(regions[2].federation().server().version() == 30);  // one from above, one of its own
}

TEST_CASE("a region obeys the laws of a client", "[federated][region][laws]") {
  std::vector<std::vector<toy>> lent;
  lent.reserve(64);
  const auto make = [&] {
    lent.push_back(support::noisy_clients(4));
    return region_of(lent.back(), {.rounds = 3});
  };
  testing::check_federated_client_laws(make, model, 4, [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  });
}

TEST_CASE("a region reports its clients' work, and nothing when a round fails",
          "[federated][region]") {
  auto clients = support::noisy_clients(3);
  auto r = region_of(clients, {.rounds = 2});
  r.download(model, {});
  const training_report report = r.train();
  CHECK(report.weight == 1.0 + 2.0 + 3.0);
  CHECK(report.steps == 2 * 3 * 2);
  CHECK_FALSE(r.failure().has_value());

  r.federation().join(client_id{9});  // whom the executor does not know
  CHECK(r.train().weight == 0.0);
  REQUIRE(r.failure().has_value());
  CHECK(r.failure()->field == "client 9");
  std::vector<float> sent(3);
  r.upload(sent);
  CHECK(support::bits_of(sent) == support::bits_of(r.federation().server().model()));
  CHECK(support::breaks("rounds of 1 or more", [&] { (void)region_of(clients, {.rounds = 0}); }));
}
