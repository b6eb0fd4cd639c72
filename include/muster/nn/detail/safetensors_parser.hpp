// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/nn/detail/json.hpp>
#include <muster/nn/detail/safetensors_record.hpp>

namespace muster::inline MUSTER_ABI::nn::detail {

/// Does the work of `parse_safetensors`, which says what is refused.
class safetensors_parser {
 public:
  safetensors_parser(std::span<const std::byte> file, std::string_view name)
      : file_{file}, name_{name} {}

  [[nodiscard]] result<safetensors_header> run() {
    if (file_.size() < 8) return broken("is too short", "", "8 bytes of header length");
    std::uint64_t length = 0;
    std::memcpy(&length, file_.data(), 8);
    if (length > 100'000'000)
      return broken("header length is " + std::to_string(length), "", "at most 100000000");
    if (length > file_.size() - 8)
      return broken(
          "ends within its header", "",
          std::to_string(length) + " bytes of header, not " + std::to_string(file_.size() - 8));
    text_ = {reinterpret_cast<const char*>(file_.data()) + 8, static_cast<std::size_t>(length)};
    header_.data_begin = 8 + text_.size();
    scan_ = json_scanner{text_};
    if (text_.empty() || text_[0] != '{') return broken_at("header does not start an object", "{");
    if (!objects()) return std::move(failure_);
    if (text_.find_first_not_of(' ', scan_.position()) != std::string_view::npos)
      return broken_at("header goes on after its object", "spaces only");
    if (!ranges()) return std::move(failure_);
    return std::move(header_);
  }

 private:
  error broken(std::string what, std::string_view field, std::string expected) const {
    return {.what = std::move(what),
            .file = std::string{name_},
            .field = std::string{field},
            .expected = std::move(expected)};
  }
  error broken_at(std::string what, std::string expected) const {
    return broken(std::move(what), "header byte " + std::to_string(8 + scan_.position()),
                  std::move(expected));
  }
  bool fail(error reason) {
    failure_ = std::move(reason);
    return false;
  }

  /// { "name": ..., ... }
  bool objects() {
    static_cast<void>(scan_.take('{'));
    if (scan_.take('}')) return true;
    std::string key;
    bool has_metadata = false;
    do {
      if (!scan_.string(key)) return fail(broken_at("header is not valid JSON", "a tensor name"));
      if (!scan_.take(':')) return fail(broken_at("header is not valid JSON", "':'"));
      if (key == "__metadata__") {
        if (has_metadata) return fail(broken("appears twice", key, "each name once"));
        has_metadata = true;
        if (!metadata()) return false;
      } else if (!tensor(key)) {
        return false;
      }
    } while (scan_.take(','));
    if (!scan_.take('}')) return fail(broken_at("header is not valid JSON", "',' or '}'"));
    return true;
  }

  /// { "key": "value", ... }
  bool metadata() {
    if (!scan_.take('{')) return fail(broken_at("__metadata__ is no object", "'{'"));
    if (scan_.take('}')) return true;
    do {
      safetensors_header::note n;
      if (!scan_.string(n.key) || !scan_.take(':') || !scan_.string(n.value, &n.position))
        return fail(broken_at("__metadata__ is not valid", "\"key\": \"text\""));
      n.position += 8;
      header_.metadata.push_back(std::move(n));
    } while (scan_.take(','));
    if (!scan_.take('}')) return fail(broken_at("__metadata__ is not valid", "',' or '}'"));
    return true;
  }

