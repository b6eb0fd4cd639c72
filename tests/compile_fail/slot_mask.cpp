// expect: target_mask
// expect: M::allows\(view, k\)
// A mask with a state: the environment asks through a plain function, so `allows` is static.
#include <muster/concepts/target_mask.hpp>

struct short_queues {
#ifdef CORRECT
  static bool allows(const muster::dispatch_view& view, std::size_t k) noexcept {
    return view[k].queue_length < 8;
  }
#else
  std::uint32_t limit = 8;
  bool allows(const muster::dispatch_view& view, std::size_t k) const noexcept {
    return view[k].queue_length < limit;
  }
#endif
};

muster::slot::mask<short_queues>* chosen;
