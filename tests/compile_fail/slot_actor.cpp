// expect: policy
// expect: p.act\(observation, mask, g\)
// A network decides nothing: rl::actor makes a policy of it.
#include <muster/rl/actor.hpp>

#ifdef CORRECT
muster::slot::actor<muster::rl::actor<muster::nn::mlp<>>>* chosen;
#else
muster::slot::actor<muster::nn::mlp<>>* chosen;
#endif
