// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <xtensor/xadapt.hpp>
#include <xtensor/xnpy.hpp>

#include <muster/core/result.hpp>
#include <muster/interop/xtensor.hpp>
#include <muster/num/tensor.hpp>

/// Arrays as NumPy's .npy files, through xtensor.
///
/// Writing is xtensor's. Reading checks the header here before xtensor sees the array, because
/// its reader (0.24) trusts what it is given: a short file leaves numbers undefined, and a
/// header length with the high bit set is read as negative.
namespace muster::inline MUSTER_ABI::interop {

/// What the header of an .npy file says.
struct npy_header {
  std::string dtype;  ///< NumPy's type string, for example "<f4"
  bool fortran_order = false;
  std::vector<std::size_t> extents;
  std::size_t data_begin = 0;  ///< first byte after the header
};

namespace detail {

/// Reads the dictionary that NumPy writes: three keys in any order, nothing else.
class npy_parser {
 public:
  npy_parser(std::string_view text, npy_header& header) : text_{text}, header_{header} {}

  [[nodiscard]] bool run() {
    bool seen[3] = {};
    if (!take('{')) return false;
    while (!take('}')) {
      std::string_view key;
      if (!quoted(key) || !take(':')) return false;
      const int which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : 3;
      if (which == 3 || std::exchange(seen[which], true)) return false;
      std::string_view text;
      if (which == 0) {
        if (!quoted(text)) return false;
        header_.dtype = text;
      } else if (which == 1) {
        header_.fortran_order = word("True");
        if (!header_.fortran_order && !word("False")) return false;
      } else if (!tuple()) {
        return false;
      }
      if (!take(',')) {
        if (!take('}')) return false;
        break;
      }
    }
    skip();
    return at_ == text_.size() && seen[0] && seen[1] && seen[2];
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view w) {
    skip();
    if (!text_.substr(at_).starts_with(w)) return false;
    at_ += w.size();
    return true;
  }
  bool quoted(std::string_view& value) {
    skip();
    if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return false;
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) return false;
    value = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return true;
  }
  bool tuple() {
    if (!take('(')) return false;
    while (!take(')')) {
      skip();
      std::size_t n = 0;
      const std::size_t first = at_;
      for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, static_cast<std::size_t>(text_[at_] - '0'), &n))
          return false;
      if (at_ == first) return false;
      header_.extents.push_back(n);
      if (!take(',')) return header_.extents.size() > 1 && take(')');  // "(3)" is no tuple
    }
    return true;
  }

  std::string_view text_;
  npy_header& header_;
  std::size_t at_ = 0;
};

/// The same dtype that xtensor writes for T.
template <class T>
[[nodiscard]] std::string npy_dtype() {
  const char kind = std::is_floating_point_v<T> ? 'f'
                    : std::is_same_v<T, bool>   ? 'b'
                    : std::is_signed_v<T>       ? 'i'
                                                : 'u';
  return std::string{sizeof(T) == 1 ? '|' : '<', kind} + std::to_string(sizeof(T));
}

}  // namespace detail

/// Reads and checks the header of an .npy file (versions 1, 2 and 3) that is in memory.
[[nodiscard]] inline result<npy_header> parse_npy(std::span<const char> file,
                                                  std::string_view file_name) {
  const auto refuse = [&](std::string what, std::string_view field, std::string expected) {
    return error{.what = std::move(what),
                 .file = std::string{file_name},
                 .field = std::string{field},
                 .expected = std::move(expected)};
  };
  static constexpr std::string_view magic{"\x93NUMPY", 6};
  if (file.size() < 10 || std::memcmp(file.data(), magic.data(), magic.size()) != 0)
    return refuse("is no .npy file", "", "the first bytes \\x93NUMPY");
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(file[i]); };
  const unsigned major = byte(6);
  if (major < 1 || major > 3 || byte(7) != 0)
    return refuse("has version " + std::to_string(major) + "." + std::to_string(byte(7)), "header",
                  "1.0, 2.0 or 3.0");
  const std::size_t width = major == 1 ? 2 : 4;
  std::size_t length = 0;
  if (file.size() < 8 + width) return refuse("ends within its header", "header", "its length");
  for (std::size_t k = width; k-- > 0;) length = length * 256 + byte(8 + k);
  if (length > file.size() - 8 - width)
    return refuse("ends within its header", "header", std::to_string(length) + " bytes");
  npy_header header;
  header.data_begin = 8 + width + length;
  if (!detail::npy_parser{{file.data() + 8 + width, length}, header}.run())
    return refuse("has a header of another form", "header",
                  "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }");
  return header;
}

