// SPDX-License-Identifier: Apache-2.0
#include <muster/core/time.hpp>

muster::duration from_b();

int main() { return from_b() == muster::seconds(1) ? 0 : 1; }
