// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <muster/trace/swf.hpp>
#include <muster/trace/table.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

using namespace muster::trace;

namespace {

const std::string row = "1 0 10 120 4 129 2048 8 600 4096 1 7 3 2 1 0 -1 -1\n";

}  // namespace

TEST_CASE("a text and a file give the same table, as tasks or as rows", "[trace][table]") {
  std::string text = "; MaxProcs: 240\n";
  for (int i = 0; i < 5'000; ++i) text += row;
  std::FILE* f = std::tmpfile();
  REQUIRE(f != nullptr);
  std::fwrite(text.data(), 1, text.size(), f);
  std::rewind(f);
  swf reader{"t.swf"};
  const auto from_file = read_rows(reader, f);
  std::fclose(f);
  const auto from_text = read_tasks(swf{"t.swf"}, std::string_view{text});
  REQUIRE(from_file);
  REQUIRE(from_text);
  CHECK(reader.header().max_procs == 240);  // the reader can still be asked
  REQUIRE(from_file->tasks.size() == 5'000);
  CHECK(from_file->tasks[0].number == 1);
  bool same = from_file->counts == from_text->counts && from_text->tasks.size() == 5'000;
  for (std::size_t i = 0; same && i < 5'000; ++i) {
    same = static_cast<const task&>(from_file->tasks[i]) == from_text->tasks[i];
  }
  CHECK(same);
  static_assert(std::is_same_v<decltype(from_text->tasks), std::vector<task>>);
}

TEST_CASE("a table tells its first bad row, and failures come through", "[trace][table]") {
  const auto t = read_tasks(swf{"t.swf", {.bad_rows = bad_row_policy::skip}},
                            std::string_view{row + "1 2 3\n"});
  REQUIRE(t);
  REQUIRE(t->first_bad_row);
  CHECK(t->first_bad_row->line == 2);
  const auto failed = read_tasks(swf{"t.swf"}, std::string_view{row + "1 2 3\n"});
  REQUIRE_FALSE(failed);
  CHECK(failed.failure().line == 2);
  const auto empty = read_rows(swf{"t.swf"}, std::string_view{});
  REQUIRE_FALSE(empty);

  std::FILE* f = std::fopen("/dev/null", "w");  // cannot be read
  REQUIRE(f != nullptr);
  const auto unread = read_tasks(swf{"t.swf"}, f);
  std::fclose(f);
  REQUIRE_FALSE(unread);
  CHECK(unread.failure().to_string().find("t.swf: reading stopped") == 0);
}
