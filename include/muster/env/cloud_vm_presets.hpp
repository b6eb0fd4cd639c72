// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <muster/env/cloud_vm_config.hpp>

namespace muster::inline MUSTER_ABI::env {

/// One client of PFRL-DM: its machines and the name of its workload, as the paper writes it.
///
/// Source  X. Yong, L. Yan, Z. Li: Heterogeneity-aware Task Scheduling based on Personalized
///         Federated Reinforcement Learning (PFRL-DM), 2025, Tables 1 to 3.
struct cloud_client {
  std::string_view workload;
  std::array<vm_spec, 3> kinds{};
  std::size_t kind_count = 0;

  [[nodiscard]] constexpr std::span<const vm_spec> machines() const noexcept {
    return std::span{kinds}.first(kind_count);
  }
  /// A config with these machines and everything else of `frame`.
  [[nodiscard]] cloud_vm_config config(cloud_vm_config frame = {}) const {
    frame.machines.assign(machines().begin(), machines().end());
    return frame;
  }
};

/// Table 2: the four clients of the preliminary study (section 3).
inline constexpr std::array<cloud_client, 4> study_clients{{
    {"Google", {{{16, 128.0, 4}, {32, 256.0, 1}}}, 2},
    {"Alibaba-2017", {{{32, 256.0, 3}}}, 1},
    {"HPC-HF", {{{16, 128.0, 2}, {32, 256.0, 2}}}, 2},
    {"KVM-2019", {{{16, 128.0, 3}, {32, 256.0, 2}}}, 2},
}};

/// Table 3: the ten clients of the evaluation (section 5).
inline constexpr std::array<cloud_client, 10> evaluation_clients{{
    {"Google", {{{8, 64.0, 1}, {16, 128.0, 4}, {64, 512.0, 2}}}, 3},
    {"Alibaba-2017", {{{8, 64.0, 3}, {32, 128.0, 3}, {64, 512.0, 1}}}, 3},
    {"Alibaba-2018", {{{8, 64.0, 3}, {32, 256.0, 2}, {64, 512.0, 2}}}, 3},
    {"HPC-KS", {{{8, 64.0, 2}, {32, 256.0, 3}, {40, 256.0, 2}}}, 3},
    {"HPC-HF", {{{8, 64.0, 1}, {48, 256.0, 2}, {64, 512.0, 3}}}, 3},
    {"HPC-WZ", {{{16, 128.0, 1}, {32, 256.0, 3}, {40, 256.0, 3}}}, 3},
    {"KVM-2019", {{{16, 128.0, 1}, {40, 256.0, 3}, {32, 200.0, 3}}}, 3},
    {"KVM-2020", {{{16, 128.0, 4}, {64, 512.0, 1}}}, 2},
    {"CERIT-SC", {{{8, 64.0, 2}, {16, 128.0, 2}, {64, 512.0, 1}}}, 3},
    {"K8S", {{{8, 128.0, 2}, {16, 128.0, 4}}}, 2},
}};

/// One row of Table 1: equal machines, or machines within a range, behind a public trace.
struct machine_row {
  std::string_view source, platform;
  std::uint32_t cpu_low = 0, cpu_high = 0;        ///< CPUs of each
  std::uint32_t memory_low = 0, memory_high = 0;  ///< GiB of each
  std::uint32_t nodes = 0;

  /// These machines at the upper end of their range, for a config with a frame that is wide
  /// enough.
  [[nodiscard]] constexpr vm_spec largest() const noexcept {
    return {cpu_high, static_cast<double>(memory_high), nodes};
  }
};

/// Table 1: where the sizes of the clients' machines come from.
inline constexpr std::array<machine_row, 15> trace_machines{{
    {"Chameleon Cloud", "OpenStack", 20, 24, 7, 62, 6},
    {"Chameleon Cloud", "OpenStack", 48, 48, 94, 127, 1551},
    {"Chameleon Cloud", "OpenStack", 40, 40, 62, 63, 101},
    {"CERIT-SC", "Kubernetes", 128, 128, 512, 512, 20},
    {"CERIT-SC", "Grid-workers", 8, 8, 64, 64, 18},
    {"CERIT-SC", "Grid-workers", 8, 8, 117, 117, 33},
    {"CERIT-SC", "Grid-workers", 16, 16, 117, 117, 113},
    {"CERIT-SC", "Grid-workers", 40, 40, 232, 488, 36},
    {"CERIT-SC", "Grid-workers", 40, 40, 944, 990, 28},
    {"Alibaba", "Alibaba PAI", 64, 64, 512, 512, 798},
    {"Alibaba", "Alibaba PAI", 96, 96, 512, 512, 497},
    {"Alibaba", "Alibaba PAI", 96, 96, 512, 512, 280},
    {"Alibaba", "Alibaba PAI", 96, 96, 384, 384, 135},
    {"Alibaba", "Alibaba PAI", 96, 96, 384, 512, 104},
    {"Alibaba", "Alibaba PAI", 96, 96, 512, 512, 83},
}};

}  // namespace muster::inline MUSTER_ABI::env
