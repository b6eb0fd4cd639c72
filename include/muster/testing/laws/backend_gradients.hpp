// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/testing/detail/backend_comparison.hpp>

namespace muster::inline MUSTER_ABI::testing {

/// Every `..._backward` of a backend is the derivative of its forward operation.
///
/// Idea      with a random dy, the scalar L = <dy, y(x)> has the gradient that the backward
///           operation promises. Central differences in double, step 1e-5, tell it to about
///           1e-9, and the two must agree within 1e-6 relatively.
/// Needs     double precision from the backend.
template <class B, class Report>
class backend_gradient_laws : detail::backend_comparison<double, B, Report> {
  using base = detail::backend_comparison<double, B, Report>;
  using session = detail::backend_session<double, B>;
  using numbers = std::vector<double>;
  using base::b_, base::rng_, base::report_;
  using base::size, base::values;

 public:
  using base::base;

  void layers() {
    const std::size_t n = size(5), in = size(7), out = size(9);
    for (int i = 0; i <= static_cast<int>(num::activation::softplus); ++i) {
      const auto f = static_cast<num::activation>(i);
      check(
          "affine_backward is the derivative of affine",
          {values(n * in), values(in * out), values(out)},
          [&](session& s, const auto& v) {
            const auto y = s.array({n, out});
            s.backend().affine(s.array({n, in}, v[0]), s.array({in, out}, v[1]),
                               s.array({out}, v[2]), f, y);
            return s.read(y);
          },
          [&](session& s, const auto& v, const numbers& y, const numbers& dy) {
            const auto dx = s.array({n, in}), dw = s.array({in, out}), db = s.array({out});
            s.backend().affine_backward(s.array({n, in}, v[0]), s.array({in, out}, v[1]),
                                        s.array({n, out}, y), s.array({n, out}, dy), f,
                                        s.array({n, out}), dx, dw, db);
            return std::vector<numbers>{s.read(dx), s.read(dw), s.read(db)};
          });
    }
  }

  void elementwise() {
    const std::size_t n = size(20);
    for (int i = 0; i <= static_cast<int>(num::unary::softplus); ++i) {
      const auto f = static_cast<num::unary>(i);
      numbers x = values(n, 3.0);
      const bool positive = f == num::unary::log || f == num::unary::sqrt;
      for (double& e : x) e = positive ? std::abs(e) + 0.2 : e;
      check(
          "apply_backward(unary) is the derivative of apply", {x},
          [&](session& s, const auto& v) {
            const auto y = s.array({n});
            s.backend().apply(f, s.array({n}, v[0]), y);
            return s.read(y);
          },
          [&](session& s, const auto& v, const numbers& y, const numbers& dy) {
            const auto dx = s.array({n});
            s.backend().apply_backward(f, s.array({n}, v[0]), s.array({n}, y), s.array({n}, dy),
                                       dx);
            return std::vector<numbers>{s.read(dx)};
          });
    }
    check(
        "the slopes of clip and huber", {values(n, 3.0)},
        [&](session& s, const auto& v) {
          const auto y = s.array({n}), h = s.array({n});
          s.backend().clip(s.array({n}, v[0]), -0.7, 1.1, y);
          s.backend().huber(s.array({n}, v[0]), 1.3, h);
          s.backend().axpy(1.0, h, y);
          return s.read(y);
        },
        [&](session& s, const auto& v, const numbers&, const numbers& dy) {
          const auto dx = s.array({n});
          s.backend().clip_backward(s.array({n}, v[0]), -0.7, 1.1, s.array({n}, dy), dx);
          s.backend().huber_backward(s.array({n}, v[0]), 1.3, s.array({n}, dy), dx);
          return std::vector<numbers>{s.read(dx)};
        });
  }

  void broadcasting() {
    const std::size_t r = size(4), c = size(6);
    const num::shape full{2, r, c};
    const num::shape shapes[] = {full, {r, c}, {c}, {r, 1}, {}, {2, 1, c}, {1}};
    for (int i = 0; i <= static_cast<int>(num::binary::maximum); ++i) {
      const auto f = static_cast<num::binary>(i);
      const num::shape sa = i % 2 == 0 ? full : shapes[uniform_below(rng_, 7)];
      const num::shape sb = shapes[uniform_below(rng_, 7)];
      numbers b = values(sb.size());
      for (double& e : b) e += e < 0 ? -0.5 : 0.5;
      check(
          "apply_backward(binary) is the derivative of apply", {values(sa.size()), b},
          [&](session& s, const auto& v) {
            const auto y = s.array(full);
            s.backend().apply(f, s.array(sa, v[0]), s.array(sb, v[1]), y);
            return s.read(y);
          },
          [&](session& s, const auto& v, const numbers& y, const numbers& dy) {
            const auto da = s.array(sa), db = s.array(sb);
            s.backend().apply_backward(f, s.array(sa, v[0]), s.array(sb, v[1]), s.array(full, y),
                                       s.array(full, dy), da, db);
            return std::vector<numbers>{s.read(da), s.read(db)};
          });
    }
  }

