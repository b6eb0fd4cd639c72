// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/autodiff/check_gradient.hpp>
#include <muster/autodiff/ops.hpp>
#include <muster/nn/graph_encoder.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <cmath>

#include "nn/graph_models.hpp"
#include "support/catch.hpp"

using namespace muster_test;
namespace ad = muster::autodiff;
using muster::num::reference;

TEST_CASE("parameters of the paper's encoder", "[nn][graph_encoder]") {
  const encoder<float> paper;
  CHECK(paper.store.count() == 26832);
  CHECK(paper.store.entries()[0].name == "g.nodes.f.0.weight");
  const encoder<float> projected{{.state_width = 30}};
  CHECK(projected.store.count() == 26832 + 30 * 24 + 24);
  CHECK(nn::mlp_parameters(24, {64, 32}, 24) == 4472);
  CHECK(nn::mlp_parameters(3, {}, 2) == 8);
}

// Width 1 and no hidden layer, so that each f and h is a line. States 1, 2, 4 at one access
// point, f1 = 2x + 1, h1 = x/2 - 1. Hop 1: f1 = 3, 5, 9; sums over the others 14, 12, 8; h1 = 6,
// 5, 3; plus the states 7, 7, 7. Hop 2: f1 = 15 each, sums 30, h1 = 14, plus the states 15, 16,
// 18. f2 = x, h2 = 2x + 0.5: y = 98.5. f3 = -x, h3 = x + 1: z = -97.5.
TEST_CASE("three nodes by hand, sum and mean", "[nn][graph_encoder]") {
  const auto by_hand = [](nn::aggregation how) {
    nn::graph_encoder_config c;
    c.state_width = 1, c.embedding = 1, c.hidden = {}, c.hops = 2, c.gather = how;
    encoder<double, reference> e{c};
    std::uint32_t i = 0;
    for (const double v : {2.0, 1.0, 0.5, -1.0, 1.0, 0.0, 2.0, 0.5, -1.0, 0.0, 1.0, 1.0}) {
      e.store.value(nn::parameter{i++})[0] = v;
    }
    num::tensor<double> s{{3, 1}};
    s[0] = 1, s[1] = 2, s[2] = 4;
    const auto r = e.infer(s, nn::graph<double>{nn::topology::uniform(1, 3)});
    auto all = list(num::view<const double>{r.nodes.view()});
    all.push_back(r.access_points[0]);
    all.push_back(r.clusters[0]);
    return all;
  };
  CHECK(by_hand(nn::aggregation::sum) == std::vector<double>{15, 16, 18, 98.5, -97.5});
  // Mean: hop 1 sums halved 7, 6, 4, h1 = 2.5, 2, 1, x = 3.5, 4, 5; hop 2: f1 = 8, 9, 11, halves
  // 10, 9.5, 8.5, h1 = 4, 3.75, 3.25, x = 5, 5.75, 7.25, mean 6: y = 12.5, z = -11.5.
  CHECK(by_hand(nn::aggregation::mean) == std::vector<double>{5, 5.75, 7.25, 12.5, -11.5});
}

TEST_CASE("after k hops only nodes within k edges have had a say", "[nn][graph_encoder]") {
  // A path of 9 nodes, one access point: 0 - 1 - ... - 8.
  std::vector<std::uint32_t> source, target;
  for (std::uint32_t i = 0; i + 1 < 9; ++i) {
    source.push_back(i), target.push_back(i + 1);
    source.push_back(i + 1), target.push_back(i);
  }
  const std::vector<std::uint32_t> access_point(9, 0), cluster{0};
  const nn::graph<float> g{nn::topology::edges(source, target, access_point, cluster)};
  const auto before = random_rows<float>(9, 24, 3);
  for (const auto how : {nn::aggregation::sum, nn::aggregation::mean}) {
    for (std::size_t hops = 0; hops <= 4; ++hops) {
      nn::graph_encoder_config c;
      c.hops = hops, c.gather = how, c.hidden_activation = num::activation::tanh;
      const encoder<float> e{c};
      auto after = before.clone();
      for (float& v : after.view().row(2)) v += 0.5F;
      const auto x = e.infer(before, g), y = e.infer(after, g);
      for (std::size_t n = 0; n < 9; ++n) {
        const std::size_t distance = n < 2 ? 2 - n : n - 2;
        bool same = true;
        for (std::size_t j = 0; j < 24; ++j) same = same && x.nodes(n, j) == y.nodes(n, j);
        INFO(hops << " hops, node " << n);
        CHECK(same == (distance > hops));
      }
    }
  }
}

