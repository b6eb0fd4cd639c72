// expect: dequeue_strategy
// expect: not 'noexcept'|may throw an exception
// A queue order whose pick may throw: `noexcept` is part of the promise.
#include <muster/concepts/dequeue_strategy.hpp>

struct first_come {
#ifdef CORRECT
  std::size_t pick(std::span<const muster::job>, muster::instant) const noexcept { return 0; }
#else
  std::size_t pick(std::span<const muster::job>, muster::instant) const { return 0; }
#endif
};

muster::slot::dequeue<first_come>* chosen;
