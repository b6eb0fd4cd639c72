// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include <muster/env/cloud_vm_rules.hpp>

#include "experiments/pfrl_dm/method.hpp"

namespace experiments::pfrl_dm {
namespace {

namespace env = muster::env;

/// A placement rule on every client: learns nothing, so its rounds are over at once.
template <class Rule>
class rule_method final : public method {
 public:
  explicit rule_method(setup& s) : members_{std::move(s.members)} {}

  void join(std::size_t, std::size_t) override {}
  muster::result<muster::federated::round_summary> round() override {
    return muster::federated::round_summary{};
  }
  std::span<const double> scores(std::size_t) const override { return {}; }
  std::pair<double, double> critic_errors(std::size_t) const override { return {}; }
  env::cloud_vm_metrics evaluate(std::size_t client, std::span<const muster::trace::task> tasks,
                                 std::uint64_t seed, bool) override {
    return played<env::unwatched>(client, tasks, seed).metrics();
  }
  muster::result<void> save(const std::string&) override { return {}; }
  muster::result<void> load(const std::string&) override { return {}; }
  std::vector<env::cloud_hold> holds(std::size_t client, std::span<const muster::trace::task> tasks,
                                     std::uint64_t seed) override {
    return played<env::hold_log>(client, tasks, seed).watch().holds;
  }
  std::vector<double> weights() const override { return {}; }
  std::span<const muster::client_id> participants() const override { return {}; }
  muster::federated::traffic bytes() const override { return {}; }
  double alpha(std::size_t) const override { return std::numeric_limits<double>::quiet_NaN(); }

 private:
  template <class Watch>
  [[nodiscard]] auto played(std::size_t client, std::span<const muster::trace::task> tasks,
                            std::uint64_t seed) const {
    auto cloud = members_.at(client).cloud;
    cloud.step_limit = muster::pfrl_dm::client<>::test_step_limit;
    env::cloud_vm<env::response_balance_reward<>, Watch> world{cloud, tasks};
    muster::rng random{seed};
    env::play(world, Rule{}, random);
    return world;
  }

  std::vector<muster::pfrl_dm::member> members_;
};

}  // namespace

std::unique_ptr<method> make_rule(std::string_view name, method::setup& s) {
  if (name == "first_fit") return std::make_unique<rule_method<env::first_fit>>(s);
  if (name == "best_fit") return std::make_unique<rule_method<env::best_fit>>(s);
  if (name == "least_loaded") return std::make_unique<rule_method<env::least_loaded>>(s);
  return nullptr;
}

}  // namespace experiments::pfrl_dm
