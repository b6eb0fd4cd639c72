// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/version.hpp>

/// Build options of muster, and the namespace that records them.
///
/// MUSTER_CONTRACTS  what a broken precondition does:
///                   0 nothing, 1 assert-like abort with a message (default),
///                   2 trap, 3 calls `muster::contract_handler` of the user.
///
/// A choice that changes a contract changes the inline namespace MUSTER_ABI, so
/// two translation units that disagree fail to link instead of misbehaving.
#ifndef MUSTER_CONTRACTS
#define MUSTER_CONTRACTS 1
#endif

#if MUSTER_CONTRACTS == 0
#define MUSTER_ABI v0_unchecked
#elif MUSTER_CONTRACTS == 1
#define MUSTER_ABI v0
#elif MUSTER_CONTRACTS == 2
#define MUSTER_ABI v0_trap
#elif MUSTER_CONTRACTS == 3
#define MUSTER_ABI v0_handler
#else
#error "muster: MUSTER_CONTRACTS is not known; write 0 (off), 1 (abort), 2 (trap) or 3 (handler)"
#endif
