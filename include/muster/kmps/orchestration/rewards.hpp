// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/concepts/frame_view.hpp>
#include <muster/kmps/orchestration/adjustment.hpp>
#include <muster/stats/jain_index.hpp>

/// What an orchestrator is paid for: the two rewards of the paper, and the aim itself.
namespace muster::inline MUSTER_ABI::kmps {

/// The paper's reward of the node actor: more completed requests, evenly used nodes.
///
/// Source    KMPS III-B.4, u_node = b1 g - b2 r; released code: reward of the last slot instead.
/// Equation  g = (D_after - D_before) / max(A, 1)         r = 1 - Jain(use of the nodes)
/// Symbols   D = requests that edge nodes answered on time in the frame after and before the
///           decision; A = requests finished in both frames (on time or not) by half, so that g
///           is of order one; use = core time spent on a node in the frame after, over cores x
///           time
/// Notice    g telescopes: summed over an episode it is the last frame less the first one,
///           whatever was done in between, and it follows the load more than the decision.
class completed_gain {
 public:
  struct config {
    double gain = 1.0;       ///< b1; >= 0
    double imbalance = 1.0;  ///< b2; >= 0
  };
  struct memory {
    std::uint64_t done = 0;
    std::uint64_t finished = 0;
    std::vector<double> use;
  };

  constexpr completed_gain() noexcept = default;
  constexpr explicit completed_gain(config c) noexcept : config_{c} {}

  void begin(memory& m, const frame_view& view, std::span<const adjustment>) const {
    m.done = edge_done(view);
    m.finished = finished(view);
  }
  [[nodiscard]] float end(memory& m, const frame_view& after, std::span<const adjustment>,
                          std::span<float>) const {
    const double both = 0.5 * static_cast<double>(m.finished + finished(after));
    const double change = static_cast<double>(edge_done(after)) - static_cast<double>(m.done);
    m.use.resize(after.nodes());
    for (std::size_t n = 0; n < m.use.size(); ++n) {
      const double cores = static_cast<double>(after.table->rows[n].cpu_total) * 1e-3;
      m.use[n] = after.flows[n].core_milliseconds / (std::max)(cores, 1e-9);
    }
    const double unfair = 1.0 - stats::jain_index(m.use);
    return static_cast<float>(config_.gain * change / (std::max)(both, 1.0) -
                              config_.imbalance * unfair);
  }

 private:
  static std::uint64_t edge_done(const frame_view& v) noexcept {
    std::uint64_t sum = 0;
    for (std::size_t n = 0; n < v.nodes(); ++n) sum += v.flows[n].done;
    return sum;
  }
  static std::uint64_t finished(const frame_view& v) noexcept {
    std::uint64_t sum = 0;
    for (const service_flow& s : v.services) sum += std::uint64_t{s.done} + s.missed;
    return sum;
  }

  config config_{};
};

/// The paper's reward of the service actor: replicate what is asked for, nothing else.
///
/// Source    KMPS III-B.4, u_service = m1 t - m2 i; weights and demand from the released code.
/// Equation  demand_w = 0.6 (done_w + missed_w of the last frame) + 0.4 backlog_w, as a share
///           t = sum over replicas added to services in high demand of share_w
///           i = sum over replicas added to other services of 1 - share_w
/// Symbols   w is in high demand if its share is at least `high` / services
/// Differs   the released code multiplies i by the demand as well, so that a replica nobody needs
///           costs nothing, and takes the first service only as one in high demand.
/// Per draw  the frame gets t - i over the number of its adjustments, and each adjustment has its
///           own term as its credit.
/// Notice    it is known at the decision, whatever happens then. Adding is paid however many
///           replicas there are, so a policy learns to remove replicas to add them again: watched
///           on a small system, the reward grew while fewer requests were answered.
class demand_growth {
 public:
  struct config {
    double wanted = 2.0;    ///< m1; >= 0
    double unwanted = 0.3;  ///< m2; >= 0
    double history = 0.6;   ///< weight of what the last frame finished; >= 0
    double backlog = 0.4;   ///< weight of what waits; >= 0
    double high = 1.0;      ///< high demand begins at so many times the mean share; > 0
  };
  struct memory {
    std::vector<double> share;
  };

