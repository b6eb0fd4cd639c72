// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include <muster/coordination/retry.hpp>

using namespace muster;
using coordination::backoff;

namespace {
using answer = rpc_answer<int>;
backoff policy(std::int64_t first_ms, std::int64_t most_ms, std::uint32_t attempts) {
  return backoff{{milliseconds(first_ms), milliseconds(most_ms), attempts}};
}
}  // namespace

TEST_CASE("the bound of the wait doubles up to the most", "[coordination][retry]") {
  const backoff b = policy(20, 100, 9);
  CHECK(b.bound(1) == milliseconds(20));
  CHECK(b.bound(2) == milliseconds(40));
  CHECK(b.bound(3) == milliseconds(80));
  CHECK(b.bound(4) == milliseconds(100));
  CHECK(b.bound(4000000) == milliseconds(100));
  CHECK(policy(0, 100, 1).bound(5) == duration{});
  // No overflow near the end of the range.
  const backoff huge{{seconds(1), duration{(std::numeric_limits<std::int64_t>::max)()}, 1}};
  CHECK(huge.bound(200).us > 0);
}

TEST_CASE("full jitter: every wait from nothing to the bound, evenly", "[coordination][retry]") {
  const backoff b = policy(20, 100, 9);
  rng random{3};
  double sum = 0.0;
  std::int64_t least = 1'000'000, most = 0;
  for (int i = 0; i < 20'000; ++i) {
    const duration w = b.wait(2, random);
    REQUIRE((w.us >= 0 && w.us <= 40'000));
    sum += static_cast<double>(w.us);
    least = (std::min)(least, w.us);
    most = (std::max)(most, w.us);
  }
  // Mean 20 ms, standard deviation of the mean 40 / sqrt(12 * 20000) ms = 0.082 ms.
  CHECK(sum / 20'000 == Approx(20'000.0).margin(330.0));
  CHECK(least < 40);
  CHECK(most > 39'960);
  rng untouched{4};
  CHECK(policy(0, 0, 1).wait(1, untouched) == duration{});
  CHECK(untouched == rng{4});
}

TEST_CASE("retry: by hand", "[coordination][retry]") {
  rng random{1};
  std::vector<std::int64_t> started;
  // Each attempt takes 10 ms; the third is answered.
  const auto third = [&](rpc_call c) {
    started.push_back(c.now.us);
    if (started.size() < 3) return answer::failed(rpc_status::timed_out, c.now + milliseconds(10));
    return answer{7, c.now + milliseconds(10), rpc_status::answered};
  };
  // Without waits: 0, 10, 20 ms.
  const answer a =
      coordination::retry(policy(0, 0, 5), {instant{}, instant{90'000}}, random, third);
  CHECK(a);
  CHECK(*a.value == 7);
  CHECK(a.at == instant{30'000});
  CHECK(started == std::vector<std::int64_t>{0, 10'000, 20'000});

  started.clear();  // two attempts are not enough
  const answer b =
      coordination::retry(policy(0, 0, 2), {instant{}, instant{90'000}}, random, third);
  CHECK(b.status == rpc_status::timed_out);
  CHECK(b.value.failure().what == "timed out");
  CHECK(started.size() == 2);

  started.clear();  // the deadline comes first
  const answer c =
      coordination::retry(policy(0, 0, 5), {instant{}, instant{20'000}}, random, third);
  CHECK(c.status == rpc_status::timed_out);
  CHECK(started == std::vector<std::int64_t>{0, 10'000});

  started.clear();  // no time at all
  const answer d = coordination::retry(policy(0, 0, 5), {instant{5}, instant{5}}, random, third);
  CHECK(d.status == rpc_status::not_tried);
  CHECK(d.at == instant{5});
  CHECK(started.empty());

  int calls = 0;  // what was not understood will not be understood next time
  const answer e =
      coordination::retry(policy(0, 0, 5), {instant{}, never}, random, [&](rpc_call x) {
        ++calls;
        return answer::failed(rpc_status::invalid, x.now);
      });
  CHECK(e.status == rpc_status::invalid);
  CHECK(calls == 1);
}

TEST_CASE("law: no attempt starts at or after the deadline, and none too many",
          "[coordination][retry][laws]") {
  rng random{11};
  for (int round = 0; round < 5'000; ++round) {
    const auto below = [&](std::uint64_t n) {
      return static_cast<std::int64_t>(uniform_below(random, n));
    };
    const std::int64_t first = below(50);
    const backoff b = policy(first, first + below(200), 1 + static_cast<std::uint32_t>(below(6)));
    const instant start{below(1'000'000)};
    const instant deadline = start + microseconds(below(300'000));
    std::uint32_t attempts = 0;
    instant last = start;
    bool in_order = true, in_time = true, quick = true;
    const answer a = coordination::retry(b, {start, deadline}, random, [&](rpc_call c) {
      ++attempts;
      in_order = in_order && c.now >= last;
      in_time = in_time && c.now < c.deadline && c.deadline == deadline;
      quick = quick && c.now - last <= (attempts == 1 ? duration{} : b.bound(attempts - 1));
      last = (std::min)(c.now + microseconds(below(100'000)), c.deadline);
      if (below(4) == 0) return answer{1, last, rpc_status::answered};
      return answer::failed(below(2) == 0 ? rpc_status::timed_out : rpc_status::unreachable, last);
    });
    REQUIRE(in_order);
    REQUIRE(in_time);
    REQUIRE(quick);
    REQUIRE(attempts <= b.settings().attempts);
    REQUIRE((attempts >= 1) == (start < deadline));
    REQUIRE(a.at <= (std::max)(start, deadline));
  }
}

TEST_CASE("a late waker does not start a late attempt", "[coordination][retry]") {
  rng random{1};
  int calls = 0;
  const answer a = coordination::retry(
      policy(10, 10, 5), {instant{}, instant{50'000}}, random,
      [&](rpc_call c) {
        ++calls;
        return answer::failed(rpc_status::unreachable, c.now);
      },
      [](instant until) { return until + milliseconds(60); });
  CHECK(calls == 1);
  CHECK(a.status == rpc_status::unreachable);
}

TEST_CASE("a backoff upside down is refused", "[coordination][retry]") {
  CHECK(support::breaks("first <= most", [] { policy(20, 10, 1); }));
  CHECK(support::breaks("attempts >= 1", [] { policy(1, 10, 0); }));
}
