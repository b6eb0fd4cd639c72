// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI {

/// What was wrong with input from outside, in the words a person needs to mend it.
///
/// Every field but `what` may be empty (line 0 = unknown).
struct error {
  std::string what;      ///< what is wrong, one clause
  std::string file;      ///< path as the caller gave it
  std::uint64_t line{};  ///< counted from 1; 0 when not a text file
  std::string field;     ///< column, key, tensor or flag
  std::string expected;  ///< the form that would have been right

  /// One line: `file:line: field: what; expected ...`.
  [[nodiscard]] std::string to_string() const {
    std::string text;
    if (!file.empty()) {
      text += file;
      if (line != 0) text += ':' + std::to_string(line);
      text += ": ";
    }
    if (!field.empty()) text += field + ": ";
    text += what;
    if (!expected.empty()) text += "; expected " + expected;
    return text;
  }
};

/// A value, or the reason why there is none: what readers of outside input return.
///
/// Ours in every language mode, so that C++20 and C++23 parts of one program agree.
/// `value()` on an error and `failure()` on a value are broken preconditions.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;

  result(T value) : state_{std::in_place_index<0>, std::move(value)} {}        // NOLINT implicit
  result(error reason) : state_{std::in_place_index<1>, std::move(reason)} {}  // NOLINT implicit

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return *checked(); }
  [[nodiscard]] const T& value() const& { return *const_cast<result*>(this)->checked(); }
  [[nodiscard]] T&& value() && { return std::move(*checked()); }
  [[nodiscard]] T& operator*() & { return *checked(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T&& operator*() && { return std::move(*checked()); }
  [[nodiscard]] T* operator->() { return checked(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

  [[nodiscard]] const error& failure() const {
    const error* reason = std::get_if<1>(&state_);
    MUSTER_EXPECTS(reason != nullptr, "muster: result holds a value; ask has_value() first");
    return *reason;
  }

 private:
  T* checked() {
    T* value = std::get_if<0>(&state_);
    MUSTER_EXPECTS(value != nullptr, "muster: result holds an error; ask has_value() first");
    return value;
  }

  std::variant<T, error> state_;
};

/// Success without a value, or the reason of the failure.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;

  result() = default;
  result(error reason) : reason_{std::move(reason)} {}  // NOLINT implicit

  [[nodiscard]] bool has_value() const noexcept { return !reason_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  [[nodiscard]] const error& failure() const {
    MUSTER_EXPECTS(reason_.has_value(), "muster: result holds a value; ask has_value() first");
    return *reason_;
  }

 private:
  std::optional<error> reason_;
};

}  // namespace muster::inline MUSTER_ABI
