// expect: environment
// expect: e.step\(action, g\)
// An environment that says the reward only: without `terminated` nobody can learn from it.
#include <muster/rl/vector_env.hpp>

struct coin {
  std::size_t observation_size() const noexcept { return 1; }
  std::size_t action_count() const noexcept { return 2; }
  void reset(muster::rng&) noexcept {}
#ifdef CORRECT
  muster::step_outcome step(std::uint32_t action, muster::rng& g) noexcept {
    return {muster::uniform_below(g, 2) == action ? 1.0F : 0.0F, true, false};
  }
#else
  float step(std::uint32_t action, muster::rng& g) noexcept {
    return muster::uniform_below(g, 2) == action ? 1.0F : 0.0F;
  }
#endif
  void observe(std::span<float> seen) const noexcept { seen[0] = 1.0F; }
};

muster::rl::vector_env<coin>* many;
