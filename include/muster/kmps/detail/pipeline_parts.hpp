// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <muster/concepts/orchestrator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/result.hpp>
#include <muster/core/rng.hpp>
#include <muster/kmps/detail/architecture.hpp>
#include <muster/kmps/detail/orchestra.hpp>
#include <muster/kmps/detail/pipeline_config.hpp>
#include <muster/kmps/observation.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/nn/parameter_hash.hpp>
#include <muster/rl/parameter_sync.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// What a pipeline is made of, how it is built from its config, and how it is kept in a file.
template <class Choices>
class pipeline_parts {
 public:
  using environment_type = typename Choices::environment;
  using actor_type = typename Choices::actor;
  using critic_type = typename Choices::critic;
  using orchestrator_type = typename Choices::orchestrator;
  using curriculum_type = typename Choices::curriculum;
  using learner_type = typename Choices::trainer::template learner<actor_type, critic_type>;
  using config = pipeline_config<Choices>;

  explicit pipeline_parts(config c)
      : config_{std::move(c)},
        observation_{config_.observation},
        advantage_{config_.advantage},
        reward_{config_.reward},
        curriculum_{make_part<curriculum_type>(config_.curriculum)},
        orchestrator_{make_orchestrator()},
        layout_{observation_.layout(config_.environment.nodes_per_cluster,
                                    config_.environment.targets(), config_.environment.services)},
        state_size_{critic_is_local<typename Choices::trainer>()
                        ? layout_.size()
                        : global_state::size(config_.environment.clusters,
                                             config_.environment.targets(),
                                             config_.environment.services)},
        random_{config_.seed},
        learner_{Choices::trainer::template learner_config<learner_type>(
                     config_.trainer, actor_network(), critic_network()),
                 random_} {}

  /// Writes networks, optimisers, generator, counter, and what orchestrator and curriculum must
  /// keep, to one file, which replaces an old one only when it is complete.
  [[nodiscard]] result<void> save(const std::string& path) {
    if (session_ != nullptr) session_->settle();
    nn::checkpoint c{type_name(), config_.seed};
    add_to(c);
    return c.save(path);
  }
  /// Reads what `save` wrote. A file of another architecture, or a damaged one, is refused, and
  /// nothing changes. Not while training.
  [[nodiscard]] result<void> load(const std::string& path) {
    MUSTER_EXPECTS(session_ == nullptr, "muster: kmps::pipeline::load is called from on_progress");
    nn::checkpoint c{type_name(), config_.seed};
    add_to(c);
    if (auto read = c.load(path); !read) return read.failure();
    return {};
  }

  [[nodiscard]] const config& settings() const noexcept { return config_; }
  /// Whether decisions are drawn from the policy from now on; see config.sample.
  void set_sample(bool sample) noexcept { config_.sample = sample; }
  [[nodiscard]] learner_type& learner() noexcept { return learner_; }
  [[nodiscard]] orchestrator_type& orchestrator() noexcept { return orchestrator_; }
  [[nodiscard]] curriculum_type& curriculum() noexcept { return curriculum_; }
  /// What the orchestrator's last update returned; empty if it does not learn.
  [[nodiscard]] const auto& orchestration() const noexcept { return orchestration_; }
  [[nodiscard]] const observation_layout& layout() const noexcept { return layout_; }
  [[nodiscard]] std::size_t state_size() const noexcept { return state_size_; }
  /// Rounds of training so far; with buffering `in_turn` each was one update.
  [[nodiscard]] std::uint64_t updates() const noexcept { return updates_; }
  /// Which policy decides, for access points that must not disagree: the newest round it has
  /// learned from, and a hash of its numbers (rl/parameter_sync.hpp carries them around).
  [[nodiscard]] rl::parameter_stamp policy_stamp() {
    if (session_ == nullptr) return {updates_, nn::parameter_hash(learner_.policy().store())};
    return {session_->version(), nn::parameter_hash(session_->policy().store())};
  }
  /// An environment with this pipeline's slots and config, for rules to run in.
  [[nodiscard]] environment_type make_environment() const {
    using dequeue = typename Choices::dequeue;
    using node_dequeue = typename Choices::node_dequeue;
    const auto& system = config_.environment;
    return environment_type{system, make_strategy<dequeue>(config_.dequeue, system),
                            make_strategy<node_dequeue>(config_.node_dequeue, system),
                            typename Choices::drain{},
                            make_part<typename Choices::rescheduler>(config_.rescheduler)};
  }

 protected:
  using session_type =
      typename Choices::buffering::template session<learner_type, typename Choices::advantage>;

  orchestrator_type make_orchestrator() const {
    return detail::make_orchestrator<orchestrator_type>(config_.orchestrator, config_.environment,
                                                        config_.seed);
  }
  typename actor_type::config actor_network() const {
    typename actor_type::config c;
    c.network = network_config<typename actor_type::network_type>(config_.actor, layout_,
                                                                  config_.environment.targets());
    return c;
  }
  typename critic_type::config critic_network() const {
    return critic_network_config<critic_type>(config_.critic, state_size_);
  }

  config config_;
  typename Choices::observation observation_;
  typename Choices::advantage advantage_;
  typename Choices::reward reward_;
  curriculum_type curriculum_;
  orchestrator_type orchestrator_;
  observation_layout layout_;
  std::size_t state_size_;
  rng random_;
  learner_type learner_;
  std::uint64_t updates_ = 0;
  typename update_result<orchestrator_type>::type orchestration_{};
  session_type* session_ = nullptr;  // while training

 private:
  static std::string type_name() {
    std::string type = std::string{"muster.kmps.dispatch/"} + Choices::observation::name + '/' +
                       head_name<typename actor_type::head_type>();
    if constexpr (learning_orchestrator<orchestrator_type>) {
      type += std::string{"/"} + orchestrator_type::name;
    }
    return type;
  }
  void add_to(nn::checkpoint& c) {
    learner_.add_to(c);
    c.add("random", random_);
    c.add("updates", updates_);
    if constexpr (requires { orchestrator_.add_to(c, "orchestrator/"); }) {
      orchestrator_.add_to(c, "orchestrator/");
    }
    if constexpr (requires { curriculum_.add_to(c, "curriculum/"); }) {
      curriculum_.add_to(c, "curriculum/");
    }
  }
};

}  // namespace muster::inline MUSTER_ABI::kmps::detail
