// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

using json = nlohmann::json;

/// Reads a text without throwing. Values nested more than 200 deep are refused: writing one out
/// again takes a stack frame for each level, and what comes from outside decides how many.
[[nodiscard]] inline result<json> read_json(std::string_view text, std::string_view source) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > 200) {
        return error{"the JSON is nested too deep", std::string{source}, 0, "", "at most 200"};
      }
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) {
    return error{"the text is not JSON", std::string{source}, 0, "", "one JSON value in UTF-8"};
  }
  return value;
}

/// Writes a value on one line; what is no UTF-8 in it is replaced, never thrown.
[[nodiscard]] inline std::string write_json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// A value inside a JSON document that knows where it is, so that a flaw can be named.
///
/// Idea      a place points at its parent, and the path is only written out when something is
///           wrong: walking over thousands of objects builds no strings. So a place must not
///           outlive the one it came from.
/// Missing   a member that is not there and one that is null are the same: `absent()`.
class json_place {
 public:
  explicit json_place(const json& root) noexcept : value_{&root} {}

  [[nodiscard]] bool absent() const noexcept { return value_ == nullptr || value_->is_null(); }
  [[nodiscard]] const json& value() const noexcept { return *value_; }

  /// A member of an object; of anything else: absent.
  [[nodiscard]] json_place member(const char* name) const {
    const json* found = nullptr;
    if (!absent() && value_->is_object()) {
      const auto it = value_->find(name);
      if (it != value_->end()) found = &*it;
    }
    return {found, this, name, 0};
  }
  /// A member whose name may be written in any case, as decoders written in Go take it.
  [[nodiscard]] json_place member_any_case(const char* name) const {
    const json_place exact = member(name);
    if (!exact.absent() || absent() || !value_->is_object()) return exact;
    for (auto it = value_->begin(); it != value_->end(); ++it) {
      if (same_but_case(it.key(), name)) return {&it.value(), this, name, 0};
    }
    return exact;
  }
  [[nodiscard]] json_place item(std::size_t index) const {
    return {&(*value_)[index], this, nullptr, index};
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return absent() || !value_->is_array() ? 0 : value_->size();
  }

  /// Where this is, for example `items[3].metadata.name`.
  [[nodiscard]] std::string path() const {
    if (parent_ == nullptr) return {};
    std::string text = parent_->path();
    if (name_ == nullptr) return text + '[' + std::to_string(index_) + ']';
    if (!text.empty()) text += '.';
    return text + name_;
  }
  [[nodiscard]] error flaw(std::string what, std::string expected) const {
    return {std::move(what), "", 0, path(), std::move(expected)};
  }
  [[nodiscard]] error wrong(std::string expected) const {
    return flaw(absent() ? "is missing" : std::string{"is of type "} + value_->type_name(),
                std::move(expected));
  }

  // Each sets `out` and returns true, or sets `why`. The optional forms leave `out` alone where
  // the value is absent.
  [[nodiscard]] bool text(std::string& out, error& why) const {
    if (absent() || !value_->is_string()) return why = wrong("a string"), false;
    out = value_->get_ref<const std::string&>();
    return true;
  }
  [[nodiscard]] bool optional_text(std::string& out, error& why) const {
    return absent() || text(out, why);
  }
  template <class Integer>
  [[nodiscard]] bool integer(Integer& out, error& why) const {
    if (absent() || !value_->is_number_integer()) return why = wrong("an integer"), false;
    const auto wide = value_->get<std::int64_t>();
    if ((value_->is_number_unsigned() && wide < 0) ||
        static_cast<std::int64_t>(static_cast<Integer>(wide)) != wide) {
      return why = flaw("is out of range", "a smaller integer"), false;
    }
    out = static_cast<Integer>(wide);
    return true;
  }
  template <class Integer>
  [[nodiscard]] bool optional_integer(Integer& out, error& why) const {
    return absent() || integer(out, why);
  }
  [[nodiscard]] bool optional_flag(bool& out, error& why) const {
    if (absent()) return true;
    if (!value_->is_boolean()) return why = wrong("true or false"), false;
    out = value_->get<bool>();
    return true;
  }
  [[nodiscard]] bool is_array(error& why) const {
    if (!absent() && value_->is_array()) return true;
    return why = wrong("an array"), false;
  }
  [[nodiscard]] bool is_object(error& why) const {
    if (!absent() && value_->is_object()) return true;
    return why = wrong("an object"), false;
  }

 private:
  json_place(const json* value, const json_place* parent, const char* name,
             std::size_t index) noexcept
      : value_{value}, parent_{parent}, name_{name}, index_{index} {}

  static bool same_but_case(std::string_view a, std::string_view b) noexcept {
    const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (low(a[i]) != low(b[i])) return false;
    }
    return true;
  }

  const json* value_ = nullptr;
  const json_place* parent_ = nullptr;
  const char* name_ = nullptr;
  std::size_t index_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
