// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/objectives.hpp>
#include <muster/kmps/orchestration/settings.hpp>
#include <muster/nn/optim/staircase.hpp>

#include "support/catch.hpp"

using namespace muster;

TEST_CASE("the defaults are those of the paper, or of the released program",
          "[kmps][orchestration]") {
  const kmps::orchestration_settings s;
  CHECK(s.rate == 1e-3);                 // paper
  CHECK(s.critic_rate == 0.5 * s.rate);  // paper
  CHECK(s.decay_every == 1000);          // paper
  CHECK(s.gamma == 0.995);               // released
  CHECK(s.lambda == 0.95);               // released
  CHECK(s.entropy == 0.1);               // released
  CHECK(s.batch == 32);                  // released
  CHECK(s.choose == 1);                  // released
  CHECK(kmps::clipped_surrogate::config{}.clip == 0.2);
  CHECK(kmps::clipped_surrogate::config{}.epochs == 3);
  const nn::staircase decay{.rate = s.rate, .decay = s.decay, .every = s.decay_every};
  CHECK(decay(999) == 1e-3);
  CHECK(decay(1000) == Approx(0.96e-3));
  CHECK(decay(3500) == Approx(1e-3 * 0.96 * 0.96 * 0.96));
}
