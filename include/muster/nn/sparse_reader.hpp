// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/nn/padded_mlp.hpp>
#include <muster/num/detail/scalar.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// A copy of an MLP that answers one state at a time and skips the inputs that are zero.
///
/// Idea       who decides many times between two changes of the parameters packs them once; and a
///            multiplication by zero need not be done. Idle resources are zeros, and so is half of
///            what a ReLU lets through.
/// Use        `take(network)` after every change of the parameters, then `read(x, y)`.
/// Cost       O(entries of x that are not zero * hidden) per layer; allocates in the first `take`
///            only.
/// Determinism    sums run over the inputs in ascending order.
template <class T = float>
class sparse_reader {
 public:
  /// Copies the parameters. Networks of other shapes may follow one another.
  template <class Backend>
  void take(const padded_mlp<T, Backend>& network) {
    const auto layers = network.whole().layers();
    layers_.resize(layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
      layer& to = layers_[i];
      const bool first = i == 0;
      to.in = first ? network.in() : layers[i].in();
      to.out = layers[i].out();
      to.stride = (to.out + block - 1) / block * block;
      to.f = first ? network.first_activation() : layers[i].activation();
      to.weight.assign(to.in * to.stride, T{0});
      to.bias.assign(to.stride, T{0});
      to.values.resize(to.stride);
      packed_.resize(to.in * to.out);
      if (first) {
        network.pack(packed_, std::span{to.bias}.first(to.out));
      } else {
        const auto& store = network.parameters();
        std::copy_n(store.value(layers[i].weight()).data(), packed_.size(), packed_.data());
        std::copy_n(store.value(layers[i].bias()).data(), to.out, to.bias.data());
      }
      for (std::size_t r = 0; r < to.in; ++r) {
        std::copy_n(packed_.data() + r * to.out, to.out, to.weight.data() + r * to.stride);
      }
      if (present_.size() < to.in) present_.resize(to.in);
    }
  }

  /// The network at x [in] into y [out].
  void read(std::span<const T> x, std::span<T> y) {
    MUSTER_EXPECTS(
        !layers_.empty() && x.size() == layers_.front().in && y.size() == layers_.back().out,
        "muster: nn::sparse_reader::read comes after take, with x [in] and y [out]");
    const T* from = x.data();
    for (layer& l : layers_) {
      apply(l, from);
      from = l.values.data();
    }
    std::copy_n(from, y.size(), y.data());
  }

 private:
  static constexpr std::size_t block = 16;  // outputs whose sums stay in registers

  struct layer {
    std::size_t in = 0, out = 0, stride = 0;
    num::activation f = num::activation::identity;
    std::vector<T> weight;  // [in, stride], zeros behind `out`
    std::vector<T> bias, values;
  };

  void apply(layer& l, const T* x) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < l.in; ++i) {  // written without a branch: zeros come at random
      present_[count] = static_cast<std::uint32_t>(i);
      count += x[i] != T{0} ? 1 : 0;
    }
    for (std::size_t j = 0; j < l.stride; j += block) {
      T sum[block];
      for (std::size_t k = 0; k < block; ++k) sum[k] = l.bias[j + k];
      for (std::size_t c = 0; c < count; ++c) {
        const T factor = x[present_[c]];
        const T* const w = l.weight.data() + present_[c] * l.stride + j;
        for (std::size_t k = 0; k < block; ++k) sum[k] += factor * w[k];
      }
      for (std::size_t k = 0; k < block; ++k) {
        l.values[j + k] = num::detail::activate(l.f, sum[k]);
      }
    }
  }

  std::vector<layer> layers_;
  std::vector<T> packed_;
  std::vector<std::uint32_t> present_;
};

}  // namespace muster::inline MUSTER_ABI::nn
