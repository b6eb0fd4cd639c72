// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Version of the library, as numbers for the preprocessor and as text for people.
#define MUSTER_VERSION_MAJOR 0
#define MUSTER_VERSION_MINOR 1
#define MUSTER_VERSION_PATCH 0
#define MUSTER_VERSION_STRING "0.1.0"
