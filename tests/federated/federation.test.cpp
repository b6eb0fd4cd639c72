// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/federation_parts.hpp"

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <type_traits>

#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/federation.hpp>
#include <muster/federated/in_process.hpp>
#include <muster/federated/rounds/buffered.hpp>
#include <muster/federated/rounds/first_k.hpp>
#include <muster/federated/rounds/round_deadline.hpp>
#include <muster/federated/selection/random_share.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
using namespace muster::federated;
using support::client_numbers, support::half_personal, support::plain_mean;
using toy = testing::federated_client_archetype;

namespace {

template <class Rule = everyone, class Selection = all_clients, class Client = toy,
          class Aggregator = plain_mean>
using federation_of = federation<slot::aggregator<Aggregator>, slot::round_rule<Rule>,
                                 slot::selection<Selection>, slot::executor<in_process<Client>>>;
static_assert(std::is_same_v<federation_of<>, basic_federation<plain_mean, everyone, all_clients,
                                                               random_pace, in_process<toy>>>);
static_assert(
    std::is_same_v<federation<slot::executor<in_process<toy>>, slot::aggregator<plain_mean>>,
                   federation_of<>>);

/// Clients of one number, whose optimum is their number plus one.
template <class Client = toy>
std::vector<Client> simple_clients(std::size_t n) {
  std::vector<Client> clients;
  for (std::size_t i = 0; i < n; ++i) {
    clients.push_back(Client{{.optimum = {static_cast<float>(i + 1)}}});
  }
  return clients;
}
/// A pace at which client i takes `seconds[i]`.
random_pace pace_of(const std::vector<double>& seconds) {
  random_pace::config c;
  c.speed.clear();
  for (const double s : seconds) c.speed.push_back(1.0 / s);
  return random_pace{c};
}
const float zero = 0.0F;
const std::span<const float> origin{&zero, 1};

/// Remembers what it was told with each model.
struct diary_client : toy {
  using toy::toy;
  std::vector<download_info> told{};
  std::vector<float> got{};
  void download(std::span<const float> model, const download_info& info) {
    told.push_back(info);
    got.push_back(model[0]);
    toy::download(model, info);
  }
};
/// Its training diverges from a certain turn on.
struct diverging_client : toy {
  using toy::toy;
  int healthy = 1 << 30;
  training_report train() {
    --healthy;
    return toy::train();
  }
  void upload(std::span<float> out) const {
    toy::upload(out);
    if (healthy < 0) out[0] = std::numeric_limits<float>::quiet_NaN();
  }
};

struct record {
  std::vector<round_summary> rounds{};
  void operator()(const round_summary& s) { rounds.push_back(s); }
};
std::set<std::uint32_t> numbers(std::span<const client_id> clients) {
  std::set<std::uint32_t> n;
  for (const client_id c : clients) n.insert(static_cast<std::uint32_t>(c));
  return n;
}

}  // namespace

TEST_CASE("averaging quadratics goes the way that is known in closed form",
          "[federated][federation]") {
  std::vector<toy> clients;
  double mean = 0.0, weight = 0.0;
  for (int i = 0; i < 8; ++i) {
    const double w = 1.0 + i % 3, optimum = 3.0 * i - 7.0;
    clients.push_back(toy{{.optimum = {static_cast<float>(optimum)}, .rate = 0.25F, .weight = w}});
    mean += w * optimum;
    weight += w;
  }
  mean /= weight;
  const float first = 40.0F;
  federation_of<> f{federation_of<>::server_type{{&first, 1}}, in_process<toy>{clients}};
  f.join(client_numbers(8));
  double factor = 1.0;
  std::size_t count = 0;
  REQUIRE(f.run_rounds(80, [&](const round_summary& s) {
             factor *= 0.75;
             ++count;
             CHECK(s.version == count);
             CHECK(s.participants == 8);
             CHECK(s.weight == weight);
             CHECK(f.server().model()[0] == Approx(mean + factor * (40.0 - mean)).margin(2e-5));
           }).has_value());
  CHECK(count == 80);
  CHECK(f.server().model()[0] == Approx(mean).margin(1e-5));
}

