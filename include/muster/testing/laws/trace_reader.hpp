// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/concepts/trace_reader.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::testing {

namespace detail {

/// What a reader made of a text.
template <trace_reader R>
struct trace_outcome {
  using row = typename R::row;
  std::vector<row> rows;
  std::optional<std::remove_cvref_t<decltype(std::declval<const R&>().counts())>> counts;
  std::string failure;   // of finish
  bool stopped = false;  // feed refused to go on

  friend bool operator==(const trace_outcome&, const trace_outcome&) = default;
};

/// Reads `text` in the pieces that end at `cuts` (ascending), the last at its end.
template <trace_reader R>
[[nodiscard]] trace_outcome<R> read_in_pieces(R& reader, std::string_view text,
                                              const std::vector<std::size_t>& cuts) {
  trace_outcome<R> o;
  const auto keep = [&o](const typename R::row& row) { o.rows.push_back(row); };
  std::size_t from = 0;
  for (const std::size_t to : cuts) {
    o.stopped = !reader.feed(text.substr(from, to - from), keep);
    from = to;
  }
  o.stopped = !reader.feed(text.substr(from), keep);
  if (auto counts = reader.finish(keep)) {
    o.counts = *counts;
  } else {
    o.failure = counts.failure().to_string();
  }
  return o;
}

/// Changes up to five places of a text: bytes, bits, pieces of other files, doubled parts.
inline void damage(std::string& text, rng& g) {
  static constexpr std::string_view pieces[] = {",",
                                                "\n",
                                                "\r\n",
                                                " ",
                                                "\"",
                                                "\"\"",
                                                "-",
                                                "0",
                                                "-1",
                                                "9999999999999999999",
                                                ".",
                                                "1e9",
                                                "1e-400",
                                                "\xEF\xBB\xBF",
                                                ";",
                                                "|",
                                                "\t",
                                                ",,,",
                                                "9223372036854775807"};
  const auto below = [&g](std::size_t n) { return static_cast<std::size_t>(uniform_below(g, n)); };
  for (std::size_t changes = below(6); changes > 0 && !text.empty(); --changes) {
    const std::size_t at = below(text.size());
    switch (below(5)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      case 2:
        text.insert(at, pieces[below(std::size(pieces))]);
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), below(30)));
        break;
      default:
        text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
    }
  }
}

}  // namespace detail

/// Checks the laws of `trace_reader` for one text, read at once and in pieces that end at `cuts`
/// (ascending). `make()` gives a fresh reader, always the same; rows must be comparable by ==.
/// Returns how many rows it gave.
template <class Make, class Report>
std::size_t check_trace_reader_text(Make&& make, std::string_view text,
                                    const std::vector<std::size_t>& cuts, Report&& report) {
  auto whole = make();
  const auto all = detail::read_in_pieces(whole, text, {});
  auto other = make();
  const auto pieces = detail::read_in_pieces(other, text, cuts);
  report("the rows do not depend on where the text is cut", all.rows == pieces.rows);
  report("the counts do not depend on where the text is cut", all.counts == pieces.counts);
  report("the error does not depend on where the text is cut", all.failure == pieces.failure);
  const auto& c = whole.counts();
  report("what is kept was given, and nothing else", c.kept == all.rows.size());
  if (all.counts) {
    report("every row is kept or skipped", c.rows == c.kept + c.skipped);
  } else {
    report("an error is one line",
           !all.failure.empty() && all.failure.find('\n') == std::string::npos);
  }
  for (const auto& row : all.rows) {
    if constexpr (requires { row.cpu, row.memory; }) {
      report("demands are finite and not negative", std::isfinite(row.cpu) && row.cpu >= 0.0F &&
                                                        std::isfinite(row.memory) &&
                                                        row.memory >= 0.0F);
    }
  }
  if (all.stopped) {
    bool more = false;
    const auto keep = [&more](const auto&) { more = true; };
    const bool fed = static_cast<bool>(whole.feed(text, keep));
    report("a reader that has failed gives no more rows", !fed && !whole.finish(keep) && !more);
  }
  return all.rows.size();
}

/// Checks the laws of `trace_reader` with a text of its format, with parts of it, damaged, and
/// with bytes that mean nothing. The text should be short: some ten rows of all kinds.
///
/// `report(const char* law, bool holds)` is called at every check; nothing is printed. That memory
/// does not grow is left to no_alloc_scope. Returns how many of the texts gave rows: when it is
/// near 0, the text was a bad choice.
template <class Make, class Report>
std::size_t check_trace_reader_laws(Make&& make, std::string_view sample, std::uint64_t seed,
                                    std::size_t rounds, Report&& report) {
  rng g{seed};
  const auto below = [&g](std::size_t n) { return static_cast<std::size_t>(uniform_below(g, n)); };
  std::size_t good = 0;
  std::string text;
  std::vector<std::size_t> cuts;
  for (std::size_t round = 0; round < rounds; ++round) {
    text = sample;
    if (round % 8 == 7) {
      for (char& c : text) c = static_cast<char>(below(256));
    } else if (round > 0) {
      if (below(2) == 0) text = text.substr(below(text.size()), 1 + below(text.size()));
      detail::damage(text, g);
    }
    cuts.clear();
    for (std::size_t n = below(5); n > 0; --n) cuts.push_back(below(text.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    if (check_trace_reader_text(make, text, cuts, report) > 0) ++good;
  }
  return good;
}

}  // namespace muster::inline MUSTER_ABI::testing
