// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include <muster/core/rng.hpp>

namespace support {

/// Where this test's recorded files are; tests run in the root of the tree.
inline std::string proc_fixtures() { return "tests/adapters/proc/fixtures"; }

inline std::string proc_fixture(const std::string& name) {
  std::string text;
  if (std::FILE* f = std::fopen((proc_fixtures() + "/" + name).c_str(), "rb")) {
    char buffer[4096];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, f)) != 0;) {
      text.append(buffer, n);
    }
    std::fclose(f);
  }
  return text;
}

/// Parses `rounds` damaged copies of `text`: bytes changed, cut out, doubled, the end lost. The
/// parser must answer with a value that `good` accepts, or with a message of one line.
template <class Parse, class Good>
bool survives_mutations(std::string_view text, Parse parse, Good good, int rounds = 4000) {
  muster::rng random{2024};
  constexpr std::string_view alphabet{"0123456789 \n\t:/.-+ekBmax\0\xff|", 27};
  for (int i = 0; i < rounds; ++i) {
    std::string copy{text};
    for (auto changes = 1 + muster::uniform_below(random, 4); changes > 0 && !copy.empty();
         --changes) {
      const auto at = static_cast<std::size_t>(muster::uniform_below(random, copy.size()));
      const auto length = static_cast<std::size_t>(muster::uniform_below(random, 12));
      switch (muster::uniform_below(random, 4)) {
        case 0:
          copy[at] =
              alphabet[static_cast<std::size_t>(muster::uniform_below(random, alphabet.size()))];
          break;
        case 1:
          copy.erase(at, length);
          break;
        case 2:
          copy.insert(at, copy.substr(at, length));
          break;
        default:
          copy.resize(at);
      }
    }
    const auto answer = parse(copy);
    if (answer ? !good(*answer) : answer.failure().to_string().find('\n') != std::string::npos) {
      return false;
    }
  }
  return true;
}

}  // namespace support
