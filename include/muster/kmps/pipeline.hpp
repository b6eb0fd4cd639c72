// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/advantage.hpp>
#include <muster/concepts/environment.hpp>
#include <muster/concepts/orchestrator.hpp>
#include <muster/concepts/rescheduler.hpp>
#include <muster/concepts/trainer.hpp>
#include <muster/core/slot.hpp>
#include <muster/env/edge_cloud.hpp>
#include <muster/env/reschedule.hpp>
#include <muster/kmps/curriculum.hpp>
#include <muster/kmps/detail/collector.hpp>
#include <muster/kmps/detail/orchestra.hpp>
#include <muster/kmps/detail/pipeline_config.hpp>
#include <muster/kmps/detail/pipeline_parts.hpp>
#include <muster/kmps/detail/workload.hpp>
#include <muster/kmps/difference_reward.hpp>
#include <muster/kmps/episode.hpp>
#include <muster/kmps/in_turn.hpp>
#include <muster/kmps/observation.hpp>
#include <muster/kmps/orchestration/fixed_replicas.hpp>
#include <muster/kmps/reward.hpp>
#include <muster/kmps/target_scorer.hpp>
#include <muster/kmps/trainer.hpp>
#include <muster/queue/adaptive_hybrid.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/critic.hpp>
#include <muster/rl/gae.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// KMPS, assembled from named slots: see `pipeline`.
///
/// Idea      every access point runs the same small actor on what it sees; while training, a
///           critic that sees the whole system tells it how good its choices were. At the start
///           of each frame an orchestrator looks at the whole system and moves replicas.
/// Source    C. Huang, W. Tan, M. Ou, E. Yang, Y. Li: KMPS, section III, Algorithm 1, and IV-A.4.
/// Steps     each decision is a step of its access point's trajectory. Two decisions in one slot
///           have discount 1 between them, otherwise gamma per slot that passed.
/// Use       `train(make_workload, config, on_progress)`, `evaluate(arrivals, horizon, seed)`,
///           `save(path)`, `load(path)`. It is also a `dispatcher` and an `orchestrator`, so it
///           runs wherever a rule does; see `config.sample` for how it chooses.
/// Cost      a decision is one forward pass, no allocation once warm. Training takes about
///           (request, target and critic numbers) x 4 bytes per decision kept.
/// Determinism  the same config, workloads and seeds give the same bytes, unless buffering is
///           dual_buffer with rl::hand_over::free.
template <class Environment, class Dequeue, class NodeDequeue, class Drain, class Mask,
          class Rescheduler, class Observation, class Actor, class Critic, class Advantage,
          class Reward, class Trainer, class Orchestrator, class Buffering, class Curriculum>
