// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/federation_parts.hpp"

#include <string>
#include <vector>

#include <muster/federated/federation.hpp>
#include <muster/federated/in_process.hpp>
#include <muster/federated/rounds/buffered.hpp>
#include <muster/federated/rounds/first_k.hpp>
#include <muster/federated/rounds/round_deadline.hpp>
#include <muster/federated/selection/by_chance.hpp>
#include <muster/federated/selection/random_share.hpp>
#include <muster/nn/checkpoint.hpp>

using namespace muster;
using namespace muster::federated;
using client = testing::resumable_client_archetype;

namespace {

constexpr std::size_t clients_in_all = 8;
const std::vector<float> model{0.5F, -1.0F, 2.0F};

/// A federation, its clients, and everything of both in files.
template <class Rule, class Selection>
struct process {
  using federation_type =
      basic_federation<support::half_personal, Rule, Selection, random_pace, in_process<client>>;
  std::vector<client> clients = support::noisy_clients(clients_in_all);
  federation_type federation;

  process(Rule rule, Selection selection, duration period)
      : federation{typename federation_type::server_type{model, {}, rule},
                   in_process<client>{clients},
                   std::move(selection),
                   random_pace{{.jitter = 0.8, .speed = {1.0, 0.4, 2.0}}},
                   {.period = period}} {}

  std::vector<std::string> files() {
    std::vector<std::string> all;
    nn::checkpoint file{"federation"};
    federation.add_to(file);
    all.push_back(file.bytes());
    for (client& c : clients) {
      nn::checkpoint own{"client"};
      c.add_to(own);
      all.push_back(own.bytes());
    }
    return all;
  }
  void read(const std::vector<std::string>& files) {
    const auto load = [](nn::checkpoint& into, const std::string& bytes) {
      const auto done = into.restore(std::as_bytes(std::span{bytes}), "memory");
      INFO((done ? std::string{} : done.failure().to_string()));
      REQUIRE(done.has_value());
    };
    nn::checkpoint file{"federation"};
    federation.add_to(file);
    load(file, files[0]);
    for (std::size_t i = 0; i < clients.size(); ++i) {
      nn::checkpoint own{"client"};
      clients[i].add_to(own);
      load(own, files[i + 1]);
    }
  }
  /// What happens before round r, whoever plays it.
  void events(int r) {
    auto& f = federation;
    if (r == 0) f.join(support::client_numbers(6));
    if (r == 3) f.sleep(client_id{1}, f.now() + seconds(4));
    if (r == 4) f.join(client_id{6});
    if (r == 6) f.leave(client_id{0});
    if (r == 8) f.join(client_id{7});
    if (r == 9) f.join(client_id{0});
    if (r == 10) f.trigger();
  }
  void play(int r) {
    events(r);
    REQUIRE(federation.run_rounds(1).has_value());
  }
};

template <class Rule, class Selection>
void kill_at_every_round(Rule rule, const Selection& selection, duration period = {}) {
  constexpr int rounds = 14;
  process<Rule, Selection> whole{rule, selection, period};
  for (int r = 0; r < rounds; ++r) whole.play(r);
  const auto result = whole.files();
  for (int kill = 0; kill <= rounds; ++kill) {
    INFO("killed after " << kill << " rounds");
    process<Rule, Selection> before{rule, selection, period};
    for (int r = 0; r < kill; ++r) before.play(r);
    process<Rule, Selection> after{rule, selection, period};
    after.read(before.files());
    for (int r = kill; r < rounds; ++r) after.play(r);
    CHECK((after.federation.now() == whole.federation.now()));
    CHECK(support::bits_of(after.federation.server().model()) ==
          support::bits_of(whole.federation.server().model()));
    CHECK(after.files() == result);  // every number of every client too
  }
}

}  // namespace

TEST_CASE("a federation killed after any round goes on as if it had not been",
          "[federated][resume]") {
  SECTION("the first K, late ones joining") {
    kill_at_every_round(first_k{{.k = 3}}, all_clients{});
  }
  SECTION("a deadline, with a random share") {
    kill_at_every_round(round_deadline{{.length = milliseconds(900), .spread = milliseconds(300)}},
                        random_share{});
  }
  SECTION("everyone, with time between the rounds") {
    kill_at_every_round(everyone{}, random_share{}, seconds(4));
  }
  SECTION("asynchronous, with clients by chance") {
    kill_at_every_round(buffered{{.k = 2}}, by_chance{{.probability = {0.9, 0.5}}});
  }
}

TEST_CASE("a federation killed in the middle of a round goes on as well", "[federated][resume]") {
  using tested = process<first_k, all_clients>;
  const first_k rule{{.k = 3}};
  tested whole{rule, {}, {}};
  whole.events(0);
  REQUIRE(whole.federation.run_until(instant{} + seconds(12)).has_value());
  for (int piece = 1; piece < 24; ++piece) {
    tested before{rule, {}, {}}, after{rule, {}, {}};
    before.events(0);
    REQUIRE(before.federation.run_until(instant{} + milliseconds(500 * piece)).has_value());
    after.read(before.files());
    REQUIRE(after.federation.run_until(instant{} + seconds(12)).has_value());
    CHECK(after.files() == whole.files());
  }
}

TEST_CASE("an observer may save as well", "[federated][resume]") {
  using tested = process<buffered, all_clients>;
  const buffered rule{{.k = 3}};
  tested whole{rule, {}, {}};
  whole.events(0);
  std::vector<std::string> saved;
  REQUIRE(whole.federation
              .run_rounds(9,
                          [&](const round_summary& s) {
                            if (s.version == 5) saved = whole.files();
                          })
              .has_value());
  tested after{rule, {}, {}};
  after.read(saved);
  REQUIRE(after.federation.run_rounds(4).has_value());
  CHECK(after.files() == whole.files());
}

TEST_CASE("who is cancelled gives up its row and its place", "[federated][flights]") {
  federated::detail::flights f{2};
  f.add(4);
  CHECK(f.clients() == 5);
  const float numbers[2] = {1.0F, 2.0F};
  const download d{numbers, {7, download_kind::personal}};
  f.start(3, d, instant{50}, 9);
  f.start(1, d, instant{40}, 9);
  f.start(4, d, instant{40}, 8);
  CHECK((f.under_way() == 3 && f.next_arrival() == instant{40}));
  CHECK(f.next().client == client_id{4});  // the smaller tie first
  CHECK(f.next().version == 7);
  f.cancel(4);
  f.cancel(4);
  CHECK(f.next().client == client_id{1});
  f.pop();
  CHECK(f.next().client == client_id{3});
  CHECK(f.next().values[1] == 2.0F);
  CHECK((f.turns(4) == 1 && f.turns(2) == 0 && !f.is_under_way(1) && f.is_under_way(3)));
  f.pop();
  CHECK(f.next_arrival() == never);
}
