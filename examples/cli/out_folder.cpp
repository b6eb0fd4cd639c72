// SPDX-License-Identifier: Apache-2.0
#include "out_folder.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "files.hpp"
#include "run_store.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* mark_name = "muster-run.json";

muster::error refused(const std::string& folder, std::string what, std::string expected) {
  return {std::move(what), folder, 0, "--out", std::move(expected)};
}

}  // namespace

std::string command_line(const options& o) {
  std::string text;
  for (const std::string& word : o.words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string resume_line(const options& o) {
  std::string text;
  for (const std::string& word : o.words) {
    if (word != "--overwrite" && word != "--resume") text += (text.empty() ? "" : " ") + word;
  }
  return text + " --resume";
}

muster::result<out_folder> out_folder::check(const options& o, const run_spec& spec) {
  out_folder f;
  f.folder_ = o.out;
  f.spec_ = spec_json(spec);
  f.command_line_ = command_line(o);
  if (o.out.empty()) return refused("", "no folder is given", "a folder such as results");
  std::error_code code;
  const fs::file_status status = fs::status(o.out, code);
  const bool exists = fs::exists(status);
  code.clear();  // "no such file" is an answer here, not an error
  if (exists && !fs::is_directory(status)) {
    return refused(o.out, "is a file", "an empty or new folder");
  }
  const fs::path mark = fs::path(o.out) / mark_name;
  const bool empty = !exists || fs::is_empty(o.out, code);
  if (code) return refused(o.out, "cannot be read: " + code.message(), "a folder to write to");
  const bool ours = exists && fs::exists(mark, code);
  if (o.resume && !ours) {
    return refused(o.out, "has nothing to resume", "the folder of an interrupted run");
  }
  if (!empty && !ours && !o.overwrite) {
    return refused(o.out, "is not empty and not a folder of results",
                   "an empty or new folder, or --overwrite to write beside what is there");
  }
  if (!ours) return f;

  auto text = read_text(mark.string());
  if (!text) return text.failure();
  auto before = manifest_from_json(*text, mark.string());
  if (!before && !o.overwrite) return before.failure();
  if (o.resume) {
    const std::string difference = spec_difference(before->spec, f.spec_);
    if (!difference.empty()) {
      return refused(o.out, "was made by another command: " + difference,
                     "the same flags as before (" + before->command_line + ")");
    }
    f.resume_ = true;
    return f;
  }
  if (before && !before->complete && !o.overwrite) {
    return refused(o.out, "holds an interrupted run",
                   "--resume to go on with it, or --overwrite to start again");
  }
  f.clear_ = true;
  return f;
}

muster::result<void> out_folder::mark(bool complete) const {
  return write_file(path(mark_name), to_json(manifest{spec_, command_line_, complete}));
}

muster::result<void> out_folder::begin() {
  std::error_code code;
  if (clear_) {
    // Only what such a command writes; anything else in the folder stays.
    for (const char* name : {"runs", "models", "figures"}) fs::remove_all(path(name), code);
    for (const char* name :
         {"metrics.csv", "timings.csv", "summary.json", "timeline.json", "report.html"}) {
      fs::remove(path(name), code);
    }
  }
  for (const char* name : {"runs", "models", "figures"}) {
    fs::create_directories(path(name), code);
    if (code) {
      return muster::error{"cannot be made: " + code.message(), path(name), 0, "--out",
                           "a folder to write to"};
    }
  }
  return mark(false);
}

muster::result<void> out_folder::complete() { return mark(true); }

std::string out_folder::run_path(const std::string& pipeline, std::uint64_t seed) const {
  return path(fmt::format("runs/{}-{}.json", pipeline, seed));
}
std::string out_folder::model_path(const std::string& pipeline, std::uint64_t seed) const {
  return path(fmt::format("models/{}-{}.safetensors", pipeline, seed));
}
std::string out_folder::partial_path(const std::string& pipeline, std::uint64_t seed) const {
  return path(fmt::format("models/{}-{}.curve.json", pipeline, seed));
}

muster::result<std::optional<run_record>> out_folder::load(const std::string& pipeline,
                                                           std::uint64_t seed) const {
  if (!resume_) return std::optional<run_record>{};
  const std::string file = run_path(pipeline, seed);
  std::error_code code;
  if (!fs::exists(file, code)) return std::optional<run_record>{};
  auto text = read_text(file);
  if (!text) return text.failure();
  auto record = run_from_json(*text, file);
  if (!record) return record.failure();
  return std::optional<run_record>{std::move(*record)};
}

muster::result<void> out_folder::save(const run_record& record) const {
  return write_file(run_path(record.pipeline, record.seed), to_json(record));
}

}  // namespace cli
