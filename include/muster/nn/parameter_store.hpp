// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/nn/detail/block.hpp>
#include <muster/num/backend/simd.hpp>
#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// The number of a parameter within its store, in the order of `add`.
struct parameter {
  std::uint32_t index = 0;
  friend constexpr bool operator==(parameter, parameter) = default;
};

/// All parameters of a model in one block, and their gradients in a second one.
///
/// Idea     an optimiser step is one sweep, a gradient norm one reduction, a federated
///          update one vector, whatever the layers are.
/// Use      layers call `add` while they are built; then `commit()` once, which allocates
///          and zeroes both blocks; only then are there values to initialise.
/// Layout   parameters follow one another in the order of `add`, each from a 64-byte boundary
///          on. The elements in between belong to `values()` and `grads()` too; they are zero
///          and every optimiser keeps them so. `count()` is the number without them.
/// Lifetime layers keep a `reference`, which survives moving the store but not its end.
/// Cost     `value` and `grad` are a table look-up; nothing allocates after `commit`.
template <class T = float, class Backend = num::simd>
class parameter_store {
  struct body;

 public:
  using value_type = T;
  using backend_type = Backend;

  struct entry {
    std::string name;
    num::shape shape;
    std::size_t offset = 0;  ///< of the first element within `values()`
  };

  /// What a layer keeps: the store's body, which stays in place when the store moves.
  class reference {
   public:
    reference() = default;
    [[nodiscard]] num::view<T> value(parameter p) const { return at(body_->values, p); }
    [[nodiscard]] num::view<T> grad(parameter p) const { return at(body_->grads, p); }
    [[nodiscard]] const Backend& backend() const noexcept { return body_->backend; }

   private:
    friend parameter_store;
    explicit reference(body* b) noexcept : body_{b} {}
    [[nodiscard]] num::view<T> at(const detail::block<T, Backend>& where, parameter p) const {
      MUSTER_EXPECTS(body_->committed,
                     "muster: nn::parameter_store has no memory yet; call commit() after the last "
                     "layer is built");
      const entry& e = body_->entries[p.index];
      return {where.view().data() + e.offset, e.shape};
    }
    body* body_ = nullptr;
  };

  parameter_store() : parameter_store(Backend{}) {}
  explicit parameter_store(Backend backend) : body_{new body{std::move(backend)}} {}
  /// The moved-from store may only be destroyed or assigned to.
  parameter_store(parameter_store&& other) noexcept : body_{std::exchange(other.body_, nullptr)} {}
  parameter_store& operator=(parameter_store&& other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~parameter_store() { delete body_; }

  /// Names a new parameter; names are unique and not empty.
  parameter add(std::string_view name, num::shape shape) {
    MUSTER_EXPECTS(!body_->committed,
                   "muster: nn::parameter_store::add comes after commit(); build all layers first");
    MUSTER_EXPECTS(!name.empty() && !contains(name),
                   "muster: nn::parameter_store::add needs a new name; give each layer its own");
    body_->entries.push_back({std::string{name}, shape, body_->size});
    body_->count += shape.size();
    body_->size += (shape.size() + granule - 1) / granule * granule;
    return {static_cast<std::uint32_t>(body_->entries.size() - 1)};
  }

  /// Allocates values and gradients, all zero. Once, after the last `add`.
  void commit() {
    MUSTER_EXPECTS(!body_->committed, "muster: nn::parameter_store::commit is called once");
    body_->values = detail::block<T, Backend>{body_->backend, body_->size};
    body_->grads = detail::block<T, Backend>{body_->backend, body_->size};
    body_->scratch = detail::block<T, Backend>{body_->backend, 1};
    body_->committed = true;
  }
  [[nodiscard]] bool committed() const noexcept { return body_->committed; }

  [[nodiscard]] num::view<T> value(parameter p) const { return refer().value(p); }
  [[nodiscard]] num::view<T> grad(parameter p) const { return refer().grad(p); }
  /// All values, or all gradients, with the zeros between the parameters.
  [[nodiscard]] num::view<T> values() const noexcept { return body_->values.view(); }
  [[nodiscard]] num::view<T> grads() const noexcept { return body_->grads.view(); }
  /// One element for a reduction whose result the host wants.
  [[nodiscard]] num::view<T> scratch() const noexcept { return body_->scratch.view(); }
  void zero_grads() { body_->backend.fill(grads(), T{0}); }

  /// Takes over the values of a store with the same parameters, as a target network does.
  void copy_values(const parameter_store& from) {
    MUSTER_EXPECTS(same_layout(from),
                   "muster: nn::parameter_store::copy_values needs equal names and shapes; build "
                   "both models from one config");
    body_->backend.copy(num::view<const T>{from.values()}, values());
  }
  [[nodiscard]] bool same_layout(const parameter_store& other) const noexcept {
    const auto& a = body_->entries;
    const auto& b = other.body_->entries;
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i].name != b[i].name || a[i].shape != b[i].shape) return false;
    return true;
  }

  [[nodiscard]] std::span<const entry> entries() const noexcept { return body_->entries; }
  [[nodiscard]] bool contains(std::string_view name) const noexcept {
    for (const entry& e : body_->entries)
      if (e.name == name) return true;
    return false;
  }
  /// Number of trainable elements.
  [[nodiscard]] std::size_t count() const noexcept { return body_->count; }
  [[nodiscard]] const Backend& backend() const noexcept { return body_->backend; }
  [[nodiscard]] reference refer() const noexcept { return reference{body_}; }

 private:
  static constexpr std::size_t granule = 64 / sizeof(T);

  struct body {
    explicit body(Backend b) : backend{std::move(b)} {}
    Backend backend;
    std::vector<entry> entries;
    std::size_t size = 0;   // with the zeros in between
    std::size_t count = 0;  // without
    bool committed = false;
    detail::block<T, Backend> values, grads, scratch;
  };
  body* body_;  // owned; std::unique_ptr would double what this header costs to include
};

}  // namespace muster::inline MUSTER_ABI::nn