TEST_CASE("a round of the first K ends with the K-th arrival; the others come late",
          "[federated][federation]") {
  using diary = federation_of<first_k, all_clients, diary_client, half_personal>;
  auto clients = simple_clients<diary_client>(4);
  diary f{diary::server_type{origin, {}, first_k{{.k = 2}}},
          in_process<diary_client>{clients},
          {},
          pace_of({10, 12, 25, 40})};
  f.join(client_numbers(4));
  struct expected {
    int opened, closed;
    std::set<std::uint32_t> who;
    std::size_t late;
    std::uint64_t oldest;
  };
  // By hand: a takes 10 s, b 12 s, c 25 s, d 40 s. a and b are always the first two. c, from
  // version 0, arrives at 25 in round 2, and from there at 50 in round 4; d at 40 in round 3.
  const std::vector<expected> rows{{0, 12, {0, 1}, 0, 0},
                                   {12, 24, {0, 1}, 0, 0},
                                   {24, 36, {0, 1, 2}, 1, 2},
                                   {36, 48, {0, 1, 3}, 1, 3},
                                   {48, 60, {0, 1, 2}, 1, 2}};
  std::size_t row = 0;
  REQUIRE(f.run_rounds(rows.size(), [&](const round_summary& s) {
             INFO("round " << row);
             CHECK((s.opened == instant{} + seconds(rows[row].opened)));
             CHECK((s.closed == instant{} + seconds(rows[row].closed)));
             CHECK(numbers(f.server().participants()) == rows[row].who);
             CHECK(s.late == rows[row].late);
             CHECK(s.max_staleness == rows[row].oldest);
             ++row;
           }).has_value());
  // What they were given: c and d go on with the global model at once, and not with one of theirs.
  const auto kinds = [](const diary_client& c) {
    std::string text;
    for (const auto& t : c.told) {
      text += t.kind == download_kind::first ? 'f' : t.kind == download_kind::global ? 'g' : 'p';
      text += std::to_string(t.version);
    }
    return text;
  };
  REQUIRE(f.run_until(f.now()).has_value());  // the next round opens, those at rest start
  CHECK(f.training() == 4);
  // Training is put off until the first of those under way arrives: at 60 that is round 5's.
  REQUIRE(f.run_until(instant{} + seconds(70)).has_value());
  CHECK(kinds(clients[0]) == "f0p1p2p3p4p5");
  CHECK(kinds(clients[2]) == "f0g2g4");
  CHECK(kinds(clients[3]) == "f0g3");
}

TEST_CASE("those who arrive together are put in an order drawn from the seed",
          "[federated][federation]") {
  const auto first_halves = [](std::uint64_t seed) {
    auto clients = simple_clients(6);
    using tested = federation_of<first_k>;
    tested f{tested::server_type{origin, {}, first_k{{.k = 3}}, {.max_staleness = 0}},
             in_process<toy>{clients},
             {},
             {},
             {.seed = seed}};
    f.join(client_numbers(6));
    std::vector<std::set<std::uint32_t>> rounds;
    // All train in every round; late ones are dropped here, so the participants are the first 3.
    CHECK(f.run_rounds(600, [&](const round_summary& s) {
             rounds.push_back(numbers(f.server().participants()));
             CHECK(s.participants == 3);
             CHECK((s.closed == instant{} + seconds(static_cast<std::int64_t>(s.version))));
           }).has_value());
    return rounds;
  };
  const auto rounds = first_halves(1);
  CHECK(rounds == first_halves(1));
  CHECK(rounds != first_halves(2));
  int count[6] = {};
  for (const auto& r : rounds) {
    for (const auto i : r) ++count[i];
  }
  for (const int n : count) {
    CHECK(n > 240);  // 300 expected, standard deviation 12: five of them
    CHECK(n < 360);
  }
}

TEST_CASE("asynchronous: each upload is a version, and stale by those in between",
          "[federated][federation]") {
  auto clients = simple_clients(2);
  using tested = federation_of<buffered>;
  tested f{tested::server_type{origin}, in_process<toy>{clients}, {}, pace_of({2, 5})};
  f.join(client_numbers(2));
  record log;
  REQUIRE(f.run_until(instant{} + seconds(10), log).has_value());
  // a at 2, 4, 6, 8, 10; b at 5 (from version 0, two published meanwhile) and 10 (from version 3).
  std::vector<std::pair<std::int64_t, std::uint64_t>> seen;
  for (const auto& s : log.rounds) seen.emplace_back(s.closed.us / 1000000, s.max_staleness);
  REQUIRE(seen.size() == 7);
  CHECK(
      std::vector(seen.begin(), seen.begin() + 5) ==
      std::vector<std::pair<std::int64_t, std::uint64_t>>{{2, 0}, {4, 0}, {5, 2}, {6, 1}, {8, 0}});
  // At 10 both arrive, in either order: b is stale by the versions of 6 and 8, and the second of
  // the two by that of the first as well.
  const bool b_first = numbers(f.server().participants()) == std::set<std::uint32_t>{0};
  CHECK(seen[5].second == (b_first ? 2 : 0));
  CHECK(seen[6].second == (b_first ? 1 : 3));
  CHECK(f.server().version() == 7);
}

