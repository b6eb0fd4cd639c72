// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <cmath>
#include <muster/core/thread_pool.hpp>
#include <muster/federated/similarity/literal_attention.hpp>
#include <muster/nn/attention.hpp>
#include <muster/num/tensor.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <vector>

#include "federated/planted_clients.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

namespace fed = muster::federated;
namespace nn = muster::nn;
namespace num = muster::num;
using fed::literal_attention;
using muster_test::judge, muster_test::planted_clients, muster_test::weights_of;

// The layer of Eqs. 18-20, given the same matrices, weighs the same.
TEST_CASE("the literal reading is multi-head attention over parameter vectors",
          "[federated][similarity]") {
  const std::size_t count = 5, size = 37, heads = 3, width = 30;  // 90 signs: two words of bits
  const planted_clients p{{.clients = count, .numbers = size, .global = 2.0}, 4};
  const literal_attention rule{{.heads = heads, .key_width = width, .deviation = 0.3, .seed = 11}};
  nn::parameter_store<double> store;
  const nn::multi_head_attention<double> layer{
      store, "a", {.in = size, .heads = heads, .key_width = width, .value_width = 1}};
  store.commit();
  num::tensor<double> x{{count, size}}, y{{count, 1}}, weights{{heads, count, count}};
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t k = 0; k < count; ++k) x(k, i) = p.models[k][i];
    for (std::size_t c = 0; c < heads * width; ++c) {
      store.value(layer.query(c / width))(i, c % width) = rule.entry(0, i, c, size);
      store.value(layer.key(c / width))(i, c % width) = rule.entry(1, i, c, size);
    }
  }
  std::vector<double> room(layer.workspace_size(count, count));
  layer.infer(x.view(), x.view(), x.view(), y.view(), room, weights.view());
  const auto w = weights_of(rule, p.set());
  for (std::size_t i = 0; i < count * count; ++i) {
    double mean = 0.0;
    for (std::size_t h = 0; h < heads; ++h) mean += weights[h * count * count + i] / heads;
    CHECK(w[i] == Approx(mean).epsilon(1e-9));
  }
}

TEST_CASE("the literal reading: threads and no allocation", "[federated][similarity]") {
  const planted_clients p{{.numbers = 300}, 3};
  const auto alone = weights_of(literal_attention{}, p.set());
  muster::thread_pool pool{3};
  auto set = p.set();
  set.pool = &pool;
  literal_attention rule;
  std::vector<double> w(16);
  rule.weigh(set, w);
  CHECK(w == alone);
  const muster::testing::no_alloc_scope scope;
  rule.weigh(set, w);
  const auto count = scope.allocations_by_all_threads();
  CHECK(count == 0);
}

// Why not: entries of size 1 make scores of the size of |x|^2 = 100, and the choice a matter of
// the seed, the same for all clients; entries of size 1 / sqrt(P) leave all weights at 1/K.
TEST_CASE("the literal reading degenerates", "[federated][similarity]") {
  const auto by = [](double deviation) {
    return [=](std::uint64_t seed) {
      return literal_attention{{.heads = 1, .deviation = deviation, .seed = seed}};
    };
  };
  // The clone is first among three by chance: for both clients together in 1/9 to 1/3 of seeds.
  const muster_test::planted_config quick{.numbers = 400, .noise = 1.0};
  CHECK(judge(quick, by(1.0)).found < 50);
  const auto flat = judge(quick, by(0.0));
  CHECK(flat.found < 50);
  CHECK(flat.own == Approx(0.25).epsilon(0.02));
  CHECK(flat.clone == Approx(0.25).epsilon(0.02));
  CHECK(flat.stranger < 0.26);

  int one_takes_most = 0, all_choose_alike = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const planted_clients p{quick, seed};
    const auto w = weights_of(by(1.0)(seed), p.set());
    const auto favourite = [&](std::size_t k) {
      const double* row = w.data() + 4 * k;
      return std::max_element(row, row + 4) - row;
    };
    all_choose_alike += favourite(1) == favourite(0) && favourite(2) == favourite(0) &&
                        favourite(3) == favourite(0);
    one_takes_most += w[static_cast<std::size_t>(favourite(0))] > 0.9;
  }
  CHECK(one_takes_most > 35);
  CHECK(all_choose_alike > 25);  // by chance it would be 1 in 64
}

TEST_CASE("the literal reading refuses a configuration that cannot be", "[federated][similarity]") {
  using support::breaks;
  CHECK(breaks("needs heads", [] { literal_attention{{.heads = 0}}; }));
  CHECK(breaks("needs heads", [] { literal_attention{{.key_width = 0}}; }));
  CHECK(breaks("finite deviation", [] { literal_attention{{.deviation = HUGE_VAL}}; }));
}
