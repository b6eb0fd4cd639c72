// SPDX-License-Identifier: Apache-2.0
// An encoder and a structure in double, frames of random states, and draws from them.
#pragma once

#include <muster/kmps/orchestration/detail/round_rows.hpp>
#include <muster/kmps/orchestration/embedding.hpp>
#include <muster/nn/graph_encoder.hpp>
#include <muster/nn/init.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/num/tensor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace muster::tests {

template <template <class, class> class Structure>
struct built_structure {
  using T = double;
  using B = num::reference;
  using structure = Structure<T, B>;
  static constexpr std::size_t parts = structure::parts;
  static constexpr std::size_t clusters = 2, nodes = 4, services = 3, width = 6, state = 5;

  nn::parameter_store<T, B> actors, critics;
  nn::graph_encoder<T, B> encoder;
  structure s;
  nn::topology topology = nn::topology::uniform(clusters, nodes / clusters);
  nn::graph<T> one{topology}, all;
  std::size_t frames, rounds, picks;
  num::tensor<T> states, x{{nodes, width}}, y{{clusters, width}}, z{{1, width}}, workspace;
  kmps::detail::round_rows rows;
  std::array<std::vector<double>, parts> old;     // ln p when drawn [frames x rounds]
  std::array<std::vector<double>, parts> values;  // [frames]

  static nn::graph_encoder_config encoder_config() {
    nn::graph_encoder_config c;
    c.state_width = state;
    c.embedding = width;
    c.hidden = {5};
    return c;
  }

  built_structure(typename structure::config c, std::size_t f, std::size_t r, std::size_t h,
                  double output_gain = 1.0)
      : encoder{actors, "encoder", encoder_config()},
        s{actors, critics, c, services, width},
        frames{f},
        rounds{r},
        picks{h},
        states{{f * nodes, state}} {
    actors.commit();
    critics.commit();
    rng g{7};
    encoder.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
    s.initialise(g);
    // Policies begin almost uniform; a test wants them to differ.
    for (auto& v : actors.values().span()) v *= 1.0 + output_gain * (uniform01(g) - 0.5);
    for (double& v : states.span()) v = uniform01(g);
    workspace = num::tensor<T>{{encoder.workspace_size(one.view()) + 1}};
    all.assign(topology, frames);
    rows.begin(nodes, rounds, picks, s.choices(nodes));
    std::vector<std::uint32_t> n(rounds * picks), a(rounds * picks);
    for (std::size_t i = 0; i < frames; ++i) {
      look(i);
      const auto v = s.values();
      for (std::size_t p = 0; p < parts; ++p) values[p].push_back(static_cast<double>(v[p]));
      for (std::size_t k = 0; k < rounds; ++k) {
        const auto lp = s.draw(g, std::span{n}.subspan(k * picks, picks),
                               std::span{a}.subspan(k * picks, picks));
        for (std::size_t p = 0; p < parts; ++p) old[p].push_back(static_cast<double>(lp[p]));
      }
      rows.add(n, a, [&](std::uint32_t node, std::uint32_t l) { return s.choice(node, l); });
    }
  }

  void look(std::size_t frame) {
    encoder.infer(num::view<const T>{states.view()}.slice(frame * nodes, nodes), one.view(),
                  x.view(), y.view(), z.view(), workspace.span());
    s.look({x.view(), y.view(), z.view(), one.view().access_point.span()});
  }
  typename structure::terms evaluate(autodiff::tape<T, B>& tape) {
    const auto e = encoder.forward(tape, tape.constant(states.view()), all.view());
    return s.evaluate(tape, kmps::embedded<T, B>{e.nodes, e.access_points, e.clusters},
                      rows.view(all.view().access_point));
  }
};

/// Every element is exactly zero.
template <class View>
bool all_zero(const View& v) {
  for (const auto x : v.span()) {
    if (x != 0.0) return false;
  }
  return true;
}

}  // namespace muster::tests
