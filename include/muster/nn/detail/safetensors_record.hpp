// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// One array of a safetensors file: what it is called and where its bytes are.
struct tensor_record {
  std::string name;
  std::string dtype;                 ///< "F32", "F64", "U64", ...
  std::vector<std::uint64_t> shape;  ///< row-major extents; empty = one element
  std::uint64_t begin = 0;           ///< first byte, counted from the end of the header
  std::uint64_t end = 0;             ///< one past the last
};

/// The header of a safetensors file.
struct safetensors_header {
  struct note {
    std::string key;
    std::string value;
    std::size_t position = 0;  ///< byte of the file at which the value starts
  };
  std::vector<tensor_record> tensors;  ///< in the order of their bytes
  std::vector<note> metadata;
  std::size_t data_begin = 0;  ///< byte of the file at which the arrays start

  [[nodiscard]] const note* find_note(std::string_view key) const noexcept {
    for (const note& n : metadata)
      if (n.key == key) return &n;
    return nullptr;
  }
  [[nodiscard]] const tensor_record* find(std::string_view name) const noexcept {
    for (const tensor_record& t : tensors)
      if (t.name == name) return &t;
    return nullptr;
  }
};

/// Bytes per element of a safetensors dtype; 0 when the name is not known.
[[nodiscard]] constexpr std::size_t dtype_size(std::string_view dtype) noexcept {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 15> sizes{{{"BOOL", 1},
                                                                            {"U8", 1},
                                                                            {"I8", 1},
                                                                            {"F8_E5M2", 1},
                                                                            {"F8_E4M3", 1},
                                                                            {"I16", 2},
                                                                            {"U16", 2},
                                                                            {"F16", 2},
                                                                            {"BF16", 2},
                                                                            {"I32", 4},
                                                                            {"U32", 4},
                                                                            {"F32", 4},
                                                                            {"F64", 8},
                                                                            {"I64", 8},
                                                                            {"U64", 8}}};
  for (const auto& [name, size] : sizes)
    if (name == dtype) return size;
  return 0;
}

/// The text "[3, 4]" of a shape.
[[nodiscard]] inline std::string to_string(std::span<const std::uint64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text += "]";
}

}  // namespace muster::inline MUSTER_ABI::nn
