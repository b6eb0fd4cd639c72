// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <muster/env/edge_cloud_record.hpp>

using namespace muster;
using env::request_state;

TEST_CASE("a request is answered if it ran, on time or not", "[env][edge_cloud]") {
  env::request_record r;
  for (const auto state :
       {request_state::not_arrived, request_state::waiting_at_access,
        request_state::waiting_at_target, request_state::running, request_state::expired_at_access,
        request_state::expired_at_target, request_state::hopeless_at_target}) {
    r.state = state;
    CHECK_FALSE(r.answered_at_all());
  }
  for (const auto state : {request_state::on_time, request_state::late}) {
    r.state = state;
    CHECK(r.answered_at_all());
  }
}
