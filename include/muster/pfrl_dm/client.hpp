// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/concepts/advantage.hpp>
#include <muster/concepts/environment.hpp>
#include <muster/concepts/federated_client.hpp>
#include <muster/core/rng.hpp>
#include <muster/env/cloud_vm.hpp>
#include <muster/nn/padded_mlp.hpp>
#include <muster/nn/sparse_reader.hpp>
#include <muster/pfrl_dm/exchange.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/dual_critic.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/ppo.hpp>
#include <muster/trace/task.hpp>

namespace muster::inline MUSTER_ABI::pfrl_dm {

/// The networks of the paper: one hidden layer, over an input of which the padding is not given.
using network = nn::padded_mlp<>;
/// A policy, a local and a public critic, trained by PPO.
using dual_critic_ppo = rl::ppo<rl::actor<network>, rl::dual_critic<network, rl::alpha_by_loss>>;

/// One cloud of the federation: its machines, its tasks, its agent.
///
/// Idea      an episode places all tasks of the training set; after each the agent learns from
///           it. After `episodes` of them the client exchanges some numbers with a server; which
///           ones is decided by `Exchange`. With two critics their mixture values the states, and
///           the weight of each follows its error on the last episode, measured again whenever
///           parameters change (eq. 15).
/// Source    PFRL-DM, section 4.3 and Algorithm 1.
/// Cost      a decision costs what its entries that are not zero cost (nn/sparse_reader.hpp);
///           values are computed once per episode, in one block. Memory grows to the longest
///           episode so far.
/// Determinism  everything follows from config.seed and the number of episodes so far.
template <class Environment = env::cloud_vm<>, class Learner = dual_critic_ppo,
          exchange_for<Learner> Exchange = public_critic<>,
          advantage_estimator Advantage = rl::gae_advantage>
class client {
 public:
  using environment_type = Environment;
  using learner_type = Learner;

  struct config {
    typename Environment::config environment{};
    typename Learner::config learner{};  ///< the sizes of its networks are set by the client
    typename Advantage::config advantage{};
    std::uint32_t episodes = 25;  ///< of a round (Omega); >= 1
    double discount = 0.99;       ///< gamma, per decision; [0, 1]
    /// Decisions after which the agent learns, within an episode; 0: at its end, as in the paper.
    std::uint32_t horizon = 0;
    std::uint64_t seed = 1;
  };

  /// How a download changed the mean squared error of the critic on the last episode.
  struct change {
    double before = 0.0, after = 0.0;
  };

  client(const config& c, std::vector<trace::task> tasks)
      : config_{c},
        environment_{c.environment},
        tasks_{std::move(tasks)},
        random_{c.seed},
        learner_{sized(c.learner, environment_), random_},
        exchange_{learner_},
        advantage_{c.advantage} {
    MUSTER_EXPECTS(c.episodes > 0, "muster: pfrl_dm::client trains for no episode; set episodes");
    environment_.load(tasks_);
    live_ = environment_.live_columns().size();
  }
  client(client&&) = default;
  client& operator=(client&&) = default;

  // --- federated_client -----------------------------------------------------------------------

  [[nodiscard]] std::size_t exchange_size() const noexcept { return exchange_.size(); }
  void download(std::span<const float> model, const download_info& info) {
    effect_.before = critic_error();
    exchange_.write(learner_, model, info.kind);
    effect_.after = critic_error();
    weigh();
  }
  training_report train() {
    training_report r;
    scores_.clear();
    for (std::uint32_t e = 0; e < config_.episodes; ++e) {
      begin();
      bool over = false;
      while (!over) {
        over = collect();
        learn();
        r.steps += actions_.size();
      }
      scores_.push_back(score_);
      r.score += score_ / static_cast<double>(config_.episodes);
    }
    r.weight = static_cast<double>(r.steps);
    return r;
  }
  void upload(std::span<float> out) const { exchange_.read(out); }

  // --- what a study looks at -------------------------------------------------------------------

