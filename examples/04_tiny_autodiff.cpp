// SPDX-License-Identifier: Apache-2.0
// Lesson 04: where gradients come from.
//
// Write down every operation while you compute. Then read the list from the end and hand each
// result's share of the blame to its inputs: that is all of reverse-mode differentiation. We
// do it once by hand for numbers, then let muster's tape do it for arrays.
#include <cmath>
#include <cstdio>
#include <vector>

#include <muster/autodiff/check_gradient.hpp>
#include <muster/autodiff/ops.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/num/tensor.hpp>

//! [by_hand]
struct entry {
  double value;
  int a, b;             // the inputs' places in the list, -1 if there is none
  double by_a, by_b;    // the derivative of this result with respect to each
  double gradient = 0;  // of the last result with respect to this one
};

struct tiny_tape {
  std::vector<entry> list;

  int put(entry e) {
    list.push_back(e);
    return static_cast<int>(list.size()) - 1;
  }
  entry& at(int i) { return list[static_cast<std::size_t>(i)]; }

  int number(double x) { return put({x, -1, -1, 0, 0}); }
  int add(int a, int b) { return put({at(a).value + at(b).value, a, b, 1, 1}); }
  int multiply(int a, int b) {
    return put({at(a).value * at(b).value, a, b, at(b).value, at(a).value});
  }
  int tanh(int a) {
    const double y = std::tanh(at(a).value);
    return put({y, a, -1, 1 - y * y, 0});
  }

  void backward() {
    list.back().gradient = 1;
    for (std::size_t i = list.size(); i-- > 0;) {
      const entry e = list[i];
      if (e.a >= 0) at(e.a).gradient += e.gradient * e.by_a;
      if (e.b >= 0) at(e.b).gradient += e.gradient * e.by_b;
    }
  }
};
//! [by_hand]

int main() {
  // y = tanh(w x + b)² at w = 0.5, x = 2, b = -0.3
  tiny_tape tiny;
  const int w = tiny.number(0.5);
  const int x = tiny.number(2.0);
  const int b = tiny.number(-0.3);
  const int t = tiny.tanh(tiny.add(tiny.multiply(w, x), b));
  tiny.multiply(t, t);
  tiny.backward();
  std::printf("by hand   dy/dw %.6f  dy/dx %.6f  dy/db %.6f\n", tiny.at(w).gradient,
              tiny.at(x).gradient, tiny.at(b).gradient);

  //! [by_tape]
  // The same on muster's tape, where one entry is an array and one operation a fused layer.
  using array = muster::num::tensor<double>;
  const array weights{{1, 1}, 0.5}, input{{1, 1}, 2.0}, bias{{1}, -0.3};
  const auto f = [](auto in, auto m, auto c) {
    return sum(square(affine(in, m, c, muster::num::activation::tanh)));
  };
  muster::autodiff::tape<double> tape;
  const auto in = tape.variable(input.view());
  const auto m = tape.variable(weights.view());
  const auto c = tape.variable(bias.view());
  tape.backward(f(in, m, c));
  std::printf("by tape   dy/dw %.6f  dy/dx %.6f  dy/db %.6f\n", m.grad()[0], in.grad()[0],
              c.grad()[0]);
  //! [by_tape]

  // Never trust a derivative that nobody compared with differences.
  const auto report = muster::autodiff::check_gradient(f, input, weights, bias);
  std::printf("agrees with differences: %s\n", report.within(1e-9) ? "yes" : "no");

  //! [descend]
  // Gradient descent: fit y = w x + b to four points of 3 x - 1. `parameter` adds the gradient
  // to memory of ours; `reset` keeps the tape's memory, so only the first pass allocates.
  array points{{4, 1}}, wanted{{4, 1}};
  for (std::size_t i = 0; i < 4; ++i) {
    points[i] = 0.5 * static_cast<double>(i);
    wanted[i] = 3.0 * points[i] - 1.0;
  }
  array slope{{1, 1}}, slope_gradient{{1, 1}}, offset{{1}}, offset_gradient{{1}};
  for (int step = 0; step <= 60; ++step) {
    tape.reset();
    slope_gradient.fill(0.0);
    offset_gradient.fill(0.0);
    const auto fitted =
        affine(tape.constant(points.view()), tape.parameter(slope.view(), slope_gradient.view()),
               tape.parameter(offset.view(), offset_gradient.view()));
    const auto loss = mean(square(fitted - tape.constant(wanted.view())));
    tape.backward(loss);
    if (step % 20 == 0)
      std::printf("step %2d  loss %.6f  %.3f x %+.3f\n", step, loss.item(), slope[0], offset[0]);
    slope[0] -= 0.3 * slope_gradient[0];
    offset[0] -= 0.3 * offset_gradient[0];
  }
  //! [descend]
}

// Output:
// by hand   dy/dw 1.534465  dy/dx 0.383616  dy/db 0.767232
// by tape   dy/dw 1.534465  dy/dx 0.383616  dy/db 0.767232
// agrees with differences: yes
// step  0  loss 4.375000  0.000 x +0.000
// step 20  loss 0.013944  2.798 x -0.814
// step 40  loss 0.000126  2.981 x -0.982
// step 60  loss 0.000001  2.998 x -0.998