TEST_CASE("a buffer of K fills whoever comes, and nobody waits", "[federated][federation]") {
  auto clients = simple_clients(3);
  using tested = federation_of<buffered>;
  tested f{tested::server_type{origin, {}, buffered{{.k = 4}}},
           in_process<toy>{clients},
           {},
           pace_of({1, 3, 100})};
  f.join(client_numbers(3));
  record log;
  REQUIRE(f.run_rounds(3, log).has_value());
  // a arrives each second, b each third: 1, 2, 3 and 3 fill the first buffer, 4, 5, 6, 6 the next.
  for (std::size_t r = 0; r < 3; ++r) {
    CHECK((log.rounds[r].closed == instant{} + seconds(3 * static_cast<std::int64_t>(r + 1))));
    CHECK(log.rounds[r].participants == 2);  // a's newest upload replaced its earlier ones
  }
  CHECK(f.training() >= 2);
}

TEST_CASE("a cadence of 20 to 30 s with 60 to 80 % of the clients over 1000 rounds",
          "[federated][federation]") {
  auto clients = simple_clients(20);
  using tested = federation_of<round_deadline, random_share>;
  tested f{tested::server_type{
               origin, {}, round_deadline{{.length = seconds(20), .spread = seconds(10)}}},
           in_process<toy>{clients}, random_share{},
           random_pace{{.mean = seconds(15), .jitter = 0.3}}};  // all in time: 19.5 s at most
  f.join(client_numbers(20));
  double length = 0.0, share = 0.0;
  instant last{};
  REQUIRE(f.run_rounds(1000, [&](const round_summary& s) {
             CHECK((s.closed - s.opened >= seconds(20) && s.closed - s.opened <= seconds(30)));
             CHECK((s.participants >= 12 && s.participants <= 16));
             CHECK(s.late == 0);
             CHECK(s.opened == last);
             last = s.closed;
             length += (s.closed - s.opened).seconds() / 1000.0;
             share += static_cast<double>(s.participants) / 20.0 / 1000.0;
           }).has_value());
  CHECK(length == Approx(25.0).margin(0.5));  // sd of the mean 0.09
  CHECK(share == Approx(0.7).margin(0.01));   // sd of the mean 0.0022
  CHECK(f.server().version() == 1000);
}

TEST_CASE("stragglers are late for a deadline and hold up nobody", "[federated][federation]") {
  auto clients = simple_clients(3);
  using tested = federation_of<round_deadline>;
  tested f{tested::server_type{origin, {}, round_deadline{{.length = seconds(10)}}},
           in_process<toy>{clients},
           {},
           pace_of({9, 10, 95})};
  f.join(client_numbers(3));
  record log;
  REQUIRE(f.run_until(instant{} + seconds(120), log).has_value());
  REQUIRE(log.rounds.size() == 12);
  for (std::size_t r = 0; r < 12; ++r) {
    CHECK((log.rounds[r].closed == instant{} + seconds(10 * static_cast<std::int64_t>(r + 1))));
    // b needs exactly as long as a round: what comes at the deadline is late.
    CHECK(log.rounds[r].participants == (r == 0 ? 1U : r == 9 ? 3U : 2U));
    CHECK(log.rounds[r].max_staleness == (r == 0 ? 0U : r == 9 ? 9U : 1U));
  }
}

