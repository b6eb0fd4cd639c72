// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <muster/federated/selection/all_clients.hpp>

using namespace muster;

TEST_CASE("all are appended", "[federated][selection]") {
  const std::vector<client_id> awake{client_id{2}, client_id{5}};
  std::vector<client_id> chosen{client_id{9}};
  federated::all_clients{}.select(3, awake, chosen);
  CHECK(chosen == std::vector{client_id{9}, client_id{2}, client_id{5}});
}
