// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <muster/core/result.hpp>
#include <muster/trace/workload_model.hpp>

namespace muster::inline MUSTER_ABI::adapters::json {

inline constexpr std::string_view workload_format = "muster workload model";
inline constexpr std::int64_t workload_version = 1;

namespace detail {

/// The double with the fewest digits that is this float: 0.1 and not 0.10000000149011612.
[[nodiscard]] inline double shortest(float value) noexcept {
  std::array<char, 64> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  double found = 0.0;
  std::from_chars(text.data(), end.ptr, found);
  return static_cast<float>(found) == value ? found : static_cast<double>(value);
}

/// Takes the fields of a document one by one, and remembers the first flaw.
class workload_reader {
 public:
  using value = nlohmann::json;

  workload_reader(const value& root, std::string_view file) : root_{root}, file_{file} {}

  [[nodiscard]] const std::optional<error>& flaw() const noexcept { return flaw_; }

  void refuse(std::string what, std::string field, std::string expected) {
    if (!flaw_) flaw_ = error{std::move(what), file_, 0, std::move(field), std::move(expected)};
  }

  /// The member `field` when `is_right` holds for it, or null.
  [[nodiscard]] const value* take(const char* field, bool (value::*is_right)() const noexcept,
                                  const char* expected) {
    const auto it = root_.find(field);
    if (it == root_.end()) {
      refuse("the field is missing", field, expected);
    } else if (!((*it).*is_right)()) {
      refuse("the field is of another type", field, expected);
    } else {
      return &*it;
    }
    return nullptr;
  }
  [[nodiscard]] std::string text(const char* field) {
    const value* v = take(field, &value::is_string, "a text");
    return v == nullptr ? std::string{} : v->get<std::string>();
  }
  [[nodiscard]] bool flag(const char* field) {
    const value* v = take(field, &value::is_boolean, "true or false");
    return v != nullptr && v->get<bool>();
  }
  [[nodiscard]] double number(const char* field) {
    const value* v = take(field, &value::is_number, "a number");
    return v == nullptr ? 0.0 : v->get<double>();
  }
  [[nodiscard]] std::int64_t whole(const char* field) {
    const value* v = take(field, &value::is_number, whole_text);
    return v == nullptr ? 0 : whole(*v, field);
  }
  [[nodiscard]] std::vector<double> numbers(const char* field) {
    std::vector<double> list;
    const value* v = take(field, &value::is_array, "a list of numbers");
    for (std::size_t i = 0; v != nullptr && i < v->size() && !flaw_; ++i) {
      if (!(*v)[i].is_number()) {
        refuse("the entry is no number", field + ('[' + std::to_string(i) + ']'), "a number");
      }
      if (!flaw_) list.push_back((*v)[i].get<double>());
    }
    return list;
  }
  [[nodiscard]] std::vector<std::int64_t> wholes(const char* field) {
    std::vector<std::int64_t> list;
    const value* v = take(field, &value::is_array, "a list of whole numbers");
    for (std::size_t i = 0; v != nullptr && i < v->size() && !flaw_; ++i) {
      list.push_back(whole((*v)[i], field + ('[' + std::to_string(i) + ']')));
    }
    return list;
  }

 private:
  static constexpr const char* whole_text = "a whole number from 0 to 2^63 - 1, without a point";

  [[nodiscard]] std::int64_t whole(const value& v, std::string field) {
    constexpr auto most = static_cast<std::uint64_t>((std::numeric_limits<std::int64_t>::max)());
    if (v.is_number_unsigned() && v.get<std::uint64_t>() <= most) return v.get<std::int64_t>();
    refuse("the number does not fit", std::move(field), whole_text);
    return 0;
  }