TEST_CASE("after its deadline a round waits for the models it needs at least",
          "[federated][federation]") {
  auto clients = simple_clients(3);
  using tested = federation_of<round_deadline>;
  tested f{tested::server_type{origin, {}, round_deadline{{.length = seconds(5), .at_least = 2}}},
           in_process<toy>{clients},
           {},
           pace_of({2, 7, 9})};
  f.join(client_numbers(3));
  record log;
  REQUIRE(f.run_rounds(2, log).has_value());
  CHECK((log.rounds[0].closed == instant{} + seconds(7)));  // a at 2, b at 7
  CHECK(log.rounds[0].participants == 2);
  CHECK((log.rounds[1].closed == instant{} + seconds(12)));  // a and c, late, at 9
  CHECK(log.rounds[1].participants == 2);
  // When nobody is left who could come, one is enough: b and c are under way until 14 and 18.
  REQUIRE(f.run_until(instant{} + seconds(13), log).has_value());
  f.leave(client_id{1});
  f.leave(client_id{2});
  REQUIRE(f.run_rounds(1, log).has_value());
  CHECK((log.rounds[2].closed == instant{} + seconds(17)));
  CHECK(log.rounds[2].participants == 1);
}

TEST_CASE("a period keeps rounds apart that would be over sooner", "[federated][federation]") {
  auto clients = simple_clients(3);
  federation_of<> f{federation_of<>::server_type{origin},
                    in_process<toy>{clients},
                    {},
                    pace_of({1, 2, 3}),
                    {.period = seconds(20)}};
  f.join(client_numbers(3));
  record log;
  REQUIRE(f.run_rounds(3, log).has_value());
  for (std::size_t r = 0; r < 3; ++r) {
    const auto opened = instant{} + seconds(20 * static_cast<std::int64_t>(r));
    CHECK((log.rounds[r].opened == opened && log.rounds[r].closed == opened + seconds(3)));
  }
}

TEST_CASE("who leaves in the middle of a round is not waited for", "[federated][churn]") {
  auto clients = simple_clients(4);
  const auto check = [&](auto f, int closed) {
    f.join(client_numbers(4));
    REQUIRE(f.run_until(instant{} + seconds(2)).has_value());
    CHECK(f.training() == 3);
    f.leave(client_id{3});
    f.leave(client_id{3});
    CHECK(f.training() == 2);
    record log;
    REQUIRE(f.run_rounds(2, log).has_value());
    CHECK((log.rounds[0].closed == instant{} + seconds(closed)));
    CHECK(log.rounds[0].participants == 3);
    CHECK(log.rounds[1].participants == 3);
  };
  const auto pace = pace_of({1, 3, 4, 50});
  using waits = federation_of<>;
  check(waits{waits::server_type{origin}, in_process<toy>{clients}, {}, pace}, 4);
  using counts = federation_of<first_k>;  // four can never come any more: three are enough
  check(
      counts{
          counts::server_type{origin, {}, first_k{{.k = 4}}}, in_process<toy>{clients}, {}, pace},
      4);
  using ends = federation_of<round_deadline>;
  check(ends{ends::server_type{origin, {}, round_deadline{{.length = seconds(6)}}},
             in_process<toy>{clients},
             {},
             pace},
        6);
}

TEST_CASE("one who joins starts from the server's model", "[federated][churn]") {
  auto clients = simple_clients<diary_client>(3);
  using tested = federation_of<everyone, all_clients, diary_client>;
  tested f{tested::server_type{origin}, in_process<diary_client>{clients}};
  f.join(client_numbers(2));
  REQUIRE(f.run_rounds(100).has_value());
  const float model = f.server().model()[0];
  CHECK(model == Approx(1.5));
  f.join(client_id{2});
  std::size_t participants = 0;
  REQUIRE(
      f.run_rounds(1, [&](const round_summary& s) { participants = s.participants; }).has_value());
  CHECK(participants == 3);
  REQUIRE(clients[2].told.size() == 1);
  CHECK(clients[2].told[0].kind == download_kind::first);
  CHECK(clients[2].told[0].version == 100);
  CHECK(clients[2].got[0] == model);

  // In the middle of a round: from the next one on.
  f.leave(client_id{2});
  REQUIRE(f.run_until(f.now() + milliseconds(500)).has_value());
  f.join(client_id{2});
  record log;
  REQUIRE(f.run_rounds(2, log).has_value());
  CHECK(log.rounds[0].participants == 2);
  CHECK(log.rounds[1].participants == 3);
}