  /// Decisions after which a test is cut, whatever the limit in training: a policy that always
  /// waits would go on for ever.
  static constexpr std::uint64_t test_step_limit = 1'000'000;
  /// Plays `tasks` to the end (or to `test_step_limit`) with the policy as it is: drawn from or,
  /// with `greedy`, at its most probable action.
  [[nodiscard]] auto evaluate(std::span<const trace::task> tasks, std::uint64_t seed,
                              bool greedy = false) {
    Environment world{test_environment(), tasks};
    play(world, seed, greedy);
    return world.metrics();
  }
  /// The client's cloud with the limit that `evaluate` has.
  [[nodiscard]] typename Environment::config test_environment() const {
    auto c = config_.environment;
    c.step_limit = test_step_limit;
    return c;
  }
  /// Plays any world that is seen through the client's frame, from its start to its end: one that
  /// keeps a log, has other machines, or a mask, which is kept.
  template <class World>
  void play(World& world, std::uint64_t seed, bool greedy = false) {
    rng random{seed};
    world.reset(random);
    policy_.take(learner_.policy().network());
    observed_.resize(live_);
    if constexpr (masked_environment<World>) allowed_.resize(world.action_count());
    bool done = false;
    while (!done) {
      std::span<const std::uint8_t> allowed;
      if constexpr (masked_environment<World>) {
        world.mask(allowed_);
        allowed = allowed_;
      }
      world.observe_live(observed_);
      const auto p = probabilities(observed_, allowed);
      const std::uint32_t a =
          greedy ? rl::greedy_action(p, allowed) : rl::sample_action(p, allowed, random);
      done = world.step(a, random).done();
    }
  }
  /// Total reward of each episode of the last round.
  [[nodiscard]] std::span<const double> scores() const noexcept { return scores_; }
  [[nodiscard]] change last_download() const noexcept { return effect_; }
  [[nodiscard]] std::uint64_t episodes() const noexcept { return episodes_; }
  [[nodiscard]] Learner& learner() noexcept { return learner_; }
  [[nodiscard]] const Learner& learner() const noexcept { return learner_; }
  [[nodiscard]] const Exchange& exchange() const noexcept { return exchange_; }
  [[nodiscard]] const Environment& environment() const noexcept { return environment_; }
  [[nodiscard]] std::span<const trace::task> tasks() const noexcept { return tasks_; }

  /// Names in a checkpoint (nn/checkpoint.hpp) all that must be kept between two rounds.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    const std::string p{prefix};
    learner_.add_to(c, p);
    c.add(p + "random", random_);
    c.add(p + "episodes", episodes_);
    c.add(p + "updates", updates_);
    c.add(p + "observed", observations_);
    c.add(p + "targets", targets_);
  }

 private:
  static constexpr bool has_critic = requires(Learner & l) { l.critic(); };

  template <class Config>
  [[nodiscard]] static Config sized(Config c, const Environment& e) {
    const auto live = e.live_columns();
    const auto size = [&](network::config& n, std::size_t out) {
      n.width = e.observation_size();
      n.live.assign(live.begin(), live.end());
      n.padding = static_cast<double>(e.settings().padding);
      n.out = out;
    };
    size(c.actor.network, e.action_count());
    if constexpr (requires { c.critic.network; }) size(c.critic.network, 1);
    return c;
  }

  // p(action | x), in `probabilities_`; 0 for what is not allowed.
  std::span<const float> probabilities(std::span<const float> x,
                                       std::span<const std::uint8_t> allowed = {}) {
    logits_.resize(environment_.action_count());
    probabilities_.resize(logits_.size());
    policy_.read(x, logits_);
    for (std::size_t i = 0; i < allowed.size(); ++i) {
      if (allowed[i] == 0) logits_[i] = -std::numeric_limits<float>::infinity();
    }
    float highest = logits_[0];
    for (const float l : logits_) highest = (std::max)(highest, l);
    float sum = 0.0F;
    for (std::size_t i = 0; i < logits_.size(); ++i) {
      sum += probabilities_[i] = std::exp(logits_[i] - highest);
    }
    for (float& v : probabilities_) v /= sum;
    return probabilities_;
  }

  void begin() {
    score_ = 0.0;
    playing_ = random_.fork(++episodes_);
    environment_.reset(playing_);
  }

