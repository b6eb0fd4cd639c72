// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// Some parameters of a store as one row of numbers, in the order of `add` and without the zeros
/// between them: what travels in a federation.
///
/// Use      `flat_parameters part{store, "critic_2"}`: the parameters whose names begin so; all
///          with "". It refers to the store and must not outlive it.
/// Cost     one copy of the numbers per `read` or `write`; nothing allocates.
template <class T, class Backend>
class flat_parameters {
 public:
  explicit flat_parameters(const parameter_store<T, Backend>& store, std::string_view prefix = {})
      : store_{store.refer()} {
    std::uint32_t index = 0;
    ends_.push_back(0);
    for (const auto& e : store.entries()) {
      if (std::string_view{e.name}.starts_with(prefix)) {
        parts_.push_back({index});
        ends_.push_back(ends_.back() + e.shape.size());
      }
      ++index;
    }
    MUSTER_EXPECTS(!parts_.empty(),
                   "muster: nn::flat_parameters finds no parameter with this prefix; compare it "
                   "with the names in store.entries()");
  }

  [[nodiscard]] std::size_t size() const noexcept { return ends_.back(); }
  /// Where each parameter begins, and behind the last one the size: [parameters + 1].
  [[nodiscard]] std::span<const std::size_t> boundaries() const noexcept { return ends_; }

  /// Copies the values out, [size()].
  void read(std::span<T> out) const {
    check(out.size());
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      store_.backend().download(num::view<const T>{store_.value(parts_[i])},
                                out.subspan(ends_[i], ends_[i + 1] - ends_[i]));
    }
  }
  /// Replaces the values, [size()].
  void write(std::span<const T> values) const {
    check(values.size());
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      store_.backend().upload(values.subspan(ends_[i], ends_[i + 1] - ends_[i]),
                              store_.value(parts_[i]));
    }
  }
  /// Takes over the values of parameters with the same shapes, in the same store or another.
  void copy(const flat_parameters& from) const {
    MUSTER_EXPECTS(ends_ == from.ends_,
                   "muster: nn::flat_parameters::copy needs equal shapes on both sides");
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      store_.backend().copy(num::view<const T>{from.store_.value(from.parts_[i])},
                            store_.value(parts_[i]));
    }
  }

 private:
  void check([[maybe_unused]] std::size_t n) const {
    MUSTER_EXPECTS(n == size(),
                   "muster: nn::flat_parameters exchanges size() numbers; lend exactly as many");
  }

  typename parameter_store<T, Backend>::reference store_;
  std::vector<parameter> parts_;
  std::vector<std::size_t> ends_;
};

}  // namespace muster::inline MUSTER_ABI::nn