  /// { "dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24] }, in any order
  bool tensor(const std::string& name) {
    tensor_record t;
    t.name = name;
    bool has_dtype = false;
    bool has_shape = false;
    bool has_offsets = false;
    std::string key;
    if (!scan_.take('{')) return fail(broken("is no object", name, "dtype, shape, data_offsets"));
    do {
      if (!scan_.string(key) || !scan_.take(':'))
        return fail(broken_at("tensor " + name + " is not valid JSON", "a key"));
      if (key == "dtype" && !has_dtype) {
        has_dtype = true;
        if (!scan_.string(t.dtype) || dtype_size(t.dtype) == 0)
          return fail(broken("has an unknown dtype", name, "F32, F64, U64, ..."));
      } else if (key == "shape" && !has_shape) {
        has_shape = true;
        if (!numbers(t.shape)) return fail(broken("has no valid shape", name, "[2, 3]"));
      } else if (key == "data_offsets" && !has_offsets) {
        has_offsets = true;
        std::vector<std::uint64_t> both;
        if (!numbers(both) || both.size() != 2 || both[0] > both[1])
          return fail(broken("has no valid data_offsets", name, "[begin, end]"));
        t.begin = both[0];
        t.end = both[1];
      } else {
        return fail(broken("has an unknown or repeated key " + json_quoted(key), name,
                           "dtype, shape, data_offsets, each once"));
      }
    } while (scan_.take(','));
    if (!scan_.take('}'))
      return fail(broken_at("tensor " + name + " is not valid JSON", "',' or '}'"));
    if (!has_dtype || !has_shape || !has_offsets)
      return fail(broken("is incomplete", name, "dtype, shape, data_offsets"));
    std::uint64_t bytes = dtype_size(t.dtype);
    for (const std::uint64_t n : t.shape)
      if (__builtin_mul_overflow(bytes, n, &bytes))
        return fail(broken("is too large", name, "a size below 2^64"));
    if (t.end - t.begin != bytes)
      return fail(broken("has " + std::to_string(t.end - t.begin) + " bytes", name,
                         std::to_string(bytes) + " for " + t.dtype + " " + to_string(t.shape)));
    header_.tensors.push_back(std::move(t));
    return true;
  }

  bool numbers(std::vector<std::uint64_t>& values) {
    if (!scan_.take('[')) return false;
    if (scan_.take(']')) return true;
    do {
      std::uint64_t n = 0;
      if (!scan_.number(n)) return false;
      values.push_back(n);
    } while (scan_.take(','));
    return scan_.take(']');
  }

  /// Names once each, ranges side by side from the first data byte to the end of the file.
  bool ranges() {
    auto& tensors = header_.tensors;
    const auto twice = [](auto& items, auto name) {
      std::vector<std::string_view> names;
      names.reserve(items.size());
      for (const auto& item : items) names.push_back(name(item));
      std::sort(names.begin(), names.end());
      const auto it = std::adjacent_find(names.begin(), names.end());
      return it == names.end() ? std::string{} : "\"" + std::string{*it} + "\"";
    };
    const auto tensor_twice =
        twice(tensors, [](const tensor_record& t) { return std::string_view{t.name}; });
    if (!tensor_twice.empty()) return fail(broken("appears twice", tensor_twice, "each name once"));
    const auto note_twice = twice(header_.metadata, [](const safetensors_header::note& n) {
      return std::string_view{n.key};
    });
    if (!note_twice.empty())
      return fail(broken("appears twice in __metadata__", note_twice, "each key once"));
    // Stable: several without elements may share a place, and keep the order they were written in.
    const auto earlier = [](const tensor_record& a, const tensor_record& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
    };
    std::stable_sort(tensors.begin(), tensors.end(), earlier);
    std::uint64_t at = 0;
    for (const tensor_record& t : tensors) {
      if (t.begin != at)
        return fail(broken(t.begin < at ? "overlaps another tensor" : "leaves a gap before it",
                           t.name, "first byte " + std::to_string(at)));
      at = t.end;
    }
    const std::uint64_t present = file_.size() - header_.data_begin;
    if (at != present)
      return fail(broken(at > present ? "ends within its data" : "has bytes after its last tensor",
                         "",
                         std::to_string(at) + " bytes of data, not " + std::to_string(present)));
    return true;
  }

  std::span<const std::byte> file_;
  std::string_view name_;
  std::string_view text_;
  json_scanner scan_{std::string_view{}};
  safetensors_header header_;
  error failure_;
};

}  // namespace muster::inline MUSTER_ABI::nn::detail
