// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <muster/adapters/kubernetes/api.hpp>

namespace kube = muster::adapters::kubernetes;

TEST_CASE("answer holds a value or says why not", "[adapters][kubernetes]") {
  kube::answer<int> good{7};
  CHECK(good);
  CHECK(*good == 7);
  CHECK(good.status() == kube::api_status::done);
  const kube::answer<int> bad{kube::api_status::conflict, {"too late", "", 0, "pod a", ""}};
  CHECK_FALSE(bad);
  CHECK(bad.failure().to_string() == "pod a: too late");
  CHECK(support::breaks("holds no value", [&] { (void)*bad; }));
  CHECK(support::breaks("needs a status other than done", [] {
    (void)kube::answer<int>{kube::api_status::done, muster::error{}};
  }));
}

TEST_CASE("only what may pass by itself is tried again", "[adapters][kubernetes]") {
  using enum kube::api_status;
  for (const auto s : {busy, unavailable}) CHECK(kube::may_retry(s));
  for (const auto s : {done, not_found, conflict, gone, forbidden, refused, malformed}) {
    CHECK_FALSE(kube::may_retry(s));
  }
}
