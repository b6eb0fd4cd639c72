// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/nn/graph_encoder.hpp>
#include <muster/nn/init.hpp>
#include <muster/num/tensor.hpp>

#include <cstdint>
#include <vector>

namespace muster_test {

namespace nn = muster::nn;
namespace num = muster::num;

template <class T>
num::tensor<T> random_rows(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  num::tensor<T> x{{rows, columns}};
  muster::rng g{seed};
  for (T& v : x.span()) v = static_cast<T>(2.0 * muster::uniform01(g) - 1.0);
  return x;
}

template <class T>
std::vector<T> list(num::view<const T> v) {
  return {v.span().begin(), v.span().end()};
}

/// An encoder with its parameters, and the results of `infer`.
template <class T, class Backend = num::simd>
struct encoder {
  nn::parameter_store<T, Backend> store;
  nn::graph_encoder<T, Backend> net;

  struct results {
    num::tensor<T> nodes, access_points, clusters;
  };

  explicit encoder(const nn::graph_encoder_config& c = {}, std::uint64_t seed = 1)
      : net{store, "g", c} {
    store.commit();
    muster::rng g{seed};
    net.initialise(nn::he{}, nn::he{1.0}, g);
    // Biases that are not zero, so that none can be forgotten unnoticed.
    for (T& v : store.values().span()) v += v == T(0) ? T(0.0625) : T(0);
  }
  [[nodiscard]] results infer(const num::tensor<T>& states, const nn::graph<T>& g) const {
    const std::size_t w = net.width();
    results r{num::tensor<T>{{g.nodes(), w}}, num::tensor<T>{{g.access_points(), w}},
              num::tensor<T>{{g.clusters(), w}}};
    num::tensor<T> room{{net.workspace_size(g)}};
    net.infer(states.view(), g, r.nodes.view(), r.access_points.view(), r.clusters.view(),
              room.span());
    return r;
  }
};

/// The graphs that every test runs over: the paper's, one node, one access point, edges only, a
/// node without neighbours, a batch, and complete access points with edges between them.
inline std::vector<nn::topology> topologies() {
  std::vector<nn::topology> all{nn::topology::uniform(3, 6), nn::topology::uniform(1, 1),
                                nn::topology::uniform(1, 7), nn::topology::uniform(4, 3, 2),
                                nn::topology::uniform(2, 3).written_out()};
  nn::topology odd;
  odd.access_point = {0, 2, 1, 0, 0, 2};
  odd.cluster = {0, 0, 1};
  odd.source = {1, 4, 2, 5};
  odd.target = {4, 1, 5, 2};
  all.push_back(odd);
  odd.complete = false;  // nodes 0 and 3 have no neighbours now
  all.push_back(odd);
  return all;
}

}  // namespace muster_test
