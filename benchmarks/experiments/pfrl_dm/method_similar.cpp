// SPDX-License-Identifier: Apache-2.0
#include <muster/federated/similarity/cosine.hpp>
#include <muster/federated/similarity/kl_divergence.hpp>
#include <muster/federated/similarity/literal_attention.hpp>

#include "experiments/pfrl_dm/method_of.hpp"

namespace experiments::pfrl_dm {

namespace slot = muster::slot;
namespace federated = muster::federated;
using namespace muster::pfrl_dm;

namespace {
template <class Similarity>
using by = pipeline<slot::aggregator<federated::attention_aggregator<Similarity>>,
                    slot::round_rule<federated::everyone>>;
}  // namespace

// All clients are in every round, so that every pair has a weight.
std::unique_ptr<method> make_similar(std::string_view name, method::setup& s) {
  if (name == "attention") return made<by<federated::attention_similarity>>(s);
  if (name == "kl") return made<by<federated::kl_similarity>>(s);
  if (name == "cosine") return made<by<federated::cosine_similarity>>(s);
  if (name == "literal_attention") return made<by<federated::literal_attention>>(s);
  return nullptr;
}

}  // namespace experiments::pfrl_dm
