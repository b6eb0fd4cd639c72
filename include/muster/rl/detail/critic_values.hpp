// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/num/view.hpp>
#include <muster/rl/detail/staging.hpp>

namespace muster::inline MUSTER_ABI::rl::detail {

/// Runs a network that predicts one number per row on rows of host memory, without a tape.
/// Keeps the scratch memory; nothing allocates once a block of that size went through.
template <class T, class Backend>
class critic_values {
 public:
  /// `f(states [n, width], out [n, 1], workspace)` on memory of the backend.
  template <class F>
  void operator()(const Backend& backend, std::span<const float> states, std::size_t width,
                  std::size_t workspace_size, std::span<float> out, F&& f) {
    const std::size_t n = out.size();
    MUSTER_EXPECTS(states.size() == n * width,
                   "muster: rl: values are read from states [n, critic().in()] and written to [n]");
    if (n == 0) return;
    workspace_.reserve(workspace_size);
    const num::shape wide{n, width};
    if constexpr (Backend::host_memory && std::is_same_v<T, float>) {
      f(num::view<const float>{states.data(), wide}, num::view<float>{out.data(), {n, 1}},
        workspace_.workspace());
    } else {
      input_.reserve(states.size());
      output_.reserve(n);
      for (std::size_t i = 0; i < states.size(); ++i) {
        input_.host()[i] = static_cast<T>(states[i]);
      }
      const num::view<T> y = output_.device({n, 1});
      f(input_.commit(wide), y, workspace_.workspace());
      host_.resize(n);
      backend.download(num::view<const T>{y}, std::span<T>{host_});
      for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<float>(host_[i]);
    }
  }

 private:
  staging<T, Backend> workspace_, input_, output_;
  std::vector<T> host_;
};

}  // namespace muster::inline MUSTER_ABI::rl::detail
