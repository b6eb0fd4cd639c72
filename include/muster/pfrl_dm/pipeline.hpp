// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/concepts/round_rule.hpp>
#include <muster/core/rng.hpp>
#include <muster/core/slot.hpp>
#include <muster/core/thread_pool.hpp>
#include <muster/federated/aggregators/attention.hpp>
#include <muster/federated/federation.hpp>
#include <muster/federated/in_process.hpp>
#include <muster/federated/rounds/first_k.hpp>
#include <muster/pfrl_dm/client.hpp>

namespace muster::inline MUSTER_ABI::pfrl_dm {

/// One cloud that takes part: its machines and the tasks it trains on.
struct member {
  env::cloud_vm_config cloud{};
  std::vector<trace::task> tasks;
};

/// PFRL-DM whole: clients, a server, and what travels between them; see `pipeline`.
///
/// Idea      clouds that differ in machines and workload learn to schedule from each other without
///           showing their tasks: after some episodes each sends one critic, and gets back one that
///           was mixed for it out of those that resemble its own.
/// Source    X. Yong, L. Yan, Z. Li: Heterogeneity-aware task scheduling based on personalized
///           federated reinforcement learning (PFRL-DM), 2025, section 4.5, Algorithm 1.
/// Use       `run(rounds)`, then `client(i).evaluate(tasks, seed)`.
/// Start     what newcomers get first is what client 0 was initialised with. Policies differ from
///           the start, unless they are exchanged.
/// Determinism  the same config and members give the same bytes, for any number of threads.
template <class Client, class Aggregator, class Rule>
class basic_pipeline {
  using executor_type = federated::in_process<Client>;
  using federation_type = federated::basic_federation<Aggregator, Rule, federated::all_clients,
                                                      federated::random_pace, executor_type>;

 public:
  using client_type = Client;
  using aggregator_type = Aggregator;
  using rule_type = Rule;

  struct config {
    typename Client::config client{};  ///< of all; environment and seed come from the member
    typename Aggregator::config aggregator{};  ///< its layers are set here
    Rule rule{};
    typename federation_type::server_type::config server{};
    federated::random_pace::config pace{};  ///< how fast clients train, in simulated time
    std::uint64_t seed = 1;
    std::size_t threads = 1;  ///< that train clients; 0 = as many as the machine has
  };

  basic_pipeline(config c, std::vector<member> members)
      : pool_{std::make_unique<thread_pool>(c.threads)} {
    MUSTER_EXPECTS(!members.empty(),
                   "muster: pfrl_dm::pipeline has no members; give it at least one cloud");
    clients_.reserve(members.size());
    for (std::size_t i = 0; i < members.size(); ++i) {
      typename Client::config one = c.client;
      one.environment = std::move(members[i].cloud);
      one.seed = rng{c.seed}.fork(i)();
      clients_.emplace_back(one, std::move(members[i].tasks));
      MUSTER_EXPECTS(clients_[i].exchange_size() == clients_[0].exchange_size(),
                     "muster: pfrl_dm::pipeline has members whose frames differ; give all clouds "
                     "the same max_machines, max_cpu and visible_tasks");
    }
    if (clients_[0].exchange_size() == 0) return;
    std::vector<float> first(clients_[0].exchange_size());
    clients_[0].upload(first);
    if constexpr (requires { c.aggregator.layers; }) {
      const auto b = clients_[0].exchange().boundaries();
      c.aggregator.layers.assign(b.begin(), b.end());
    }
    c.pace.seed = c.seed;
    federation_.emplace(
        typename federation_type::server_type{first, Aggregator{c.aggregator}, c.rule, c.server},
        executor_type{std::span{clients_}, pool_.get()}, federated::all_clients{},
        federated::random_pace{c.pace}, typename federation_type::config{.seed = c.seed});
  }
  basic_pipeline(const basic_pipeline&) = delete;
  basic_pipeline& operator=(const basic_pipeline&) = delete;

