// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <muster/adapters/kubernetes/objects.hpp>

namespace kube = muster::adapters::kubernetes;

TEST_CASE("objects: labels are found by name, and finished pods hold nothing",
          "[adapters][kubernetes]") {
  kube::pod p;
  p.meta.labels.emplace(kube::key::service, "detect");
  REQUIRE(kube::find(p.meta.labels, kube::key::service) != nullptr);
  CHECK(*kube::find(p.meta.labels, kube::key::service) == "detect");
  CHECK(kube::find(p.meta.labels, "app") == nullptr);
  for (const char* phase : {"Pending", "Running", "Unknown"}) {
    p.phase = phase;
    CHECK(p.active());
  }
  for (const char* phase : {"Succeeded", "Failed"}) {
    p.phase = phase;
    CHECK_FALSE(p.active());
  }
  CHECK(kube::resources{1, 2} + kube::resources{3, 4} == kube::resources{4, 6});
}
