// SPDX-License-Identifier: Apache-2.0
// For libFuzzer: clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude -Itests
//                tests/nn/checkpoint.fuzz.cpp -o checkpoint_fuzz
// Without libFuzzer: add -DMUSTER_FUZZ_MAIN, leave "fuzzer" out of the sanitizers, and give the
// number of files and a seed, for example ./checkpoint_fuzz 1000000 1.
#include "nn/checkpoint_fuzz.hpp"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static checkpoint_fuzz::subject s;
  std::string sealed(reinterpret_cast<const char*>(data), size);
  if (!checkpoint_fuzz::digest(s, std::as_bytes(std::span{data, size}))) std::abort();
  if (checkpoint_fuzz::seal(sealed) &&
      !checkpoint_fuzz::digest(s, std::as_bytes(std::span{sealed})))
    std::abort();
  return 0;
}

#ifdef MUSTER_FUZZ_MAIN
int main(int argc, char** argv) {
  const std::uint64_t rounds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const std::uint64_t wrong = checkpoint_fuzz::run(seed, rounds);
  std::printf("%llu damaged checkpoints, %llu handled wrongly\n",
              static_cast<unsigned long long>(rounds), static_cast<unsigned long long>(wrong));
  return wrong == 0 ? 0 : 1;
}
#endif
