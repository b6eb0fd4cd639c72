// SPDX-License-Identifier: Apache-2.0
#include <muster/core/slot.hpp>

#include <type_traits>

#include "support/catch.hpp"

namespace {

struct fruit_tag;
struct drink_tag;
template <class T>
struct fruit {
  using slot = fruit_tag;
  using type = T;
};
template <class T>
struct drink {
  using slot = drink_tag;
  using type = T;
};
struct apple {};
struct pear {};
struct water {};
struct no_slot {
  using type = int;
};

template <class... Slots>
using chosen_fruit = muster::slot_or<fruit_tag, apple, Slots...>;

}  // namespace

static_assert(muster::named_slot<fruit<pear>>);
static_assert(!muster::named_slot<no_slot> && !muster::named_slot<int>);

// The default holds until a slot replaces it, in any order.
static_assert(std::is_same_v<chosen_fruit<>, apple>);
static_assert(std::is_same_v<chosen_fruit<drink<water>>, apple>);
static_assert(std::is_same_v<chosen_fruit<fruit<pear>>, pear>);
static_assert(std::is_same_v<chosen_fruit<drink<water>, fruit<pear>>, pear>);
static_assert(std::is_same_v<chosen_fruit<fruit<pear>, drink<water>>, pear>);

static_assert(muster::slot_count<fruit_tag> == 0);
static_assert(muster::slot_count<fruit_tag, fruit<apple>, drink<water>, fruit<pear>> == 2);
static_assert(muster::slot_is_one_of<fruit<pear>, drink_tag, fruit_tag>);
static_assert(!muster::slot_is_one_of<fruit<pear>, drink_tag>);
static_assert(!muster::slot_is_one_of<fruit<pear>>);

// What is no slot fills no role, so that a pipeline can say so in words.
static_assert(!muster::slot_is_one_of<pear, fruit_tag> && !muster::slot_is_one_of<int, fruit_tag>);
static_assert(muster::slot_count<fruit_tag, pear, fruit<apple>> == 1);
static_assert(muster::slots_differ<> && muster::slots_differ<fruit<pear>, drink<water>, apple>);
static_assert(!muster::slots_differ<fruit<pear>, drink<water>, fruit<apple>>);
static_assert(std::is_same_v<chosen_fruit<pear>, apple>);

TEST_CASE("slots are found by role, whatever their order", "[core][slot]") {
  // Everything is decided above, by the compiler; two spellings of one choice are one type.
  CHECK(std::is_same_v<chosen_fruit<drink<water>, fruit<pear>>,
                       chosen_fruit<fruit<pear>, drink<water>>>);
}