  void reductions() {
    const num::shape s3{size(3), size(5), size(6)};
    for (int i = 0; i <= static_cast<int>(num::reduction::maximum); ++i) {
      const auto f = static_cast<num::reduction>(i);
      for (int axis = -1; axis < 3; ++axis) {
        const std::size_t left = axis < 0 ? 1 : s3.size() / s3[static_cast<std::size_t>(axis)];
        check(
            "reduce_backward is the derivative of reduce", {values(s3.size())},
            [&](session& s, const auto& v) {
              const auto y = s.array({left});
              s.backend().reduce(f, s.array(s3, v[0]), axis, y);
              return s.read(y);
            },
            [&](session& s, const auto& v, const numbers& y, const numbers& dy) {
              const auto dx = s.array(s3);
              s.backend().reduce_backward(f, s.array(s3, v[0]), axis, s.array({left}, y),
                                          s.array({left}, dy), dx);
              return std::vector<numbers>{s.read(dx)};
            });
      }
    }
  }

  void rows() {
    const std::size_t r = size(4), n = size(9);
    const num::shape s2{r, n};
    std::vector<std::uint8_t> mask(r * n);
    for (auto& e : mask) e = uniform_below(rng_, 3) != 0;
    const char* const names[] = {"the derivative of softmax", "the derivative of log_softmax",
                                 "the derivative of masked_softmax",
                                 "the derivative of masked_log_softmax",
                                 "the derivative of relu1_l1"};
    for (int which = 0; which < 5; ++which) {
      check(
          names[which], {values(r * n, 2.0)},
          [&](session& s, const auto& v) {
            const auto x = s.array(s2, v[0]), y = s.array(s2);
            const auto m = s.mask(s2, mask);
            if (which == 0) s.backend().softmax(x, y);
            if (which == 1) s.backend().log_softmax(x, y);
            if (which == 2) s.backend().masked_softmax(x, m, y);
            if (which == 3) s.backend().masked_log_softmax(x, m, y);
            if (which == 4) s.backend().relu1_l1(x, m, y);
            return s.read(y);
          },
          [&](session& s, const auto& v, const numbers& out, const numbers& dout) {
            const auto x = s.array(s2, v[0]), y = s.array(s2, out), dy = s.array(s2, dout);
            const auto dx = s.array(s2);
            const auto m = s.mask(s2, mask);
            if (which == 0 || which == 2) s.backend().softmax_backward(y, dy, dx);
            if (which == 1) s.backend().log_softmax_backward(y, dy, dx);
            if (which == 3) s.backend().masked_log_softmax_backward(y, m, dy, dx);
            if (which == 4) s.backend().relu1_l1_backward(x, m, y, dy, dx);
            return std::vector<numbers>{s.read(dx)};
          });
    }
    check(
        "the derivatives of layer_norm", {values(r * n), values(n), values(n)},
        [&](session& s, const auto& v) {
          const auto y = s.array(s2);
          s.backend().layer_norm(s.array(s2, v[0]), s.array({n}, v[1]), s.array({n}, v[2]), 0.01, y,
                                 s.array({r, 2}));
          return s.read(y);
        },
        [&](session& s, const auto& v, const numbers&, const numbers& dy) {
          const auto x = s.array(s2, v[0]), gain = s.array({n}, v[1]), stats = s.array({r, 2});
          const auto dx = s.array(s2), dg = s.array({n}), db = s.array({n});
          s.backend().layer_norm(x, gain, s.array({n}, v[2]), 0.01, s.array(s2), stats);
          s.backend().layer_norm_backward(x, gain, stats, s.array(s2, dy), dx, dg, db);
          return std::vector<numbers>{s.read(dx), s.read(dg), s.read(db)};
        });
  }

  void indexing() {
    const std::size_t r = size(5), n = size(6), k = size(8);
    std::vector<std::uint32_t> column, row;
    for (std::size_t i = 0; i < r; ++i) column.push_back(std::uint32_t(uniform_below(rng_, n)));
    for (std::size_t i = 0; i < k; ++i) row.push_back(std::uint32_t(uniform_below(rng_, r)));
    check(
        "the derivative of pick_columns", {values(r * n)},
        [&](session& s, const auto& v) {
          const auto y = s.array({r});
          s.backend().pick_columns(s.array({r, n}, v[0]), s.index(column), y);
          return s.read(y);
        },
        [&](session& s, const auto&, const numbers&, const numbers& dy) {
          const auto dx = s.array({r, n});
          s.backend().pick_columns_backward(s.index(column), s.array({r}, dy), dx);
          return std::vector<numbers>{s.read(dx)};
        });
    check(
        "the derivative of gather_rows", {values(r * n)},
        [&](session& s, const auto& v) {
          const auto y = s.array({k, n});
          s.backend().gather_rows(s.array({r, n}, v[0]), s.index(row), y);
          return s.read(y);
        },
        [&](session& s, const auto&, const numbers&, const numbers& dy) {
          const auto dx = s.array({r, n});
          s.backend().gather_rows_backward(s.index(row), s.array({k, n}, dy), dx);
          return std::vector<numbers>{s.read(dx)};
        });
  }