TEST_CASE("node embeddings move with their nodes, the cluster's does not", "[nn][graph_encoder]") {
  muster::rng random{5};
  for (const auto& t : topologies()) {
    const encoder<double> e;
    const std::size_t n = t.access_point.size();
    const auto s = random_rows<double>(n, 24, 7);
    std::vector<std::uint32_t> place(n);
    for (std::size_t i = 0; i < n; ++i) place[i] = static_cast<std::uint32_t>(i);
    for (std::size_t i = n; i > 1; --i) {
      std::swap(place[i - 1], place[muster::uniform_below(random, i)]);
    }
    nn::topology moved = t;
    num::tensor<double> there{{n, 24}};
    for (std::size_t i = 0; i < n; ++i) {
      moved.access_point[place[i]] = t.access_point[i];
      for (std::size_t j = 0; j < 24; ++j) there(place[i], j) = s(i, j);
    }
    for (auto& node : moved.source) node = place[node];
    for (auto& node : moved.target) node = place[node];
    const auto a = e.infer(s, nn::graph<double>{t}), b = e.infer(there, nn::graph<double>{moved});
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < 24; ++j) {
        CHECK(b.nodes(place[i], j) == Approx(a.nodes(i, j)).epsilon(1e-11).margin(1e-12));
      }
    }
    for (std::size_t i = 0; i < a.clusters.size(); ++i) {
      CHECK(b.clusters[i] == Approx(a.clusters[i]).epsilon(1e-11).margin(1e-12));
    }
  }
}

TEST_CASE("a complete access point is the same as its edges written out", "[nn][graph_encoder]") {
  for (const auto how : {nn::aggregation::sum, nn::aggregation::mean}) {
    const encoder<double> e{{.gather = how}};
    for (const auto& t : topologies()) {
      const auto s = random_rows<double>(t.access_point.size(), 24, 9);
      const auto a = e.infer(s, nn::graph<double>{t});
      const auto b = e.infer(s, nn::graph<double>{t.written_out()});
      for (std::size_t i = 0; i < a.nodes.size(); ++i) {
        CHECK(b.nodes[i] == Approx(a.nodes[i]).epsilon(1e-11).margin(1e-12));
      }
    }
  }
}

TEMPLATE_TEST_CASE("with and without a tape the encoder computes the same bits",
                   "[nn][graph_encoder]", float, double) {
  using T = TestType;
  for (const auto how : {nn::aggregation::sum, nn::aggregation::mean}) {
    for (const std::size_t width : {24U, 10U}) {
      const encoder<T> e{{.state_width = width, .gather = how}};
      for (const auto& t : topologies()) {
        const nn::graph<T> g{t};
        const auto s = random_rows<T>(g.nodes(), width, 2);
        const auto r = e.infer(s, g);
        ad::tape<T> tape;
        const auto f = e.net.forward(tape, tape.constant(s.view()), g);
        CHECK(list(f.nodes.value()) == list(num::view<const T>{r.nodes.view()}));
        CHECK(list(f.access_points.value()) == list(num::view<const T>{r.access_points.view()}));
        CHECK(list(f.clusters.value()) == list(num::view<const T>{r.clusters.view()}));
      }
    }
  }
}

TEST_CASE("a batch of frames is each frame alone, bit for bit", "[nn][graph_encoder]") {
  const encoder<float> e;
  for (const auto& t : topologies()) {
    const std::size_t n = t.access_point.size(), frames = 5;
    const nn::graph<float> one{t};
    nn::graph<float> batch;
    batch.assign(t, frames);
    const auto s = random_rows<float>(frames * n, 24, 4);
    const auto all = e.infer(s, batch);
    for (std::size_t k = 0; k < frames; ++k) {
      num::tensor<float> part{{n, 24}};
      std::copy_n(s.data() + k * n * 24, n * 24, part.data());
      const auto r = e.infer(part, one);
      const auto agree = [&](const auto& whole, const auto& alone) {
        return std::equal(alone.span().begin(), alone.span().end(),
                          whole.data() + k * alone.size());
      };
      CHECK(agree(all.nodes, r.nodes));
      CHECK(agree(all.access_points, r.access_points));
      CHECK(agree(all.clusters, r.clusters));
    }
  }
}

TEST_CASE("blocks of rows of every size give the same bits", "[nn][graph_encoder]") {
  // Around one and two blocks of the products; the whole on a tape is one product.
  const encoder<float> e;
  for (const std::size_t n : {2U, 239U, 240U, 241U, 242U, 481U}) {
    const nn::graph<float> g{nn::topology::uniform(1, n)};
    const auto s = random_rows<float>(n, 24, n);
    const auto r = e.infer(s, g);
    ad::tape<float> tape;
    const auto f = e.net.forward(tape, tape.constant(s.view()), g);
    CHECK(list(f.nodes.value()) == list(num::view<const float>{r.nodes.view()}));
    CHECK(list(f.clusters.value()) == list(num::view<const float>{r.clusters.view()}));
  }
}

