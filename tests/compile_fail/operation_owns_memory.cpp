// expect: operation
// expect: is_trivially_copyable
// An operation on the tape is a few plain bytes; memory belongs to the tape (`step.saved()`).
#include <vector>

#include <muster/autodiff/tape.hpp>

struct twice_op {
#ifndef CORRECT
  std::vector<float> kept;
#endif
  const char* name() const { return "twice"; }
  void forward(const auto& step) const {
    step.backend().copy(step.input(0), step.output());
    step.backend().scale(step.output(), 2);
  }
  void backward(auto& step) const {
    step.backend().axpy(2, step.output_gradient(), step.input_gradient(0));
  }
};

auto twice(muster::autodiff::tape<float>& t, muster::autodiff::tape<float>::var_type x) {
  return t.record(twice_op{}, {&x, 1}, x.shape());
}
