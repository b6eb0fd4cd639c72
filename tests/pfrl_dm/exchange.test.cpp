// SPDX-License-Identifier: Apache-2.0
#include <muster/pfrl_dm/client.hpp>
#include <muster/pfrl_dm/exchange.hpp>
#include <vector>

#include "pfrl_dm/small_study.hpp"
#include "support/catch.hpp"

using namespace muster;
using namespace muster::pfrl_dm;
using support::numbers;

static_assert(exchange_for<public_critic<>, dual_critic_ppo>);
static_assert(exchange_for<public_critic<keep_local>, dual_critic_ppo>);
static_assert(exchange_for<actor_and_critic, single_critic_ppo>);
static_assert(exchange_for<with_policy<public_critic<>>, dual_critic_ppo>);
static_assert(exchange_for<nothing, single_critic_ppo>);

namespace {

template <class Learner>
typename Learner::config networks() {
  typename Learner::config c;
  c.actor.network = {.width = 5, .out = 3, .hidden = {4}};
  c.critic.network = {.width = 5, .out = 1, .hidden = {4}};
  return c;
}
// 5 inputs, 4 hidden, one output.
constexpr std::size_t critic_size = 5 * 4 + 4 + 4 + 1;
constexpr std::size_t actor_size = 5 * 4 + 4 + 4 * 3 + 3;

template <class Learner>
struct learner {
  rng g{3};
  Learner it{networks<Learner>(), g};
};

std::vector<float> counted(std::size_t n, float from) {
  std::vector<float> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = from + static_cast<float>(i);
  return v;
}

}  // namespace

// Algorithm 1 by hand, three rounds: phi is local, psi public; training is played by hand.
TEST_CASE("which critic becomes which, round by round", "[pfrl_dm][exchange]") {
  learner<dual_critic_ppo> l;
  const public_critic<> x{l.it};
  const public_critic<keep_local> keep{l.it};
  REQUIRE(x.size() == critic_size);
  const auto phi = [&] { return numbers(l.it.critic().store(), "critic_1."); };
  const auto psi = [&] { return numbers(l.it.critic().store(), "critic_2."); };
  const auto learns = [&](const char* which, float from) {
    nn::flat_parameters{l.it.critic().store(), which}.write(counted(critic_size, from));
  };
  const auto global = counted(critic_size, 100), mine = counted(critic_size, 200),
             personal = counted(critic_size, 300);

  x.write(l.it, global, download_kind::first);
  CHECK(phi() == global);
  CHECK(psi() == global);

  learns("critic_1.", 1000);
  learns("critic_2.", 200);
  std::vector<float> sent(x.size());
  x.read(sent);
  CHECK(sent == mine);  // the public one, and nothing else
  x.write(l.it, personal, download_kind::personal);
  CHECK(phi() == mine);  // what the public critic had learned here
  CHECK(psi() == personal);

  learns("critic_1.", 2000);
  x.write(l.it, global, download_kind::global);
  CHECK(phi() == personal);
  CHECK(psi() == global);

  learns("critic_1.", 3000);
  keep.write(l.it, personal, download_kind::personal);
  CHECK(phi() == counted(critic_size, 3000));
  CHECK(psi() == personal);
}

TEST_CASE("the public critic leaves policy and critics' layers alone", "[pfrl_dm][exchange]") {
  learner<dual_critic_ppo> l;
  const auto policy = numbers(l.it.policy().store());
  const public_critic<> x{l.it};
  x.write(l.it, counted(critic_size, 1), download_kind::first);
  CHECK(numbers(l.it.policy().store()) == policy);
  CHECK(x.boundaries().size() == 5);  // two layers of weights and bias
  CHECK(x.boundaries()[1] == 20);
  CHECK(x.boundaries().back() == critic_size);
}

TEST_CASE("FedAvg exchanges policy and critic, in this order", "[pfrl_dm][exchange]") {
  learner<single_critic_ppo> l;
  const actor_and_critic x{l.it};
  REQUIRE(x.size() == actor_size + critic_size);
  CHECK(x.boundaries().size() == 9);
  CHECK(x.boundaries().back() == x.size());
  const auto model = counted(x.size(), 0);
  x.write(l.it, model, download_kind::global);
  CHECK(numbers(l.it.policy().store()) == counted(actor_size, 0));
  CHECK(numbers(l.it.critic().store()) == counted(critic_size, static_cast<float>(actor_size)));
  std::vector<float> out(x.size());
  x.read(out);
  CHECK(out == model);
}

TEST_CASE("a policy may travel beside the public critic", "[pfrl_dm][exchange]") {
  learner<dual_critic_ppo> l;
  const with_policy<public_critic<>> x{l.it};
  REQUIRE(x.size() == actor_size + critic_size);
  const auto first = counted(x.size(), 0), next = counted(x.size(), 500);
  x.write(l.it, first, download_kind::first);
  x.write(l.it, next, download_kind::personal);
  CHECK(numbers(l.it.policy().store()) == counted(actor_size, 500));
  // The local critic is what the public one was before.
  const auto critic = static_cast<float>(actor_size);
  CHECK(numbers(l.it.critic().store(), "critic_1.") == counted(critic_size, critic));
  CHECK(numbers(l.it.critic().store(), "critic_2.") == counted(critic_size, 500 + critic));
  std::vector<float> out(x.size());
  x.read(out);
  CHECK(out == next);
}

TEST_CASE("an independent learner exchanges nothing", "[pfrl_dm][exchange]") {
  learner<single_critic_ppo> l;
  CHECK(nothing{l.it}.size() == 0);
}
