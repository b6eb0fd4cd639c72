// expect: muster: kmps::pipeline has the slots .* wrap each choice in one of them
// A slot that this pipeline does not have: a learning pipeline chooses targets itself.
#include <muster/kmps/baselines/greedy.hpp>
#include <muster/kmps/pipeline.hpp>

#ifdef CORRECT
using scheduler = muster::kmps::pipeline<>;
#else
using scheduler = muster::kmps::pipeline<muster::slot::dispatcher<muster::kmps::greedy>>;
#endif

scheduler* made() { return new scheduler{}; }
