// expect: muster: kmps::pipeline is given two choices for one slot; keep one of them
#include <muster/kmps/pipeline.hpp>
#include <muster/queue/least_slack.hpp>

using first = muster::slot::dequeue<muster::queue::least_slack>;
#ifdef CORRECT
using second = muster::slot::node_dequeue<muster::queue::least_slack>;
#else
using second = muster::slot::dequeue<muster::queue::adaptive_hybrid>;
#endif
using scheduler = muster::kmps::pipeline<first, second>;

scheduler* made() { return new scheduler{}; }
