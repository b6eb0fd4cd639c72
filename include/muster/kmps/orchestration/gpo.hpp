// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/concepts/orchestrator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/kmps/orchestration/adjustment.hpp>
#include <muster/kmps/orchestration/change_ledger.hpp>
#include <muster/kmps/orchestration/detail/frame_learner.hpp>
#include <muster/kmps/orchestration/detail/frame_record.hpp>
#include <muster/kmps/orchestration/frame_encoder.hpp>
#include <muster/kmps/orchestration/node_projection.hpp>
#include <muster/kmps/orchestration/node_state.hpp>
#include <muster/kmps/orchestration/objectives.hpp>
#include <muster/kmps/orchestration/rewards.hpp>
#include <muster/kmps/orchestration/settings.hpp>
#include <muster/kmps/orchestration/two_step.hpp>
#include <muster/nn/graph_encoder.hpp>
#include <muster/nn/init.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Learns which replicas to add and to remove, once per frame, from the cloud.
///
/// Idea      a graph network turns the state of the system into one embedding per frame; from it
///           a policy draws some nodes and a change for each; frames later the change in what
///           was completed says what that was worth.
/// Source    C. Huang, W. Tan, M. Ou, E. Yang, Y. Li: KMPS, section III-B (GPO), IV-A.4.
/// Parts     Encoder     nn::graph_encoder, or node_projection for none
///           Structure   two_step (two actors, two critics), or joint (one of each)
///           Objective   clipped_surrogate (PPO), advantage_gradient (AC), return_gradient (GPG)
///           rewards     of the nodes and of the services; joint adds them up
/// Frame     1. encode once; 2. `adjustments` times: draw H nodes and a change for each, where
///           a change that cannot be carried out becomes 0 (its probability stays that of what was
///           drawn); 3. changes of one service on one node are merged.
/// Equation  L = sum over parts of L_policy - beta H(pi)  (Eq. 7), for encoder and actors together;
///           sum over parts of (V - target)^2 (Eq. 6), for the critics, behind a stop-gradient
/// Credit    all draws of a frame share its advantage. Where a reward says what a single adjustment
///           was worth, its draw also gets that, less the mean of the draws of the frame. Both are
///           normalised over the batch, each by itself: one number per frame is mostly noise
///           to a single draw, and would drown the other.
/// Use       `plan`; or `prepare(lanes)`, `explore(lane, ...)` and `finish(lane, ...)` per episode,
///           `update`. For more decisions in one frame: `embed` once, `adjust` as often as wanted.
/// Cost      `plan` is one pass of the encoder and O(adjustments) small ones; it allocates
///           nothing once warm. Lanes share scratch memory: one thread at a time.
/// Determinism    equal config, views and generator states give equal plans and parameters.
/// Trouble   entropy stays at its start: the reward does not tell actions apart, or beta is too
///           high for its size. executed near 0: memory is full, and the policy asks for more.
template <class Encoder, class Structure, class Objective, orchestration_reward NodeReward,
          orchestration_reward ServiceReward>
class basic_gpo {
 public:
  using value_type = typename Encoder::value_type;
  using backend_type = typename Encoder::backend_type;
  using encoder_type = Encoder;
  using structure_type = Structure;
  using store_type = nn::parameter_store<value_type, backend_type>;
  using tape_type = typename Encoder::tape_type;
  using var_type = typename Encoder::var_type;
  static constexpr std::size_t parts = Structure::parts;
  static constexpr const char* name = "gpo";

  static_assert(backend_type::host_memory,
                "muster: kmps::basic_gpo reads embeddings on the host; use a backend with host "
                "memory (one frame in 25 s is no work for a device)");
  static_assert(std::is_same_v<tape_type, typename Structure::tape_type>,
                "muster: kmps::basic_gpo trains encoder and actors on one tape; give both the same "
                "number type and backend");

  struct config {
    orchestration_settings settings{};
    node_state::config state{};
    typename Encoder::config encoder{};  ///< state_width is set from settings.services
    typename Structure::config structure{};
    typename Objective::config objective{};
    typename NodeReward::config node_reward{};
    typename ServiceReward::config service_reward{};
  };

  basic_gpo() : basic_gpo(config{}) {}
  explicit basic_gpo(config c)
      : config_{std::move(c)},
        state_{config_.state},
        model_{encoder_config(), config_.structure, config_.settings.services},
        learner_{config_.settings, Objective{config_.objective}},
        node_reward_{config_.node_reward},
        service_reward_{config_.service_reward} {
    const auto& s = config_.settings;
    MUSTER_EXPECTS(s.services > 0 && s.choose > 0 && s.adjustments > 0 && s.batch > 0,
                   "muster: kmps::gpo needs services, choose, adjustments and batch above 0");
    MUSTER_EXPECTS(s.gamma >= 0.0 && s.gamma <= 1.0 && s.lambda >= 0.0 && s.lambda <= 1.0 &&
                       s.entropy >= 0.0 && s.max_grad_norm >= 0.0,
                   "muster: kmps::gpo settings are out of range; see the field's comment");
    rng g{s.seed};
    model_.encoder.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
    model_.structure.initialise(g);
    nodes_.resize(s.adjustments * s.choose);
    actions_.resize(nodes_.size());
  }

