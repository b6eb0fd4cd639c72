// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/testing/no_alloc_scope.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using muster::testing::no_alloc_scope;

TEST_CASE("no_alloc_scope sees what the standard containers allocate", "[testing]") {
  REQUIRE(no_alloc_scope::is_counting());
  std::vector<int> kept;
  kept.reserve(8);

  std::uint64_t none = 99, one = 99;
  {
    no_alloc_scope scope;
    for (int i = 0; i < 8; ++i) kept.push_back(i);
    none = scope.allocations();
    kept.push_back(8);
    one = scope.allocations();
  }
  CHECK(none == 0);
  CHECK(one == 1);
}

TEST_CASE("no_alloc_scope sees every form of new", "[testing]") {
  struct alignas(64) wide {
    char bytes[64];
  };
  std::uint64_t count = 0;
  bool aligned = false;
  {
    no_alloc_scope scope;
    void* a = ::operator new(3);
    void* b = ::operator new[](3);
    void* c = ::operator new(3, std::nothrow);
    void* d = ::operator new (64, std::align_val_t{64});
    void* e = ::operator new[](sizeof(wide) * 2, std::align_val_t{alignof(wide)});
    aligned = reinterpret_cast<std::uintptr_t>(d) % 64 == 0 &&
              reinterpret_cast<std::uintptr_t>(e) % 64 == 0;
    ::operator delete(a);
    ::operator delete[](b);
    ::operator delete(c, std::nothrow);
    ::operator delete (d, std::align_val_t{64});
    ::operator delete[](e, std::align_val_t{alignof(wide)});
    count = scope.allocations();
  }
  CHECK(count == 5);
  CHECK(aligned);
}

TEST_CASE("allocations of other threads are counted apart", "[testing]") {
  std::uint64_t here = 99, all = 0;
  {
    std::vector<std::unique_ptr<int>> slots(4);
    std::thread worker;
    no_alloc_scope scope;
    worker = std::thread{[&] {  // starting a thread allocates its shared state here
      for (auto& slot : slots) slot = std::make_unique<int>(1);
    }};
    worker.join();
    here = scope.allocations();
    all = scope.allocations_by_all_threads();
  }
  CHECK(here <= 2);
  CHECK(all - here >= 4);
}
