// SPDX-License-Identifier: Apache-2.0
#include <muster/rl/double_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using buffer = std::vector<std::uint64_t>;
using muster::rl::double_buffer;

TEST_CASE("buffers are exchanged when the learner is ready", "[rl][double_buffer]") {
  double_buffer<buffer> b{buffer{}, buffer{}};
  b.writing() = {1, 2};
  buffer* const first = &b.writing();
  CHECK(b.publish());
  CHECK(&b.writing() != first);
  b.writing().push_back(3);
  CHECK_FALSE(b.publish());  // still read: the collector goes on in its own buffer
  b.writing().push_back(4);

  buffer* read = b.wait();
  REQUIRE(read == first);
  CHECK(*read == buffer{1, 2});
  CHECK(b.wait() == first);  // asking again is not another buffer
  read->clear();
  b.release();
  CHECK(b.publish());
  read = b.wait();
  CHECK(*read == buffer{3, 4});
  read->clear();
  b.release();
  b.close();
  CHECK(b.wait() == nullptr);
}

TEST_CASE("what was published before the end is still read", "[rl][double_buffer]") {
  double_buffer<buffer> b{buffer{}, buffer{}};
  b.writing() = {7};
  CHECK(b.publish());
  b.close();
  buffer* const read = b.wait();
  REQUIRE(read != nullptr);
  CHECK(read->front() == 7);
  b.release();
  CHECK(b.wait() == nullptr);
}

TEST_CASE("no sample is lost or read twice, and the collector never waits",
          "[rl][double_buffer][threads]") {
  double_buffer<buffer> b{buffer{}, buffer{}};
  std::vector<std::uint64_t> seen;
  std::thread learner{[&] {
    while (buffer* read = b.wait()) {
      seen.insert(seen.end(), read->begin(), read->end());
      read->clear();
      b.release();
    }
  }};
  constexpr std::uint64_t episodes = 2000;
  std::uint64_t next = 0;
  for (std::uint64_t e = 0; e < episodes; ++e) {
    for (std::uint64_t k = 0; k <= e % 7; ++k) b.writing().push_back(next++);
    b.publish();
  }
  while (!b.writing().empty() && !b.publish()) std::this_thread::yield();
  b.close();
  learner.join();
  REQUIRE(seen.size() == next);
  bool in_order = true;
  for (std::size_t k = 0; k < seen.size(); ++k) in_order = in_order && seen[k] == k;
  CHECK(in_order);
}

TEST_CASE("a collector may wait for the learner, and look at what it left",
          "[rl][double_buffer][threads]") {
  double_buffer<buffer> b{buffer{}, buffer{}};
  b.wait_released();  // nothing was handed over: no wait
  std::thread learner{[&] {
    while (buffer* read = b.wait()) {
      for (std::uint64_t& x : *read) x *= 10;
      b.release();
    }
  }};
  for (std::uint64_t e = 1; e <= 500; ++e) {
    b.writing() = {e, e + 1};
    REQUIRE(b.publish());
    b.wait_released();
    REQUIRE(b.resting() == buffer{10 * e, 10 * e + 10});
  }
  b.close();
  learner.join();
}
