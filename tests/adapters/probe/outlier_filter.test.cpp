// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <muster/adapters/probe/outlier_filter.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
using muster::adapters::probe::outlier_filter;

TEST_CASE("outlier_filter by hand", "[adapters][probe]") {
  outlier_filter f{{.window = 5, .deviations = 3.0, .resolution = {}}};
  for (const std::int64_t us : {1000, 1010, 990, 1020, 9000}) f.add({us});
  const auto s = f.estimate();
  // median 1010, distances 10 0 20 10 7990: their median 10, so the limit is 3 x 14.826 = 44.5
  CHECK(s.median.us == 1010);
  CHECK(s.deviation.us == 15);
  CHECK(s.kept == 4);
  CHECK(s.stray == 1);
  CHECK(s.time.us == 1005);  // (1000 + 1010 + 990 + 1020) / 4
}

TEST_CASE("outlier_filter: equal values do not make every other one stray", "[adapters][probe]") {
  outlier_filter f{{.window = 6, .resolution = microseconds(20)}};
  for (const std::int64_t us : {500, 500, 500, 500, 530, 700}) f.add({us});
  const auto s = f.estimate();  // deviation 0, so the limit is 3 x 20
  CHECK(s.kept == 5);
  CHECK(s.time.us == 506);
  outlier_filter two{{.window = 4, .resolution = {}}};
  two.add({100});
  two.add({300});
  CHECK(two.estimate().time.us == 200);  // nothing is stray of two
}

TEST_CASE("outlier_filter follows a lasting change after half a window", "[adapters][probe]") {
  outlier_filter f{{.window = 9}};
  for (int i = 0; i < 9; ++i) f.add(milliseconds(5) + microseconds(i));
  for (int i = 0; i < 4; ++i) f.add(milliseconds(25));
  CHECK(f.estimate().time < milliseconds(6));
  f.add(milliseconds(25));
  CHECK(f.estimate().median == milliseconds(25));
  CHECK(f.estimate().time == milliseconds(25));
  f.clear();
  CHECK(f.size() == 0);
  CHECK(support::breaks("no measurement yet", [&] { (void)f.estimate(); }));
  CHECK(support::breaks("needs window >= 1", [] { outlier_filter none{{.window = 0}}; }));
}

TEST_CASE("outlier_filter does not allocate once made", "[adapters][probe]") {
  outlier_filter f;
  muster::testing::no_alloc_scope scope;
  for (int i = 0; i < 100; ++i) {
    f.add(microseconds(100 + i % 7));
    (void)f.estimate();
  }
  CHECK(scope.allocations() == 0);
}
