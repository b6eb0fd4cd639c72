// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/core/config.hpp>

/// How assemblies set up the parts they are made of, whether or not these have anything to set.
namespace muster::inline MUSTER_ABI {

struct no_config {};

namespace detail {
template <class Part>
struct config_of_part {
  using type = no_config;
};
template <class Part>
requires requires { typename Part::config; }
struct config_of_part<Part> {
  using type = typename Part::config;
};
}  // namespace detail

/// `Part::config`; empty for a part that has none.
template <class Part>
using config_of = typename detail::config_of_part<Part>::type;

/// A part from its config, if it takes one.
template <class Part>
[[nodiscard]] Part make_part(const config_of<Part>& c) {
  if constexpr (requires { Part{c}; }) {
    return Part{c};
  } else {
    return Part{};
  }
}

}  // namespace muster::inline MUSTER_ABI
