// SPDX-License-Identifier: Apache-2.0
// Clients whose likeness is known: models = global + common + environment + noise, each a random
// vector of the given length. Clients 0 and 1 share the environment; each other has its own.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <muster/core/distributions.hpp>
#include <muster/core/rng.hpp>
#include <muster/federated/similarity/rule.hpp>
#include <span>
#include <vector>

namespace muster_test {

struct planted_config {
  std::size_t clients = 4;
  std::size_t numbers = 4000;
  double global = 10.0;  // lengths
  double common = 0.0;   // what all environments teach alike
  double environment = 1.0;
  double noise = 2.0;
  double slow = 1.0;     // factor on all that the last client learns
  std::size_t loud = 0;  // so many last numbers
  double loudness = 30;  // change so many times more, by noise alone
};

struct planted_clients {
  std::vector<float> global;
  std::vector<std::vector<float>> models;
  std::vector<std::span<const float>> views;
  std::vector<std::size_t> layers;

  planted_clients(const planted_config& c, std::uint64_t seed) {
    const muster::rng root{seed};
    std::uint64_t next = 0;
    const auto direction = [&](double length) {
      muster::rng g = root.fork(next++);
      std::vector<double> d(c.numbers);
      for (double& x : d) x = length / std::sqrt(double(c.numbers)) * muster::normal{0.0, 1.0}(g);
      return d;
    };
    const auto start = direction(c.global), common = direction(c.common),
               shared = direction(c.environment);
    global.assign(start.begin(), start.end());
    for (std::size_t k = 0; k < c.clients; ++k) {
      const auto environment = k < 2 ? shared : direction(c.environment);
      const auto noise = direction(c.noise);
      const double pace = k + 1 == c.clients ? c.slow : 1.0;
      std::vector<float> model(c.numbers);
      for (std::size_t i = 0; i < c.numbers; ++i) {
        const bool loud = i + c.loud >= c.numbers;
        const double change = loud ? c.loudness * noise[i] : common[i] + environment[i] + noise[i];
        model[i] = static_cast<float>(double(global[i]) + pace * change);
      }
      models.push_back(std::move(model));
    }
    views.assign(models.begin(), models.end());
    layers = {0, c.numbers};
    if (c.loud > 0) layers = {0, c.numbers - c.loud, c.numbers};
  }
  [[nodiscard]] muster::federated::model_set set(bool with_layers = true) const {
    return {views, global,
            with_layers ? std::span<const std::size_t>{layers} : std::span<const std::size_t>{},
            nullptr};
  }
};

template <class Rule>
std::vector<double> weights_of(Rule rule, const muster::federated::model_set& set) {
  std::vector<double> w(set.models.size() * set.models.size());
  rule.weigh(set, w);
  return w;
}

struct verdict {
  int found = 0;          // seeds in which 0 and 1 give each other more than to anyone else
  double clone = 0.0;     // mean of w_01
  double stranger = 0.0;  // mean of the largest w_0j, j > 1
  double own = 0.0;       // mean of w_00
};
/// Over 100 seeds, which are also the rules' own.
template <class MakeRule>
verdict judge(const planted_config& c, const MakeRule& make, bool with_layers = true) {
  verdict v;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const planted_clients p{c, seed};
    const auto w = weights_of(make(seed), p.set(with_layers));
    const auto k = c.clients;
    double first = 0.0, second = 0.0;
    for (std::size_t j = 2; j < k; ++j) {
      first = std::max(first, w[j]);
      second = std::max(second, w[k + j]);
    }
    v.found += w[1] > first && w[k] > second;
    v.clone += w[1] / 100;
    v.stranger += first / 100;
    v.own += w[0] / 100;
  }
  return v;
}

}  // namespace muster_test
