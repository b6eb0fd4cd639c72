// SPDX-License-Identifier: Apache-2.0
#pragma once

// How much clients are alike: all rules that ship. A program that needs one may include that alone.
//
// Which one finds two critics that were trained in the same environment (tests/federated/
// similarity.test.cpp: four small critics, 60 steps from a common start, 8 seeds)? Given is what a
// client gave to its clone, as a multiple of what it gave to the best stranger:
//   attention_similarity                1.8 to 290   found in 8 seeds of 8
//   cosine_similarity of changes        1.9 to 370   8
//   cosine_similarity of values        1.03 to 1.17  8, yet next to equal weights
//   kl_similarity of values             1.1 to 1.8   8; none better than chance with planted noise
//   literal_attention                  0.98 to 1.005 4, by chance
// So comparing changes is what matters; attention adds that layers count alike and that K models
// are compared in O(K P) rather than O(K^2 P).
#include <muster/federated/similarity/attention.hpp>
#include <muster/federated/similarity/cosine.hpp>
#include <muster/federated/similarity/kl_divergence.hpp>
#include <muster/federated/similarity/literal_attention.hpp>
