// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::nn::detail {

/// Whether the text is well-formed UTF-8: no overlong forms, no surrogates, nothing above 10FFFF.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80) continue;
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4) return false;
    std::uint32_t code = lead & (0x3FU >> more);
    for (int k = 0; k < more; ++k, ++i) {
      if (i == text.size()) return false;
      const auto next = static_cast<unsigned char>(text[i]);
      if ((next & 0xC0U) != 0x80) return false;
      code = (code << 6) | (next & 0x3FU);
    }
    if ((more == 2 && (code < 0x800 || (code >= 0xD800 && code < 0xE000))) ||
        (more == 3 && (code < 0x10000 || code > 0x10FFFF)))
      return false;
  }
  return true;
}

/// Reads the pieces of JSON that a model file's header is made of, and nothing looser.
///
/// Every function moves on only when it succeeds. There is no recursion and no tree: the caller
/// knows which piece must come next, so depth cannot be abused.
class json_scanner {
 public:
  explicit json_scanner(std::string_view text) noexcept : text_{text} {}

  [[nodiscard]] std::size_t position() const noexcept { return at_; }

  /// The next character other than white space is `c`.
  [[nodiscard]] bool take(char c) noexcept {
    const std::size_t i = after_space();
    if (i == text_.size() || text_[i] != c) return false;
    at_ = i + 1;
    return true;
  }

  /// An integer without sign, fraction, exponent or leading zeros that fits 64 bits.
  [[nodiscard]] bool number(std::uint64_t& value) noexcept {
    std::size_t i = after_space();
    const std::size_t first = i;
    std::uint64_t n = 0;
    for (; i < text_.size() && text_[i] >= '0' && text_[i] <= '9'; ++i) {
      const auto digit = static_cast<std::uint64_t>(text_[i] - '0');
      if (n > (~std::uint64_t{0} - digit) / 10) return false;
      n = n * 10 + digit;
    }
    if (i == first || (text_[first] == '0' && i - first > 1)) return false;
    at_ = i;
    value = n;
    return true;
  }

  /// A string, decoded to UTF-8. `begin` gets the position of its first character.
  [[nodiscard]] bool string(std::string& value, std::size_t* begin = nullptr) {
    std::size_t i = after_space();
    if (i == text_.size() || text_[i] != '"') return false;
    const std::size_t first = ++i;
    value.clear();
    for (;;) {
      if (i == text_.size()) return false;
      const char c = text_[i++];
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        value += c;
      } else if (!escape(i, value)) {
        return false;
      }
    }
    if (!is_utf8(value)) return false;
    at_ = i;
    if (begin != nullptr) *begin = first;
    return true;
  }

 private:
  [[nodiscard]] std::size_t after_space() const noexcept {
    std::size_t i = at_;
    while (i < text_.size() &&
           (text_[i] == ' ' || text_[i] == '\t' || text_[i] == '\n' || text_[i] == '\r'))
      ++i;
    return i;
  }

  [[nodiscard]] bool hex4(std::size_t& i, std::uint32_t& code) const noexcept {
    if (text_.size() - i < 4) return false;
    code = 0;
    for (int k = 0; k < 4; ++k) {
      const char c = text_[i++];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return false;
      code = code * 16 + static_cast<std::uint32_t>(digit);
    }
    return true;
  }

  [[nodiscard]] bool escape(std::size_t& i, std::string& value) const {
    if (i == text_.size()) return false;
    static constexpr std::string_view from = "\"\\/bfnrt";
    static constexpr std::string_view to = "\"\\/\b\f\n\r\t";
    const char c = text_[i++];
    if (c != 'u') {
      const std::size_t k = from.find(c);
      if (k == std::string_view::npos) return false;
      value += to[k];
      return true;
    }
    std::uint32_t code = 0;
    if (!hex4(i, code) || (code >= 0xDC00 && code < 0xE000)) return false;
    if (code >= 0xD800 && code < 0xDC00) {  // first half of a pair
      std::uint32_t second = 0;
      if (text_.size() - i < 2 || text_[i] != '\\' || text_[i + 1] != 'u') return false;
      i += 2;
      if (!hex4(i, second) || second < 0xDC00 || second >= 0xE000) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
    }
    const auto put = [&](std::uint32_t byte) { value += static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | (code >> 6));
      put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | (code >> 12));
      put(0x80 | ((code >> 6) & 0x3F));
      put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3F));
      put(0x80 | ((code >> 6) & 0x3F));
      put(0x80 | (code & 0x3F));
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// The text as a JSON string with its quotation marks.
[[nodiscard]] inline std::string json_quoted(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  return out += '"';
}

}  // namespace muster::inline MUSTER_ABI::nn::detail
