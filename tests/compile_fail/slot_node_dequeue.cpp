// expect: dequeue_strategy
// expect: return-type-requirement|std::same_as<muster::job, std::size_t>
// A queue order that gives back a job instead of its index.
#include <muster/concepts/dequeue_strategy.hpp>

struct first_come {
#ifdef CORRECT
  std::size_t pick(std::span<const muster::job>, muster::instant) const noexcept { return 0; }
#else
  muster::job pick(std::span<const muster::job> q, muster::instant) const noexcept { return q[0]; }
#endif
};

muster::slot::node_dequeue<first_come>* chosen;
