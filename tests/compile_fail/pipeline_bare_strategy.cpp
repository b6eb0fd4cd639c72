// expect: muster: kmps::pipeline has the slots .* wrap each choice in one of them, for example slot::dequeue<queue::least_slack>
// A choice without its slot: nothing says whether access points or nodes should use it.
#include <muster/kmps/pipeline.hpp>
#include <muster/queue/least_slack.hpp>

using muster::queue::least_slack;
#ifdef CORRECT
using scheduler = muster::kmps::pipeline<muster::slot::dequeue<least_slack>>;
#else
using scheduler = muster::kmps::pipeline<least_slack>;
#endif

scheduler* made() { return new scheduler{}; }
