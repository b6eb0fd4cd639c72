// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/kmps/orchestration/detail/frame_advantages.hpp>
#include <muster/kmps/orchestration/detail/round_rows.hpp>
#include <muster/kmps/orchestration/embedding.hpp>
#include <muster/kmps/orchestration/node_state.hpp>
#include <muster/kmps/orchestration/settings.hpp>
#include <muster/nn/graph.hpp>
#include <muster/nn/optim/adam.hpp>
#include <muster/nn/optim/clip_norm.hpp>
#include <muster/nn/optim/staircase.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// Encoder and actors on one store of parameters, critics on another.
template <class Encoder, class Structure>
struct orchestration_model {
  using store_type =
      nn::parameter_store<typename Encoder::value_type, typename Encoder::backend_type>;
  store_type actors{}, critics{};
  Encoder encoder;
  Structure structure;

  orchestration_model(const typename Encoder::config& e, const typename Structure::config& s,
                      std::size_t services)
      : encoder{actors, "encoder", e}, structure{actors, critics, s, services, encoder.width()} {
    actors.commit();
    critics.commit();
  }
};

/// Learns from recorded frames: batches of disjoint graphs, one loss, two optimisers.
template <class Encoder, class Structure, class Objective>
class frame_learner {
 public:
  using value_type = typename Encoder::value_type;
  using backend_type = typename Encoder::backend_type;
  using tape_type = typename Encoder::tape_type;
  using var_type = typename Encoder::var_type;
  using model_type = orchestration_model<Encoder, Structure>;
  static constexpr std::size_t parts = Structure::parts;
  using lane_type = lane_record<value_type, parts>;

  frame_learner(const orchestration_settings& s, const Objective& o)
      : settings_{s},
        objective_{o},
        worth_{s},
        actor_adam_{{.rate = s.rate}},
        critic_adam_{{.rate = s.critic_rate}} {}

  orchestration_stats update(model_type& m, std::span<lane_type> lanes,
                             const nn::topology& topology, rng& random) {
    orchestration_stats stats;
    if (worth_.gather(lanes, stats)) learn(m, lanes, topology, random, stats);
    return stats;
  }
  /// What a critic said, in units of reward.
  [[nodiscard]] float restored(std::size_t p, float value) const noexcept {
    return worth_.restored(p, value);
  }
  template <class Checkpoint>
  void add_to(Checkpoint& c, model_type& m, const std::string& p) {
    c.add(p + "actor_adam", m.actors, actor_adam_);
    c.add(p + "critic_adam", m.critics, critic_adam_);
    for (std::size_t i = 0; i < parts; ++i) {
      c.add(p + "target_moments." + std::to_string(i), worth_.moments[i].state());
    }
  }

 private:
  using advantages_type = frame_advantages<value_type, parts, Objective::uses_critic>;
  using sample = typename advantages_type::sample;

  // All epochs over what was gathered.
  void learn(model_type& m, std::span<const lane_type> lanes, const nn::topology& topology,
             rng& random, orchestration_stats& stats) {
    auto& order = worth_.order;
    const auto& s = settings_;
    const std::size_t n = worth_.order.size();
    const std::size_t batches = (n + s.batch - 1) / s.batch;
    double seen = 0.0;
    for (std::size_t epoch = 0; epoch < objective_.epochs() && !stats.refused; ++epoch) {
      for (std::size_t i = n; i > 1; --i) {
        std::swap(order[i - 1], order[static_cast<std::size_t>(uniform_below(random, i))]);
      }
      for (std::size_t b = 0; b < batches && !stats.refused; ++b) {
        const std::size_t first = b * n / batches;
        const std::size_t count = (b + 1) * n / batches - first;
        step(m, lanes, topology, std::span<const sample>{order}.subspan(first, count), stats);
        seen += static_cast<double>(count);
      }
    }
    for (double* sum : {&stats.policy_loss, &stats.value_loss, &stats.entropy, &stats.approx_kl,
                        &stats.actor_gradient_norm, &stats.critic_gradient_norm}) {
      *sum /= seen;
    }
  }

