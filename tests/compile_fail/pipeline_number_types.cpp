// expect: muster: rl learners train actor and critic on one tape; give both networks the same number type and backend
// Each network is fine alone; together they would need two tapes.
#include <muster/kmps/pipeline.hpp>

using precise = muster::nn::mlp<double>;
#ifdef CORRECT
using critic = muster::slot::critic<muster::rl::single_critic<precise>>;
#else
using critic = muster::slot::critic<muster::rl::single_critic<>>;
#endif
using scheduler = muster::kmps::pipeline<muster::slot::actor<muster::rl::actor<precise>>, critic>;

scheduler* made() { return new scheduler{}; }