  void graphs() {
    const std::size_t r = size(9), n = size(6), k = size(12), segments = size(7);
    std::vector<std::uint32_t> segment, from, to;
    for (std::size_t i = 0; i < r; ++i)
      segment.push_back(std::uint32_t(uniform_below(rng_, segments)));
    for (std::size_t e = 0; e < k; ++e) {
      from.push_back(std::uint32_t(uniform_below(rng_, r)));
      to.push_back(std::uint32_t(uniform_below(rng_, segments)));
    }
    const num::shape of_x{r, n}, of_y{segments, n};
    numbers divisor = values(segments);
    for (double& d : divisor) d += d < 0 ? -1.0 : 1.0;
    check(
        "add_rows with the indices exchanged is its derivative", {values(r * n)},
        [&](session& s, const auto& v) {
          const auto y = s.array(of_y), x = s.array(of_x, v[0]);
          s.backend().add_rows(x, s.index(from), y, s.index(to));
          s.backend().add_rows(x, {}, y, s.index(segment));
          s.backend().divide_rows(y, s.array({segments}, divisor), y, false);
          return s.read(y);
        },
        [&](session& s, const auto&, const numbers&, const numbers& dout) {
          const auto dx = s.array(of_x), dy = s.array(of_y);
          s.backend().divide_rows(s.array(of_y, dout), s.array({segments}, divisor), dy, true);
          s.backend().add_rows(dy, s.index(to), dx, s.index(from));
          s.backend().add_rows(dy, s.index(segment), dx, {});
          return std::vector<numbers>{s.read(dx)};
        });
    check(
        "the derivative of segment_max", {values(r * n)},
        [&](session& s, const auto& v) {
          const auto y = s.array(of_y);
          s.backend().segment_max(s.array(of_x, v[0]), s.index(segment), y);
          return s.read(y);
        },
        [&](session& s, const auto& v, const numbers& out, const numbers& dout) {
          const auto dx = s.array(of_x);
          s.backend().segment_max_backward(s.array(of_x, v[0]), s.index(segment),
                                           s.array(of_y, out), s.array(of_y, dout), s.array(of_y),
                                           dx);
          return std::vector<numbers>{s.read(dx)};
        });
  }

  void all() {
    layers(), elementwise(), broadcasting(), reductions(), rows(), indexing(), graphs();
  }

 private:
  template <class Forward, class Backward>
  void check(const char* law, std::vector<numbers> inputs, Forward forward, Backward backward) {
    const auto run = [&] {
      session s{b_};
      return forward(s, inputs);
    };
    const numbers y = run();
    const numbers dy = values(y.size());
    session s{b_};
    const std::vector<numbers> claimed = backward(s, inputs, y, dy);
    // The large constant of masked log-probabilities would drown the differences.
    const auto term = [&](double e, std::size_t i) { return e < -1e20 ? 0.0 : e * dy[i]; };
    double worst = 0.0;
    for (std::size_t a = 0; a < inputs.size(); ++a) {
      for (std::size_t e = 0; e < inputs[a].size(); ++e) {
        const double h = 1e-5;
        const double kept = inputs[a][e];
        inputs[a][e] = kept + h;
        const numbers above = run();
        inputs[a][e] = kept - h;
        const numbers below = run();
        inputs[a][e] = kept;
        double slope = 0.0;
        for (std::size_t i = 0; i < y.size(); ++i) slope += term(above[i], i) - term(below[i], i);
        slope /= 2.0 * h;
        const double scale = (std::max)({std::abs(slope), std::abs(claimed[a][e]), 0.01});
        worst = (std::max)(worst, std::abs(slope - claimed[a][e]) / scale);
        if (std::isnan(slope) != std::isnan(claimed[a][e])) worst = 1.0;
      }
    }
    report_(law, worst < 1e-6);
  }
};

/// Checks every backward operation `rounds` times on small random shapes.
template <class B, class Report>
requires num::backend<B, double>
void check_backend_gradients(const B& b, std::uint64_t seed, int rounds, Report report) {
  backend_gradient_laws<B, Report> laws{b, seed, report};
  for (int i = 0; i < rounds; ++i) laws.all();
}

}  // namespace muster::inline MUSTER_ABI::testing
