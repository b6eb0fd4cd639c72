// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <array>

#include <muster/core/rng.hpp>
#include <muster/kmps/baselines/gang_queue.hpp>

using namespace muster;
using kmps::gang_queue;
using amount = gang_queue::amount;

namespace {

gang_queue::group gang(std::uint32_t queue, std::uint32_t minimum, std::size_t members,
                       amount each = {1000, 1000}) {
  gang_queue::group g;
  g.queue = queue;
  g.minimum = minimum;
  g.members.assign(members, each);
  return g;
}

}  // namespace

TEST_CASE("gang_queue: all or nothing, and no group blocks another", "[kmps][baselines]") {
  gang_queue q;
  const std::array nodes{amount{2000, 8000}, amount{1000, 8000}};
  const std::array waiting{gang(0, 4, 4), gang(0, 2, 2)};  // four do not fit, two do
  const auto placed = q.schedule(waiting, nodes);
  REQUIRE(placed.size() == 2);
  CHECK(placed[0] == gang_queue::placement{1, 0, 0});
  CHECK(placed[1] == gang_queue::placement{1, 1, 0});  // 1000 left on both: the smaller number
  CHECK(q.queues()[0].allocated.cpu == 2000);
  q.release(0, {2000, 2000});
  CHECK(q.queues()[0].allocated.cpu == 0);
}

TEST_CASE("gang_queue: members beyond the minimum take what fits", "[kmps][baselines]") {
  gang_queue q;
  const std::array nodes{amount{3000, 8000}};
  const std::array waiting{gang(0, 2, 5)};
  CHECK(q.schedule(waiting, nodes).size() == 3);
}

TEST_CASE("gang_queue: priority first, then age, then number", "[kmps][baselines]") {
  gang_queue q;
  const std::array nodes{amount{1000, 8000}};
  std::array waiting{gang(0, 1, 1), gang(0, 1, 1), gang(0, 1, 1)};
  waiting[0].created = instant{5};
  waiting[1].created = instant{3};
  waiting[2].created = instant{9};
  CHECK(q.schedule(waiting, nodes).at(0).group == 1);
  gang_queue fresh;
  waiting[2].priority = 1;
  CHECK(fresh.schedule(waiting, nodes).at(0).group == 2);
}

TEST_CASE("gang_queue: shares follow weights, wishes, guarantees and capabilities",
          "[kmps][baselines]") {
  const std::array nodes{amount{12'000, 120'000}};
  gang_queue q{{.queues = {{.weight = 1.0}, {.weight = 2.0}, {.weight = 3.0}}}};
  // Queue 0 asks for 1 core only, so 11 are left for the others, 2 to 3: 4.4 and 6.6.
  const std::array waiting{gang(0, 1, 1), gang(1, 1, 20), gang(2, 1, 20)};
  const auto s = q.shares(waiting, nodes);
  CHECK(s[0].cpu == 1000);
  CHECK(s[1].cpu == 4400);
  CHECK(s[2].cpu == 6600);
  CHECK(s[1].memory == 20'000);  // as much as it asks for

  gang_queue bounded{{.queues = {{.guarantee = {5000, 0}}, {.capability = {3000, 90'000}}, {}}}};
  const auto b = bounded.shares(waiting, nodes);
  CHECK(b[0].cpu == 5000);  // guaranteed, asked for or not
  CHECK(b[1].cpu == 3000);
  CHECK(b[2].cpu == 4000);
}

TEST_CASE("gang_queue: queues share, and guarantees stay free", "[kmps][baselines]") {
  gang_queue q{{.queues = {{.weight = 1.0}, {.weight = 3.0}}}};
  const std::array nodes{amount{8000, 80'000}};
  std::vector<gang_queue::group> waiting;
  for (int i = 0; i < 8; ++i) waiting.push_back(gang(0, 1, 1));
  for (int i = 0; i < 8; ++i) waiting.push_back(gang(1, 1, 1));
  CHECK(q.schedule(waiting, nodes).size() == 8);
  // Deserved 2 and 6 cores; a queue waits as soon as it holds more than it deserves.
  CHECK(q.queues()[0].allocated.cpu == 2000);
  CHECK(q.queues()[1].allocated.cpu == 6000);

  gang_queue reserved{{.queues = {{}, {.guarantee = {3000, 3000}}}}};
  const std::array greedy{gang(0, 1, 8)};
  CHECK(reserved.schedule(greedy, nodes).size() == 5);
  const std::array owner{gang(1, 3, 3)};
  CHECK(reserved.schedule(owner, std::array{amount{3000, 75'000}}).size() == 3);
  CHECK(support::breaks("guarantee <= capability", [] {
    gang_queue bad{{.queues = {{.guarantee = {5, 5}, .capability = {4, 9}}}}};
  }));
  CHECK(support::breaks("unknown queue", [] {
    gang_queue one;
    (void)one.schedule(std::array{gang(3, 1, 1)}, std::array{amount{1, 1}});
  }));
}

TEST_CASE("gang_queue laws on random clusters", "[kmps][baselines][laws]") {
  rng random{11};
  for (int round = 0; round < 300; ++round) {
    gang_queue q{{.queues = {{.weight = 1.0}, {.weight = 2.0, .guarantee = {500, 500}}}}};
    std::vector<amount> nodes(1 + uniform_below(random, 5));
    for (auto& n : nodes) {
      n = {static_cast<std::int64_t>(uniform_below(random, 4000)),
           static_cast<std::int64_t>(uniform_below(random, 4000))};
    }
    std::vector<gang_queue::group> waiting(uniform_below(random, 10));
    for (auto& g : waiting) {
      g = gang(static_cast<std::uint32_t>(uniform_below(random, 2)),
               1 + static_cast<std::uint32_t>(uniform_below(random, 3)),
               1 + uniform_below(random, 5),
               {static_cast<std::int64_t>(uniform_below(random, 2000)),
                static_cast<std::int64_t>(uniform_below(random, 2000))});
    }
    const auto placed = q.schedule(waiting, nodes);
    std::vector<std::uint32_t> members(waiting.size(), 0);
    amount held{};
    auto room = nodes;
    for (const auto& p : placed) {
      const amount& m = waiting[p.group].members[p.member];
      room[p.node] = room[p.node] - m;
      held = held + m;
      ++members[p.group];
    }
    for (const auto& n : room) REQUIRE((n.cpu >= 0 && n.memory >= 0));
    for (std::size_t g = 0; g < waiting.size(); ++g) {
      REQUIRE((members[g] == 0 || members[g] >= waiting[g].minimum));
    }
    REQUIRE(held.cpu == q.queues()[0].allocated.cpu + q.queues()[1].allocated.cpu);
  }
}
