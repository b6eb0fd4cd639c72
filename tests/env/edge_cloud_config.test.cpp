// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <numeric>

#include <muster/env/edge_cloud_config.hpp>

using namespace muster;

TEST_CASE("the default system is section IV-A of the KMPS paper", "[env][edge_cloud]") {
  const env::edge_cloud_config c;
  CHECK(c.nodes() == 18);
  CHECK(c.targets() == 19);
  CHECK(c.services == 12);
  CHECK(c.node_cpu == 4.0);
  CHECK(c.node_memory == 16.0);
  CHECK(c.slot == milliseconds(250));
  CHECK(c.long_slot == 8 * c.slot);
  CHECK(c.lan < milliseconds(10));
  CHECK(c.cross < milliseconds(30));
  CHECK(c.wan == milliseconds(100));
}

TEST_CASE("split_replicas keeps the largest load per replica as small as it can be",
          "[env][edge_cloud]") {
  const std::vector<double> mix{6.0, 3.0, 0.0, 1.0};
  CHECK(env::split_replicas(mix, 4, 4) == std::vector<std::uint32_t>{1, 1, 1, 1});
  CHECK(env::split_replicas(mix, 4, 5) == std::vector<std::uint32_t>{2, 1, 1, 1});
  // 6/2 and 3/1 tie: the smaller number.
  CHECK(env::split_replicas(mix, 4, 6) == std::vector<std::uint32_t>{3, 1, 1, 1});
  CHECK(env::split_replicas(mix, 4, 7) == std::vector<std::uint32_t>{3, 2, 1, 1});
  // Against all splits of 9 replicas.
  const auto split = env::split_replicas(mix, 4, 9);
  double worst = 0.0;
  for (std::size_t w = 0; w < 4; ++w) worst = (std::max)(worst, mix[w] / split[w]);
  double best = 1e9;
  for (int a = 1; a < 7; ++a) {
    for (int b = 1; a + b < 8; ++b) {
      for (int d = 1; a + b + d < 9; ++d) {
        best = (std::min)(best, (std::max)((std::max)(6.0 / a, 3.0 / b), 1.0 / d));
      }
    }
  }
  CHECK(worst == best);
}

TEST_CASE("a deployment of any size: every service in every cluster, spread evenly",
          "[env][edge_cloud]") {
  for (const std::uint32_t nodes : {3U, 6U, 10U}) {
    env::edge_cloud_config c;
    c.clusters = 4;
    c.nodes_per_cluster = nodes;
    c.replicas_per_node = 6;
    const auto d = env::deployment_of(c);
    REQUIRE(d.size() == (4 * nodes + 1) * 12);
    for (std::size_t cluster = 0; cluster < 4; ++cluster) {
      for (std::size_t w = 0; w < 12; ++w) {
        std::uint32_t sum = 0, least = 99, most = 0;
        for (std::size_t n = 0; n < nodes; ++n) {
          const std::uint32_t here = d[(cluster * nodes + n) * 12 + w];
          sum += here;
          least = (std::min)(least, here);
          most = (std::max)(most, here);
        }
        CHECK(sum >= 1);
        CHECK(most - least <= 1);
      }
    }
    const auto total = std::accumulate(d.begin(), d.end(), 0U);
    CHECK(total == 6 * (4 * nodes + 6));
  }
  env::edge_cloud_config own;
  own.clusters = 1;
  own.nodes_per_cluster = 1;
  own.services = 2;
  own.deployment = {1, 0, 2, 3};
  CHECK(env::deployment_of(own) == own.deployment);
}
