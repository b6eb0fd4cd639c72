// SPDX-License-Identifier: Apache-2.0
#include <muster/core/time.hpp>

bool is_a_second(muster::duration d);
bool is_a_second(muster::duration d) { return d == muster::milliseconds(1000); }