TEST_CASE("one who sleeps for three rounds neither blocks nor is chosen", "[federated][churn]") {
  const auto check = [](auto rule) {
    auto clients = simple_clients<diary_client>(3);
    using rule_type = decltype(rule);
    using tested = federation_of<rule_type, all_clients, diary_client>;
    tested f{typename tested::server_type{origin, {}, rule}, in_process<diary_client>{clients}};
    f.join(client_numbers(3));
    REQUIRE(f.run_rounds(2).has_value());
    f.sleep(client_id{1}, f.now() + seconds(3));
    std::vector<std::size_t> participants;
    REQUIRE(f.run_rounds(5, [&](const round_summary& s) {
               participants.push_back(s.participants);
             }).has_value());
    CHECK(participants == std::vector<std::size_t>{2, 2, 2, 3, 3});
    CHECK(clients[1].told.size() == 4);
  };
  check(everyone{});
  check(first_k{{.k = 3}});
  check(round_deadline{{.length = milliseconds(1001)}});
}

TEST_CASE("one who falls asleep while training delivers, and does not start again",
          "[federated][churn]") {
  auto clients = simple_clients<diary_client>(3);
  using tested = federation_of<first_k, all_clients, diary_client>;
  tested f{tested::server_type{origin, {}, first_k{{.k = 2}}},
           in_process<diary_client>{clients},
           {},
           pace_of({10, 12, 25})};
  f.join(client_numbers(3));
  REQUIRE(f.run_until(instant{} + seconds(20)).has_value());
  f.sleep(client_id{2}, instant{} + seconds(40));
  record log;
  REQUIRE(f.run_until(instant{} + seconds(60), log).has_value());
  // Rounds end at 12, 24, 36, 48, 60. It comes at 25, is chosen again at 48, and starts then.
  CHECK(log.rounds[1].participants == 3);
  CHECK(log.rounds[1].late == 1);
  REQUIRE(clients[2].told.size() == 2);
  CHECK(clients[2].told[1].version == 4);
}

TEST_CASE("when all sleep the next round waits for the first to wake", "[federated][churn]") {
  auto clients = simple_clients(2);
  federation_of<> f{federation_of<>::server_type{origin}, in_process<toy>{clients}};
  f.join(client_numbers(2));
  REQUIRE(f.run_rounds(1).has_value());
  f.sleep(client_id{0}, instant{} + seconds(60));
  f.sleep(client_id{1}, instant{} + seconds(30));
  record log;
  REQUIRE(f.run_rounds(1, log).has_value());
  CHECK((log.rounds[0].opened == instant{} + seconds(30)));
  CHECK(log.rounds[0].participants == 1);

  // Asleep in the middle of a round: what it is training still comes.
  REQUIRE(f.run_until(instant{} + milliseconds(31500)).has_value());
  f.sleep(client_id{1}, instant{} + seconds(100));
  REQUIRE(f.run_rounds(1, log).has_value());
  CHECK((log.rounds[1].closed == instant{} + seconds(32)));

  f.leave(client_id{0});
  f.leave(client_id{1});
  CHECK(f.run_rounds(1).failure().to_string() ==
        "federation: nobody trains, and no round is due; expected members that are awake some "
        "time, or a round that was triggered");
  CHECK(f.run_until(instant{} + seconds(50)).has_value());
  CHECK((f.now() == instant{} + seconds(50)));
  f.join(client_id{1});  // who leaves and comes back is awake
  REQUIRE(f.run_rounds(1, log).has_value());
  CHECK((log.rounds[2].opened == instant{} + seconds(50)));
}

TEST_CASE("a round that waits for somebody awake takes the first there is", "[federated][churn]") {
  auto clients = simple_clients(3);
  federation_of<> f{federation_of<>::server_type{origin},
                    in_process<toy>{clients},
                    {},
                    {},
                    {.only_when_triggered = true}};
  f.join(client_numbers(2));
  f.sleep(client_id{0}, instant{} + seconds(90));
  f.sleep(client_id{1}, instant{} + seconds(80));
  f.trigger();
  record log;
  REQUIRE(f.run_until(instant{} + seconds(10), log).has_value());
  SECTION("a newcomer") {
    f.join(client_id{2});
    REQUIRE(f.run_rounds(1, log).has_value());
    CHECK((log.rounds[0].opened == instant{} + seconds(10)));
  }
  SECTION("one who is woken") {
    f.sleep(client_id{0}, instant{} + seconds(20));
    REQUIRE(f.run_rounds(1, log).has_value());
    CHECK((log.rounds[0].opened == instant{} + seconds(20)));
  }
  SECTION("the first to wake by itself") {
    REQUIRE(f.run_rounds(1, log).has_value());
    CHECK((log.rounds[0].opened == instant{} + seconds(80)));
  }
  CHECK(log.rounds.size() == 1);
  CHECK(log.rounds[0].participants == 1);
}

