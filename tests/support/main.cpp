// SPDX-License-Identifier: Apache-2.0
// The test runner, compiled once for all tests.
#define CATCH_CONFIG_MAIN
#include "support/catch.hpp"
