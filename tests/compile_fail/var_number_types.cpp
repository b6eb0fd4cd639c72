// expect: conflicting types for parameter 'T' \('float' (and|vs.) 'double'\)
// float and double do not meet on a tape: one of them would lose digits silently.
#include <muster/autodiff/ops.hpp>

#ifdef CORRECT
using number = float;
#else
using number = double;
#endif
using muster::autodiff::tape;

auto add(tape<float>& a, tape<number>& b) { return a.filled({2}, 1) + b.filled({2}, 1); }
