// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/autodiff/ops/arithmetic.hpp>
#include <muster/autodiff/ops/reductions.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/num/tensor.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

/// How far a gradient is from what differences say, and where it is farthest.
struct gradient_report {
  double worst = 0.0;       ///< largest relative error; infinite if something is not finite
  std::size_t input = 0;    ///< argument of the function, counted from 0
  std::size_t element = 0;  ///< position in it, row-major
  double tape = 0.0;        ///< the tape's derivative there
  double differences = 0.0;

  [[nodiscard]] bool within(double bound) const noexcept { return worst <= bound; }
  [[nodiscard]] std::string to_string() const {
    std::array<char, 200> text{};
    std::snprintf(text.data(), text.size(),
                  "input %zu, element %zu: tape %.12g, differences %.12g, relative error %.3g",
                  input, element, tape, differences, worst);
    return text.data();
  }
};

struct gradient_check_config {
  /// Distance of the points for |x| <= 1, dimensionless; grows with |x| by powers of two.
  double step = 0x1p-10;
  /// Derivatives smaller than this are compared as if they were this large.
  double floor = 1e-4;
};

namespace detail {

template <class Backend>
class gradient_checker {
 public:
  using tape_type = autodiff::tape<double, Backend>;

  gradient_checker(const gradient_check_config& c, const Backend& b) : config_{c}, tape_{b} {}
  gradient_checker(const gradient_checker&) = delete;
  gradient_checker& operator=(const gradient_checker&) = delete;
  ~gradient_checker() {
    tape_.backend().synchronise();
    for (const auto v : inputs_) tape_.backend().deallocate(v.data(), v.size());
    if (weights_.data() != nullptr) {
      tape_.backend().deallocate(weights_.data(), weights_.size());
    }
  }

  void add(const num::tensor<double>& x) {
    host_.emplace_back(x.span().begin(), x.span().end());
    inputs_.push_back({tape_.backend().template allocate<double>(x.size()), x.shape()});
    load(inputs_.size() - 1);
  }

  // f takes the inputs as an array of vars.
  template <class F>
  [[nodiscard]] gradient_report run(const F& f) {
    const std::vector<std::vector<double>> slopes = by_tape(f);
    gradient_report report;
    for (std::size_t i = 0; i < host_.size(); ++i) {
      for (std::size_t e = 0; e < host_[i].size(); ++e) {
        const double expected = by_differences(f, i, e);
        const double larger = (std::max)(std::abs(slopes[i][e]), std::abs(expected));
        double error = std::abs(slopes[i][e] - expected) / (std::max)(larger, config_.floor);
        if (!std::isfinite(error)) error = std::numeric_limits<double>::infinity();
        if (error > report.worst || (i == 0 && e == 0)) {
          report = {error, i, e, slopes[i][e], expected};
        }
      }
    }
    return report;
  }

 private:
  void load(std::size_t i) {
    tape_.backend().upload(std::span<const double>{host_[i]}, inputs_[i]);
  }
  template <class F>
  [[nodiscard]] auto call(const F& f) {
    tape_.reset();
    std::vector<typename tape_type::var_type> vars;
    for (const auto v : inputs_) vars.push_back(tape_.variable(v));
    return std::pair{f(vars), vars};
  }
  template <class F>
  [[nodiscard]] std::vector<std::vector<double>> by_tape(const F& f) {
    const auto [y, vars] = call(f);
    // Unequal weights, so that a derivative that lands in the wrong place is seen.
    weight_.resize(y.value().size());
    for (std::size_t j = 0; j < weight_.size(); ++j) {
      const double turn = static_cast<double>(j + 1) * 0.6180339887498949;
      weight_[j] = 0.5 + (turn - std::floor(turn));
    }
    weights_ = {tape_.backend().template allocate<double>(weight_.size()), y.shape()};
    tape_.backend().upload(std::span<const double>{weight_}, weights_);
    tape_.backward(sum(y * tape_.constant(weights_)));
    std::vector<std::vector<double>> slopes;
    for (std::size_t i = 0; i < vars.size(); ++i) {
      slopes.emplace_back(host_[i].size(), 0.0);
      if (const auto g = vars[i].grad(); !g.empty()) {
        tape_.backend().download(g, std::span<double>{slopes.back()});
      }
    }
    return slopes;
  }
  // sum_j weight_j (f_j(here) - f_j(there)): subtracting element by element loses fewer digits
  // than subtracting two sums.
  template <class F>
  [[nodiscard]] double difference(const F& f, std::size_t i, std::size_t e, double distance) {
    const double x = host_[i][e];
    std::array<std::vector<double>, 2> y;
    for (std::size_t side = 0; side < 2; ++side) {
      host_[i][e] = side == 0 ? x - distance : x + distance;
      load(i);
      const auto result = call(f).first;
      y[side].resize(weight_.size());
      tape_.backend().download(result.value(), std::span<double>{y[side]});
    }
    host_[i][e] = x;
    load(i);
    double sum_of = 0.0;
    for (std::size_t j = 0; j < weight_.size(); ++j) sum_of += weight_[j] * (y[1][j] - y[0][j]);
    return sum_of;
  }
  template <class F>
  [[nodiscard]] double by_differences(const F& f, std::size_t i, std::size_t e) {
    const double size = (std::max)(1.0, std::abs(host_[i][e]));
    const double h = std::isfinite(size) ? std::ldexp(config_.step, std::ilogb(size)) : 1.0;
    return (8.0 * difference(f, i, e, h) - difference(f, i, e, 2.0 * h)) / (12.0 * h);
  }

  gradient_check_config config_;
  tape_type tape_;
  std::vector<std::vector<double>> host_;
  std::vector<num::view<double>> inputs_;
  std::vector<double> weight_;
  num::view<double> weights_;
};

}  // namespace detail

/// Compares the tape's gradient of f with central differences, element by element.
///
///     const auto report = check_gradient([](auto x, auto w) { return tanh(matmul(x, w)); }, a, b);
///     if (!report.within(1e-6)) puts(report.to_string().c_str());
///
/// f takes one var per tensor and returns a var of any shape, by the same operations each time
/// (no randomness, no state). Serves your own operations as well as those that ship.
///
/// Equation  f' = (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h, error h⁴ f⁽⁵⁾/30
/// Step      h = 2^-10 max(1, |x|) rounded to a power of two, so that x ± h is exact as a rule:
///           truncation about 3e-14 f⁽⁵⁾, rounding about 3e-13 f. Keep inputs 0.004 max(1, |x|)
///           away from kinks (ReLU, abs, clip, ties of minimum): differences across a kink say
///           nothing.
/// Cost      4 evaluations per element, in double; allocates.
template <class Backend = num::reference, class F, std::same_as<num::tensor<double>>... Tensors>
[[nodiscard]] gradient_report check_gradient(const gradient_check_config& config, const F& f,
                                             const Tensors&... inputs) {
  detail::gradient_checker<Backend> checker{config, Backend{}};
  (checker.add(inputs), ...);
  return checker.run([&](const auto& vars) {
    return [&]<std::size_t... i>(std::index_sequence<i...>) { return f(vars[i]...); }
    (std::index_sequence_for<Tensors...>{});
  });
}
template <class Backend = num::reference, class F, std::same_as<num::tensor<double>>... Tensors>
requires(!std::same_as<F, gradient_check_config>) [[nodiscard]] gradient_report
    check_gradient(const F& f, const Tensors&... inputs) {
  return check_gradient<Backend>(gradient_check_config{}, f, inputs...);
}

}  // namespace muster::inline MUSTER_ABI::autodiff
