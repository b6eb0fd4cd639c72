// SPDX-License-Identifier: Apache-2.0
#include "experiments/store.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/files.hpp"
#include "cli/out_folder.hpp"
#include "cli/run_store.hpp"

namespace experiments {
namespace {

namespace fs = std::filesystem;

constexpr const char* mark_name = "muster-run.json";

muster::error refused(const std::string& folder, std::string what, std::string expected) {
  return {std::move(what), folder, 0, "--out", std::move(expected)};
}

// This program, as a number; 0 where the system does not say what runs.
std::string build_of_program() {
  auto text = cli::read_text("/proc/self/exe");
  return text ? fmt::format("{:016x}", cli::digest(*text)) : "0";
}

}  // namespace

muster::result<store> store::check(const cli::options& o, std::string traces) {
  store s;
  s.folder_ = o.out;
  s.traces_ = std::move(traces);
  s.command_line_ = cli::command_line(o);
  s.build_ = build_of_program();
  s.resume_ = o.resume;
  if (o.out.empty()) return refused("", "no folder is given", "a folder such as results");
  std::error_code code;
  const fs::file_status status = fs::status(o.out, code);
  const bool exists = fs::exists(status);
  code.clear();  // "no such file" is an answer here, not an error
  if (exists && !fs::is_directory(status)) {
    return refused(o.out, "is a file", "an empty or new folder");
  }
  const bool empty = !exists || fs::is_empty(o.out, code);
  if (code) return refused(o.out, "cannot be read: " + code.message(), "a folder to write to");
  const std::string mark = s.path(mark_name);
  const bool ours = exists && fs::exists(mark, code);
  if (o.resume && !ours) {
    return refused(o.out, "has nothing to resume", "the folder of an interrupted run");
  }
  if (!empty && !ours && !o.overwrite) {
    return refused(o.out, "is not empty and not a folder of results",
                   "an empty or new folder, or --overwrite to write beside what is there");
  }
  if (!ours || o.overwrite) return s;
  auto text = cli::read_text(mark);
  if (!text) return text.failure();
  auto before = cli::manifest_from_json(*text, mark);
  if (!before) return before.failure();
  const auto spec = nlohmann::json::parse(before->spec, nullptr, false);
  if (spec.is_discarded() || spec.value("command", "") != "experiment") {
    return refused(o.out, "holds results of another command (" + before->command_line + ")",
                   "an empty or new folder, or --overwrite");
  }
  if (!o.resume && !before->complete) {
    return refused(o.out, "holds an interrupted run",
                   "--resume to go on with it, or --overwrite to start again");
  }
  s.other_build_ = o.resume && spec.value("build", "") != s.build_;
  return s;
}

muster::result<void> store::mark(bool complete) const {
  const nlohmann::ordered_json spec{
      {"command", "experiment"}, {"build", build_}, {"traces", traces_}};
  return cli::write_file(path(mark_name),
                         cli::to_json(cli::manifest{spec.dump(), command_line_, complete}));
}

muster::result<void> store::begin() {
  std::error_code code;
  for (const char* name : {"runs", "models"}) {
    if (!resume_) fs::remove_all(path(name), code);
    fs::create_directories(path(name), code);
    if (code) {
      return muster::error{"cannot be made: " + code.message(), path(name), 0, "--out",
                           "a folder to write to"};
    }
  }
  return mark(false);
}

std::string store::key(const std::string& pipeline, const std::string& text,
                       std::uint64_t seed) const {
  return fmt::format("{}-{}-{:016x}", pipeline, seed, cli::digest(traces_ + '\n' + text));
}

muster::result<std::optional<cli::run_record>> store::load(const std::string& key) const {
  const std::string file = path("runs/" + key + ".json");
  std::error_code code;
  if (!fs::exists(file, code)) return std::optional<cli::run_record>{};
  auto text = cli::read_text(file);
  if (!text) return text.failure();
  auto record = cli::run_from_json(*text, file);
  if (!record) return record.failure();
  return std::optional<cli::run_record>{std::move(*record)};
}

muster::result<void> store::save(const std::string& key, const cli::run_record& record) const {
  return cli::write_file(path("runs/" + key + ".json"), cli::to_json(record));
}

}  // namespace experiments