TEST_CASE("a round whose clients have all left is opened anew", "[federated][churn]") {
  auto clients = simple_clients(4);
  federation_of<> f{
      federation_of<>::server_type{origin}, in_process<toy>{clients}, {}, pace_of({5, 5, 5, 5})};
  f.join(client_numbers(2));
  REQUIRE(f.run_until(instant{} + seconds(2)).has_value());
  f.join(client_id{2});
  f.leave(client_id{0});
  f.leave(client_id{1});
  record log;
  REQUIRE(f.run_rounds(1, log).has_value());
  CHECK((log.rounds[0].opened == instant{} + seconds(2)));
  CHECK((log.rounds[0].closed == instant{} + seconds(7)));
  CHECK(log.rounds[0].round == 1);
  CHECK(log.rounds[0].version == 1);
}

TEST_CASE("a client that diverges is refused by name, and the others go on",
          "[federated][federation]") {
  std::vector<diverging_client> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(diverging_client{{.optimum = {1.0F}}});
  clients[1].healthy = 2;
  using tested = federation_of<everyone, all_clients, diverging_client>;
  tested f{tested::server_type{origin}, in_process<diverging_client>{clients}};
  f.join(client_numbers(3));
  std::vector<std::size_t> participants, refused;
  REQUIRE(f.run_rounds(4, [&](const round_summary& s) {
             participants.push_back(s.participants);
             refused.push_back(s.refused);
           }).has_value());
  CHECK(participants == std::vector<std::size_t>{3, 3, 2, 2});
  CHECK(refused == std::vector<std::size_t>{0, 0, 1, 1});
  REQUIRE(f.refusal().has_value());
  CHECK(f.refusal()->field == "client 1");
  clients[0].healthy = clients[2].healthy = 0;
  const auto done = f.run_rounds(1);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.failure().what == "sent a number that is not finite, at 0");
  CHECK(f.server().version() == 4);
  clients[2].healthy = 5;  // mended, it goes on
  CHECK(f.run_rounds(1).has_value());
}

TEST_CASE("a client the executor does not know, or of another size, is an error",
          "[federated][federation]") {
  auto clients = simple_clients(2);
  federation_of<> f{federation_of<>::server_type{origin}, in_process<toy>{clients}};
  f.join(client_numbers(3));
  CHECK(f.run_rounds(1).failure().to_string() ==
        "client 2: does not exist; expected a number below 2");
  const float two[2] = {0.0F, 0.0F};
  federation_of<> g{federation_of<>::server_type{two}, in_process<toy>{clients}};
  g.join(client_numbers(2));
  CHECK(g.run_rounds(1).failure().to_string() ==
        "client 0: exchanges 1 numbers; expected 2, as the server's model has");
}

TEST_CASE("a planted shift opens a round within one tick", "[federated][event]") {
  auto clients = simple_clients(4);
  federation_of<> f{federation_of<>::server_type{origin},
                    in_process<toy>{clients},
                    {},
                    pace_of({2, 2, 2, 2}),
                    {.only_when_triggered = true}};
  f.join(client_numbers(4));
  const duration tick = milliseconds(250);
  // A level that jumps at 61.37 s, and a detector that looks at it at every tick.
  const instant shift = instant{} + milliseconds(61370);
  record log;
  bool seen = false;
  for (instant now{}; now < instant{} + seconds(120); now = now + tick) {
    REQUIRE(f.run_until(now, log).has_value());
    if (!seen && now >= shift) {
      seen = true;
      f.trigger();
    }
  }
  REQUIRE(log.rounds.size() == 1);  // no other round all the time
  CHECK((log.rounds[0].opened >= shift && log.rounds[0].opened - shift <= tick));
  CHECK((log.rounds[0].closed == log.rounds[0].opened + seconds(2)));
  CHECK(f.run_rounds(1).failure().what == "nobody trains, and no round is due");
}

