// expect: critic_strategy
// A network is not a critic either: rl::single_critic and rl::target_critic hold one.
#include <muster/rl/critic.hpp>

#ifdef CORRECT
muster::slot::critic<muster::rl::target_critic<muster::nn::mlp<>>>* chosen;
#else
muster::slot::critic<muster::nn::mlp<>>* chosen;
#endif
