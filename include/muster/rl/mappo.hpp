// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/rl/detail/batch_copy.hpp>
#include <muster/rl/ppo.hpp>
#include <muster/rl/rollout.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// PPO for several agents: decentralised actors, centralised critics.
///
/// Idea      an actor must decide from what its agent sees, but a critic is needed only while
///           training and may see everything; knowing the whole state, it can tell an agent's
///           luck from the doings of the others.
/// Source    C. Yu, A. Velu, E. Vinitsky, J. Gao, Y. Wang, A. Bayen, Y. Wu: The surprising
///           effectiveness of PPO in cooperative multi-agent games, NeurIPS 2022; KMPS III-A.
/// How       the centralised critic is nothing but a critic that reads `critic_observations`,
///           so all of it is in `ppo`; here is only whose samples teach whose parameters.
/// Sharing   true: one actor and one critic learn from the samples of all agents, which must
///           then be alike (put the agent's number into the observation if it matters); false:
///           each agent has an actor and a critic of its own and learns from its own samples.
/// Limits    agents that explore by themselves avoid what is only good if both do it: in the
///           climbing game (env/matrix_game.hpp) both forms settle for 7 of 11, ten seeds of ten.
/// Cost      as `ppo`; sharing copies the agents' batches into one.
/// Determinism    each update takes one number of the given generator and derives a stream for
///           every learner from it: the result does not depend on the number of threads.
template <class Ppo = ppo<>>
class mappo {
 public:
  using ppo_type = Ppo;

  struct config {
    typename Ppo::config ppo{};
    std::size_t agents = 2;        ///< >= 1
    bool share_parameters = true;  ///< see above
  };

  mappo(const config& c, rng& g) : agents_{c.agents} {
    MUSTER_EXPECTS(c.agents > 0, "muster: rl::mappo has no agents; set config.agents");
    const std::size_t count = c.share_parameters ? 1 : c.agents;
    learners_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) learners_.emplace_back(c.ppo, g);
    stats_.resize(count);
  }

  [[nodiscard]] std::size_t agents() const noexcept { return agents_; }
  [[nodiscard]] bool shares_parameters() const noexcept { return learners_.size() < agents_; }
  /// Who decides and learns for this agent; the same object for all when parameters are shared.
  [[nodiscard]] Ppo& learner(std::size_t agent) {
    MUSTER_EXPECTS(agent < agents_, "muster: rl::mappo has no such agent; see config.agents");
    return learners_[learners_.size() == 1 ? 0 : agent];
  }
  [[nodiscard]] std::span<Ppo> learners() noexcept { return learners_; }

  /// Learns from one batch per agent; one entry of statistics per learner, valid until the
  /// next update.
  std::span<const ppo_stats> update(std::span<const ppo_batch> batches, rng& g) {
    const in_turn one_by_one;
    return update(batches, g, one_by_one);
  }
  /// The same with learners on a pool that has `for_each(n, f)`; equal results.
  template <class Pool>
  std::span<const ppo_stats> update(std::span<const ppo_batch> batches, rng& g, Pool& pool) {
    MUSTER_EXPECTS(batches.size() == agents_,
                   "muster: rl::mappo::update needs one batch per agent; pass agents() batches");
    const rng round{g()};
    if (learners_.size() == 1) {
      rng own = round.fork(0);
      stats_[0] = learners_[0].update(agents_ == 1 ? batches[0] : join(batches), own);
    } else {
      pool.for_each(learners_.size(), [&](std::size_t i) {
        rng own = round.fork(i);
        stats_[i] = learners_[i].update(batches[i], own);
      });
    }
    return stats_;
  }

  /// Names in a checkpoint (nn/checkpoint.hpp) all that a resumed training needs, but for the
  /// generator.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    for (std::size_t i = 0; i < learners_.size(); ++i) {
      const std::string part = learners_.size() == 1 ? "" : "agent_" + std::to_string(i) + '/';
      learners_[i].add_to(c, std::string{prefix} + part);
    }
  }

 private:
  struct in_turn {
    template <class F>
    void for_each(std::size_t n, F&& f) const {
      for (std::size_t i = 0; i < n; ++i) f(i);
    }
  };

  ppo_batch join(std::span<const ppo_batch> batches) {
    joined_.clear();
    for (const ppo_batch& b : batches) joined_.append(b);
    return joined_.view();
  }

  std::size_t agents_;
  std::vector<Ppo> learners_;
  std::vector<ppo_stats> stats_;
  detail::batch_copy joined_;
};

}  // namespace muster::inline MUSTER_ABI::rl
