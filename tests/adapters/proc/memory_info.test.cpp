// SPDX-License-Identifier: Apache-2.0
#include "adapters/proc/fixture.hpp"
#include "support/catch.hpp"

#include <muster/adapters/proc/memory_info.hpp>

namespace proc = muster::adapters::proc;

TEST_CASE("read_memory_info reads recorded /proc/meminfo files", "[adapters][proc]") {
  const auto now = proc::read_memory_info(support::proc_fixture("meminfo"));
  REQUIRE(now);
  CHECK(now->total == 16384000ULL * 1024);
  CHECK(now->available == 8192000ULL * 1024);
  CHECK(now->swap_free == 999000ULL * 1024);
  CHECK(now->use() == 0.5);

  const auto old = proc::read_memory_info(support::proc_fixture("meminfo.2_6_32"));
  REQUIRE(old);
  CHECK(old->available == 400000ULL * 1024);  // free + buffers + cached
  CHECK(old->use() == Approx(0.6));
}

TEST_CASE("read_memory_info says which line and field is wrong", "[adapters][proc]") {
  const auto says = [](std::string_view text) {
    return proc::read_memory_info(text, "meminfo").failure().to_string();
  };
  CHECK(says("MemTotal: 10 kB\n") ==
        "meminfo: MemFree: there is no such line; expected the text of /proc/meminfo");
  CHECK(says("MemTotal: 10 kB\nMemFree: ten kB\n").find("meminfo:2: MemFree: 'ten' is not") == 0);
  CHECK(says("MemTotal: 10 MB\n").find("meminfo:1: MemTotal: the unit") == 0);
  CHECK(says("MemTotal: 0 kB\nMemFree: 0 kB\n").find("a machine without memory") !=
        std::string::npos);
  CHECK(says("MemTotal: 9999999999999999999 kB\n").find("is not an amount") != std::string::npos);
}

TEST_CASE("read_memory_info survives damaged files", "[adapters][proc]") {
  for (const char* name : {"meminfo", "meminfo.2_6_32"}) {
    CHECK(support::survives_mutations(
        support::proc_fixture(name), [](std::string_view t) { return proc::read_memory_info(t); },
        [](const proc::memory_info& m) {
          return m.available <= m.total && m.use() >= 0.0 && m.use() <= 1.0;
        }));
  }
}