class basic_pipeline
    : public detail::pipeline_parts<detail::choices<
          Environment, Dequeue, NodeDequeue, Drain, Mask, Rescheduler, Observation, Actor, Critic,
          Advantage, Reward, Trainer, Orchestrator, Buffering, Curriculum>> {
  using base =
      detail::pipeline_parts<detail::choices<Environment, Dequeue, NodeDequeue, Drain, Mask,
                                             Rescheduler, Observation, Actor, Critic, Advantage,
                                             Reward, Trainer, Orchestrator, Buffering, Curriculum>>;

 public:
  using typename base::config;
  using typename base::environment_type;
  using typename base::learner_type;
  static_assert(reward_rule_for<Reward, environment_type>,
                "muster: kmps::pipeline has a reward that cannot read its environment; give it "
                "assign(environment, decisions, rewards) and self_contained");
  static constexpr const char* name = "kmps";

  explicit basic_pipeline(config c = {})
      : base{std::move(c)}, environment_{this->make_environment()} {
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
    Actor& policy = session_ != nullptr ? session_->policy() : learner_.policy();
    return config_.sample ? policy.act(observed_, mask_, random) : policy.greedy(observed_, mask_);
  }
  /// Which replicas come and go in this frame: the orchestrator's plan.
  [[nodiscard]] std::span<const replica_change> plan(const frame_view& view, rng& random) {
    return orchestrator_.plan(view, random);
  }
  /// Forgets what an orchestrator remembers of the last episode.
  void reset() requires resettable_orchestrator<Orchestrator> { orchestrator_.reset(); }

  /// Plays one episode, replicas included. A whole run in one call; to look at the environment
  /// afterwards, use `make_environment` and `run_episode(environment, *this, *this, random)`.
  template <class Arrivals>
  [[nodiscard]] episode_result evaluate(const Arrivals& arrivals, duration horizon,
                                        std::uint64_t seed, const episode_options& options = {}) {
    environment_.load(arrivals, horizon);
    rng random{seed};
    return run_episode(environment_, *this, orchestrator_, random, options);
  }

  // --- learning ------------------------------------------------------------------------------

  /// Trains on workloads from `make(seed)`, or `make(seed, difficulty)` with the difficulty of the
  /// curriculum, which returns sorted arrivals (a range with data() and size()).
  /// `on_progress(train_progress)` is told after each round; false stops. It may evaluate and
  /// save. Goes on from where it is: a loaded pipeline continues. Returns the rounds done now.
  template <class Make, class Progress>
  std::uint32_t train(Make&& make, const train_config& t, Progress&& on_progress) {
    MUSTER_EXPECTS(t.episodes > 0 && config_.trainer.copies > 0 && config_.trainer.samples > 0,
                   "muster: kmps::pipeline::train needs episodes, copies and samples above 0");
    MUSTER_EXPECTS(session_ == nullptr, "muster: kmps::pipeline::train is called from on_progress");
    std::vector<environment_type> copies;
    copies.reserve(config_.trainer.copies);
    for (std::size_t i = 0; i < config_.trainer.copies; ++i) {
      copies.push_back(this->make_environment());
    }
    const rng streams{config_.seed};
    detail::orchestra<Orchestrator> orchestra{orchestrator_, copies.size(),
                                              streams.fork(0x6F72636865737472U),
                                              [&] { return this->make_orchestrator(); }};
    session_type session{learner_,
                         advantage_,
                         this->actor_network(),
                         config_.buffering,
                         {.lanes = copies.size() * config_.environment.clusters,
                          .observation_size = layout_.size(),
                          .critic_observation = state_size_,
                          .masked_actions = config_.environment.targets(),
                          .capacity = 0},
                         streams.fork(0x6C6561726EU),
                         updates_};
    const running here{session_, session};
    detail::collector<environment_type, Observation, Reward, detail::critic_is_local<Trainer>()>
        collect{observation_,           reward_,     random_,
                layout_.size(),         state_size_, config_.trainer.gamma,
                config_.trainer.samples};
    learner_type* const critic = session.values_at_once ? &learner_ : nullptr;
    const rng seeds = rng{t.seed}.fork(0x747261696eU);
    rl::ppo_stats newest{};
    for (std::uint32_t episode = 0; episode < t.episodes; ++episode) {
      train_progress p;
      p.episode = episode + 1;
      p.episodes = t.episodes;
      p.level = curriculum_.current();
      p.version = session.version();
      const duration horizon =
          p.level.horizon < 1.0 ? from_seconds(t.horizon.seconds() * p.level.horizon) : t.horizon;
      for (std::size_t i = 0; i < copies.size(); ++i) {
        // By the number of rounds so far, so that a resumed training sees new workloads.
        rng one = seeds.fork(updates_ * copies.size() + i);
        detail::with_workload(make, one, p.level,
                              [&](auto taken) { copies[i].load(taken, horizon); });
      }
      orchestra.begin(updates_);
      collect(copies, session.policy(), critic, session.sink(), orchestra, p);
      p.replica_changes = orchestra.changes();
      orchestra.end(orchestration_);
      curriculum_.observe(p.throughput);
      if (auto learned = session.learn(++updates_, random_)) newest = *learned;
      p.learning = newest;
      p.dropped = session.dropped();
      if (!on_progress(static_cast<const train_progress&>(p))) {
        session.finish();
        return episode + 1;
      }
    }
    session.finish();
    return t.episodes;
  }
  template <class Make>
  std::uint32_t train(Make&& make, const train_config& t) {
    return train(make, t, [](const train_progress&) { return true; });
  }

 private:
  using base::advantage_;
  using base::config_;
  using base::curriculum_;
  using base::layout_;
  using base::learner_;
  using base::observation_;
  using base::orchestration_;
  using base::orchestrator_;
  using base::random_;
  using base::reward_;
  using base::session_;
  using base::state_size_;
  using base::updates_;
  using typename base::session_type;

  /// Says who acts while a training runs, also if it ends by an exception.
  struct running {
    running(session_type*& where, session_type& s) : where_{where} { where_ = &s; }
    ~running() { where_ = nullptr; }
    session_type*& where_;
  };

  environment_type environment_;
  std::vector<float> observed_;
  std::vector<std::uint8_t> mask_;
};

