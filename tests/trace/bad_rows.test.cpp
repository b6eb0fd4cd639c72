// SPDX-License-Identifier: Apache-2.0
#include <muster/trace/bad_rows.hpp>
#include <set>

#include "support/catch.hpp"

TEST_CASE("every defect has a name of its own", "[trace][bad_rows]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < muster::trace::row_defect_count; ++i) {
    names.insert(name_of(static_cast<muster::trace::row_defect>(i)));
  }
  CHECK(names.size() == muster::trace::row_defect_count);
  CHECK(names.count("unknown defect") == 0);
  CHECK(name_of(static_cast<muster::trace::row_defect>(99)) == "unknown defect");
}
