// SPDX-License-Identifier: Apache-2.0
#pragma once

/// All distributions of muster, because the standard ones differ between vendors.
///
///     muster::rng generator{seed};
///     const double wait = muster::exponential{.rate = 3.0}(generator);
///
/// A distribution is a small value with a const call operator: it keeps no state between
/// draws (no cached second normal, say), so a stream of numbers is named by the state of the
/// generator alone and a replay may start anywhere.
/// Determinism   the same on every machine whose C library rounds log, exp and sqrt alike.
/// See           continuous.hpp  uniform, exponential, normal, gamma, pareto, gumbel
///               poisson.hpp     poisson
///               categorical.hpp categorical (alias table), sample_weights
///               zipf.hpp        zipf
#include <muster/core/distributions/categorical.hpp>
#include <muster/core/distributions/continuous.hpp>
#include <muster/core/distributions/poisson.hpp>
#include <muster/core/distributions/zipf.hpp>
