// expect: muster: federated::clustered finds its groups anew each round, so an Inner with a state would mix up
// A momentum cannot belong to a group that exists for one round.
#include <muster/federated/aggregators/clustered.hpp>
#include <muster/federated/aggregators/server_momentum.hpp>

#ifdef CORRECT
using inner = muster::federated::weighted_mean;
#else
using inner = muster::federated::server_momentum;
#endif

muster::federated::clustered<inner>* made() { return new muster::federated::clustered<inner>{}; }