  // --- acting --------------------------------------------------------------------------------

  [[nodiscard]] std::span<const replica_change> plan(const frame_view& view, rng& random) {
    embed(view);
    return adjust(view, random);
  }

  /// Encodes a frame, once; `adjust` needs it.
  void embed(const frame_view& view) {
    MUSTER_EXPECTS(view.table->services == config_.settings.services,
                   "muster: kmps::gpo got a frame with another number of services; set "
                   "settings.services");
    MUSTER_EXPECTS(config_.settings.choose <= view.nodes(),
                   "muster: kmps::gpo chooses more nodes than there are; lower settings.choose");
    frame_.encode(model_.encoder, state_, view);
    model_.structure.look(frame_.result());
  }
  /// Whether what was embedded last is not this frame.
  [[nodiscard]] bool is_stale(const frame_view& view) const noexcept {
    return frame_.is_stale(view);
  }
  /// Decides on the embedding of this frame, which stays as it is.
  [[nodiscard]] std::span<const replica_change> adjust(const frame_view& view, rng& random) {
    MUSTER_EXPECTS(!is_stale(view),
                   "muster: kmps::gpo::adjust has the embedding of another frame; call embed(view) "
                   "when a frame begins");
    ledger_.open(view);
    done_.clear();
    if (config_.settings.sample) {
      const std::size_t h = config_.settings.choose;
      for (std::size_t r = 0; r < config_.settings.adjustments; ++r) {
        log_probs_ = model_.structure.draw(random, std::span{nodes_}.subspan(r * h, h),
                                           std::span{actions_}.subspan(r * h, h));
        carry_out(r * h, h);
      }
    } else {
      model_.structure.top(nodes_, actions_);
      carry_out(0, nodes_.size());
    }
    return ledger_.close();
  }
  /// What the last `plan`, `adjust` or `explore` decided, in order.
  [[nodiscard]] std::span<const adjustment> adjustments() const noexcept { return done_; }

  /// Forgets the frame it saw last; parameters and lanes stay.
  void reset() noexcept { frame_.reset(); }

  // --- learning ------------------------------------------------------------------------------

  /// Forgets all lanes and begins so many.
  void prepare(std::size_t lanes) {
    records_.resize(lanes);
    memories_.resize(lanes);
    for (auto& l : records_) l.clear();
  }

  /// Plans for training: always draws, and remembers. Also pays the frame before.
  [[nodiscard]] std::span<const replica_change> explore(std::size_t lane, const frame_view& view,
                                                        rng& random) {
    MUSTER_EXPECTS(lane < records_.size(), "muster: kmps::gpo::explore needs prepare(lanes) first");
    pay(lane, view);
    embed(view);
    ledger_.open(view);
    done_.clear();
    const auto& s = config_.settings;
    auto& l = records_[lane];
    const auto values =
        Objective::uses_critic ? model_.structure.values() : std::array<float, parts>{};
    for (std::size_t r = 0; r < s.adjustments; ++r) {
      log_probs_ = model_.structure.draw(random, std::span{nodes_}.subspan(r * s.choose, s.choose),
                                         std::span{actions_}.subspan(r * s.choose, s.choose));
      carry_out(r * s.choose, s.choose);
      for (std::size_t p = 0; p < parts; ++p) l.log_probs[p].push_back(log_probs_[p]);
    }
    const auto states = frame_.states().span();
    l.states.insert(l.states.end(), states.begin(), states.end());
    l.nodes.insert(l.nodes.end(), nodes_.begin(), nodes_.end());
    l.actions.insert(l.actions.end(), actions_.begin(), actions_.end());
    l.done.insert(l.done.end(), done_.begin(), done_.end());
    for (std::size_t p = 0; p < parts; ++p) {
      l.values[p].push_back(learner_.restored(p, values[p]));
    }
    node_reward_.begin(memories_[lane].nodes, view, done_);
    service_reward_.begin(memories_[lane].services, view, done_);
    ++l.frames;
    l.open = true;
    return ledger_.close();
  }

  /// Ends the episode of a lane: `view` is the system after its last frame.
  void finish(std::size_t lane, const frame_view& view) {
    MUSTER_EXPECTS(lane < records_.size(), "muster: kmps::gpo::finish needs prepare(lanes) first");
    pay(lane, view);
  }