namespace detail {

template <class... Slots>
struct assembled {
  static_assert(
      (... &&
       slot_is_one_of<Slots, slot::environment_tag, slot::dequeue_tag, slot::node_dequeue_tag,
                      slot::drain_tag, slot::mask_tag, slot::rescheduler_tag, slot::observation_tag,
                      slot::actor_tag, slot::critic_tag, slot::advantage_tag, slot::reward_tag,
                      slot::trainer_tag, slot::orchestrator_tag, slot::buffering_tag,
                      slot::curriculum_tag>),
      "muster: kmps::pipeline has the slots environment, dequeue, node_dequeue, drain, mask, "
      "rescheduler, observation, actor, critic, advantage, reward, trainer, orchestrator, "
      "buffering and curriculum; wrap each choice in one of them, for example "
      "slot::dequeue<queue::least_slack>");
  static_assert(slots_differ<Slots...>,
                "muster: kmps::pipeline is given two choices for one slot; keep one of them");
  using type = basic_pipeline<slot_or<slot::environment_tag, env::edge_cloud<>, Slots...>,
                              slot_or<slot::dequeue_tag, queue::adaptive_hybrid, Slots...>,
                              slot_or<slot::node_dequeue_tag, queue::adaptive_hybrid, Slots...>,
                              slot_or<slot::drain_tag, env::drain_all, Slots...>,
                              slot_or<slot::mask_tag, env::resource_mask, Slots...>,
                              slot_or<slot::rescheduler_tag, env::relocate_urgent, Slots...>,
                              slot_or<slot::observation_tag, offers_observation, Slots...>,
                              slot_or<slot::actor_tag, rl::actor<>, Slots...>,
                              slot_or<slot::critic_tag, rl::single_critic<>, Slots...>,
                              slot_or<slot::advantage_tag, rl::gae_advantage, Slots...>,
                              slot_or<slot::reward_tag, difference_reward, Slots...>,
                              slot_or<slot::trainer_tag, shared_ppo, Slots...>,
                              slot_or<slot::orchestrator_tag, fixed_replicas, Slots...>,
                              slot_or<slot::buffering_tag, in_turn, Slots...>,
                              slot_or<slot::curriculum_tag, no_curriculum, Slots...>>;
};

}  // namespace detail

/// KMPS with the choices given as slots, in any order, the rest as they work best: adaptive
/// hybrid queues, all waiting requests placed in each slot, the resource mask, urgent requests
/// moved where they can start, the paper's actor (an MLP 256-128-32) with masked softmax over
/// what every target offers, a central critic 256-128-64-32, and each request's outcome less what
/// it cost the others as the reward. Replicas stay where they are, and episodes are learned from
/// in turn, unless slot::orchestrator and slot::buffering say otherwise.
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
