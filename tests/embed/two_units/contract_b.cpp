// SPDX-License-Identifier: Apache-2.0
#include <muster/core/time.hpp>

muster::duration from_b();
muster::duration from_b() { return muster::milliseconds(1000); }