namespace {

/// Largest relative error of the tape's gradient against central differences of fourth order,
/// over `some` random parameters.
template <class E>
double worst_parameter(E& e, const nn::graph<double>& g, const num::tensor<double>& s,
                       std::size_t some) {
  ad::tape<double, typename E::backend> tape;
  const auto loss = [&] {
    tape.reset();
    const auto f = e.model.net.forward(tape, tape.constant(s.view()), g);
    return ad::mean(ad::square(f.nodes)) + ad::mean(ad::tanh(f.access_points)) +
           ad::mean(ad::square(f.clusters + 0.5));
  };
  e.model.store.zero_grads();
  tape.backward(loss());
  muster::rng random{3};
  double worst = 0.0;
  for (std::size_t k = 0; k < some; ++k) {
    const auto entries = e.model.store.entries();
    const auto& entry = entries[muster::uniform_below(random, entries.size())];
    const std::size_t i = entry.offset + muster::uniform_below(random, entry.shape.size());
    double& p = e.model.store.values()[i];
    const double old = p, h = 0x1p-10;
    const auto at = [&](double distance) {
      p = old + distance;
      const double y = loss().item();
      p = old;
      return y;
    };
    const double want = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    const double got = e.model.store.grads()[i];
    const double size = std::max({std::abs(want), std::abs(got), 1e-4});
    worst = std::max(worst, std::abs(want - got) / size);
  }
  return worst;
}
template <class B>
struct smooth {
  using backend = B;
  encoder<double, B> model;
  explicit smooth(nn::graph_encoder_config c)
      : model{[&] {
          c.hidden_activation = num::activation::tanh;  // no kinks under the differences
          return c;
        }()} {
    // Small weights, so that the fifth derivative stays small where sums go through three hops.
    for (double& v : model.store.values().span()) v *= 0.5;
  }
};

}  // namespace

TEST_CASE("gradients of the whole encoder agree with differences", "[nn][graph_encoder]") {
  for (const auto how : {nn::aggregation::sum, nn::aggregation::mean}) {
    nn::graph_encoder_config c;
    c.state_width = 3, c.embedding = 4, c.hidden = {6, 5}, c.gather = how;
    for (const auto& t : topologies()) {
      const nn::graph<double> g{t};
      const auto s = random_rows<double>(g.nodes(), 3, 6);
      smooth<num::simd> fast{c};
      CHECK(worst_parameter(fast, g, s, 40) < 1e-6);
      smooth<reference> plain{c};
      CHECK(worst_parameter(plain, g, s, 40) < 1e-6);
      const auto report = ad::check_gradient(
          [&](auto states) {
            const auto f = plain.model.net.forward(states.on(), states, g);
            return ad::concat({f.nodes, f.access_points, f.clusters}, 0);
          },
          s);
      INFO(report.to_string());
      CHECK(report.within(1e-6));
    }
  }
  // The paper's sizes.
  smooth<num::simd> paper{{}};
  const nn::graph<double> g{nn::topology::uniform(3, 6)};
  CHECK(worst_parameter(paper, g, random_rows<double>(18, 24, 8), 150) < 1e-6);
}

TEST_CASE("inference and training do not allocate once warm", "[nn][graph_encoder]") {
  encoder<float> e{{.state_width = 30}};
  const nn::topology paper = nn::topology::uniform(3, 6);
  nn::graph<float> g;
  g.assign(paper, 8);
  const auto s = random_rows<float>(144, 30, 1);
  num::tensor<float> x{{144, 24}}, y{{24, 24}}, z{{8, 24}}, room{{e.net.workspace_size(g)}};
  ad::tape<float> tape;
  const auto train = [&] {
    tape.reset();
    const auto f = e.net.forward(tape, tape.constant(s.view()), g);
    e.store.zero_grads();
    tape.backward(ad::mean(ad::square(f.clusters)) + ad::mean(f.nodes));
  };
  train();
  train();
  const muster::testing::no_alloc_scope scope;
  e.net.infer(s.view(), g, x.view(), y.view(), z.view(), room.span());
  g.assign(paper, 1);
  e.net.infer(s.view().slice(0, 18), g, x.view().slice(0, 18), y.view().slice(0, 3),
              z.view().slice(0, 1), room.span());
  g.assign(paper, 8);
  train();
  const auto count = scope.allocations();
  CHECK(count == 0);
}

TEST_CASE("embeddings keep their size with the mean, and grow with the sum",
          "[nn][graph_encoder]") {
  const auto size_of_z = [](nn::aggregation how, std::size_t nodes) {
    encoder<float> e{{.gather = how}};
    const auto s = random_rows<float>(nodes, 24, 2);
    const auto r = e.infer(s, nn::graph<float>{nn::topology::uniform(1, nodes)});
    double squares = 0.0;
    for (const float v : r.clusters.span()) squares += double(v) * double(v);
    return std::sqrt(squares / 24.0);
  };
  const double small = size_of_z(nn::aggregation::mean, 6);
  const double large = size_of_z(nn::aggregation::mean, 1000);
  CHECK((large < 3 * small && small < 3 * large));
  CHECK(size_of_z(nn::aggregation::sum, 1000) > 1e6 * size_of_z(nn::aggregation::sum, 6));
}
