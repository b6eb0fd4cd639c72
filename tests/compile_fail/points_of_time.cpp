// expect: operator\+|invalid operands
// Two points of time have no sum; a point and a length have.
#include <muster/core/time.hpp>

#ifdef CORRECT
muster::instant later(muster::instant a, muster::duration b) { return a + b; }
#else
muster::instant later(muster::instant a, muster::instant b) { return a + b; }
#endif
