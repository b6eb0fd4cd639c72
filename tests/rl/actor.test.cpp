// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/nn/init.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/rl/actor.hpp>
#include <muster/testing/laws/policy.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace muster;

namespace {

template <class Actor>
Actor make(std::uint64_t seed) {
  Actor a{{.network = {.in = 6, .out = 5, .hidden = {16, 8}}}};
  rng g{seed};
  a.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  return a;
}

using softmax_actor = rl::actor<>;
using literal_actor = rl::actor<nn::mlp<>, rl::relu1_l1_head>;
using double_actor = rl::actor<nn::mlp<double, num::reference>>;

}  // namespace

TEMPLATE_TEST_CASE("actors obey the laws of policy", "[rl][laws]", softmax_actor, literal_actor,
                   double_actor) {
  auto actor = make<TestType>(1);
  testing::check_policy_laws(actor, 6, 5, 7, 200, [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  });
}

TEMPLATE_TEST_CASE("acting and training see one distribution", "[rl][actor]", softmax_actor,
                   literal_actor, double_actor) {
  using T = typename TestType::value_type;
  auto actor = make<TestType>(2);
  rng g{5};
  std::vector<float> x(4 * 6);
  for (float& v : x) v = static_cast<float>(2.0 * uniform01(g) - 1.0);
  const std::vector<std::uint8_t> mask{1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0};
  std::vector<float> p(20);
  actor.probabilities(x, mask, p);

  typename TestType::tape_type tape;
  const std::vector<T> input(x.begin(), x.end());
  const auto log_p =
      actor.log_probs(tape, tape.constant({input.data(), {4, 6}}), {mask.data(), {4, 5}});
  for (std::size_t i = 0; i < 20; ++i) {
    if (mask[i] == 0) {
      CHECK(p[i] == 0.0F);
    } else {
      CHECK(static_cast<double>(log_p.value()[i]) ==
            Approx(std::log(static_cast<double>(p[i]))).margin(1e-5));
    }
  }
  CHECK(p[7] == 1.0F);  // the only allowed action of its row

  std::vector<rl::choice> chosen(4);
  actor.decide(x, mask, g, chosen);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(chosen[i].log_prob == std::log(p[i * 5 + chosen[i].action]));
  }
  // One row at a time draws the same as all rows at once.
  rng one{9};
  rng all{9};
  actor.decide(x, mask, all, chosen);
  for (std::size_t i = 0; i < 4; ++i) {
    const std::span<const float> row{x.data() + i * 6, 6};
    CHECK(actor.act(row, {mask.data() + i * 5, 5}, one) == chosen[i].action);
    CHECK(mask[i * 5 + actor.greedy(row, {mask.data() + i * 5, 5})] == 1);
  }
}

TEST_CASE("a moved actor decides as before", "[rl][actor]") {
  auto actor = make<softmax_actor>(3);
  const std::array x{0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F};
  std::array<float, 5> before{};
  std::array<float, 5> after{};
  actor.probabilities(x, {}, before);
  auto other = std::move(actor);
  other.probabilities(x, {}, after);
  CHECK(before == after);
}

TEST_CASE("deciding does not allocate once warm", "[rl][actor]") {
  auto actor = make<softmax_actor>(4);
  const std::array x{0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F};
  const std::array<std::uint8_t, 5> mask{1, 0, 1, 1, 0};
  rng g{1};
  muster::testing::no_alloc_scope scope;
  std::uint32_t sum = 0;
  for (int k = 0; k < 50; ++k) sum += actor.act(x, mask, g) + actor.greedy(x, mask);
  CHECK(scope.allocations() == 0);
  CHECK(sum < 50U * 8U);
}

TEST_CASE("the actor of KMPS has the parameters its layers say", "[rl][actor]") {
  const rl::actor<> kmps{{.network = {.in = 120, .out = 20, .hidden = {256, 128, 32}}}};
  CHECK(kmps.store().count() == 120 * 256 + 256 + 256 * 128 + 128 + 128 * 32 + 32 + 32 * 20 + 20);
}
