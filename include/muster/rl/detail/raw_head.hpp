// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/autodiff/tape.hpp>
#include <muster/num/view.hpp>
#include <muster/rl/detail/staging.hpp>

namespace muster::inline MUSTER_ABI::rl::detail {

/// Outputs as they are, for networks whose outputs are no logits: values of actions, scores.
/// With it `rl::actor` is a network with its store and the scratch memory for running it.
struct raw_head {
  template <class T, class Backend>
  [[nodiscard]] autodiff::var<T, Backend> log_probs(autodiff::tape<T, Backend>&,
                                                    autodiff::var<T, Backend> outputs,
                                                    num::view<const std::uint8_t>) const {
    return outputs;
  }
  template <class T, class Backend>
  void probabilities(const Backend& backend, num::view<const T> outputs,
                     num::view<const std::uint8_t>, num::view<T> out) const {
    backend.copy(outputs, out);
  }
};

/// Some rows of a column of host memory, in memory of the backend.
template <class T, class Backend, class U>
[[nodiscard]] num::view<const T> gathered(staging<T, Backend>& to, std::span<const U> column,
                                          std::size_t width, std::span<const std::uint32_t> rows,
                                          num::shape shape) {
  to.reserve(rows.size() * width);
  T* out = to.host().data();
  for (const std::uint32_t r : rows) {
    const U* row = column.data() + r * width;
    for (std::size_t j = 0; j < width; ++j) *out++ = static_cast<T>(row[j]);
  }
  return to.commit(shape);
}

/// The same in host memory, as it was.
template <class U>
void gather_to(std::vector<U>& to, std::span<const U> column, std::size_t width,
               std::span<const std::uint32_t> rows) {
  to.resize(rows.size() * width);
  U* out = to.data();
  for (const std::uint32_t r : rows) {
    const U* row = column.data() + r * width;
    for (std::size_t j = 0; j < width; ++j) *out++ = row[j];
  }
}

/// target <- rate online + (1 - rate) target, for stores of one layout.
template <class Store>
void follow(Store& target, const Store& online, double rate) {
  using T = typename Store::value_type;
  const auto& backend = target.backend();
  backend.scale(target.values(), static_cast<T>(1.0 - rate));
  backend.axpy(static_cast<T>(rate), num::view<const T>{online.values()}, target.values());
}

}  // namespace muster::inline MUSTER_ABI::rl::detail
