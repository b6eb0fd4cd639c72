// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// Parameters of one store or of several as one row of numbers, with their gradients: the order of
/// nn::flat_parameters, store after store. Refers to the stores and must not outlive them.
template <class T, class Backend>
class joined_parameters {
 public:
  using store_type = nn::parameter_store<T, Backend>;

  void add(const store_type& store, std::string_view prefix) {
    [[maybe_unused]] const std::size_t before = size_;
    std::uint32_t index = 0;
    for (const auto& e : store.entries()) {
      if (std::string_view{e.name}.starts_with(prefix)) {
        parts_.push_back({store.refer(), {index}, size_});
        size_ += e.shape.size();
      }
      ++index;
    }
    MUSTER_EXPECTS(size_ > before,
                   "muster: federated: no parameter has this prefix; compare it with the names in "
                   "store.entries()");
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// f(value, gradient, here): views of one parameter after the other, and what stands for it in
  /// `row`, which has size() elements.
  template <class F>
  void for_each(num::view<T> row, F&& f) const {
    for (const part& p : parts_) {
      const num::view<T> value = p.store.value(p.index);
      f(value, p.store.grad(p.index), num::view<T>{row.data() + p.offset, value.shape()});
    }
  }

 private:
  struct part {
    typename store_type::reference store;
    nn::parameter index;
    std::size_t offset;
  };
  std::vector<part> parts_;
  std::size_t size_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
