// expect: muster: federated::federation has the slots .* wrap each choice in one of them
// A slot of another room: who chooses targets is no part of a federation.
#include <muster/federated/federation.hpp>
#include <muster/federated/in_process.hpp>
#include <muster/kmps/baselines/greedy.hpp>
#include <muster/testing/archetypes/federated_client.hpp>

using client = muster::testing::federated_client_archetype;
struct first_model {
  muster::result<void> aggregate(const muster::aggregation_round& round, std::span<float> next) {
    std::copy(round.updates[0].values.begin(), round.updates[0].values.end(), next.begin());
    return {};
  }
};
#ifdef CORRECT
using extra = muster::slot::selection<muster::federated::all_clients>;
#else
using extra = muster::slot::dispatcher<muster::kmps::greedy>;
#endif
using tested =
    muster::federated::federation<muster::slot::aggregator<first_model>,
                                  muster::slot::executor<muster::federated::in_process<client>>,
                                  extra>;

tested* chosen;
