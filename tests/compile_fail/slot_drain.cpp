// expect: drain_policy
// expect: d.count\(waiting\)
// A number is not a policy; the type that stands for it is.
#include <muster/env/drain.hpp>

#ifdef CORRECT
muster::slot::drain<muster::env::drain_up_to<4>>* chosen;
#else
struct four {
  static constexpr std::size_t value = 4;
};
muster::slot::drain<four>* chosen;
#endif
