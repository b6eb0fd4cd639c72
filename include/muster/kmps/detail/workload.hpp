// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/concepts/curriculum.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// Who makes workloads may ask for the difficulty beside the seed.
template <class Make>
concept told_difficulty = requires(Make& make, std::uint64_t seed, double difficulty) {
  make(seed, difficulty);
};

/// f(arrivals) for one workload of the lesson. Who does not ask how hard it shall be has
/// requests left out at random, each with probability 1 - load.
template <class Make, class F>
void with_workload(Make& make, rng& random, const lesson& level, F&& f) {
  const std::uint64_t seed = random();
  if constexpr (told_difficulty<Make>) {
    const auto all = make(seed, level.difficulty);
    f(std::span{all.data(), all.size()});
  } else {
    const auto all = make(seed);
    if (level.load >= 1.0) {
      f(std::span{all.data(), all.size()});
      return;
    }
    using arrival = std::remove_cvref_t<decltype(*all.data())>;
    std::vector<arrival> some;
    some.reserve(all.size());
    for (const arrival& a : std::span{all.data(), all.size()}) {
      if (uniform01(random) < level.load) some.push_back(a);
    }
    f(std::span<const arrival>{some});
  }
}

}  // namespace muster::inline MUSTER_ABI::kmps::detail