  /// Takes members into the federation, before the first round or between two.
  void join(std::size_t first, std::size_t count) {
    for (std::size_t i = first; i < first + count; ++i) {
      if (federation_) federation_->join(client_id{static_cast<std::uint32_t>(i)});
      if (!federation_) alone_.push_back(i);
    }
  }
  void join_all() { join(0, clients_.size()); }

  /// Trains for so many rounds of `config.client.episodes` episodes; `observe(round_summary)` is
  /// called at the end of each.
  template <class Observe>
  result<void> run(std::size_t rounds, Observe&& observe) {
    if (federation_) return federation_->run_rounds(rounds, observe);
    for (std::size_t r = 0; r < rounds; ++r) observe(train_alone());
    return {};
  }
  result<void> run(std::size_t rounds) {
    return run(rounds, [](const federated::round_summary&) {});
  }

  [[nodiscard]] std::size_t size() const noexcept { return clients_.size(); }
  [[nodiscard]] Client& client(std::size_t i) { return clients_.at(i); }
  [[nodiscard]] const Client& client(std::size_t i) const { return clients_.at(i); }
  /// The round engine; not there (has_value() is false) where nothing is exchanged.
  [[nodiscard]] std::optional<federation_type>& federation() noexcept { return federation_; }
  [[nodiscard]] const std::optional<federation_type>& federation() const noexcept {
    return federation_;
  }

  /// Names in a checkpoint (nn/checkpoint.hpp) all that must be kept between two rounds.
  /// Where nothing is exchanged, `join` again after loading.
  template <class Checkpoint>
  void add_to(Checkpoint& c) {
    if (federation_) federation_->add_to(c, "federation.");
    if (!federation_) c.add("rounds", alone_rounds_);
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      clients_[i].add_to(c, "client." + std::to_string(i) + '.');
    }
  }

 private:
  // A round of those who exchange nothing.
  federated::round_summary train_alone() {
    federated::round_summary s{.round = alone_rounds_, .version = ++alone_rounds_};
    s.participants = alone_.size();
    std::vector<training_report> reports(alone_.size());
    pool_->for_each(alone_.size(),
                    [&](std::size_t k) { reports[k] = clients_[alone_[k]].train(); });
    for (const training_report& r : reports) {
      s.steps += r.steps;
      s.weight += r.weight;
      s.mean_score += r.score / static_cast<double>(reports.size());
    }
    return s;
  }

  std::unique_ptr<thread_pool> pool_;
  std::vector<Client> clients_;  // in place: the executor refers to them
  std::optional<federation_type> federation_;
  std::vector<std::size_t> alone_;  // members, where there is no federation
  std::uint64_t alone_rounds_ = 0;
};

namespace detail {

template <class... Slots>
struct assembled {
  static_assert((... &&
                 slot_is_one_of<Slots, slot::environment_tag, slot::learner_tag, slot::exchange_tag,
                                slot::advantage_tag, slot::aggregator_tag, slot::round_rule_tag>),
                "muster: pfrl_dm::pipeline has the slots environment, learner, exchange, "
                "advantage, aggregator and round_rule; wrap each choice in one of them, for "
                "example slot::exchange<pfrl_dm::actor_and_critic>");
  static_assert(slots_differ<Slots...>,
                "muster: pfrl_dm::pipeline is given two choices for one slot; keep one of them");
  using type =
      basic_pipeline<client<slot_or<slot::environment_tag, env::cloud_vm<>, Slots...>,
                            slot_or<slot::learner_tag, dual_critic_ppo, Slots...>,
                            slot_or<slot::exchange_tag, public_critic<>, Slots...>,
                            slot_or<slot::advantage_tag, rl::gae_advantage, Slots...>>,
                     slot_or<slot::aggregator_tag, federated::attention_aggregator<>, Slots...>,
                     slot_or<slot::round_rule_tag, federated::first_k, Slots...>>;
};

}  // namespace detail

/// PFRL-DM with the choices given as slots, in any order; `pipeline<>` is the paper's, with its
/// ambiguities read sensibly. One argument makes FedAvg of it, or leaves the federation out.
template <class... Slots>
using pipeline = typename detail::assembled<Slots...>::type;

}  // namespace muster::inline MUSTER_ABI::pfrl_dm
