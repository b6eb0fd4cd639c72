// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/pipeline.hpp>
#include <muster/kmps/single_ppo.hpp>

#include "support/catch.hpp"
#include "support/preset_run.hpp"

using namespace muster;

TEST_CASE("single_ppo is shared_ppo with a critic that sees less", "[kmps][single_ppo]") {
  using single = kmps::pipeline<slot::trainer<kmps::single_ppo>>;
  using chained = kmps::pipeline<slot::trainer<kmps::single_ppo>, slot::reward<kmps::slot_share>>;
  single p{support::tiny(single::config{})};
  CHECK(p.state_size() == p.layout().size());
  support::train_tiny(p, 2, 2.5);
  CHECK(p.updates() == 2);
  chained q{support::tiny(chained::config{})};
  support::train_tiny(q, 2, 2.5);
  CHECK(q.updates() == 2);
}
