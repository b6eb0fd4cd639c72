// SPDX-License-Identifier: Apache-2.0
#include <muster/testing/laws/trace_reader.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace muster;

namespace {

struct letter {
  char value = 0;
  float cpu = 0.0F, memory = 0.0F;
  friend bool operator==(const letter&, const letter&) = default;
};
struct tally {
  std::uint64_t rows = 0, kept = 0, skipped = 0;
  friend bool operator==(const tally&, const tally&) = default;
};

/// Every letter is a row, a blank is a row that is skipped, anything else an error. Breaks the
/// laws as it is told.
struct alphabet {
  using row = letter;
  bool by_chunk = false, loses = false, goes_on = false, two_lines = false, negative = false,
       forgets = false;
  tally counted{};
  std::optional<error> failure{};

  template <class Keep>
  result<void> feed(std::span<const char> chunk, Keep&& keep) {
    if (by_chunk && !chunk.empty()) chunk = chunk.subspan(1);
    for (const char c : chunk) {
      if (failure && !goes_on) break;
      const char low = static_cast<char>(c | 0x20);
      if (c == ' ') {
        ++counted.rows;
        counted.skipped += forgets ? 0U : 1U;
      } else if (low >= 'a' && low <= 'z') {
        ++counted.rows;
        ++counted.kept;
        if (!(loses && low == 'e')) keep(letter{c, negative ? -1.0F : 1.0F, 0.0F});
      } else {
        failure = error{two_lines ? "no\nletter" : "no letter", "", 0, "", ""};
      }
    }
    if (failure) return *failure;
    return {};
  }
  template <class Keep>
  result<tally> finish(Keep&&) {
    if (failure) return *failure;
    return counted;
  }
  const tally& counts() const { return counted; }
  std::optional<error> first_bad_row() const { return {}; }
};
static_assert(trace_reader<alphabet>);

std::set<std::string> broken(alphabet like, std::size_t& good) {
  std::set<std::string> laws;
  good = testing::check_trace_reader_laws([&] { return like; }, "some letters", 7, 400,
                                          [&](const char* law, bool holds) {
                                            if (!holds) laws.insert(law);
                                          });
  return laws;
}

}  // namespace

TEST_CASE("the laws of trace_reader notice who breaks them", "[testing][laws]") {
  std::size_t good = 0;
  CHECK(broken({}, good).empty());
  CHECK(good > 100);
  CHECK(broken({.by_chunk = true}, good).count("the rows do not depend on where the text is cut"));
  CHECK(
      broken({.by_chunk = true}, good).count("the counts do not depend on where the text is cut"));
  CHECK(broken({.loses = true}, good) ==
        std::set<std::string>{"what is kept was given, and nothing else"});
  CHECK(broken({.forgets = true}, good) == std::set<std::string>{"every row is kept or skipped"});
  CHECK(broken({.goes_on = true}, good) ==
        std::set<std::string>{"a reader that has failed gives no more rows"});
  CHECK(broken({.two_lines = true}, good) == std::set<std::string>{"an error is one line"});
  CHECK(broken({.negative = true}, good) ==
        std::set<std::string>{"demands are finite and not negative"});
}
