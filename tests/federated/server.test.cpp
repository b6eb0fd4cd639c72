// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/federation_parts.hpp"

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <type_traits>

#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/rounds/buffered.hpp>
#include <muster/federated/rounds/first_k.hpp>
#include <muster/federated/server.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
using namespace muster::federated;
using support::client_numbers, support::half_personal, support::plain_mean;

namespace {

constexpr client_id a{0}, b{1}, c{2};
const std::vector<client_id> all = client_numbers(3);
const instant start{};

template <class Server>
void join_all(Server& s) {
  for (const client_id i : all) s.join(i);
}
/// An upload of one number.
upload one(client_id client, std::uint64_t version, const float& value, double weight = 1.0) {
  return {.client = client,
          .version = version,
          .report = {.weight = weight, .steps = 10, .score = 2.0 * value},
          .values = {&value, 1}};
}
template <class Server>
float fetched(Server& s, client_id client, download_kind kind) {
  const auto d = s.fetch(client);
  REQUIRE(d.has_value());
  CHECK(static_cast<int>(d->info.kind) == static_cast<int>(kind));
  CHECK(d->info.version == s.version());
  return d->model[0];
}
template <class Server>
bool ends(Server& s, instant now, round_summary& out) {
  const auto ended = s.poll(now);
  REQUIRE(ended.has_value());
  if (!ended->has_value()) return false;
  out = **ended;
  return true;
}

/// Writes down what it is told, and ends a round after three uploads.
struct shows {
  static constexpr bool restarts = true;
  round_progress* seen = nullptr;
  bool closes(const round_progress& p) const noexcept {
    *seen = p;
    return p.taken == 3;
  }
  instant deadline(std::uint64_t, instant) const noexcept { return never; }
};

// ---- what a server cannot be told -----------------------------------------------------------
// Only an `upload` goes in, and all that is in one is a model, whose it is, and how much it counts.

template <class S, class T>
concept receives = requires(S& s, const T& t) {
  s.receive(t);
};
template <class S>
concept acts_on_requests = requires(S& s) {
  s.act();
}
|| requires(S& s) { s.decide(); }
|| requires(S& s) { s.choose(); }
|| requires(S& s) { s.dispatch(); }
|| requires(S& s) { s.admit(); };
template <class S>
concept sees_experience = requires(S& s) {
  s.observe();
}
|| requires(S& s) { s.reward(); }
|| requires(S& s) { s.rollout(); }
|| requires(S& s) { s.replay(); };
using server_type = server<plain_mean, first_k>;
struct experience {
  std::vector<float> observation;
  std::uint32_t action = 0;
  float reward = 0.0F;
};
static_assert(receives<server_type, upload>);
static_assert(!receives<server_type, experience> && !receives<server_type, std::vector<float>> &&
              !receives<server_type, std::span<const float>>);
static_assert(!sees_experience<server_type> && !acts_on_requests<server_type>);
static_assert([](const upload& u) {
  const auto& [client, version, report, values, bytes, importance] = u;  // six members, no more
  const auto& [weight, steps, score] = report;
  return std::is_same_v<decltype(client), const client_id> &&
         std::is_same_v<decltype(version), const std::uint64_t> &&
         std::is_same_v<decltype(values), const std::span<const float>> &&
         std::is_same_v<decltype(bytes), const std::uint64_t> &&
         std::is_same_v<decltype(importance), const double> &&
         std::is_same_v<decltype(weight), const double> &&
         std::is_same_v<decltype(steps), const std::uint64_t> &&
         std::is_same_v<decltype(score), const double>;
}(upload{}));

}  // namespace

