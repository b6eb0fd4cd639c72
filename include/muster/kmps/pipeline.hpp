// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/concepts/advantage.hpp>
#include <muster/concepts/environment.hpp>
#include <muster/concepts/trainer.hpp>
#include <muster/core/slot.hpp>
#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/detail/architecture.hpp>
#include <muster/kmps/detail/collector.hpp>
#include <muster/kmps/difference_reward.hpp>
#include <muster/kmps/episode.hpp>
#include <muster/kmps/observation.hpp>
#include <muster/kmps/reward.hpp>
#include <muster/kmps/target_scorer.hpp>
#include <muster/kmps/trainer.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/queue/adaptive_hybrid.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/critic.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/rollout.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The dispatch half of KMPS, assembled from named slots: see `pipeline`.
///
/// Idea      every access point runs the same small actor on what it sees; while training, a
///           critic that sees the whole system tells it how good its choices were.
/// Source    C. Huang, W. Tan, M. Ou, E. Yang, Y. Li: KMPS, section III-A, Algorithm 1, and IV-A.4.
/// Steps     each decision is a step of its access point's trajectory. Two decisions in one slot
///           have discount 1 between them, otherwise gamma per slot that passed.
/// Use       `train(make_workload, config, on_progress)`, `evaluate(arrivals, horizon, seed)`,
///           `save(path)`, `load(path)`. It is also a `dispatcher`, so it runs wherever a
///           rule does; see `config.sample` for how it chooses.
/// Cost      a decision is one forward pass, no allocation once warm. Training takes about
///           (request, target and critic numbers) x 4 bytes per decision kept.
/// Determinism  the same config, workloads and seeds give the same bytes; training runs in one
///           thread, so parallelism is over pipelines.
template <class Environment, class Dequeue, class NodeDequeue, class Drain, class Mask,
          class Observation, class Actor, class Critic, class Advantage, class Reward,
          class Trainer>
class basic_pipeline {
 public:
  using environment_type = typename Environment::template with<Dequeue, NodeDequeue, Drain, Mask>;
  using actor_type = Actor;
  using critic_type = Critic;
  using learner_type = typename Trainer::template learner<Actor, Critic>;
  static_assert(reward_rule_for<Reward, environment_type>,
                "muster: kmps::pipeline has a reward that cannot read its environment; give it "
                "assign(environment, decisions, rewards) and self_contained");
  static constexpr const char* name = "kmps";

  /// The configs of the parts, under the names of their slots.
  struct config {
    typename environment_type::config environment{};
    typename Dequeue::config dequeue{};
    typename NodeDequeue::config node_dequeue{};
    typename Observation::config observation{};
    detail::actor_config<Actor> actor{};
    detail::critic_config<Critic> critic{};
    typename Advantage::config advantage{};
    typename Reward::config reward{};
    typename Trainer::config trainer{};
    /// Decide by drawing from the policy, as in training, or take its most probable target.
    /// Access points that decide at the same moment on the same news would all take the same
    /// target and meet there; drawing spreads them.
    bool sample = true;
    std::uint64_t seed = 1;  ///< of the first parameters and of exploration
  };

  explicit basic_pipeline(config c = {})
      : config_{std::move(c)},
        observation_{config_.observation},
        advantage_{config_.advantage},
        reward_{config_.reward},
        layout_{observation_.layout(config_.environment.nodes_per_cluster,
                                    config_.environment.targets(), config_.environment.services)},
        state_size_{global_state::size(config_.environment.clusters, config_.environment.targets(),
                                       config_.environment.services)},
        random_{config_.seed},
        learner_{learner_config(), random_},
        environment_{make_environment()} {
    observed_.resize(layout_.size());
    mask_.resize(config_.environment.targets());
  }

  // --- acting --------------------------------------------------------------------------------

