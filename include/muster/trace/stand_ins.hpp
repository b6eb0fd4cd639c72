// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <muster/core/contracts.hpp>
#include <muster/core/distributions.hpp>
#include <muster/core/rng.hpp>
#include <muster/trace/detail/arrival_process.hpp>
#include <muster/trace/detail/stand_in_shapes.hpp>
#include <muster/trace/workload_model.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// The ten workloads of PFRL-DM, table 3, in its order.
enum class stand_in : std::uint8_t {
  google,
  alibaba_2017,
  alibaba_2018,
  hpc_ks,
  hpc_hf,
  hpc_wz,
  kvm_2019,
  kvm_2020,
  cerit_sc,
  k8s,
};

inline constexpr std::array<stand_in, 10> all_stand_ins{
    stand_in::google,   stand_in::alibaba_2017, stand_in::alibaba_2018, stand_in::hpc_ks,
    stand_in::hpc_hf,   stand_in::hpc_wz,       stand_in::kvm_2019,     stand_in::kvm_2020,
    stand_in::cerit_sc, stand_in::k8s};

[[nodiscard]] constexpr std::string_view name_of(stand_in w) noexcept {
  return detail::stand_in_shapes[static_cast<std::size_t>(w)].name;
}
/// Which public data the shape follows, in words.
[[nodiscard]] constexpr std::string_view source_of(stand_in w) noexcept {
  return detail::stand_in_shapes[static_cast<std::size_t>(w)].after;
}

struct stand_in_config {
  std::size_t rows = 4096;  ///< of the table; > 0
  std::size_t gaps = 1024;  ///< between arrivals; > 0
  std::uint64_t seed = 1;   ///< of the table: the same seed is the same workload
};

/// A workload for a client whose trace is not at hand, or not public.
///
/// Synthetic: no task of it happened; `workload_model::synthetic` is set and every task drawn
/// from it has line 0. Good for programs that must run anywhere and for clients that differ as
/// real ones do; not for statements about the clouds whose names they bear. HPC-KS, HPC-HF and
/// HPC-WZ were never published: their stand-ins have the shape of other public logs. With a trace
/// at hand, use `fit`.
/// Idea      a list of core counts with shares; memory and run time lognormal around a power of
///           the cores; an hourly intensity with one peak; gaps that come in bursts. The comments
///           in detail/stand_in_shapes.hpp say for each number where it comes from.
/// Source    PFRL-DM (ICPP 2025), figs. 2 to 5: cpu, memory, hourly arrivals and run times differ
///           between the clients (the figures have no numbers to fit to).
///
///     rng g{7};
///     auto tasks = sample(stand_in_model(stand_in::google), 3500, g);
[[nodiscard]] inline workload_model stand_in_model(stand_in w, stand_in_config c = {}) {
  MUSTER_EXPECTS(static_cast<std::size_t>(w) < detail::stand_in_shapes.size(),
                 "muster: trace::stand_in has no such workload; take one of all_stand_ins");
  MUSTER_EXPECTS(c.rows > 0 && c.gaps > 0,
                 "muster: trace::stand_in_model needs rows > 0 and gaps > 0");
  const detail::stand_in_shape& shape = detail::stand_in_shapes[static_cast<std::size_t>(w)];
  const rng root = rng{c.seed}.fork(static_cast<std::uint64_t>(w));

  workload_model m;
  m.name = std::string{shape.name};
  m.synthetic = true;
  m.rate = shape.arrivals.per_hour / 3600.0;

  std::array<double, 12> shares{};
  for (std::size_t i = 0; i < shares.size(); ++i) shares[i] = shape.cpu[i].share;
  m.rows.resize(c.rows);
  rng g = root.fork(1);
  for (workload_row& r : m.rows) {
    const double cores = shape.cpu[sample_weights(std::span<const double>{shares}, g)].cores;
    const auto draw = [&](const detail::amount_by_cores& a) {
      return (std::min)(a.one * std::pow(cores, a.power) * std::exp(normal{0.0, a.spread}(g)),
                        a.most);
    };
    r.cpu = static_cast<float>(cores);
    r.memory = static_cast<float>(draw(shape.memory));
    // Whole seconds, as in the traces, and none shorter than one.
    r.run = seconds(static_cast<std::int64_t>(std::ceil(draw(shape.run))));
  }
  for (std::size_t h = 0; h < 24; ++h) {
    const double angle =
        2.0 * 3.14159265358979323846 * (static_cast<double>(h) - shape.arrivals.peak) / 24.0;
    m.hourly[h] = std::exp(shape.arrivals.daily * std::cos(angle));
  }
  detail::to_mean_one(m.hourly);
  g = root.fork(2);
  m.gaps.resize(c.gaps);
  for (double& gap : m.gaps) gap = gamma{shape.arrivals.even, 1.0 / shape.arrivals.even}(g);
  std::sort(m.gaps.begin(), m.gaps.end());
  detail::to_mean_one(m.gaps);
  return m;
}

}  // namespace muster::inline MUSTER_ABI::trace