TEST_CASE("no function of the server names an observation, an action or a reward",
          "[federated][server][privacy]") {
  for (const char* name : {"federated/server.hpp", "federated/messages.hpp"}) {
    std::FILE* f =
        std::fopen((std::string{MUSTER_SOURCE_DIR "/include/muster/"} + name).c_str(), "r");
    REQUIRE(f != nullptr);
    std::string code;
    char line[512];
    while (std::fgets(line, sizeof line, f) != nullptr) {
      const std::string text{line};
      code += text.substr(0, text.find("//"));
    }
    std::fclose(f);
    REQUIRE(code.find("receive") + code.find("upload") != 2 * std::string::npos);
    for (const char* word : {"observ", "action", "reward", "rollout", "trajector"}) {
      INFO(name << ": " << word);
      CHECK(code.find(word) == std::string::npos);
    }
  }
}

TEST_CASE("three rounds by hand: first, personal, global, late and replaced",
          "[federated][server]") {
  const float zero = 0.0F;
  server<half_personal, first_k> s{{&zero, 1}, {}, first_k{{.k = 2}}};
  join_all(s);
  round_summary r;

  // Round 0: a and b are the first two; c is still at it.
  s.open(start, all);
  for (const client_id i : all) CHECK(fetched(s, i, download_kind::first) == 0.0F);
  REQUIRE(s.receive(one(a, 0, 2.0F, 3.0)).has_value());
  CHECK_FALSE(ends(s, start + seconds(1), r));
  REQUIRE(s.receive(one(b, 0, 4.0F, 1.0)).has_value());
  REQUIRE(ends(s, start + seconds(2), r));
  CHECK(s.model()[0] == 2.5F);  // (3 x 2 + 4) / 4
  CHECK(r.round == 0);
  CHECK(r.version == 1);
  CHECK((r.opened == start && r.closed == start + seconds(2)));
  CHECK(r.participants == 2);
  CHECK(r.late == 0);
  CHECK(r.mean_score == 6.0);  // (4 + 8) / 2
  CHECK(r.steps == 20);
  CHECK(r.weight == 4.0);
  CHECK(r.bytes == traffic{3 * (16 + 4), 2 * (48 + 4)});

  // Round 1: c comes late, counts, but not for the two; it may go on with the global model.
  s.open(start + seconds(2), all);
  CHECK(fetched(s, a, download_kind::personal) == 2.25F);  // half way from 2.5 to 2
  CHECK(fetched(s, b, download_kind::personal) == 3.25F);
  CHECK_FALSE(s.wants(c));
  REQUIRE(s.receive(one(c, 0, 9.0F)).has_value());
  CHECK(s.wants(c));
  CHECK(fetched(s, c, download_kind::global) == 2.5F);
  REQUIRE(s.receive(one(a, 1, 5.0F)).has_value());
  CHECK_FALSE(s.wants(a));
  CHECK_FALSE(ends(s, start + seconds(3), r));  // three are here, but one of the two
  REQUIRE(s.receive(one(b, 1, 1.0F)).has_value());
  REQUIRE(ends(s, start + seconds(4), r));
  CHECK(s.model()[0] == 5.0F);
  CHECK(r.version == 2);
  CHECK(r.participants == 3);
  CHECK(r.late == 1);
  CHECK(r.max_staleness == 1);
  CHECK(r.mean_staleness == Approx(1.0 / 3.0));
  CHECK(std::vector(s.participants().begin(), s.participants().end()) == std::vector{c, a, b});
  CHECK(r.bytes == traffic{3 * 20, 3 * 52});

  // Round 2: c is late again, fetches the model made from its upload of round 1, and what it then
  // sends replaces what it sent before.
  s.open(start + seconds(4), all);
  REQUIRE(s.receive(one(c, 1, 100.0F)).has_value());
  CHECK(fetched(s, c, download_kind::personal) == 7.0F);  // half way from 5 to 9
  CHECK(fetched(s, a, download_kind::personal) == 5.0F);
  REQUIRE(s.receive(one(c, 2, 8.0F)).has_value());
  CHECK(s.uploads() == 1);
  CHECK_FALSE(ends(s, start + seconds(5), r));
  REQUIRE(s.receive(one(a, 2, 6.0F)).has_value());
  REQUIRE(ends(s, start + seconds(6), r));
  CHECK(s.model()[0] == 7.0F);
  CHECK(r.participants == 2);
  CHECK(r.late == 0);

  // b did not fetch what was made for it in round 1, and was not in round 2: it is one of the
  // others, who get the newest.
  s.open(start + seconds(6), all);
  CHECK(fetched(s, b, download_kind::global) == 7.0F);
  CHECK(s.bytes() == traffic{9 * 20, 8 * 52});
}

