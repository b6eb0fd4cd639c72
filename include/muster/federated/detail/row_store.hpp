// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// "No such row".
inline constexpr std::uint32_t no_row = ~std::uint32_t{0};

/// Models for those who need one at the moment: rows of equal width that are taken and given back.
///
/// One block and a list of its free rows, so that all of it is two arrays in a checkpoint. `take`
/// may move the rows; it allocates only when more are out than ever before.
class row_store {
 public:
  explicit row_store(std::size_t width) noexcept : width_{width} {}

  [[nodiscard]] std::uint32_t take() {
    if (free_.empty()) {
      const std::size_t rows = numbers_.size() / width_;
      numbers_.resize(numbers_.size() + width_);
      free_.reserve(rows + 1);
      return static_cast<std::uint32_t>(rows);
    }
    const std::uint32_t row = free_.back();
    free_.pop_back();
    return row;
  }
  /// Gives `row` back and forgets its number; its content stays until somebody takes it.
  void release(std::uint32_t& row) {
    free_.push_back(row);
    row = no_row;
  }
  [[nodiscard]] std::span<float> operator[](std::uint32_t row) noexcept {
    return std::span<float>{numbers_}.subspan(row * width_, width_);
  }
  [[nodiscard]] std::size_t width() const noexcept { return width_; }
  /// Rows that somebody has.
  [[nodiscard]] std::size_t taken() const noexcept {
    return numbers_.size() / width_ - free_.size();
  }

  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix) {
    c.add(std::string{prefix} + "numbers", numbers_);
    c.add(std::string{prefix} + "free", free_);
  }

 private:
  std::size_t width_;
  std::vector<float> numbers_;
  std::vector<std::uint32_t> free_;
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
