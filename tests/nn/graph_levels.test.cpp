// SPDX-License-Identifier: Apache-2.0
#include <muster/nn/graph_levels.hpp>

#include <string>
#include <thread>
#include <vector>

#include "nn/graph_models.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

using namespace muster_test;

namespace {

/// Parameters of one level in a store of its own, as in a process of its own.
template <class Level, class Backend>
struct service {
  nn::parameter_store<float, Backend> store;
  Level level;
  service(const nn::parameter_store<float, Backend>& from, const char* name,
          const nn::graph_encoder_config& c)
      : level{store, name, c} {
    store.commit();
    for (std::uint32_t i = 0; i < store.entries().size(); ++i) {
      for (std::uint32_t k = 0; k < from.entries().size(); ++k) {
        if (from.entries()[k].name != store.entries()[i].name) continue;
        store.backend().copy(num::view<const float>{from.value(nn::parameter{k})},
                             store.value(nn::parameter{i}));
      }
    }
  }
};

bool equal(std::span<const float> a, std::span<const float> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// Access points of these sizes, one cluster.
nn::topology of_sizes(const std::vector<std::size_t>& sizes) {
  nn::topology t;
  for (std::uint32_t b = 0; b < sizes.size(); ++b) {
    t.cluster.push_back(0);
    t.access_point.insert(t.access_point.end(), sizes[b], b);
  }
  return t;
}

}  // namespace

TEMPLATE_TEST_CASE("a service per access point and one for the cluster give the whole encoder",
                   "[nn][graph_levels]", num::reference, num::simd) {
  using B = TestType;
  for (const auto how : {nn::aggregation::sum, nn::aggregation::mean}) {
    for (const std::vector<std::size_t>& sizes :
         {std::vector<std::size_t>{6, 6, 6}, {1, 5, 50}, {1}, {3, 1}}) {
      const nn::graph_encoder_config c{.state_width = 30, .gather = how};
      const encoder<float, B> whole{c};
      const nn::graph<float> all{of_sizes(sizes)};
      const auto s = random_rows<float>(all.nodes(), 30, 3);
      const auto want = whole.infer(s, all);

      num::tensor<float> x{{all.nodes(), 24}}, y{{sizes.size(), 24}}, z{{1, 24}};
      std::vector<std::thread> services;
      std::size_t first = 0;
      for (std::size_t b = 0; b < sizes.size(); first += sizes[b], ++b) {
        services.emplace_back([&, b, first] {
          const std::size_t n = sizes[b];
          const service<nn::message_level<float, B>, B> nodes{whole.store, "g.nodes", c};
          const service<nn::pooling_level<float, B>, B> pool{whole.store, "g.access_points", c};
          const nn::graph<float> own{nn::topology::uniform(1, n)};
          std::vector<float> room(nodes.level.workspace_size(own));
          nodes.level.infer(s.view().slice(first, n), own, x.view().slice(first, n), room);
          room.resize(pool.level.workspace_size(n, 1));
          pool.level.infer(x.view().slice(first, n), own.view().access_point,
                           own.view().access_point_sizes, y.view().slice(b, 1), room);
        });
      }
      for (auto& t : services) t.join();
      const service<nn::pooling_level<float, B>, B> top{whole.store, "g.clusters", c};
      std::vector<float> room(top.level.workspace_size(sizes.size(), 1));
      top.level.infer(y.view(), all.view().cluster, all.view().cluster_sizes, z.view(), room);
      CHECK(equal(x.span(), want.nodes.span()));
      CHECK(equal(y.span(), want.access_points.span()));
      CHECK(equal(z.span(), want.clusters.span()));
    }
  }
}

TEMPLATE_TEST_CASE("a service on every node that only exchanges messages gives the same",
                   "[nn][graph_levels]", num::reference, num::simd) {
  using B = TestType;
  const nn::graph_encoder_config c{.state_width = 30, .gather = nn::aggregation::sum};
  const encoder<float, B> whole{c};
  const std::size_t n = 6;
  const nn::graph<float> all{nn::topology::uniform(1, n)};
  const auto s = random_rows<float>(n, 30, 3);
  const auto want = whole.infer(s, all);

  const auto level = whole.net.nodes();  // a copy shares the parameters
  num::tensor<float> states{{n, 24}}, x{{n, 24}}, sent{{n, 24}}, sum{{1, 24}};
  std::vector<float> room(level.step_workspace_size(1));
  for (std::size_t i = 0; i < n; ++i) {
    level.project(s.view().slice(i, 1), states.view().slice(i, 1), room);
  }
  const B backend;
  backend.copy(num::view<const float>{states.view()}, x.view());
  for (std::size_t hop = 0; hop < level.hops(); ++hop) {
    for (std::size_t i = 0; i < n; ++i) {
      level.message(x.view().slice(i, 1), sent.view().slice(i, 1), room);
    }
    for (std::size_t i = 0; i < n; ++i) {  // every node adds all messages and takes off its own
      backend.fill(sum.view(), 0.0F);
      for (std::size_t from = 0; from < n; ++from) {
        backend.axpy(1.0F, num::view<const float>{sent.view().slice(from, 1)}, sum.view());
      }
      backend.axpy(-1.0F, num::view<const float>{sent.view().slice(i, 1)}, sum.view());
      level.update(sum.view(), states.view().slice(i, 1), x.view().slice(i, 1), room);
    }
  }
  CHECK(equal(x.span(), want.nodes.span()));
}

TEST_CASE("no hops leave the states", "[nn][graph_levels]") {
  nn::graph_encoder_config c;
  c.hops = 0;
  const encoder<float> e{c};
  const auto s = random_rows<float>(6, 24, 1);
  CHECK(equal(e.infer(s, nn::graph<float>{nn::topology::uniform(2, 3)}).nodes.span(), s.span()));
}

TEST_CASE("an access point without nodes gets h of zero", "[nn][graph_levels]") {
  const encoder<double> e;
  nn::topology t = nn::topology::uniform(1, 4);
  t.cluster.push_back(0);  // a second access point, empty
  nn::graph<double> g{t};
  const auto r = e.infer(random_rows<double>(4, 24, 1), g);
  num::tensor<double> zero{{2, 24}}, h{{2, 24}};
  nn::parameter_store<double> store;
  nn::mlp<double> net{store, "h", {.in = 24, .out = 24, .hidden = {64, 32}}};
  store.commit();
  const auto entries = e.store.entries();
  for (std::uint32_t k = 0, i = 0; k < entries.size(); ++k) {
    if (entries[k].name.rfind("g.access_points.h.", 0) != 0) continue;
    store.backend().copy(num::view<const double>{e.store.value(nn::parameter{k})},
                         store.value(nn::parameter{i++}));
  }
  std::vector<double> room(net.workspace_size(2));
  net.infer(zero.view(), h.view(), room);
  for (std::size_t j = 0; j < 24; ++j) CHECK(r.access_points(1, j) == h(0, j));
}

TEST_CASE("wrong shapes are refused", "[nn][graph_levels]") {
  const encoder<float> e;
  const nn::graph<float> g{nn::topology::uniform(2, 3)};
  CHECK(support::breaks("states [nodes of the graph",
                        [&] { (void)e.infer(random_rows<float>(5, 24, 1), g); }));
  CHECK(support::breaks("states [nodes of the graph",
                        [&] { (void)e.infer(random_rows<float>(6, 23, 1), g); }));
  num::tensor<float> s{{6, 24}}, x{{6, 24}};
  std::vector<float> little(e.net.nodes().workspace_size(g) - 1);
  CHECK(support::breaks("too little workspace",
                        [&] { e.net.nodes().infer(s.view(), g, x.view(), little); }));
}