TEST_CASE("uploads that cannot be used are refused by name, and the round goes on",
          "[federated][server]") {
  const float model[2] = {0.0F, 0.0F};
  server<plain_mean, everyone> s{model};
  const auto what = [&](const upload& u) {
    const auto taken = s.receive(u);
    return taken ? std::string{"taken"} : taken.failure().to_string();
  };
  const float good[2] = {1.0F, 3.0F};
  const float nan[2] = {1.0F, std::numeric_limits<float>::quiet_NaN()};
  const float infinite[2] = {-std::numeric_limits<float>::infinity(), 0.0F};

  CHECK(what({.client = a, .values = good}) ==
        "client 0: is not a member of the federation; expected join first");
  CHECK(s.fetch(client_id{77}).failure().to_string() ==
        "client 77: is not a member of the federation; expected join first");
  for (const client_id i : client_numbers(7)) s.join(i);
  CHECK(what({.client = a, .values = good}) ==
        "client 0: sent a model of version 0; expected a download before each upload");
  s.open(start, client_numbers(7));
  for (const client_id i : client_numbers(7)) REQUIRE(s.fetch(i).has_value());
  CHECK(what({.client = a, .version = 3, .values = good}) ==
        "client 0: sent a model of version 3; expected version 0");
  CHECK(what({.client = a, .values = nan}) ==
        "client 0: sent a number that is not finite, at 1; expected a model whose training did "
        "not diverge");
  CHECK(what({.client = b, .values = infinite}) ==
        "client 1: sent a number that is not finite, at 0; expected a model whose training did "
        "not diverge");
  CHECK(what({.client = c, .values = std::span{good, 1}}) ==
        "client 2: sent 1 numbers; expected 2");
  CHECK(what({.client = client_id{3}, .report = {.weight = -1.0}, .values = good}) ==
        "client 3: has the weight -1.000000 x 1.000000; expected a finite weight of 0 or more");
  CHECK(what({.client = client_id{4}, .values = good, .importance = 0.0}) ==
        "client 4: has the weight 1.000000 x 0.000000; expected a finite weight of 0 or more");
  // A second one by the same client is not expected.
  CHECK(what({.client = a, .values = good}) ==
        "client 0: sent a model of version 0; expected a download before each upload");
  CHECK(what({.client = client_id{5}, .values = good}) == "taken");
  round_summary r;
  CHECK_FALSE(ends(s, start, r));
  CHECK(what({.client = client_id{6}, .values = good}) == "taken");
  REQUIRE(ends(s, start, r));
  CHECK(r.participants == 2);
  CHECK(r.refused == 5);
  CHECK((s.model()[0] == 1.0F && s.model()[1] == 3.0F));
}

TEST_CASE("an aggregator that fails costs the round and nothing else", "[federated][server]") {
  const float zero = 0.0F;
  server<plain_mean, everyone> s{{&zero, 1}};
  s.join(a);
  s.open(start, std::span{all}.first(1));
  REQUIRE(s.fetch(a).has_value());
  REQUIRE(s.receive(one(a, 0, 4.0F, 0.0)).has_value());
  CHECK(s.poll(start).failure().what == "all weights are zero");
  CHECK((!s.is_open() && s.uploads() == 0 && s.version() == 0 && s.round() == 1));

  // Two finite uploads whose weighted sum is not.
  struct overflowing {
    result<void> aggregate(const aggregation_round& round, std::span<float> next) {
      next[0] = round.updates[0].values[0] * 4.0F;
      return {};
    }
  };
  server<overflowing> t{{&zero, 1}};
  t.join(a);
  t.open(start, std::span{all}.first(1));
  REQUIRE(t.fetch(a).has_value());
  REQUIRE(t.receive(one(a, 0, 3e38F)).has_value());
  CHECK(t.poll(start).failure().to_string() ==
        "aggregator: the uploads of round 0 became a model that is not finite; expected uploads "
        "whose mean is within the range of a float");
  CHECK(t.model()[0] == 0.0F);
}

