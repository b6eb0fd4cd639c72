// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/core/thread_pool.hpp>
#include <muster/federated/detail/blocks.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// The models of a round, as a similarity rule sees them.
struct model_set {
  std::span<const std::span<const float>> models;  ///< K of them, in a fixed order
  std::span<const float> global;                   ///< what the server published last; as long
  /// Where each layer begins, and behind the last one the size (`nn::flat_parameters` has it);
  /// empty: one layer.
  std::span<const std::size_t> layers;
  thread_pool* pool = nullptr;  ///< who may help
};

/// Says how much each client should listen to each other one.
///
/// Syntax   `s.weigh(set, weights)`, where weights is K x K, row by row
/// Meaning  weights[k * K + j] is what client k gives to the model of client j: at least 0, each
///          row adds up to 1 (within rounding). Another order of the models gives the same
///          weights in that order, within rounding; the same order gives the same bytes, with
///          any number of threads. Does not allocate once warm. The caller has checked that all
///          numbers are finite and all models equally long.
template <class S>
concept similarity_rule = std::movable<S> &&
    requires(S& s, const model_set& set, std::span<double> weights) {
  s.weigh(set, weights);
};

/// What of a model is compared.
enum class compared : std::uint8_t {
  values,   ///< its numbers
  changes,  ///< its numbers less those of the global model: what training did
};

namespace detail {

/// Numbers of one model that are compared, from `first` on.
inline void take(const model_set& set, compared what, std::size_t model, std::size_t first,
                 std::span<double> out) noexcept {
  const float* const values = set.models[model].data() + first;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(values[i]);
  if (what == compared::values) return;
  const float* const global = set.global.data() + first;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] -= static_cast<double>(global[i]);
}
inline constexpr std::size_t take_at_once = 1024;  // 8 KiB on the stack

}  // namespace detail
}  // namespace muster::inline MUSTER_ABI::federated
