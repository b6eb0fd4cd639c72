// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <muster/env/cloud_vm_presets.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/pfrl_dm/client.hpp>
#include <muster/testing/laws/federated_client.hpp>
#include <vector>

#include "pfrl_dm/small_study.hpp"
#include "support/catch.hpp"

using namespace muster;
using support::numbers;

static_assert(federated_client<pfrl_dm::client<>>);

namespace {

using personal = pfrl_dm::pipeline<>;
using client = personal::client_type;

client::config quick(std::uint64_t seed = 1) {
  auto c = support::quick_config<personal>(4).client;
  c.environment = support::two_machines();
  c.seed = seed;
  return c;
}
client make(std::uint64_t seed = 1) { return {quick(seed), support::some_tasks(30, 5)}; }

std::vector<float> upload_of(const client& c) {
  std::vector<float> v(c.exchange_size());
  c.upload(v);
  return v;
}

// What the last batches were, beside the usual estimates.
struct watched_gae : rl::gae_advantage {
  using gae_advantage::gae_advantage;
  inline static std::vector<std::vector<float>> discounts{}, next_values{};
  void estimate(const trajectory_view& t, std::span<float> advantages,
                std::span<float> targets) const noexcept {
    discounts.emplace_back(t.discounts.begin(), t.discounts.end());
    next_values.emplace_back(t.next_values.begin(), t.next_values.end());
    CHECK(t.ends.back() == 1);
    CHECK(std::count(t.ends.begin(), t.ends.end(), 1) == 1);
    gae_advantage::estimate(t, advantages, targets);
  }
};

}  // namespace

TEST_CASE("a client of PFRL-DM obeys the laws of federated_client", "[pfrl_dm][laws]") {
  const std::vector<float> model = upload_of(make(9));
  testing::check_federated_client_laws([] { return make(); }, model, 3,
                                       [](const char* law, bool holds) {
                                         INFO(law);
                                         CHECK(holds);
                                       });
}

TEST_CASE("the numbers of the paper", "[pfrl_dm][client]") {
  const auto c = pfrl_dm::paper_config<personal>(1, 10);
  CHECK(c.client.learner.actor_rate == 3e-4);
  CHECK(c.client.learner.critic_rate == 1e-4);
  CHECK(c.client.learner.clip == 0.2);
  CHECK(c.client.discount == 0.99);
  CHECK(c.client.episodes == 25);
  auto one = c.client;
  one.learner.critic.network.hidden = {64};
  one.environment = env::evaluation_clients[9].config();
  const client k{one, support::some_tasks(4, 1)};
  // 472 inputs, one hidden layer of 64; 8 actions.
  CHECK(k.learner().policy().store().count() == 472 * 64 + 64 + 64 * 8 + 8);
  CHECK(k.exchange_size() == 472 * 64 + 64 + 64 + 1);
  CHECK(k.learner().critic().store().count() == 2 * k.exchange_size());
}

TEST_CASE("both critics learn, and take as many steps", "[pfrl_dm][client]") {
  client c = make();
  const auto phi = numbers(c.learner().critic().store(), "critic_1.");
  const auto psi = numbers(c.learner().critic().store(), "critic_2.");
  const auto r = c.train();
  CHECK(r.steps >= 60);  // two episodes of 30 tasks
  CHECK(r.weight == static_cast<double>(r.steps));
  CHECK(c.scores().size() == 2);
  CHECK(r.score == Approx((c.scores()[0] + c.scores()[1]) / 2.0));
  CHECK(numbers(c.learner().critic().store(), "critic_1.") != phi);
  CHECK(numbers(c.learner().critic().store(), "critic_2.") != psi);
}

// Equal critics err alike; one that is led astray loses its weight at once.
TEST_CASE("an agent may learn within an episode", "[pfrl_dm][client]") {
  using hasty = pfrl_dm::pipeline<slot::advantage<watched_gae>>::client_type;
  auto c = support::quick_config<pfrl_dm::pipeline<slot::advantage<watched_gae>>>(4).client;
  c.environment = support::two_machines();
  c.horizon = 7;
  c.episodes = 1;
  hasty one{c, support::some_tasks(30, 5)};
  watched_gae::discounts.clear();
  watched_gae::next_values.clear();
  const auto r = one.train();
  std::size_t steps = 0;
  const auto& all = watched_gae::discounts;
  REQUIRE(all.size() == (r.steps + 6) / 7);
  for (std::size_t b = 0; b < all.size(); ++b) {
    steps += all[b].size();
    const bool last = b + 1 == all.size();
    if (!last) CHECK(all[b].size() == 7);
    CHECK((all[b].back() == 0.0F) == last);  // where it was cut, the return goes on with V
    if (!last) CHECK(watched_gae::next_values[b].back() != 0.0F);
  }
  CHECK(steps == r.steps);

  // Longer than any episode is the same as once at its end.
  client whole = make(4);
  auto longer = quick(4);
  longer.horizon = 1'000'000;
  client same{longer, support::some_tasks(30, 5)};
  (void)whole.train();
  (void)same.train();
  CHECK(upload_of(whole) == upload_of(same));
}