  // An episode, or the next `horizon` decisions of it, into the columns below; whether it is over.
  bool collect() {
    const float gamma = static_cast<float>(config_.discount);
    observations_.clear();
    actions_.clear();
    log_probs_.clear();
    rewards_.clear();
    discounts_.clear();
    policy_.take(learner_.policy().network());
    step_outcome out;
    do {
      const std::size_t at = observations_.size();
      observations_.resize(at + live_);
      const std::span<float> x = std::span{observations_}.subspan(at);
      environment_.observe_live(x);
      const auto p = probabilities(x);
      const std::uint32_t a = rl::sample_action(p, {}, playing_);
      actions_.push_back(a);
      log_probs_.push_back(rl::action_log_prob(p, a));
      out = environment_.step(a, playing_);
      rewards_.push_back(out.reward);
      discounts_.push_back(gamma);
      score_ += static_cast<double>(out.reward);
    } while (!out.done() && actions_.size() != config_.horizon);
    if (out.terminated) discounts_.back() = 0.0F;
    ends_.assign(actions_.size(), 0);
    ends_.back() = 1;
    if (!out.terminated) {  // V of the state it was cut in continues the return
      const std::size_t at = observations_.size();
      observations_.resize(at + live_);
      environment_.observe_live(std::span{observations_}.subspan(at));
    }
    return out.done();
  }

  void learn() {
    const std::size_t n = actions_.size();
    values_.assign(n + 1, 0.0F);  // the last one is that of a state which was cut, or nothing
    if constexpr (has_critic) {
      const std::size_t rows = observations_.size() / live_;
      learner_.values(observations_, std::span{values_}.first(rows));
    }
    observations_.resize(n * live_);
    advantages_.resize(n);
    targets_.resize(n);
    const std::span<const float> v{values_};
    advantage_.estimate({rewards_, v.first(n), v.subspan(1), discounts_, ends_}, advantages_,
                        targets_);
    rng random = random_.fork(~++updates_);
    rl::ppo_batch batch{observations_, observations_, {},       actions_,
                        log_probs_,    advantages_,   targets_, v.first(n)};
    next_.resize(n);
    for (std::size_t i = 0; i < n; ++i) next_[i] = static_cast<std::uint32_t>(i + 1);
    next_[n - 1] = rl::ppo_batch::no_next;
    batch.rewards = rewards_;
    batch.discounts = discounts_;
    batch.next = next_;
    stats_ = learner_.update(batch, random);
    weigh();
  }

  // Eq. 15, on the last episode; nothing before there is one.
  void weigh() {
    if constexpr (requires { learner_.critic().alpha(); }) {
      if (targets_.empty()) return;
      auto& critic = learner_.critic();
      const std::size_t n = targets_.size();
      room_.resize(critic.workspace_size(n));
      scaled_.assign(targets_.begin(), targets_.end());
      if (learner_.configuration().normalise_values) {  // critics speak in these units
        const auto& m = learner_.target_moments();
        for (float& t : scaled_) t = static_cast<float>(m.normalised(static_cast<double>(t)));
      }
      critic.weigh(num::view<const float>{observations_.data(), {n, live_}},
                   num::view<const float>{scaled_.data(), {n, 1}}, room_);
    }
  }
  [[nodiscard]] double critic_error() {
    double sum = 0.0;
    if constexpr (has_critic) {
      if (targets_.empty()) return 0.0;
      values_.resize((std::max)(values_.size(), targets_.size()));
      const auto v = std::span{values_}.first(targets_.size());
      learner_.values(observations_, v);
      for (std::size_t i = 0; i < v.size(); ++i) {
        const double off = static_cast<double>(v[i]) - static_cast<double>(targets_[i]);
        sum += off * off / static_cast<double>(v.size());
      }
    }
    return sum;
  }

  config config_;
  Environment environment_;
  std::vector<trace::task> tasks_;
  rng random_;
  Learner learner_;
  Exchange exchange_;
  Advantage advantage_;
  nn::sparse_reader<float> policy_;
  std::size_t live_ = 0;
  std::uint64_t episodes_ = 0, updates_ = 0;
  rng playing_;  // of the running episode
  double score_ = 0.0;
  std::vector<double> scores_;
  change effect_;
  decltype(std::declval<Learner&>().update(std::declval<const rl::ppo_batch&>(),
                                           std::declval<rng&>())) stats_{};

  // The last episode, or the last `horizon` decisions, one row each.
  std::vector<float> observations_, log_probs_, rewards_, discounts_, values_, advantages_,
      targets_;
  std::vector<std::uint32_t> actions_, next_;
  std::vector<std::uint8_t> ends_;
  // Scratch.
  std::vector<std::uint8_t> allowed_;
  std::vector<float> observed_, logits_, probabilities_, scaled_, room_;
};

}  // namespace muster::inline MUSTER_ABI::pfrl_dm