  // One forward and backward pass over some frames, and a step of both optimisers.
  void step(model_type& m, std::span<const lane_type> lanes, const nn::topology& topology,
            std::span<const sample> frames, orchestration_stats& stats) {
    using T = value_type;
    const auto& s = settings_;
    const round_batch batch = load(m, lanes, topology, frames);
    tape_.reset();
    const auto x = tape_.constant({states_.data(), {batch.frames * batch.nodes, columns_}});
    const auto seen = m.encoder.forward(tape_, x, graph_.view());
    const auto t = m.structure.evaluate(
        tape_, embedded<T, backend_type>{seen.nodes, seen.access_points, seen.clusters}, batch);
    const std::size_t rounds = batch.frames * batch.rounds;
    const num::shape by_round{rounds};
    var_type policy = tape_.filled({}, T(0));
    var_type off = tape_.filled({}, T(0));
    for (std::size_t p = 0; p < parts; ++p) {
      const auto old = tape_.constant({old_.data() + p * rounds, by_round});
      const auto advantage = tape_.constant({advantage_.data() + p * rounds, by_round});
      policy = policy + objective_.loss(t.log_probs[p], old, advantage);
      if constexpr (Objective::uses_critic) {
        const auto target = tape_.constant({target_.data() + p * batch.frames, {batch.frames, 1}});
        off = off + mean(square(t.values[p] - target));
      }
    }
    const double weight = static_cast<double>(batch.frames);
    const double policy_loss = static_cast<double>(policy.item());
    const double value_loss = static_cast<double>(off.item());
    const double entropy = static_cast<double>(t.entropy.item());
    if (!std::isfinite(policy_loss + value_loss + entropy)) {
      stats.refused = true;
      return;
    }
    stats.policy_loss += policy_loss * weight;
    stats.value_loss += value_loss * weight;
    stats.entropy += entropy * weight;
    stats.approx_kl += divergence(t.log_probs, rounds) * weight;

    m.actors.zero_grads();
    m.critics.zero_grads();
    tape_.backward(policy + t.entropy * static_cast<T>(-s.entropy) + off);
    const double limit =
        s.max_grad_norm > 0.0 ? s.max_grad_norm : (std::numeric_limits<double>::max)();
    const auto a = nn::clip_norm(m.actors, limit);
    const auto c = nn::clip_norm(m.critics, limit);
    if (!a.finite || !c.finite) {
      stats.refused = true;
      return;
    }
    stats.actor_gradient_norm += a.norm * weight;
    stats.critic_gradient_norm += c.norm * weight;
    const nn::staircase decay{.rate = 1.0, .decay = s.decay, .every = s.decay_every};
    const double rate = decay(actor_adam_.steps());
    actor_adam_.step(m.actors, rate, a.scale);
    if (Objective::uses_critic) critic_adam_.step(m.critics, rate, c.scale);
    ++stats.steps;
  }

  // Copies frames into one batch: a graph of disjoint parts, rows of rounds, targets.
  round_batch load(const model_type& m, std::span<const lane_type> lanes,
                   const nn::topology& topology, std::span<const sample> frames) {
    using T = value_type;
    const auto& s = settings_;
    const std::size_t picks = s.adjustments * s.choose;
    const std::size_t n = topology.access_point.size();
    columns_ = node_state::width(s.services);
    if (graph_.nodes() != n * frames.size() ||
        graph_.access_points() != topology.cluster.size() * frames.size()) {
      graph_.assign(topology, frames.size());
    }
    states_.clear();
    rows_.begin(n, s.adjustments, s.choose, m.structure.choices(n));
    const std::size_t rounds = frames.size() * s.adjustments;
    old_.resize(parts * rounds);
    advantage_.resize(parts * rounds);
    target_.resize(parts * frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const auto& l = lanes[frames[i].lane];
      const std::size_t f = frames[i].frame;
      MUSTER_EXPECTS(l.states.size() == l.frames * n * columns_,
                     "muster: kmps::gpo::update got frames of systems of different size; update "
                     "before the size changes");
      const auto begin = l.states.begin() + static_cast<std::ptrdiff_t>(f * n * columns_);
      states_.insert(states_.end(), begin, begin + static_cast<std::ptrdiff_t>(n * columns_));
      rows_.add(std::span<const std::uint32_t>{l.nodes}.subspan(f * picks, picks),
                std::span<const std::uint32_t>{l.actions}.subspan(f * picks, picks),
                [&](std::uint32_t node, std::uint32_t a) { return m.structure.choice(node, a); });
      for (std::size_t p = 0; p < parts; ++p) {
        target_[p * frames.size() + i] = static_cast<T>(worth_.target(l, p, f));
        for (std::size_t r = 0; r < s.adjustments; ++r) {
          const std::size_t to = p * rounds + i * s.adjustments + r;
          old_[to] = static_cast<T>(l.log_probs[p][f * s.adjustments + r]);
          advantage_[to] = static_cast<T>(worth_.advantage(l, p, f, r));
        }
      }
    }
    return rows_.view(graph_.view().access_point);
  }

  // Mean of (r - 1) - ln r for the joint probability of a draw.
  double divergence(const std::array<var_type, parts>& log_probs, std::size_t rounds) {
    double sum = 0.0;
    for (std::size_t i = 0; i < rounds; ++i) {
      double change = 0.0;
      for (std::size_t p = 0; p < parts; ++p) {
        change += static_cast<double>(log_probs[p].value()[i] - old_[p * rounds + i]);
      }
      sum += std::expm1(change) - change;
    }
    return sum / static_cast<double>(rounds);
  }

  orchestration_settings settings_;
  Objective objective_;
  advantages_type worth_;
  nn::adam<value_type, backend_type> actor_adam_, critic_adam_;
  nn::graph<value_type> graph_;
  round_rows rows_;
  std::vector<value_type> states_, old_, advantage_, target_;
  std::size_t columns_ = 0;
  tape_type tape_;
};

}  // namespace muster::inline MUSTER_ABI::kmps::detail
