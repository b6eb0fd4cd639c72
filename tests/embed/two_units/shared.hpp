// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/fwd.hpp>

/// What the two units of one program know of each other: names only.
void stamp(muster::job& j);
muster::num::tensor<float> two_arms();
std::uint32_t most_likely(const muster::num::tensor<float>& p);