  constexpr demand_growth() noexcept = default;
  constexpr explicit demand_growth(config c) noexcept : config_{c} {}

  void begin(memory& m, const frame_view& view, std::span<const adjustment>) const {
    m.share.resize(view.services.size());
    double total = 0.0;
    for (std::size_t w = 0; w < m.share.size(); ++w) {
      const auto& s = view.services[w];
      m.share[w] = config_.history * (static_cast<double>(s.done) + s.missed) +
                   config_.backlog * static_cast<double>(view.backlog(w));
      total += m.share[w];
    }
    if (total > 0.0) {
      for (double& x : m.share) x /= total;
    }
  }
  [[nodiscard]] float end(memory& m, const frame_view&, std::span<const adjustment> done,
                          std::span<float> credit) const {
    if (done.empty()) return 0.0F;
    const double limit = config_.high / static_cast<double>(m.share.size());
    const auto worth = [&](const adjustment& a) {
      if (a.executed <= 0) return 0.0;
      const double share = m.share[static_cast<std::size_t>(a.executed) - 1];
      return share >= limit ? config_.wanted * share : -config_.unwanted * (1.0 - share);
    };
    double sum = 0.0;
    for (std::size_t i = 0; i < done.size(); ++i) {
      sum += worth(done[i]);
      credit[i] += static_cast<float>(worth(done[i]));
    }
    return static_cast<float>(sum / static_cast<double>(done.size()));
  }

 private:
  config config_{};
};

/// What counts in the end: requests answered on time, and who was missed.
///
/// Idea      the aim of the whole system as the reward of both actors. One number per frame says
///           little about six changes made in it, and follows the load; so each change also gets
///           what the frame after says about it: a replica of a service for want of which
///           requests were missed was right to add, and wrong to remove.
/// Equation  frame      D / (D + M)
///           added w    need M_w / (D + M) - cost         removed w    -need M_w / (D + M)
/// Symbols   D, M = requests answered on time and missed in the frame after the decision, M_w those
///           of service w. Nothing finished: the frame counts 1, and nothing was missed.
/// Differs   ours, not the paper's. The credit compares with doing nothing, which has none; it is
///           not part of the return, so that keeping requests waiting never pays.
class frame_throughput {
 public:
  struct config {
    double need = 2.0;   ///< what all requests missed would be worth to a change; >= 0
    double cost = 0.02;  ///< of a replica added, needed or not; >= 0
  };
  struct memory {};

  constexpr frame_throughput() noexcept = default;
  constexpr explicit frame_throughput(config c) noexcept : config_{c} {}

  void begin(memory&, const frame_view&, std::span<const adjustment>) const noexcept {}
  [[nodiscard]] float end(memory&, const frame_view& after, std::span<const adjustment> done,
                          std::span<float> credit) const noexcept {
    double on_time = 0.0, finished = 0.0;
    for (const service_flow& s : after.services) {
      on_time += static_cast<double>(s.done);
      finished += static_cast<double>(s.done) + s.missed;
    }
    if (finished == 0.0) return 1.0F;
    for (std::size_t i = 0; i < done.size(); ++i) {
      const std::int32_t l = done[i].executed;
      if (l == 0) continue;
      const auto w = static_cast<std::size_t>(l > 0 ? l : -l) - 1;
      const double missed = config_.need * after.services[w].missed / finished;
      credit[i] += static_cast<float>(l > 0 ? missed - config_.cost : -missed);
    }
    return static_cast<float>(on_time / finished);
  }

 private:
  config config_{};
};

}  // namespace muster::inline MUSTER_ABI::kmps
