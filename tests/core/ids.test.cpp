// SPDX-License-Identifier: Apache-2.0
#include <muster/core/ids.hpp>

#include <cstdint>
#include <limits>
#include <type_traits>

#include "support/catch.hpp"

using muster::agent_id, muster::index_of, muster::job_id, muster::node_id, muster::service_id;

static_assert(!std::is_convertible_v<node_id, service_id>, "a node is never a service");
static_assert(!std::is_convertible_v<int, node_id> && !std::is_convertible_v<node_id, int>);
static_assert(sizeof(job_id) == 8 && sizeof(agent_id) == 4);
static_assert(index_of(node_id{7}) == 7);
template <class T>
concept indexable = requires(T x) {
  index_of(x);
};
static_assert(indexable<agent_id> && !indexable<int>, "only ids have an index");

TEST_CASE("ids keep their number and order", "[core][ids]") {
  const auto large = (std::numeric_limits<std::uint64_t>::max)();
  CHECK(index_of(job_id{large}) == large);
  CHECK(job_id{1} < job_id{2});
  CHECK(job_id{} == job_id{0});
}
