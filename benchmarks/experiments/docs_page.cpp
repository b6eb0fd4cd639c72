// SPDX-License-Identifier: Apache-2.0
#include "experiments/docs_page.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/files.hpp"

namespace experiments {
namespace {

constexpr const char* begin_mark = "<!-- written by muster experiment: begin -->";
constexpr const char* end_mark = "<!-- written by muster experiment: end -->";

std::string page_path(const std::string& paper, const std::string& folder) {
  return fmt::format("{}/reproduction-{}.md", folder, paper);
}

}  // namespace

muster::result<void> check_page(const std::string& paper, const std::string& folder) {
  const std::string page = page_path(paper, folder);
  auto text = cli::read_text(page);
  if (!text) return text.failure();
  const std::size_t begin = text->find(begin_mark);
  const std::size_t end = text->find(end_mark);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    return muster::error{"has no place for the results", page, 0, "--write-docs",
                         fmt::format("a line '{}' and below it '{}'", begin_mark, end_mark)};
  }
  return {};
}

muster::result<void> write_page(const std::string& paper, const std::vector<experiment>& figures,
                                const store& files, const std::string& folder) {
  namespace fs = std::filesystem;
  if (auto ok = check_page(paper, folder); !ok) return ok;
  const std::string page = page_path(paper, folder);
  const std::string pictures = fmt::format("{}/reproduction-{}", folder, paper);
  auto before = cli::read_text(page);
  if (!before) return before.failure();
  const std::size_t begin = before->find(begin_mark);
  const std::size_t end = before->find(end_mark);
  std::error_code code;
  fs::create_directories(pictures, code);
  std::string table = "| figure | about | verdict |\n|---|---|---|\n";
  std::string sections;
  for (const experiment& e : figures) {
    if (!fs::exists(files.path(e.name + ".json"), code)) continue;
    auto text = cli::read_text(files.path(e.name + ".json"));
    if (!text) return text.failure();
    const auto j = nlohmann::json::parse(*text, nullptr, false);
    auto section = cli::read_text(files.path(e.name + ".md"));
    if (j.is_discarded() || !section) {
      return muster::error{"is damaged", files.path(e.name + ".json"), 0, "--write-docs",
                           "files written by muster; run the figure again"};
    }
    std::string line = j.value("verdict", "");
    const std::size_t colon = line.find(": ");
    table += fmt::format("| {} | {} | {} |\n", e.name, e.title,
                         colon == std::string::npos ? line : line.substr(colon + 2));
    sections += *section;
    for (const auto& name : j.value("pictures", nlohmann::json::array())) {
      const std::string file = name.get<std::string>();
      if (!fs::exists(files.path(file), code)) continue;
      auto picture = cli::read_text(files.path(file));
      if (!picture) return picture.failure();
      if (auto ok = cli::write_file(pictures + '/' + file, *picture); !ok) return ok;
    }
  }
  while (!sections.empty() && sections.back() == '\n') sections.pop_back();
  return cli::write_file(page, before->substr(0, begin) + begin_mark + "\n\n" + table + '\n' +
                                   sections + "\n\n" + before->substr(end));
}

}  // namespace experiments