TEST_CASE("weights, importance, staleness and dropping", "[federated][server]") {
  const float zero = 0.0F;
  round_summary r;
  SECTION("uniform weights, times importance") {
    server<plain_mean> s{{&zero, 1}, {}, {}, {.uniform_weights = true}};
    join_all(s);
    s.open(start, all);
    for (const client_id i : all) REQUIRE(s.fetch(i).has_value());
    REQUIRE(s.receive(one(a, 0, 1.0F, 50.0)).has_value());
    REQUIRE(s.receive(one(b, 0, 2.0F, 0.0)).has_value());
    const float nine = 9.0F;
    upload rare = one(c, 0, nine);
    rare.importance = 2.0;
    REQUIRE(s.receive(rare).has_value());
    REQUIRE(ends(s, start, r));
    CHECK(s.model()[0] == 5.25F);  // (1 + 2 + 2 x 9) / 4
  }
  SECTION("too old is dropped, and the client is waited for again") {
    server<plain_mean, first_k> s{{&zero, 1}, {}, {}, {.max_staleness = 0}};
    join_all(s);
    s.open(start, all);
    for (const client_id i : all) REQUIRE(s.fetch(i).has_value());
    REQUIRE(s.receive(one(a, 0, 1.0F)).has_value());
    REQUIRE(ends(s, start, r));
    REQUIRE(s.receive(one(b, 0, 100.0F)).has_value());  // between the rounds
    s.open(start, all);
    REQUIRE(s.receive(one(c, 0, 100.0F)).has_value());
    CHECK(s.uploads() == 0);
    CHECK(s.wants(c));
    REQUIRE(s.fetch(a).has_value());
    REQUIRE(s.receive(one(a, 1, 3.0F)).has_value());
    REQUIRE(ends(s, start, r));
    CHECK(s.model()[0] == 3.0F);
    CHECK(r.dropped == 2);
    CHECK(r.bytes.up == 3 * 52);  // they have travelled all the same
  }
  SECTION("a client that packs its numbers says in how many bytes") {
    server<plain_mean> s{{&zero, 1}};
    s.join(a);
    s.open(start, std::span{all}.first(1));
    REQUIRE(s.fetch(a).has_value());
    const float four = 4.0F;
    upload packed = one(a, 0, four);
    packed.bytes = 1;
    REQUIRE(s.receive(packed).has_value());
    CHECK(s.bytes() == traffic{20, 49});
  }
}

TEST_CASE("clients come and go in the middle of a round", "[federated][server]") {
  const float zero = 0.0F;
  server<half_personal> s{{&zero, 1}};
  join_all(s);
  round_summary r;
  s.open(start, all);
  for (const client_id i : all) REQUIRE(s.fetch(i).has_value());
  REQUIRE(s.receive(one(a, 0, 2.0F)).has_value());
  s.leave(a);  // what it sent counts
  REQUIRE(s.receive(one(b, 0, 4.0F)).has_value());
  CHECK_FALSE(ends(s, start, r));
  s.leave(c);  // what it trains is not waited for
  REQUIRE(ends(s, start, r));
  CHECK(s.model()[0] == 3.0F);
  CHECK(s.clients() == 1);
  CHECK_FALSE(s.receive(one(c, 0, 8.0F)).has_value());

  // Who comes back is a newcomer, and gets the server's model, not what was made for it once.
  s.join(a);
  CHECK(fetched(s, a, download_kind::first) == 3.0F);
  CHECK(fetched(s, b, download_kind::personal) == 3.5F);
  CHECK(fetched(s, b, download_kind::global) == 3.0F);

  // A model from elsewhere is a version like others.
  const float ten = 10.0F;
  s.publish({&ten, 1});
  CHECK(s.version() == 2);
  CHECK(fetched(s, a, download_kind::global) == 10.0F);
}

