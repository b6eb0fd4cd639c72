// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

/// Names of things that are counted, as distinct types: a node is never a service.
/// Dense from 0 within one system, except `job_id`, which is unique but not dense.
enum class job_id : std::uint64_t {};
enum class agent_id : std::uint32_t {};
enum class node_id : std::uint32_t {};
enum class service_id : std::uint32_t {};
enum class client_id : std::uint32_t {};

/// The number behind an id, for use as an index.
template <class Id>
requires __is_enum(Id) [[nodiscard]] constexpr std::size_t index_of(Id id) noexcept {
  return static_cast<std::size_t>(id);
}

}  // namespace muster::inline MUSTER_ABI
