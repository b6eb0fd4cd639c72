// SPDX-License-Identifier: Apache-2.0
// Damaged checkpoints by the hundred thousand: the part that the unit test and the libFuzzer
// target share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <muster/core/rng.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/nn/optim/adam.hpp>
#include <span>
#include <string>

namespace checkpoint_fuzz {

/// A small run with one of everything that a checkpoint can keep.
struct subject {
  muster::nn::parameter_store<> store;
  muster::nn::adam<> optimiser;
  muster::rng generator{5, 6};
  std::uint64_t episode = 7;
  float history[3] = {1.0F, 2.0F, 3.0F};
  muster::nn::checkpoint file{"fuzz \"subject\"", 42};

  subject() {
    store.add("a.weight", {2, 3});
    store.add("a.bias", {3});
    store.add("scale", {});
    store.commit();
    for (std::size_t i = 0; i < store.values().size(); ++i)
      store.values()[i] = static_cast<float>(i);
    optimiser.reserve(store);
    file.add(store);
    file.add("adam", store, optimiser);
    file.add("rng", generator);
    file.add("episode", episode);
    file.add("history", std::span<float>{history});
    file.note("config", "{\"rate\": 5e-4}\n\xC3\xA9");
  }
};

/// Writes the checksum that the (damaged) bytes would need, so that what lies behind the
/// checksum is exercised too. False when there is no place for it.
inline bool seal(std::string& bytes) {
  const std::string key = "\"checksum\":\"crc64-xz:";
  const std::size_t place = bytes.find(key);
  if (place == std::string::npos || bytes.size() - place - key.size() < 16) return false;
  const std::size_t digits = place + key.size();
  bytes.replace(digits, 16, 16, '0');
  std::uint64_t sum = muster::nn::detail::crc64(std::as_bytes(std::span{bytes}));
  for (std::size_t k = 16; k-- > 0; sum >>= 4) bytes[digits + k] = "0123456789abcdef"[sum & 15];
  return true;
}

/// Reads one input as a checkpoint and as a plain safetensors file. False when a refusal
/// changed the model, or came without words.
inline bool digest(subject& s, std::span<const std::byte> input) {
  const std::string before = s.file.bytes();
  const auto loaded = s.file.restore(input, "input");
  bool fine = true;
  if (!loaded)
    fine = s.file.bytes() == before && !loaded.failure().what.empty() &&
           loaded.failure().file == "input";
  const auto header = muster::nn::parse_safetensors(input, "input");
  if (header)
    for (const auto& t : header->tensors)
      fine = fine && header->data_begin + t.end <= input.size() && t.begin <= t.end;
  return fine;
}

/// Damages a good file in one to four places: bits, bytes, numbers and pieces of JSON written
/// over it, parts cut out, doubled or swapped. Half of the files get a matching checksum.
inline std::string mutate(const std::string& good, muster::rng& g) {
  static constexpr const char* pieces[] = {"\"",
                                           "{",
                                           "}",
                                           "[",
                                           "]",
                                           ",",
                                           ":",
                                           "\\",
                                           "\\u0000",
                                           "\\ud800",
                                           "18446744073709551615",
                                           "-1",
                                           "0",
                                           "1e9",
                                           "null",
                                           "\"F32\"",
                                           "\"U64\"",
                                           "\"F99\"",
                                           "\"shape\"",
                                           "\"data_offsets\"",
                                           "__metadata__",
                                           "\xFF",
                                           "\xC0\x80",
                                           "4294967296",
                                           "[0,0]",
                                           " ",
                                           "4294967295,4294967295"};
  std::string bytes = good;
  const auto below = [&](std::size_t n) {
    return static_cast<std::size_t>(muster::uniform_below(g, n));
  };
  // Damage in the header is more telling than in the numbers behind it.
  const auto place = [&]() -> std::size_t {
    if (bytes.empty()) return 0;
    return below(3) == 0 ? below(bytes.size()) : below(bytes.size() < 1400 ? bytes.size() : 1400);
  };
  for (std::size_t k = 1 + below(4); k > 0 && !bytes.empty(); --k) {
    const std::size_t at = place();
    switch (below(8)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.erase(at, 1 + below(40));
        break;
      case 4:
        bytes.insert(at, bytes.substr(place(), below(80)));
        break;
      case 5: {
        const std::string piece = pieces[below(std::size(pieces))];
        bytes.replace(at, below(4) == 0 ? 0 : piece.size(), piece);
        break;
      }
      case 6: {  // the length of the header
        std::uint64_t n = below(2) == 0 ? g() : bytes.size() - 8 + below(17) - 8;
        if (bytes.size() >= 8) std::memcpy(bytes.data(), &n, 8);
        break;
      }
      default:
        bytes += bytes.substr(at);
        break;
    }
  }
  if (below(2) == 0) {
    // A header that grew or shrank should still be found behind its length.
    const std::size_t end = bytes.find("}}");
    if (bytes.size() >= 8 && end != std::string::npos && below(2) == 0) {
      std::uint64_t n = end + 2 - 8;
      while ((8 + n) < bytes.size() && bytes[static_cast<std::size_t>(8 + n)] == ' ') ++n;
      std::memcpy(bytes.data(), &n, 8);
    }
    static_cast<void>(seal(bytes));
  }
  return bytes;
}

/// `rounds` damaged files; the number that was handled wrongly, which should be 0.
inline std::uint64_t run(std::uint64_t seed, std::uint64_t rounds) {
  subject s;
  const std::string good = s.file.bytes();
  std::uint64_t wrong = 0;
  for (std::uint64_t r = 0; r < rounds; ++r) {
    muster::rng g = muster::rng{seed}.fork(r);
    const std::string bad = mutate(good, g);
    if (!digest(s, std::as_bytes(std::span{bad}))) ++wrong;
  }
  return wrong;
}

}  // namespace checkpoint_fuzz