TEST_CASE("a round may be closed against its rule", "[federated][server]") {
  const float zero = 0.0F;
  server<plain_mean> s{{&zero, 1}};
  join_all(s);
  s.open(start, all);
  for (const client_id i : all) REQUIRE(s.fetch(i).has_value());
  REQUIRE(s.receive(one(b, 0, 6.0F)).has_value());
  CHECK(s.close(start)->participants == 1);
  CHECK(s.model()[0] == 6.0F);
  s.open(start, all);
  const auto empty = s.close(start);
  REQUIRE(empty.has_value());
  CHECK(empty->participants == 0);
  CHECK(empty->version == 1);
  CHECK(std::isnan(empty->mean_score));
  CHECK(support::breaks("needs an open round", [&] { (void)s.close(start); }));
  CHECK(support::breaks("no member", [&] { s.open(start, client_numbers(9)); }));
  s.open(start, all);
  CHECK(support::breaks("before the last round ended", [&] { s.open(start, all); }));
  CHECK(support::breaks("comes between rounds", [&] { s.publish({&zero, 1}); }));
  CHECK(support::breaks("finite numbers", [] {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const server<plain_mean> bad{{&nan, 1}};
  }));
}

TEST_CASE("a rule is told how many are fresh and late, each client once", "[federated][server]") {
  round_progress p;
  const float zero = 0.0F;
  server<plain_mean, shows> s{{&zero, 1}, {}, shows{&p}};
  join_all(s);
  round_summary r;
  s.open(instant{3}, all);
  for (const client_id i : all) REQUIRE(s.fetch(i).has_value());
  const auto sends = [&](client_id i, std::uint64_t version, bool last) {
    const float one_half = 0.5F;
    REQUIRE(s.receive(one(i, version, one_half)).has_value());
    CHECK(ends(s, instant{9}, r) == last);
    return std::vector<std::size_t>{p.fresh, p.late, p.taken, p.waiting};
  };
  using counts = std::vector<std::size_t>;
  CHECK(sends(a, 0, false) == counts{1, 0, 1, 3});
  REQUIRE(s.fetch(a).has_value());
  CHECK(sends(a, 0, false) == counts{1, 0, 2, 3});  // in the place of the first
  CHECK(sends(b, 0, true) == counts{2, 0, 3, 3});
  CHECK((p.round == 0 && p.opened == instant{3} && p.now == instant{9}));
  CHECK(r.participants == 2);
  s.open(instant{9}, all);
  CHECK(sends(c, 0, false) == counts{0, 1, 1, 3});
  REQUIRE(s.fetch(c).has_value());
  CHECK(sends(c, 1, false) == counts{1, 0, 2, 3});  // late, and replaced by a fresh one
}

