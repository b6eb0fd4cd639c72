// SPDX-License-Identifier: Apache-2.0
#include <muster/testing/archetypes/dequeue_strategy.hpp>
#include <muster/testing/laws/dequeue_strategy.hpp>
#include <string>
#include <utility>

#include "support/catch.hpp"

using muster::instant;
using muster::job;

namespace {

// Strategies that break one law each: the laws must be able to fail.
struct out_of_range {
  std::size_t pick(std::span<const job> waiting, instant) const noexcept { return waiting.size(); }
};
struct storage_order {
  std::size_t pick(std::span<const job>, instant) const noexcept { return 0; }
};
struct larger_id {
  std::size_t pick(std::span<const job> waiting, instant) const noexcept {
    std::size_t best = 0;
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      if (waiting[i].id > waiting[best].id) best = i;
    }
    return best;
  }
};
struct fickle {
  std::size_t pick(std::span<const job> waiting, instant) const noexcept {
    return calls_++ % waiting.size();
  }
  mutable std::size_t calls_ = 0;
};
struct unfaithful_order : muster::testing::dequeue_archetype {
  unfaithful_order() : dequeue_archetype{make()} {}
  bool before(const job& a, const job& b) const noexcept { return a.id > b.id; }
};
struct forgetful_urgency : muster::testing::dequeue_archetype {
  forgetful_urgency() : dequeue_archetype{make()} {}
  bool urgent(const job&, instant now) const noexcept { return now.us / 1'000'000 % 2 == 0; }
};

template <class D>
std::string broken_laws(D strategy) {
  std::string broken;
  muster::testing::check_laws(std::move(strategy), 11, 50, [&](const char* law, bool holds) {
    if (!holds && broken.find(law) == std::string::npos) broken += std::string{law} + "; ";
  });
  return broken;
}

}  // namespace

TEST_CASE("the archetype of dequeue_strategy obeys the laws", "[queue][laws]") {
  CHECK(broken_laws(muster::testing::dequeue_archetype::make()).empty());
}

TEST_CASE("each broken law of dequeue_strategy is found by its name", "[queue][laws]") {
  const auto finds = [](const std::string& broken, const char* law) {
    INFO(broken);
    CHECK(broken.find(law) != std::string::npos);
  };
  finds(broken_laws(out_of_range{}), "index into the queue");
  finds(broken_laws(storage_order{}), "order of storage");
  finds(broken_laws(larger_id{}), "smaller id");
  finds(broken_laws(fickle{}), "same answer");
  finds(broken_laws(unfaithful_order{}), "what pick returns");
  finds(broken_laws(forgetful_urgency{}), "stays so");
}
