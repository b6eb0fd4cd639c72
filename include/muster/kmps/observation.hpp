// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include <muster/concepts/observation.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The local state of the KMPS paper, III-A.1, scaled to order 1 and no more.
///
/// Request   service as number / services, time to the deadline, waiting at the access point,
///           latency to the cloud
/// Targets   own nodes only: queue length, free cores, free memory, as shares; others are absent,
///           although the action space has them
class local_observation {
 public:
  struct config {};
  static constexpr const char* name = "local";

  constexpr local_observation() noexcept = default;
  constexpr explicit local_observation(config) noexcept {}

  [[nodiscard]] observation_layout layout(std::size_t own, std::size_t,
                                          std::size_t) const noexcept {
    return {4 + 3 * own, 0, 0};
  }
  void encode(const dispatch_view& view, std::span<float> out) const noexcept {
    float* x = out.data();
    *x++ = static_cast<float>(index_of(view.request.service)) /
           static_cast<float>(view.table->services);
    *x++ = static_cast<float>((view.request.deadline - view.now).seconds() * 0.1);
    *x++ = static_cast<float>(view.queue_length) * 0.1F;
    *x++ = static_cast<float>(view.wan.seconds());
    for (std::size_t k = 0; k < view.own; ++k) {
      const target_state s = view[k];
      *x++ = static_cast<float>(s.queue_length) * 0.1F;
      *x++ = static_cast<float>(s.cpu_free / s.cpu_total);
      *x++ = static_cast<float>(s.memory_free / s.memory_total);
    }
  }
};

/// What each target offers for this request: the default.
///
/// Idea      the paper's state leaves the actor to work out from queue lengths whether a node
///           would be in time, and says nothing about the neighbours it may choose. Here every
///           target comes with its wait, and with the margin it would leave to the deadline.
/// Scaled    times by log(1 + t / 50 ms) / 5; the margin m by m / (|m| + 0.5 s).
class offers_observation {
 public:
  struct config {};
  static constexpr const char* name = "offers";
  static constexpr std::size_t per_target = 9;
  static constexpr std::size_t about_request = 5;

  constexpr offers_observation() noexcept = default;
  constexpr explicit offers_observation(config) noexcept {}

  [[nodiscard]] observation_layout layout(std::size_t, std::size_t targets,
                                          std::size_t services) const noexcept {
    return {about_request + services, per_target, targets};
  }
  void encode(const dispatch_view& view, std::span<float> out) const noexcept {
    float* x = encode_request(view, out.data());
    for (std::size_t k = 0; k < view.size(); ++k, x += per_target) {
      if (!view.valid(k)) {
        std::fill_n(x, per_target, 0.0F);
        continue;
      }
      const target_state s = view[k];
      const double replicas = s.replicas == 0 ? 1.0 : static_cast<double>(s.replicas);
      const instant answer = view.estimated_answer(k);
      const double margin = answer == never ? -1e3 : (view.request.deadline - answer).seconds();
      x[0] = 1.0F;
      x[1] = static_cast<float>(s.idle() / replicas);
      x[2] = time(s.backlog.seconds() / replicas);
      x[3] = static_cast<float>(margin / (std::abs(margin) + 0.5));
      x[4] = margin >= 0.0 ? 1.0F : 0.0F;
      x[5] = static_cast<float>(std::log1p(s.queue_length / s.cpu_total) * 0.25);
      x[6] = static_cast<float>(s.cpu_use());
      x[7] = static_cast<float>(s.latency.seconds() * 10.0);
      x[8] = static_cast<float>(s.speed);
    }
  }
  /// Writes the part about the request; returns where it ends.
  static float* encode_request(const dispatch_view& view, float* x) noexcept {
    const double slack = (view.request.deadline - view.now).seconds();
    *x++ = time(slack);
    *x++ = static_cast<float>((std::min)((std::max)(slack, 0.0), 2.0) * 0.5);
    *x++ = static_cast<float>((std::min)(view.request.work.seconds() * 5.0, 4.0));
    *x++ = view.request.cpu;
    *x++ = std::log1p(static_cast<float>(view.queue_length)) * 0.2F;
    for (std::size_t w = 0; w < view.table->services; ++w) {
      *x++ = w == index_of(view.request.service) ? 1.0F : 0.0F;
    }
    return x;
  }
  [[nodiscard]] static float time(double seconds) noexcept {
    return static_cast<float>(std::log1p((std::max)(seconds, 0.0) * 20.0) * 0.2);
  }
};

static_assert(observation_encoder<local_observation> && observation_encoder<offers_observation>);

/// What the centralised critic sees: the request and every target in the frame of the deciding
/// access point, and the queue of every access point. Used in training only: nothing that decides
/// includes it, and it needs the environment, which no access point has.
///
/// Layout    [slack, slack in 2 s, work, cores, own queue | one per service, 1 = this one |
///           queues of the access points, from the deciding one on, cyclic |
///           per target: waiting, running, backlog of the service, use of cores, of memory],
///           the cloud last
/// Scaled    counts by log(1 + n) / 5, or / 4 per core; times as in offers_observation
class global_state {
 public:
  static constexpr std::size_t per_target = 5;

  [[nodiscard]] static std::size_t size(std::size_t access_points, std::size_t targets,
                                        std::size_t services) noexcept {
    return offers_observation::about_request + services + access_points + per_target * targets;
  }
  template <class Env>
  static void encode(const Env& e, const dispatch_view& view, std::span<float> out) noexcept {
    float* x = offers_observation::encode_request(view, out.data());
    for (std::size_t a = 0; a < e.access_points(); ++a) {
      const std::size_t other = (view.access_point + a) % e.access_points();
      *x++ = std::log1p(static_cast<float>(e.waiting_at(other))) * 0.2F;
    }
    for (std::size_t k = 0; k < view.size(); ++k, x += per_target) {
      const target_state s = view[k];
      const double replicas = s.replicas == 0 ? 1.0 : static_cast<double>(s.replicas);
      x[0] = static_cast<float>(std::log1p(s.queue_length / s.cpu_total) * 0.25);
      x[1] = static_cast<float>(s.running / s.cpu_total);
      x[2] = offers_observation::time(s.backlog.seconds() / replicas);
      x[3] = static_cast<float>(s.cpu_use());
      x[4] = static_cast<float>(s.memory_use());
    }
  }
};

/// How far the targets are over the limit: the mean of the excesses of the use of cores and of
/// memory over `limit`, over all targets. Zero at the limit, above zero beyond.
[[nodiscard]] inline float overload_of(const target_table& table, double limit) noexcept {
  double sum = 0.0;
  for (const target_table::row& row : table.rows) {
    const double cpu = static_cast<double>(row.cpu_used) / static_cast<double>(row.cpu_total);
    const double memory =
        static_cast<double>(row.memory_used) / static_cast<double>(row.memory_total);
    sum += (std::max)(cpu - limit, 0.0) + (std::max)(memory - limit, 0.0);
  }
  return static_cast<float>(sum / static_cast<double>(table.rows.size()));
}

}  // namespace muster::inline MUSTER_ABI::kmps
