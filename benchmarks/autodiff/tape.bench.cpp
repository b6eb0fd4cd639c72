// SPDX-License-Identifier: Apache-2.0
// What the tape costs over a backward pass written by hand on the same backend calls.
//
// The work is one minibatch of PPO for an actor 120-256-128-32-19 and a critic
// 120-256-128-64-32-1: forward, clipped loss with entropy and squared value error, backward.
// By hand means: buffers laid out once, layer after layer in loops, the loss and its slope
// in one plain loop per row. Before anything is timed both are checked to agree.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <muster/autodiff/ops.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/core/rng.hpp>
#include <muster/num/backend/simd.hpp>
#include <muster/num/tensor.hpp>

namespace {

using muster::num::activation;
using muster::num::shape;
using muster::num::view;
using array = muster::num::tensor<float>;
using tape = muster::autodiff::tape<float>;
using var = tape::var_type;

constexpr std::size_t inputs = 120;
constexpr std::size_t actions = 19;
constexpr float clip_range = 0.2F;
constexpr float entropy_weight = 0.01F;
constexpr float value_weight = 0.5F;
const muster::num::simd backend;

array random_array(shape s, muster::rng& g, double scale) {
  array x{s};
  for (float& e : x.span()) e = static_cast<float>((2.0 * uniform01(g) - 1.0) * scale);
  return x;
}

struct layer {
  array w, b, dw, db;
  activation f;
};

struct network {
  std::vector<layer> layers;

  network(const std::vector<std::size_t>& widths, muster::rng& g) {
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      const std::size_t n = widths[i];
      const std::size_t m = widths[i + 1];
      layers.push_back({random_array({n, m}, g, std::sqrt(3.0 / static_cast<double>(n))),
                        array{{m}}, array{{n, m}}, array{{m}},
                        i + 2 < widths.size() ? activation::relu : activation::identity});
    }
  }
  void zero() {
    for (layer& l : layers) {
      backend.fill(l.dw.view(), 0.0F);
      backend.fill(l.db.view(), 0.0F);
    }
  }
};

struct minibatch {
  array x, old_log_prob, advantage, target;
  std::vector<std::uint8_t> mask;
  std::vector<std::uint32_t> action;
};

struct problem {
  std::size_t n;
  muster::rng g{7};
  network actor{{inputs, 256, 128, 32, actions}, g};
  network critic{{inputs, 256, 128, 64, 32, 1}, g};
  minibatch data;

  explicit problem(std::size_t rows)
      : n{rows},
        data{random_array({n, inputs}, g, 1.0),
             random_array({n}, g, 0.3),
             random_array({n}, g, 1.0),
             random_array({n, 1}, g, 1.0),
             std::vector<std::uint8_t>(n * actions, 1),
             std::vector<std::uint32_t>(n)} {
    for (float& e : data.old_log_prob.span()) e -= 2.9F;
    for (std::size_t i = 0; i < n; ++i) {
      data.mask[i * actions + (i + 1) % actions] = 0;
      data.action[i] = static_cast<std::uint32_t>(i % actions);
    }
  }
  [[nodiscard]] view<const std::uint8_t> mask() const { return {data.mask.data(), {n, actions}}; }
  [[nodiscard]] view<const std::uint32_t> action() const { return {data.action.data(), {n}}; }
  void zero() {
    actor.zero();
    critic.zero();
  }
  [[nodiscard]] double gradient_sum() const {
    double total = 0.0;
    for (const network* net : {&actor, &critic}) {
      for (const layer& l : net->layers) {
        for (const float e : l.dw.span()) total += std::abs(static_cast<double>(e));
        for (const float e : l.db.span()) total += std::abs(static_cast<double>(e));
      }
    }
    return total;
  }
};

// ---- on the tape ------------------------------------------------------------------------------

var forward(tape& t, network& net, var x) {
  for (layer& l : net.layers) {
    x = affine(x, t.parameter(l.w.view(), l.dw.view()), t.parameter(l.b.view(), l.db.view()), l.f);
  }
  return x;
}

float by_tape(tape& t, problem& p) {
  t.reset();
  const var x = t.constant(p.data.x.view());
  const var logs = masked_log_softmax(forward(t, p.actor, x), p.mask());
  const var ratio = exp(pick_columns(logs, p.action()) - t.constant(p.data.old_log_prob.view()));
  const var gain = t.constant(p.data.advantage.view());
  const var surrogate =
      mean(minimum(ratio * gain, clip(ratio, 1.0F - clip_range, 1.0F + clip_range) * gain));
  const var entropy = sum(exp(logs) * logs) * (1.0F / static_cast<float>(p.n));
  const var off = forward(t, p.critic, x) - t.constant(p.data.target.view());
  const var loss = mean(square(off)) * value_weight + entropy * entropy_weight - surrogate;
  t.backward(loss);
  return loss.item();
}

// ---- by hand ----------------------------------------------------------------------------------

class by_hand {
 public:
  explicit by_hand(problem& p) : p_{p}, logs_{{p.n, actions}} {
    std::size_t widest = 0;
    for (const network* net : {&p.actor, &p.critic}) {
      for (const layer& l : net->layers) {
        (net == &p.actor ? actor_ : critic_).emplace_back(shape{p.n, l.w.shape()[1]});
        widest = (std::max)(widest, l.w.shape()[1]);
      }
    }
    for (array& a : slope_) a = array{{p.n * widest}};
    scratch_ = array{{p.n * widest}};
  }

  float operator()() {
    forward(p_.actor, actor_);
    backend.masked_log_softmax(actor_.back().view(), p_.mask(), logs_.view());
    forward(p_.critic, critic_);
    const float loss = actor_loss() + critic_loss();
    return loss;
  }