  /// A valid target drawn from the policy, or without `config.sample` the most probable one, ties
  /// to the smaller number; none valid: the cloud.
  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng& random) {
    std::size_t last = 0;
    const std::size_t valid = detail::fill_mask(view, mask_, last);
    if (valid == 0) return static_cast<std::uint32_t>(view.cloud());
    if (valid == 1) return static_cast<std::uint32_t>(last);
    observation_.encode(view, observed_);
    return config_.sample ? learner_.policy().act(observed_, mask_, random)
                          : learner_.policy().greedy(observed_, mask_);
  }

  /// Runs one episode with the most probable targets.
  template <class Arrival>
  [[nodiscard]] episode_result evaluate(std::span<const Arrival> arrivals, duration horizon,
                                        std::uint64_t seed, const episode_options& options = {}) {
    environment_.load(arrivals, horizon);
    rng random{seed};
    return run_episode(environment_, *this, random, options);
  }

  // --- learning ------------------------------------------------------------------------------

  /// Trains on workloads from `make(seed)`, which returns sorted arrivals (a range with data()
  /// and size()). `on_progress(train_progress)` is told after each update; false stops.
  /// Goes on from where it is: a loaded pipeline continues. Returns the updates done now.
  template <class Make, class Progress>
  std::uint32_t train(Make&& make, const train_config& t, Progress&& on_progress) {
    MUSTER_EXPECTS(t.episodes > 0 && config_.trainer.copies > 0 && config_.trainer.samples > 0,
                   "muster: kmps::pipeline::train needs episodes, copies and samples above 0");
    std::vector<environment_type> copies;
    copies.reserve(config_.trainer.copies);
    for (std::size_t i = 0; i < config_.trainer.copies; ++i) copies.push_back(make_environment());
    rl::rollout kept{{.lanes = copies.size() * config_.environment.clusters,
                      .observation_size = layout_.size(),
                      .critic_observation = state_size_,
                      .masked_actions = config_.environment.targets(),
                      .capacity = 0}};
    detail::collector<environment_type, learner_type, Observation, Reward> collect{
        learner_,
        observation_,
        reward_,
        random_,
        layout_.size(),
        state_size_,
        config_.trainer.gamma,
        config_.trainer.samples};
    const rng seeds = rng{t.seed}.fork(0x747261696eU);
    for (std::uint32_t episode = 0; episode < t.episodes; ++episode) {
      std::uint64_t arrivals = 0;
      for (std::size_t i = 0; i < copies.size(); ++i) {
        // By the number of updates so far, so that a resumed training sees new workloads.
        rng one = seeds.fork(updates_ * copies.size() + i);
        const auto workload = make(one());
        copies[i].load(std::span{workload.data(), workload.size()}, t.horizon);
        arrivals += copies[i].requests().size();
      }
      train_progress p;
      p.episode = episode + 1;
      p.episodes = t.episodes;
      kept.clear();
      collect(copies, kept, arrivals, p);
      kept.finish(advantage_);
      p.learning = learner_.update(kept.batch(), random_);
      ++updates_;
      if (!on_progress(static_cast<const train_progress&>(p))) return episode + 1;
    }
    return t.episodes;
  }
  template <class Make>
  std::uint32_t train(Make&& make, const train_config& t) {
    return train(make, t, [](const train_progress&) { return true; });
  }

  // --- keeping -------------------------------------------------------------------------------

  /// Writes networks, optimisers, generator and counter to one file, which replaces an old one
  /// only when it is complete.
  [[nodiscard]] result<void> save(const std::string& path) {
    nn::checkpoint c{type_name(), config_.seed};
    add_to(c);
    return c.save(path);
  }
  /// Reads what `save` wrote. A file of another architecture, or a damaged one, is refused, and
  /// nothing changes.
  [[nodiscard]] result<void> load(const std::string& path) {
    nn::checkpoint c{type_name(), config_.seed};
    add_to(c);
    if (auto read = c.load(path); !read) return read.failure();
    return {};
  }

  [[nodiscard]] const config& settings() const noexcept { return config_; }
  /// Whether decisions are drawn from the policy from now on; see config.sample.
  void set_sample(bool sample) noexcept { config_.sample = sample; }
  [[nodiscard]] learner_type& learner() noexcept { return learner_; }
  [[nodiscard]] const observation_layout& layout() const noexcept { return layout_; }
  [[nodiscard]] std::size_t state_size() const noexcept { return state_size_; }
  [[nodiscard]] std::uint64_t updates() const noexcept { return updates_; }
  /// An environment with this pipeline's slots and config, for rules to run in.
  [[nodiscard]] environment_type make_environment() const {
    return environment_type{
        config_.environment, detail::make_strategy<Dequeue>(config_.dequeue, config_.environment),
        detail::make_strategy<NodeDequeue>(config_.node_dequeue, config_.environment)};
  }

 private:
  static std::string type_name() {
    return std::string{"muster.kmps.dispatch/"} + Observation::name + '/' +
           detail::head_name<typename Actor::head_type>();
  }
  void add_to(nn::checkpoint& c) {
    learner_.add_to(c);
    c.add("random", random_);
    c.add("updates", updates_);
  }

  typename learner_type::config learner_config() const {
    const auto& t = config_.trainer;
    typename learner_type::config c;
    c.actor.network = detail::network_config<typename Actor::network_type>(
        config_.actor, layout_, config_.environment.targets());
    c.critic = detail::critic_network_config<Critic>(config_.critic, state_size_);
    c.clip = t.clip;
    c.entropy = t.entropy;
    c.epochs = t.epochs;
    c.minibatch = t.minibatch;
    c.max_grad_norm = t.max_grad_norm;
    c.value_loss = rl::value_loss_kind::huber;
    c.huber_delta = t.huber_delta;
    c.normalise_values = t.normalise_values;
    c.target_kl = t.target_kl;
    c.actor_rate = t.actor_rate;
    c.critic_rate = t.critic_rate;
    c.decay = {.rate = 1.0, .decay = t.decay, .every = t.decay_every};
    return c;
  }

  config config_;
  Observation observation_;
  Advantage advantage_;
  Reward reward_;
  observation_layout layout_;
  std::size_t state_size_;
  rng random_;
  learner_type learner_;
  environment_type environment_;
  std::vector<float> observed_;
  std::vector<std::uint8_t> mask_;
  std::uint64_t updates_ = 0;
};