  /// Learns from all finished frames of all lanes and forgets them. Frames of one update are of
  /// systems of one size. If a number is not finite nothing more changes: see `refused`.
  orchestration_stats update(rng& random) {
    const auto stats = learner_.update(model_, records_, frame_.topology(), random);
    for (auto& l : records_) l.clear();
    return stats;
  }

  // --- keeping and looking -------------------------------------------------------------------

  /// Names in a checkpoint (nn/checkpoint.hpp) all that a resumed training needs, but for the
  /// generator, which is the caller's. Frames not yet learned from are not kept.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    const std::string p{prefix};
    c.add(model_.actors, p);
    c.add(model_.critics, p);
    learner_.add_to(c, model_, p);
  }

  [[nodiscard]] const config& configuration() const noexcept { return config_; }
  /// Whether `plan` draws from now on; see settings.sample.
  void set_sample(bool on) noexcept { config_.settings.sample = on; }
  [[nodiscard]] const Encoder& encoder() const noexcept { return model_.encoder; }
  [[nodiscard]] Structure& structure() noexcept { return model_.structure; }
  /// Encoder and actors; critics.
  [[nodiscard]] store_type& actor_store() noexcept { return model_.actors; }
  [[nodiscard]] store_type& critic_store() noexcept { return model_.critics; }
  /// Passes of the encoder while acting, one per frame.
  [[nodiscard]] std::uint64_t encodes() const noexcept { return frame_.encodes(); }
  /// The frame as it was embedded last.
  [[nodiscard]] const embedding_view<value_type>& embedding() const noexcept {
    return frame_.result();
  }

 private:
  struct memory_type {
    typename NodeReward::memory nodes{};
    typename ServiceReward::memory services{};
  };

  typename Encoder::config encoder_config() const {
    auto c = config_.encoder;
    c.state_width = node_state::width(config_.settings.services);
    return c;
  }

  // Puts drawn picks into the ledger; what cannot be carried out becomes 0.
  void carry_out(std::size_t first, std::size_t count) {
    const auto w = static_cast<std::int32_t>(config_.settings.services);
    for (std::size_t i = first; i < first + count; ++i) {
      adjustment a;
      a.node = nodes_[i];
      a.drawn = static_cast<std::int32_t>(actions_[i]) - w;
      if (a.drawn != 0) {
        const auto service = static_cast<std::size_t>(std::abs(a.drawn)) - 1;
        if (ledger_.add(a.node, service, a.drawn > 0 ? 1 : -1)) a.executed = a.drawn;
      }
      done_.push_back(a);
    }
  }

  // Rewards the last frame of a lane with what is known now.
  void pay(std::size_t lane, const frame_view& after) {
    auto& l = records_[lane];
    if (!l.open) return;
    l.open = false;
    const std::size_t picks = nodes_.size();
    const std::size_t h = config_.settings.choose;
    const auto done = std::span<const adjustment>{l.done}.subspan((l.frames - 1) * picks, picks);
    const std::size_t rounds = config_.settings.adjustments;
    for (std::size_t p = 0; p < parts; ++p) {
      l.rewards[p].push_back(0.0F);
      l.credits[p].resize(l.credits[p].size() + rounds, 0.0F);
    }
    const auto account = [&](std::size_t p, auto& reward, auto& memory) {
      credit_.assign(picks, 0.0F);
      l.rewards[p].back() += reward.end(memory, after, done, credit_);
      const auto own = std::span{l.credits[p]}.last(rounds);
      for (std::size_t i = 0; i < picks; ++i) own[i / h] += credit_[i];
    };
    account(0, node_reward_, memories_[lane].nodes);
    account(parts - 1, service_reward_, memories_[lane].services);
    if (rounds == 1) return;  // nothing to compare with in this frame
    for (auto& credits : l.credits) {
      const auto own = std::span{credits}.last(rounds);
      double mean = 0.0;
      for (const float c : own) mean += static_cast<double>(c) / static_cast<double>(rounds);
      for (float& c : own) c -= static_cast<float>(mean);
    }
  }

  config config_;
  node_state state_;
  detail::orchestration_model<Encoder, Structure> model_;
  detail::frame_learner<Encoder, Structure, Objective> learner_;
  NodeReward node_reward_;
  ServiceReward service_reward_;

  // One frame.
  frame_encoder<Encoder> frame_;
  change_ledger ledger_;
  std::vector<std::uint32_t> nodes_, actions_;
  std::vector<adjustment> done_;
  std::array<float, parts> log_probs_{};

  // Episodes side by side.
  std::vector<detail::lane_record<value_type, parts>> records_;
  std::vector<memory_type> memories_;
  std::vector<float> credit_;
};

}  // namespace muster::inline MUSTER_ABI::kmps