/// Takes the array out of an .npy file in memory. The element type must be T as it is: nothing
/// is converted silently. Fortran order is turned into row-major order.
template <class T>
[[nodiscard]] result<num::tensor<T>> decode_npy(std::span<const char> file,
                                                std::string_view file_name) {
  auto parsed = parse_npy(file, file_name);
  if (!parsed) return parsed.failure();
  const npy_header& h = *parsed;
  const auto refuse = [&](std::string what, std::string_view field, std::string expected) {
    return error{.what = std::move(what),
                 .file = std::string{file_name},
                 .field = std::string{field},
                 .expected = std::move(expected)};
  };
  const std::string dtype = detail::npy_dtype<T>();
  if (h.dtype != dtype) return refuse("is '" + h.dtype + "'", "descr", "'" + dtype + "'");
  if (h.extents.size() > num::shape::max_rank)
    return refuse("has " + std::to_string(h.extents.size()) + " axes", "shape", "at most 4");
  std::size_t bytes = sizeof(T);
  for (const std::size_t n : h.extents)
    if (__builtin_mul_overflow(bytes, n, &bytes)) return refuse("is too large", "shape", "less");
  if (bytes != file.size() - h.data_begin)
    return refuse("has " + std::to_string(file.size() - h.data_begin) + " bytes of data", "shape",
                  std::to_string(bytes));
  const auto n = [&](std::size_t axis) { return h.extents[axis]; };
  num::shape s;
  switch (h.extents.size()) {
    case 0:
      break;
    case 1:
      s = {n(0)};
      break;
    case 2:
      s = {n(0), n(1)};
      break;
    case 3:
      s = {n(0), n(1), n(2)};
      break;
    default:
      s = {n(0), n(1), n(2), n(3)};
      break;
  }
  num::tensor<T> array{s};
  if (bytes == 0) return array;
  if (!h.fortran_order) {
    std::memcpy(array.data(), file.data() + h.data_begin, bytes);
    return array;
  }
  // The bytes may lie anywhere, so they get an aligned home before xtensor sees numbers.
  const num::tensor<T> columns = [&] {
    num::tensor<T> copy{s};
    std::memcpy(copy.data(), file.data() + h.data_begin, bytes);
    return copy;
  }();
  try {
    to_xtensor(array) = xt::adapt<xt::layout_type::column_major>(columns.data(), columns.size(),
                                                                 xt::no_ownership(), h.extents);
  } catch (const std::exception& problem) {
    return refuse(problem.what(), "shape", "an array that xtensor can read");
  }
  return array;
}

/// Reads an .npy file.
template <class T>
[[nodiscard]] result<num::tensor<T>> read_npy(std::string_view path) {
  const std::string name{path};
  const auto refuse = [&](std::string what) {
    return error{.what = std::move(what), .file = name, .field = {}, .expected = {}};
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(name.c_str(), "rb"),
                                                             &std::fclose};
  if (file == nullptr) return refuse(std::string{"cannot be opened: "} + std::strerror(errno));
  std::string bytes;
  char part[65536];
  for (std::size_t n; (n = std::fread(part, 1, sizeof part, file.get())) != 0;)
    bytes.append(part, n);
  if (std::ferror(file.get()) != 0)
    return refuse(std::string{"cannot be read: "} + std::strerror(errno));
  return decode_npy<T>(bytes, path);
}

/// Writes an .npy file (version 1.0, row-major). A failed write may leave a part of it.
template <class T>
[[nodiscard]] result<void> write_npy(std::string_view path, num::view<T> array) {
  const std::string name{path};
  const auto refuse = [&](std::string what) {
    return error{.what = std::move(what), .file = name, .field = {}, .expected = {}};
  };
  std::string bytes;
  try {
    bytes = xt::dump_npy(to_xtensor(array));
  } catch (const std::exception& problem) {
    return refuse(problem.what());
  }
  std::FILE* const file = std::fopen(name.c_str(), "wb");
  if (file == nullptr) return refuse(std::string{"cannot be written: "} + std::strerror(errno));
  const bool whole = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (const bool closed = std::fclose(file) == 0; !whole || !closed)
    return refuse(std::string{"cannot be written: "} + std::strerror(errno));
  return {};
}

}  // namespace muster::inline MUSTER_ABI::interop