TEST_CASE("a server that was saved at any moment goes on as if it had not been",
          "[federated][server][resume]") {
  const std::vector<float> model{0.0F, 1.0F, 2.0F};
  using tested = server<half_personal, first_k>;
  const auto make = [&] { return tested{model, {}, first_k{{.k = 2}}}; };
  // One call of a fixed play, in which c is always late; the play goes on across the kills.
  const auto play = [&](tested& s, int step) {
    const auto send = [&](client_id i, std::uint64_t version) {
      const float x = static_cast<float>(step) + 0.1F * static_cast<float>(index_of(i));
      const float values[3] = {x, -x, 0.5F * x};
      REQUIRE(s.receive({.client = i, .version = version, .values = values}).has_value());
    };
    const auto round = static_cast<std::uint64_t>(step / 8);
    switch (step % 8) {
      case 0:
        s.open(instant{step}, all);
        break;
      case 1:
        REQUIRE(s.fetch(a).has_value());
        break;
      case 2:
        REQUIRE(s.fetch(b).has_value());
        break;
      case 3:
        if (round > 0) send(c, round - 1);
        break;
      case 4:
        REQUIRE(s.fetch(c).has_value());
        break;
      case 5:
        send(a, round);
        break;
      case 6:
        send(b, round);
        break;
      case 7:
        REQUIRE(s.poll(instant{step})->has_value());
        break;
    }
  };
  constexpr int steps = 40;
  tested whole = make();
  for (const client_id i : all) whole.join(i);
  for (int step = 0; step < steps; ++step) play(whole, step);

  for (int kill = 0; kill < steps; ++kill) {
    tested first = make();
    for (const client_id i : all) first.join(i);
    for (int step = 0; step < kill; ++step) play(first, step);
    nn::checkpoint saved{"server"};
    first.add_to(saved);
    const std::string bytes = saved.bytes();
    tested second = make();
    nn::checkpoint file{"server"};
    second.add_to(file);
    const auto read = file.restore(std::as_bytes(std::span{bytes}), "memory");
    INFO("killed before step " << kill << (read ? "" : read.failure().to_string()));
    REQUIRE(read.has_value());
    for (int step = kill; step < steps; ++step) play(second, step);
    CHECK(support::bits_of(second.model()) == support::bits_of(whole.model()));
    CHECK(second.version() == whole.version());
    CHECK(second.bytes() == whole.bytes());
    nn::checkpoint end{"server"}, whole_end{"server"};
    second.add_to(end);
    whole.add_to(whole_end);
    CHECK(end.bytes() == whole_end.bytes());
  }
}

TEST_CASE("models that nobody fetched are not kept for ever", "[federated][server]") {
  const std::vector<float> model(20);
  server<half_personal, everyone> s{model};
  nn::checkpoint file{"server"};
  s.add_to(file);
  const auto size_after = [&](int rounds) {
    for (int round = 0; round < rounds; ++round) {
      // A model is made for a and for b each time. a goes away with it, b starts anew without.
      for (const client_id i : all) s.join(i);
      if (round % 4 == 3) s.publish(model);
      s.open(start, all);
      for (const client_id i : {a, b}) {
        const auto d = s.fetch(i);
        const bool back = i == a && round % 2 == 1;
        CHECK((!back || d->info.kind == download_kind::first));
        REQUIRE(s.receive({.client = i, .version = d->info.version, .values = model}).has_value());
      }
      REQUIRE(s.close(start)->participants == 2);
      if (round % 2 == 0) s.leave(a);
    }
    return file.bytes().size();
  };
  const auto early = size_after(4);
  CHECK(size_after(100) < early + 3 * sizeof(float) * model.size());
}

TEST_CASE("a server of another size refuses the checkpoint", "[federated][server][resume]") {
  const std::vector<float> three(3), four(4);
  server<plain_mean> s{three}, t{four};
  nn::checkpoint saved{"server"}, file{"server"};
  s.add_to(saved);
  t.add_to(file);
  const std::string bytes = saved.bytes();
  CHECK(file.restore(std::as_bytes(std::span{bytes}), "m").failure().to_string() ==
        "m: model: is F32 [3] in the file; expected F32 [4]");
}

TEST_CASE("rounds do not allocate once warm", "[federated][server]") {
  const std::vector<float> model(50);
  server<half_personal, buffered> s{model, {}, buffered{{.k = 3}}};
  join_all(s);
  std::vector<float> values(50, 1.0F);
  const auto round = [&] {
    s.open(start, all);
    for (const client_id i : all) {
      const auto d = s.fetch(i);
      (void)s.receive({.client = i, .version = d->info.version, .values = values});
    }
    return s.poll(start)->has_value();
  };
  REQUIRE((round() && round()));
  const testing::no_alloc_scope scope;
  bool ended = true;
  for (int i = 0; i < 5; ++i) ended = round() && ended;
  const auto allocations = scope.allocations();
  CHECK(ended);
  CHECK(allocations == 0);
}
