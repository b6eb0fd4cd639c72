// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

/// Changes the values of a parameter store by its gradients.
///
/// Syntax (checked here)
///   `o.reserve(s)`                               allocates what a step needs
///   `o.step(s, rate_scale, gradient_scale)`      one update
///   `o.steps()`                                  how many updates there were; assignable
///   `o.for_each_moment(f)`                       shows f(name, view) what a checkpoint keeps
/// Meaning
///   - the gradients are read, multiplied by gradient_scale, and stay as they are;
///   - rate_scale multiplies the learning rate of this step only;
///   - a value with gradient 0, moments 0 and value 0 stays 0 (the store's padding);
///   - the same values, gradients, moments and step count give the same result;
///   - does not allocate after `reserve`.
template <class O, class Store>
concept optimiser_for = std::movable<O> && requires(O& o, const O& c, Store& s, double x) {
  o.reserve(s);
  o.step(s, x, x);
  { o.steps() } -> std::same_as<std::uint64_t&>;
  { c.steps() } -> std::same_as<std::uint64_t>;
  o.for_each_moment([](auto&&...) {});
};

}  // namespace muster::inline MUSTER_ABI
