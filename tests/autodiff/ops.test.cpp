// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops.hpp>

#include "autodiff/checks.hpp"

using namespace muster_test;

// The operations together, in expressions as programs write them.

TEST_CASE("gradient of an actor's clipped loss with entropy", "[autodiff][ops]") {
  const array x = random_array({6, 4}, 1);
  const array w1 = random_array({4, 5}, 2);
  const array b1 = random_array({5}, 3);
  const array w2 = random_array({5, 3}, 4);
  const array old = random_array({6}, 5, -1.6, -0.7);
  const array advantages = random_array({6}, 6);
  const std::vector<std::uint8_t> allowed{1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0};
  const std::vector<std::uint32_t> actions{0, 2, 1, 2, 1, 0};
  check_everywhere(
      [&](auto in, auto w, auto b, auto v, auto before, auto gain) {
        const auto& backend = in.on().backend();
        const auto mask = on_backend(backend, allowed, {6, 3});
        const auto logits = affine(affine(in, w, b, num::activation::tanh), v);
        const auto logs = masked_log_softmax(logits, mask);
        const auto ratio = exp(pick_columns(logs, on_backend(backend, actions, {6})) - before);
        const auto loss = -mean(minimum(ratio * gain, clip(ratio, 0.8, 1.2) * gain));
        return loss + 0.01 * sum(exp(logs) * logs) / 6.0;
      },
      x, w1, b1, w2, old, advantages);
}

TEST_CASE("gradient of a normalised critic with Huber's loss", "[autodiff][ops]") {
  check_everywhere(
      [](auto x, auto w, auto gain, auto bias, auto v, auto target) {
        const auto h = elu(layer_norm(matmul(x, w), gain, bias, 1e-2));
        return mean(huber(reshape(matmul(h, v), {6}) - target, 0.7));
      },
      random_array({6, 3}, 1), random_array({3, 4}, 2), random_array({4}, 3), random_array({4}, 4),
      random_array({4, 1}, 5), random_array({6}, 6));
}

TEST_CASE("gradient of standardised rows", "[autodiff][ops]") {
  check_everywhere(
      [](auto x) {
        const auto centred = x - reshape(mean(x, 1), {5, 1});
        return centred / sqrt(reshape(mean(square(centred), 1), {5, 1}) + 0.1);
      },
      random_array({5, 4}, 1));
}