namespace {

// Another problem with the same frame: which of two counters serves the next customer, where a
// customer of size s takes s slots at counter 0 and 3 - s at counter 1.
class two_counters {
 public:
  struct config {
    float padding = -1.0F;
    std::uint64_t step_limit = 1000;
  };
  explicit two_counters(config c, std::span<const trace::task> tasks = {}) : config_{c} {
    load(tasks);
  }
  void load(std::span<const trace::task> tasks) {
    sizes_.clear();
    for (const auto& t : tasks) sizes_.push_back(t.cpu);
  }
  std::size_t observation_size() const { return 2; }  // the size; a place that is never used
  std::size_t action_count() const { return 2; }
  std::span<const std::uint32_t> live_columns() const { return live_; }
  void reset(rng&) {
    at_ = 0;
    served_ = 0.0;
  }
  void observe(std::span<float> x) const {
    x[0] = sizes_[at_];
    x[1] = config_.padding;
  }
  void observe_live(std::span<float> x) const { x[0] = at_ < sizes_.size() ? sizes_[at_] : 0.0F; }
  step_outcome step(std::uint32_t a, rng&) {
    const float slots = a == 0 ? sizes_[at_] : 3.0F - sizes_[at_];
    served_ += static_cast<double>(slots);
    return {-slots, ++at_ == sizes_.size(), false};
  }
  double metrics() const { return served_ / static_cast<double>(sizes_.size()); }
  const config& settings() const { return config_; }

 private:
  config config_;
  std::vector<float> sizes_;
  std::array<std::uint32_t, 1> live_{0};
  std::size_t at_ = 0;
  double served_ = 0.0;
};

}  // namespace

TEST_CASE("the same agent learns another scheduling problem", "[pfrl_dm][client]") {
  using other = pfrl_dm::client<two_counters>;
  auto from = support::quick_config<personal>(1).client;
  other::config c;
  c.learner = from.learner;
  c.learner.actor_rate = c.learner.critic_rate = 1e-2;
  c.discount = 0.0;  // a choice changes nothing that follows
  c.episodes = 40;
  std::vector<trace::task> customers(64);
  for (std::size_t i = 0; i < customers.size(); ++i) customers[i].cpu = i % 3 == 0 ? 2.0F : 1.0F;
  other one{c, customers};
  CHECK(one.exchange_size() == 1 * 8 + 8 + 8 + 1 + 8);  // padding has a weight of its own
  (void)one.train();
  CHECK(one.evaluate(customers, 1, true) == 1.0);  // each at the counter that is faster for it
}

TEST_CASE("alpha follows the errors on the last episode", "[pfrl_dm][client]") {
  client c = make();
  const std::vector<float> model = upload_of(c);
  c.download(model, {0, download_kind::first});
  CHECK(c.last_download().after == 0.0);  // no episode yet
  (void)c.train();
  CHECK(c.learner().critic().alpha() == Approx(0.5).margin(1e-6));

  std::vector<float> far_off = upload_of(c);
  far_off.back() += 50.0F;  // the bias of the value
  c.download(far_off, {1, download_kind::personal});
  CHECK(c.learner().critic().alpha() > 0.999);
  CHECK(c.last_download().after > c.last_download().before);
}

TEST_CASE("a client goes on from a checkpoint bit for bit", "[pfrl_dm][client]") {
  client whole = make(3);
  (void)whole.train();
  std::string kept;
  {
    nn::checkpoint file{"client"};
    whole.add_to(file);
    kept = file.bytes();
  }
  client resumed = make(3);
  {
    nn::checkpoint file{"client"};
    resumed.add_to(file);
    const auto ok = file.restore(std::as_bytes(std::span{kept}), "memory");
    REQUIRE(ok.has_value());
  }
  const std::vector<float> personal_model(whole.exchange_size(), 0.01F);
  for (client* c : {&whole, &resumed}) {
    c->download(personal_model, {1, download_kind::personal});
    (void)c->train();
  }
  CHECK(upload_of(whole) == upload_of(resumed));
  CHECK(numbers(whole.learner().policy().store()) == numbers(resumed.learner().policy().store()));
  CHECK(whole.learner().critic().alpha() == resumed.learner().critic().alpha());
}

TEST_CASE("testing a policy leaves the training as it was", "[pfrl_dm][client]") {
  client a = make(2), b = make(2);
  (void)a.train();
  (void)b.train();
  const auto m = a.evaluate(support::some_tasks(20, 9), 1);
  CHECK(m.response >= 60.0);  // a task runs for a slot or more
  CHECK(a.evaluate(support::some_tasks(20, 9), 1).response == m.response);
  (void)a.train();
  (void)b.train();
  CHECK(upload_of(a) == upload_of(b));
}

TEST_CASE("an agent learns to place tasks", "[pfrl_dm][client]") {
  auto c = quick();
  c.learner.actor_rate = c.learner.critic_rate = 3e-3;
  c.episodes = 10;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    c.seed = seed;
    client learning{c, support::some_tasks(30, 5)};
    const double before = learning.train().score;
    for (int round = 0; round < 5; ++round) (void)learning.train();
    const double after = learning.train().score;
    INFO(before << " then " << after);
    CHECK(after > before + 20.0);
  }
}