 private:
  void forward(network& net, std::vector<array>& y) {
    view<const float> x = p_.data.x.view();
    for (std::size_t i = 0; i < y.size(); ++i) {
      const layer& l = net.layers[i];
      backend.affine(x, l.w.view(), l.b.view(), l.f, y[i].view());
      x = y[i].view();
    }
  }
  // The slope of the output is in slope_[0]; goes back layer by layer between two buffers.
  void backward(network& net, std::vector<array>& y) {
    std::size_t here = 0;
    for (std::size_t i = y.size(); i-- > 0;) {
      layer& l = net.layers[i];
      const view<const float> x = i == 0 ? view<const float>{p_.data.x.view()} : y[i - 1].view();
      view<float> dx{};
      if (i > 0) {
        dx = {slope_[1 - here].data(), x.shape()};
        backend.fill(dx, 0.0F);
      }
      const view<const float> out = y[i].view();
      const view<const float> dy{slope_[here].data(), out.shape()};
      backend.affine_backward(x, l.w.view(), out, dy, l.f,
                              view<float>{scratch_.data(), out.shape()}, dx, l.dw.view(),
                              l.db.view());
      here = 1 - here;
    }
  }
  float actor_loss() {
    const float scale = 1.0F / static_cast<float>(p_.n);
    float loss = 0.0F;
    for (std::size_t i = 0; i < p_.n; ++i) {
      const auto logs = logs_.view().row(i);
      float* const d = slope_[0].data() + i * actions;
      const std::uint32_t chosen = p_.data.action[i];
      const float gain = p_.data.advantage[i];
      const float ratio = std::exp(logs[chosen] - p_.data.old_log_prob[i]);
      const float held = (std::min)((std::max)(ratio, 1.0F - clip_range), 1.0F + clip_range);
      const bool free = ratio * gain <= held * gain;
      loss -= scale * (std::min)(ratio * gain, held * gain);
      float plogp = 0.0F;
      for (std::size_t a = 0; a < actions; ++a) {
        d[a] = p_.data.mask[i * actions + a] == 0 ? 0.0F : std::exp(logs[a]);
        plogp += d[a] * logs[a];
      }
      loss += entropy_weight * scale * plogp;
      // d(entropy)/dlogit_a = p_a (log p_a - sum p log p);  d(log p_c)/dlogit_a = [a = c] - p_a
      const float pull = free ? -scale * ratio * gain : 0.0F;
      for (std::size_t a = 0; a < actions; ++a) {
        const float prob = d[a];
        d[a] = prob * (entropy_weight * scale * (logs[a] - plogp) - pull);
      }
      d[chosen] += pull;
    }
    backward(p_.actor, actor_);
    return loss;
  }
  float critic_loss() {
    const float scale = 1.0F / static_cast<float>(p_.n);
    float loss = 0.0F;
    for (std::size_t i = 0; i < p_.n; ++i) {
      const float off = critic_.back()[i] - p_.data.target[i];
      loss += value_weight * scale * off * off;
      slope_[0][i] = 2.0F * value_weight * scale * off;
    }
    backward(p_.critic, critic_);
    return loss;
  }

  problem& p_;
  std::vector<array> actor_, critic_;
  array logs_, slope_[2], scratch_;
};

// ---- measurements -----------------------------------------------------------------------------

void agree(problem& p) {
  tape t;
  by_hand hand{p};
  p.zero();
  const float a = by_tape(t, p);
  const double da = p.gradient_sum();
  p.zero();
  const float b = hand();
  const double db = p.gradient_sum();
  if (!(std::abs(a - b) < 1e-5F * (1.0F + std::abs(b)) && std::abs(da - db) < 1e-4 * db)) {
    std::fprintf(stderr, "tape and hand disagree: loss %g, %g, gradient %g, %g\n",
                 static_cast<double>(a), static_cast<double>(b), da, db);
    std::exit(1);
  }
}

void ppo_tape(benchmark::State& state) {
  problem p{static_cast<std::size_t>(state.range(0))};
  agree(p);
  tape t;
  for (auto _ : state) benchmark::DoNotOptimize(by_tape(t, p));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
void ppo_hand(benchmark::State& state) {
  problem p{static_cast<std::size_t>(state.range(0))};
  by_hand hand{p};
  for (auto _ : state) benchmark::DoNotOptimize(hand());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(ppo_hand)->Arg(1)->Arg(64)->Arg(256)->Unit(benchmark::kMicrosecond);
BENCHMARK(ppo_tape)->Arg(1)->Arg(64)->Arg(256)->Unit(benchmark::kMicrosecond);

// Nodes only: 100 operations on one number, forward and back.
void nodes(benchmark::State& state) {
  const array x{shape{}, 0.5F};
  tape t;
  for (auto _ : state) {
    t.reset();
    var v = t.variable(x.view());
    for (int i = 0; i < 100; ++i) v = -v;
    t.backward(v);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(nodes);

// Gradient of sum_j tanh(w_j · x)² with 64 inputs and 8 units, in double: the small graph that
// scalar tapes take a thousand nodes for.
void sum_of_squares_of_tanh(benchmark::State& state) {
  using muster::num::tensor;
  tensor<double> x{{64}};
  tensor<double> w{{64, 8}};
  muster::rng g{1};
  for (double& e : x.span()) e = uniform01(g) - 0.5;
  for (double& e : w.span()) e = uniform01(g) - 0.5;
  muster::autodiff::tape<double> t;
  for (auto _ : state) {
    t.reset();
    const auto v = t.variable(x.view());
    const auto y = sum(square(affine(v, t.constant(w.view()), activation::tanh)));
    t.backward(y);
    benchmark::DoNotOptimize(v.grad().data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(sum_of_squares_of_tanh);

}  // namespace
