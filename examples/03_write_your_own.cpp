// SPDX-License-Identifier: Apache-2.0
// Lesson 03: a strategy of your own, checked by the laws that ship with muster.
//
// A concept checks the syntax when you compile. What it cannot see (is the index valid, are ties
// broken, does the order of storage matter?) is written down as laws, and you can run them on your
// own type. The first attempt below looks right and breaks one of them.
#include <cstdio>
#include <muster/testing/laws/dequeue_strategy.hpp>
#include <set>
#include <string>

using namespace muster;

//! [first]
// Serves the job that has waited longest for its size.
struct first_attempt {
  std::size_t pick(std::span<const job> waiting, instant now) const noexcept {
    const auto stretch = [now](const job& j) {
      return (now - j.arrival).seconds() / (j.work.seconds() + 0.001);
    };
    std::size_t best = 0;
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      if (stretch(waiting[i]) > stretch(waiting[best])) best = i;
    }
    return best;
  }
};
static_assert(dequeue_strategy<first_attempt>);  // the syntax is fine
//! [first]

//! [second]
struct largest_stretch {
  std::size_t pick(std::span<const job> waiting, instant now) const noexcept {
    const auto stretch = [now](const job& j) {
      return (now - j.arrival).seconds() / (j.work.seconds() + 0.001);
    };
    std::size_t best = 0;
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      const double a = stretch(waiting[i]);
      const double b = stretch(waiting[best]);
      if (a > b || (a == b && waiting[i].id < waiting[best].id)) best = i;  // ties: smaller id
    }
    return best;
  }
};
//! [second]

template <dequeue_strategy D>
void judge(const char* name, D strategy) {
  std::set<std::string> broken;
  int checks = 0;
  //! [laws]
  testing::check_laws(strategy, /*seed=*/7, /*rounds=*/200, [&](const char* law, bool holds) {
    ++checks;
    if (!holds) broken.insert(law);
  });
  //! [laws]
  std::printf("%s: %d checks, %zu laws broken\n", name, checks, broken.size());
  for (const std::string& law : broken) std::printf("  %s\n", law.c_str());
}

int main() {
  judge("first_attempt", first_attempt{});
  judge("largest_stretch", largest_stretch{});
}

// Output:
// first_attempt: 800 checks, 2 laws broken
//   the order of storage does not matter
//   ties go to the smaller id
// largest_stretch: 800 checks, 0 laws broken
