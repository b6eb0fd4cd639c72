// expect: round_rule
// expect: R::restarts
// A rule that does not say whether clients train again at once or rest until the next round.
#include <muster/concepts/round_rule.hpp>

struct never_ends {
#ifdef CORRECT
  static constexpr bool restarts = false;
#endif
  bool closes(const muster::round_progress&) const noexcept { return false; }
  muster::instant deadline(std::uint64_t, muster::instant) const noexcept { return muster::never; }
};

muster::slot::round_rule<never_ends>* chosen;
