// SPDX-License-Identifier: Apache-2.0
#include <muster/core/time.hpp>

// A parameter, because the type of a result is not part of a function's symbol.
bool is_a_second(muster::duration d);

int main() { return is_a_second(muster::seconds(1)) ? 0 : 1; }