TEST_CASE("a round that is open when another is triggered ends with what has come",
          "[federated][event]") {
  auto clients = simple_clients(3);
  federation_of<> f{federation_of<>::server_type{origin},
                    in_process<toy>{clients},
                    {},
                    pace_of({1, 2, 9}),
                    {.period = seconds(100)}};
  f.join(client_numbers(3));
  record log;
  REQUIRE(f.run_until(instant{} + milliseconds(500), log).has_value());
  f.trigger();  // nothing has come: the round is young enough
  REQUIRE(f.run_until(instant{} + seconds(4), log).has_value());
  CHECK(log.rounds.empty());
  f.trigger();
  REQUIRE(f.run_rounds(2, log).has_value());
  CHECK((log.rounds[0].opened == instant{} && log.rounds[0].closed == instant{} + seconds(4)));
  CHECK(log.rounds[0].participants == 2);
  CHECK((log.rounds[1].opened == instant{} + seconds(4)));  // not at 100
  // c was late, and everyone includes it: 9 s late and fresh at 18.
  CHECK((log.rounds[1].closed == instant{} + seconds(18)));
  CHECK(log.rounds[1].participants == 3);
  CHECK(log.rounds[1].late == 0);
}

TEST_CASE("the way time is cut into pieces changes nothing", "[federated][federation]") {
  const auto hash = [](duration piece) {
    auto clients = support::noisy_clients(7);
    using client = testing::resumable_client_archetype;
    using tested = federation_of<first_k, random_share, client, half_personal>;
    const std::vector<float> model(3);
    tested f{tested::server_type{model, {}, first_k{{.k = 3}}}, in_process<client>{clients},
             random_share{}, random_pace{{.jitter = 0.5}}};
    f.join(client_numbers(7));
    while (f.now() < instant{} + seconds(60)) CHECK(f.run_until(f.now() + piece).has_value());
    CHECK(f.server().version() > 20);
    return support::bits_of(f.server().model());
  };
  const auto whole = hash(seconds(60));
  CHECK(hash(milliseconds(250)) == whole);
  CHECK(hash(milliseconds(40)) == whole);
  CHECK(hash(seconds(20)) == whole);
}

TEST_CASE("bytes are those of the numbers exchanged", "[federated][federation]") {
  // 100 numbers are critic and actor, 40 the critic alone.
  const auto bytes = [](std::size_t exchanged) {
    auto clients = support::noisy_clients<toy>(10, exchanged);
    const std::vector<float> model(exchanged);
    federation_of<> f{federation_of<>::server_type{model}, in_process<toy>{clients}};
    f.join(client_numbers(10));
    traffic sum;
    CHECK(f.run_rounds(20, [&](const round_summary& s) {
             sum.down += s.bytes.down;
             sum.up += s.bytes.up;
           }).has_value());
    CHECK(sum == f.server().bytes());
    return sum;
  };
  CHECK(bytes(100) == traffic{20 * 10 * (16 + 400), 20 * 10 * (48 + 400)});
  CHECK(bytes(40) == traffic{20 * 10 * (16 + 160), 20 * 10 * (48 + 160)});
}

TEST_CASE("300 episodes at 15 a round, and 500 at 25, are 20 rounds for everyone",
          "[federated][federation]") {
  for (const std::uint32_t episodes : {15U, 25U}) {
    std::vector<toy> clients;
    for (int i = 0; i < 10; ++i) clients.push_back(toy{{.steps = episodes}});
    using tested = federation_of<first_k>;
    tested f{tested::server_type{origin, {}, first_k{{.k = 5}}}, in_process<toy>{clients}};
    f.join(client_numbers(10));
    REQUIRE(f.run_rounds(20).has_value());
    CHECK((f.now() == instant{} + seconds(20)));
    // The late ones of the last round arrive at that instant as well.
    REQUIRE(f.run_until(f.now()).has_value());
    CHECK(f.server().version() == 20);
    CHECK(f.server().bytes().up == 20 * 10 * (48 + 4));
    CHECK(20 * episodes == (episodes == 15 ? 300 : 500));
  }
}

TEST_CASE("a run allocates nothing once warm", "[federated][federation]") {
  auto clients = simple_clients(30);
  using tested = federation_of<first_k, random_share>;
  tested f{tested::server_type{origin, {}, first_k{{.k = 10}}}, in_process<toy>{clients},
           random_share{}, random_pace{{.jitter = 0.9}}};
  f.join(client_numbers(30));
  REQUIRE(f.run_rounds(3000).has_value());  // until the fullest round has been
  const testing::no_alloc_scope scope;
  const bool done = f.run_rounds(50).has_value();
  const auto allocations = scope.allocations();
  CHECK(done);
  CHECK(allocations == 0);
}