  const value& root_;
  std::string file_;
  std::optional<error> flaw_;
};

}  // namespace detail

/// A workload model as JSON text: one object, a line per field, below 200 KB at the usual size.
///
/// Format      format, version, name, synthetic, joint, tasks, rate, day_us, hourly, gaps, and
///             the rows as three lists of one length: cpu, memory, run_us. Units are those of
///             `workload_model`; run_us and day_us are whole microseconds.
/// Exact       `load_workload_model(*save_workload_model(m), "")` equals m bit for bit, as long
///             as its name is UTF-8.
/// Errors      a model that `check` refuses: NaN has no place in JSON.
[[nodiscard]] inline result<std::string> save_workload_model(const trace::workload_model& m) {
  if (auto ok = trace::check(m); !ok) return ok.failure();
  using list = std::vector<double>;
  nlohmann::ordered_json j;
  j["format"] = workload_format;
  j["version"] = workload_version;
  j["name"] = m.name;
  j["synthetic"] = m.synthetic;
  j["joint"] = m.joint;
  j["tasks"] = m.tasks;
  j["rate"] = m.rate;
  j["day_us"] = m.day.us;
  j["hourly"] = m.hourly;
  j["gaps"] = m.gaps;
  list cpu, memory;
  std::vector<std::int64_t> run;
  for (const trace::workload_row& r : m.rows) {
    cpu.push_back(detail::shortest(r.cpu));
    memory.push_back(detail::shortest(r.memory));
    run.push_back(r.run.us);
  }
  j["cpu"] = std::move(cpu);
  j["memory"] = std::move(memory);
  j["run_us"] = std::move(run);
  std::string text;
  for (const auto& [field, value] : j.items()) {
    text += text.empty() ? "{\n" : ",\n";
    text += "  \"" + field + "\": ";
    text += value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }
  return text + "\n}\n";
}

/// Reads what `save_workload_model` wrote, changed by hand or not.
///
/// Safety   any bytes at all give a model that `check` accepts, or an error that names the file,
///          the field and the form that would have been right. Unknown fields are refused: they
///          are typing errors, or belong to a version that means something else.
[[nodiscard]] inline result<trace::workload_model> load_workload_model(std::string_view text,
                                                                       std::string_view file) {
  static constexpr std::array<std::string_view, 13> fields{
      "format", "version", "name", "synthetic", "joint",  "tasks", "rate",
      "day_us", "hourly",  "gaps", "cpu",       "memory", "run_us"};
  const nlohmann::json root = nlohmann::json::parse(text, nullptr, false);
  detail::workload_reader in{root, file};
  if (!root.is_object()) {
    return error{root.is_discarded() ? "the text is not JSON" : "the JSON is no object",
                 std::string{file}, 0, "",
                 "one JSON object in UTF-8 (which has no NaN and no infinity)"};
  }
  const std::string format = in.text("format");
  if (format != workload_format) {
    in.refuse("the file is of another format", "format", '"' + std::string{workload_format} + '"');
  }
  const std::int64_t version = in.whole("version");
  if (version != workload_version) {
    in.refuse("version " + std::to_string(version) + " is not known here", "version",
              "version " + std::to_string(workload_version) + ", or a newer muster");
  }
  for (const auto& [field, value] : root.items()) {
    bool known = false;
    for (const std::string_view f : fields) known = known || f == field;
    if (known) continue;
    std::string shown = field.substr(0, 40);  // from outside: an error is one line of text
    for (char& c : shown) c = c >= 0 && c < ' ' ? '?' : c;
    in.refuse("there is no such field", std::move(shown), "only the fields of version 1");
  }
  trace::workload_model m;
  m.name = in.text("name");
  m.synthetic = in.flag("synthetic");
  m.joint = in.flag("joint");
  m.tasks = static_cast<std::uint64_t>(in.whole("tasks"));
  m.rate = in.number("rate");
  m.day.us = in.whole("day_us");
  const std::vector<double> hourly = in.numbers("hourly");
  m.gaps = in.numbers("gaps");
  const std::vector<double> cpu = in.numbers("cpu");
  const std::vector<double> memory = in.numbers("memory");
  const std::vector<std::int64_t> run = in.wholes("run_us");
  if (hourly.size() != m.hourly.size()) {
    in.refuse("there are " + std::to_string(hourly.size()) + " hours", "hourly", "24 numbers");
  }
  if (memory.size() != cpu.size() || run.size() != cpu.size()) {
    in.refuse("the lists cpu, memory and run_us have " + std::to_string(cpu.size()) + ", " +
                  std::to_string(memory.size()) + " and " + std::to_string(run.size()) + " entries",
              memory.size() != cpu.size() ? "memory" : "run_us", "three lists of one length");
  }
  for (std::size_t i = 0; i < cpu.size() && !in.flaw(); ++i) {
    const auto fits = [](double x) {  // a number that a float cannot hold must not become one
      return x >= 0.0 && x <= static_cast<double>((std::numeric_limits<float>::max)());
    };
    if (!fits(cpu[i]) || !fits(memory[i])) {
      in.refuse("the number does not fit",
                (fits(cpu[i]) ? "memory[" : "cpu[") + std::to_string(i) + ']',
                "a number from 0 to 3.4e38");
      break;
    }
    m.rows.push_back({static_cast<float>(cpu[i]), static_cast<float>(memory[i]), {run[i]}});
  }
  if (in.flaw()) return *in.flaw();
  for (std::size_t h = 0; h < hourly.size(); ++h) m.hourly[h] = hourly[h];
  if (auto ok = trace::check(m); !ok) {
    error e = ok.failure();
    e.file = std::string{file};
    return e;
  }
  return m;
}

}  // namespace muster::inline MUSTER_ABI::adapters::json