namespace detail {

template <class... Slots>
struct assembled {
  static_assert(
      (... &&
       slot_is_one_of<Slots, slot::environment_tag, slot::dequeue_tag, slot::node_dequeue_tag,
                      slot::drain_tag, slot::mask_tag, slot::observation_tag, slot::actor_tag,
                      slot::critic_tag, slot::advantage_tag, slot::reward_tag, slot::trainer_tag>),
      "muster: kmps::pipeline has the slots environment, dequeue, node_dequeue, drain, mask, "
      "observation, actor, critic, advantage, reward and trainer; wrap each choice in "
      "one of them, for example slot::dequeue<queue::least_slack>");
  static_assert(slots_differ<Slots...>,
                "muster: kmps::pipeline is given two choices for one slot; keep one of them");
  using type = basic_pipeline<slot_or<slot::environment_tag, env::edge_cloud<>, Slots...>,
                              slot_or<slot::dequeue_tag, queue::adaptive_hybrid, Slots...>,
                              slot_or<slot::node_dequeue_tag, queue::adaptive_hybrid, Slots...>,
                              slot_or<slot::drain_tag, env::drain_all, Slots...>,
                              slot_or<slot::mask_tag, env::resource_mask, Slots...>,
                              slot_or<slot::observation_tag, offers_observation, Slots...>,
                              slot_or<slot::actor_tag, rl::actor<>, Slots...>,
                              slot_or<slot::critic_tag, rl::single_critic<>, Slots...>,
                              slot_or<slot::advantage_tag, rl::gae_advantage, Slots...>,
                              slot_or<slot::reward_tag, difference_reward, Slots...>,
                              slot_or<slot::trainer_tag, shared_ppo, Slots...>>;
};

}  // namespace detail

/// KMPS with the choices given as slots, in any order, the rest as they work best: adaptive
/// hybrid queues, all waiting requests placed in each slot, the resource mask, the paper's actor
/// (an MLP 256-128-32) with masked softmax over what every target offers, a central critic
/// 256-128-64-32, and each request's outcome less what it cost the others as the reward.
template <class... Slots>
using pipeline = typename detail::assembled<Slots...>::type;

/// The same with one small network that scores every target alike: it need not learn anew for
/// each of 18 like nodes what it has learned for one, and its parameters do not grow with them.
using scoring = pipeline<slot::actor<rl::actor<target_scorer<>>>>;

/// KMPS as printed, where the paper can be taken at its word: one request per access point and
/// slot, the local state, ReLU + 1 outputs with L1 normalisation, a target network, and the
/// shares of the slot as the reward.
using faithful = pipeline<slot::drain<env::drain_one>, slot::observation<local_observation>,
                          slot::actor<rl::actor<nn::mlp<>, rl::relu1_l1_head>>,
                          slot::critic<rl::target_critic<>>, slot::reward<slot_share>>;

}  // namespace muster::inline MUSTER_ABI::kmps
