// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/adjustment.hpp>

#include "support/catch.hpp"

using namespace muster;
using kmps::adjustment;

namespace {
struct no_memory {
  float end(int, const frame_view&, std::span<const adjustment>, std::span<float>) const;
};
struct returns_nothing {
  struct memory {};
  void begin(memory&, const frame_view&, std::span<const adjustment>) const;
  void end(memory&, const frame_view&, std::span<const adjustment>, std::span<float>) const;
};
struct counts_frames {
  struct memory {
    int frames = 0;
  };
  void begin(memory& m, const frame_view&, std::span<const adjustment>) const { ++m.frames; }
  float end(memory& m, const frame_view&, std::span<const adjustment>, std::span<float>) const {
    return static_cast<float>(m.frames);
  }
};
}  // namespace

static_assert(!kmps::orchestration_reward<no_memory>);
static_assert(!kmps::orchestration_reward<returns_nothing>);
static_assert(kmps::orchestration_reward<counts_frames>);

TEST_CASE("an adjustment that is not carried out keeps what was drawn", "[kmps][orchestration]") {
  const adjustment a{3, -2, 0};
  CHECK(a.drawn == -2);
  CHECK(a.executed == 0);
  CHECK(a != adjustment{3, -2, -2});
}
