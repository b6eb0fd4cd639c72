// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <muster/testing/detail/backend_comparison.hpp>

namespace muster::inline MUSTER_ABI::testing {

/// The meaning of `num::backend`, checked on random shapes: odd sizes, single rows, none.
///
/// Each operation runs on the backend in T and on `num::reference` in double with the same
/// numbers. Elements must agree within `slack` units of T's precision, scaled by the size of
/// the terms that were added. `report(law, holds)` is called for each case.
template <class T, class B, class Report>
class backend_laws : detail::backend_comparison<T, B, Report> {
  using base = detail::backend_comparison<T, B, Report>;
  template <class U, class C>
  using session = detail::backend_session<U, C>;
  using base::b_, base::rng_, base::report_, base::unit;
  using base::size, base::values, base::rounded, base::joined, base::same;

 public:
  using base::base;

  void products() {
    const std::size_t m = size(40), n = size(70), k = uniform_below(rng_, 8) == 0 ? 0 : size(300);
    const auto a = values(m * k), w = values(k * n), c = values(m * n);
    for (const bool ta : {false, true}) {
      for (const bool tb : {false, true}) {
        for (const bool accumulate : {false, true}) {
          same("matmul is the sum of products", 4.0, static_cast<double>(k + 1), [&](auto& s) {
            const auto out = s.array({m, n}, c);
            s.backend().matmul(s.array(ta ? num::shape{k, m} : num::shape{m, k}, a),
                               num::transpose{ta},
                               s.array(tb ? num::shape{n, k} : num::shape{k, n}, w),
                               num::transpose{tb}, out, accumulate);
            return s.read(out);
          });
        }
      }
    }
  }

  void layers() {
    const std::size_t rows = uniform_below(rng_, 3) == 0 ? uniform_below(rng_, 2) : size(40);
    const std::size_t in = size(130), out = size(300);
    const auto x = values(rows * in), w = values(in * out, 0.3), bias = values(out);
    const auto dy = values(rows * out), start = values(in * out);
    for (int f = 0; f <= static_cast<int>(num::activation::softplus); ++f) {
      const auto act = static_cast<num::activation>(f);
      const bool with_bias = f % 2 == 0;
      const double scale = static_cast<double>(in) + 1.0;
      same("affine is f(x w + b)", 8.0, scale, [&](auto& s) {
        const auto y = s.array({rows, out});
        const auto b = s.array({out}, bias);
        s.backend().affine(s.array({rows, in}, x), s.array({in, out}, w),
                           with_bias ? b : decltype(b){}, act, y);
        return s.read(y);
      });
      // One y for both sides: the slope of ReLU jumps where rounding may decide the sign.
      session<double, num::reference> exact{{}};
      const auto y_exact = exact.array({rows, out});
      exact.backend().affine(exact.array({rows, in}, x), exact.array({in, out}, w), {}, act,
                             y_exact);
      const auto y = rounded(exact.read(y_exact));
      for (const int wanted : {7, 1, 2, 4}) {
        same("affine_backward adds the three gradients", 16.0,
             static_cast<double>((std::max)(rows, out)) + 1.0, [&](auto& s) {
               const auto dx = s.array({rows, in}, x);
               const auto dw = s.array({in, out}, start);
               const auto db = s.array({out}, bias);
               using view = decltype(dx);
               s.backend().affine_backward(s.array({rows, in}, x), s.array({in, out}, w),
                                           s.array({rows, out}, y), s.array({rows, out}, dy), act,
                                           s.array({rows, out}), (wanted & 1) != 0 ? dx : view{},
                                           (wanted & 2) != 0 ? dw : view{},
                                           (wanted & 4) != 0 ? db : view{});
               return joined(joined(s.read(dx), s.read(dw)), s.read(db));
             });
      }
    }
  }

  void elementwise() {
    const std::size_t n = size(70);
    auto x = values(n, 12.0);
    for (double& e : x) {
      if (uniform_below(rng_, 8) == 0) e *= 1e-4;
    }
    const double inf = std::numeric_limits<double>::infinity();
    const double odd[] = {0.0, inf, -inf, std::numeric_limits<double>::quiet_NaN(), 200.0, -200.0};
    for (const double e : odd) {
      if (uniform_below(rng_, 2) == 0) x[uniform_below(rng_, n)] = e;
    }
    x = rounded(x);
    for (int f = 0; f <= static_cast<int>(num::unary::softplus); ++f) {
      const auto op = static_cast<num::unary>(f);
      same("apply(unary) is the function of each element", 8.0, 1e-37, [&](auto& s) {
        const auto y = s.array({n}, x);
        s.backend().apply(op, y, y);  // in place is allowed
        return s.read(y);
      });
      std::vector<double> finite, y;
      for (const double e : x) finite.push_back(std::isfinite(e) && std::abs(e) < 50 ? e : 0.5);
      if (op == num::unary::log || op == num::unary::sqrt) {
        for (double& e : finite) e = std::abs(e) + 0.1;
      }
      finite = rounded(finite);
      for (const double e : finite) y.push_back(num::detail::evaluate(op, e));
      y = rounded(y);
      const auto d = values(n);
      same("apply_backward(unary) adds dy f'(x)", 8.0, 2.0, [&](auto& s) {
        const auto dx = s.array({n}, d);
        s.backend().apply_backward(op, s.array({n}, finite), s.array({n}, y), s.array({n}, d), dx);
        return s.read(dx);
      });
    }
    const auto dy = values(n);
    same("clip and huber and their slopes", 4.0, 2.0, [&](auto& s) {
      const auto in = s.array({n}, x);
      const auto y = s.array({n});
      const auto h = s.array({n});
      const auto d = s.array({n}, dy);
      s.backend().clip(in, -1.5, 2.5, y);
      s.backend().huber(in, 1.25, h);
      s.backend().clip_backward(in, -1.5, 2.5, s.array({n}, dy), d);
      s.backend().huber_backward(in, 1.25, s.array({n}, dy), d);
      return joined(joined(s.read(y), s.read(h)), s.read(d));
    });
  }

  void broadcasting() {
    const std::size_t e[4] = {size(3), size(4), size(5), size(18)};
    num::shape full{e[0], e[1], e[2], e[3]};
    const auto part = [&] {  // some axes 1, leading axes missing
      const std::size_t rank = uniform_below(rng_, 3) == 0 ? 4 : uniform_below(rng_, 5);
      num::shape s = full;
      const bool same_shape = rank == 4 && uniform_below(rng_, 2) == 0;
      for (std::size_t i = 0; !same_shape && i < 4; ++i) {
        if (uniform_below(rng_, 2) == 0) s.set(i, 1);
      }
      if (rank == 0) return num::shape{};
      if (rank == 1) return num::shape{s[3]};
      if (rank == 2) return num::shape{s[2], s[3]};
      if (rank == 3) return num::shape{s[1], s[2], s[3]};
      return s;
    };
    const num::shape sa = uniform_below(rng_, 2) == 0 ? full : part();
    const num::shape sb = uniform_below(rng_, 3) == 0 ? full : part();
    auto a = values(sa.size(), 2.0), b = values(sb.size(), 2.0);
    for (double& x : b) x = x < 0 ? x - 0.25 : x + 0.25;
    if (uniform_below(rng_, 3) == 0) a[0] = std::numeric_limits<double>::quiet_NaN();
    if (uniform_below(rng_, 3) == 0) b.back() = std::numeric_limits<double>::quiet_NaN();
    b = rounded(b);
    const auto dy = values(full.size());
    for (int f = 0; f <= static_cast<int>(num::binary::maximum); ++f) {
      const auto op = static_cast<num::binary>(f);
      std::vector<double> y;
      same("apply(binary) broadcasts as numpy does", 2.0, 0.0, [&](auto& s) {
        const auto out = s.array(full);
        s.backend().apply(op, s.array(sa, a), s.array(sb, b), out);
        y = s.read(out);
        return y;
      });
      y = rounded(y);
      same("apply_backward(binary) adds up repeated elements", 8.0, 16.0 * double(full.size()),
           [&](auto& s) {
             const auto da = s.array(sa, 0.5);
             const auto db = s.array(sb, 0.25);
             s.backend().apply_backward(op, s.array(sa, a), s.array(sb, b), s.array(full, y),
                                        s.array(full, dy), da, db);
             return joined(s.read(da), s.read(db));
           });
    }
  }

  void reductions() {
    const num::shape s4{size(4), size(5), size(6), size(30)};
    const auto x = values(s4.size());
    for (int f = 0; f <= static_cast<int>(num::reduction::maximum); ++f) {
      const auto op = static_cast<num::reduction>(f);
      for (int axis = -1; axis < 4; ++axis) {
        const std::size_t left = axis < 0 ? 1 : s4.size() / s4[static_cast<std::size_t>(axis)];
        const auto dy = values(left);
        same("reduce and reduce_backward", 4.0, 0.1 * double(s4.size() / left), [&](auto& s) {
          const auto in = s.array(s4, x);
          const auto y = s.array({left});
          const auto dx = s.array(s4, x);
          s.backend().reduce(op, in, axis, y);
          s.backend().reduce_backward(op, in, axis, y, s.array({left}, dy), dx);
          return joined(s.read(y), s.read(dx));
        });
      }
    }
  }

  void rows() {
    const std::size_t r = size(9), n = size(45);
    auto x = values(r * n, uniform_below(rng_, 4) == 0 ? 60.0 : 4.0);
    std::vector<std::uint8_t> mask(r * n);
    for (auto& e : mask) e = uniform_below(rng_, 3) != 0;
    const std::size_t banned = uniform_below(rng_, r);  // a row that allows nothing
    for (std::size_t j = 0; j < n; ++j) mask[banned * n + j] = 0;
    if (r > 1) mask[(banned + 1) % r * n] = 1;
    auto spoilt = x;
    for (std::size_t i = 0; i < spoilt.size(); ++i) {
      if (mask[i] == 0) spoilt[i] = std::numeric_limits<double>::quiet_NaN();
    }
    const auto dy = values(r * n);
    const num::shape s2{r, n};
    const auto all = [&](auto& s, const std::vector<double>& from) {
      const auto& b = s.backend();
      const auto in = s.array(s2, from);
      const auto d = s.array(s2, dy);
      const auto m = s.mask(s2, mask);
      const auto p = s.array(s2), lp = s.array(s2), l1 = s.array(s2);
      const auto dx = s.array(s2, 0.5), dl = s.array(s2, 0.5), d1 = s.array(s2, 0.5);
      b.masked_softmax(in, m, p);
      b.masked_log_softmax(in, m, lp);
      b.relu1_l1(in, m, l1);
      b.softmax_backward(p, d, dx);
      b.masked_log_softmax_backward(lp, m, d, dl);
      b.relu1_l1_backward(in, m, l1, d, d1);
      auto out = joined(joined(s.read(p), s.read(l1)), joined(s.read(dx), s.read(d1)));
      return joined(out, joined(s.read(lp), s.read(dl)));
    };
    const double scale = 8.0 + double(n);
    same("masked rows", 8.0, scale, [&](auto& s) { return all(s, x); });
    same("masked entries are not read", 8.0, scale, [&](auto& s) { return all(s, spoilt); });
    {
      session<T, B> s{b_};
      const auto out = all(s, x);
      bool zero = true, never = true, one = true;
      for (std::size_t i = 0; i < r; ++i) {
        double sum = 0, sum1 = 0;
        for (std::size_t j = i * n; j < (i + 1) * n; ++j) {
          sum += out[j], sum1 += out[r * n + j];
          if (mask[j] != 0) continue;
          zero = zero && out[j] == 0.0 && out[r * n + j] == 0.0 && out[2 * r * n + j] == 0.5;
          never = never && out[4 * r * n + j] == double(T(num::masked_log_probability)) &&
                  out[5 * r * n + j] == 0.5;
        }
        const double want = std::any_of(&mask[i * n], &mask[i * n] + n, [](auto e) { return e; });
        one = one && std::abs(sum - want) < 64 * unit && std::abs(sum1 - want) < 64 * unit;
      }
      report_("masked entries have probability exactly 0 and no gradient", zero);
      report_("masked entries have log-probability masked_log_probability", never);
      report_("probabilities of a row that allows something sum to one", one);
    }
    auto holes = x;
    holes[uniform_below(rng_, holes.size())] = std::numeric_limits<double>::quiet_NaN();
    for (const auto* from : {&x, &holes}) {
      same("softmax and log_softmax, NaN included", 8.0, scale, [&](auto& s) {
        const auto p = s.array(s2, *from), lp = s.array(s2, *from), d = s.array(s2, dy);
        const auto dx = s.array(s2), dl = s.array(s2);
        s.backend().softmax(p, p);
        s.backend().log_softmax(lp, lp);
        s.backend().softmax_backward(p, d, dx);
        s.backend().log_softmax_backward(lp, d, dl);
        return joined(joined(s.read(p), s.read(lp)), joined(s.read(dx), s.read(dl)));
      });
    }
    const auto gain = values(n), bias = values(n);
    same("layer_norm and its gradients", 32.0, scale, [&](auto& s) {
      const auto in = s.array(s2, x), y = s.array(s2), stats = s.array({r, 2}), d = s.array(s2, dy);
      const auto dx = s.array(s2), dg = s.array({n}, gain), db = s.array({n}, bias);
      s.backend().layer_norm(in, s.array({n}, gain), s.array({n}, bias), 0.0078125, y, stats);
      s.backend().layer_norm_backward(in, s.array({n}, gain), stats, d, dx, dg, db);
      return joined(joined(s.read(y), s.read(dx)), joined(s.read(dg), s.read(db)));
    });
  }

  void indexing() {
    const std::size_t r = size(9), n = size(20), k = size(12);
    const auto x = values(r * n);
    std::vector<std::uint32_t> column, row;
    for (std::size_t i = 0; i < r; ++i) column.push_back(std::uint32_t(uniform_below(rng_, n)));
    for (std::size_t i = 0; i < k; ++i) row.push_back(std::uint32_t(uniform_below(rng_, r)));
    same("pick, gather and copy_block move elements", 2.0, double(k), [&](auto& s) {
      const auto& b = s.backend();
      const auto in = s.array({r, n}, x);
      const auto y = s.array({r}), g = s.array({k, n}), d1 = s.array({r, n}, 0.5),
                 d2 = s.array({r, n}, 0.5), wide = s.array({r, n + k}, 0.25);
      b.pick_columns(in, s.index(column), y);
      b.gather_rows(in, s.index(row), g);
      b.pick_columns_backward(s.index(column), y, d1);
      b.gather_rows_backward(s.index(row), g, d2);
      b.copy_block(in, 0, wide, k, r, n, n, n + k, false);
      b.copy_block(in, 0, wide, 0, r, 1, n, n + k, true);
      return joined(joined(joined(s.read(y), s.read(g)), joined(s.read(d1), s.read(d2))),
                    s.read(wide));
    });
  }

  void graphs() {
    // Often more segments than rows, so that some are empty.
    const std::size_t r = uniform_below(rng_, 6) == 0 ? 0 : size(20), n = size(40), k = size(30);
    const std::size_t segments = size(12);
    auto x = values(r * n);
    if (r != 0 && uniform_below(rng_, 3) == 0) {
      x[uniform_below(rng_, x.size())] = std::numeric_limits<double>::quiet_NaN();
    }
    std::vector<std::uint32_t> segment, from, to;
    for (std::size_t i = 0; i < r; ++i) segment.push_back(draw(segments));
    if (uniform_below(rng_, 2) == 0) std::sort(segment.begin(), segment.end());
    if (r > 1) {  // ties
      std::copy_n(x.begin(), n, x.end() - static_cast<std::ptrdiff_t>(n));
      segment.back() = segment.front();
    }
    for (std::size_t e = 0; r != 0 && e < k; ++e)
      from.push_back(draw(r)), to.push_back(draw(segments));
    if (uniform_below(rng_, 2) == 0) std::sort(to.begin(), to.end());
    const auto dy = values(segments * n);
    const num::shape of_x{r, n}, of_y{segments, n};
    same("add_rows adds in the order of the index, to what was there", 2.0, double(r + k),
         [&](auto& s) {
           const auto& b = s.backend();
           const auto in = s.array(of_x, x), sums = s.array(of_y, 0.5), dx = s.array(of_x, 0.25);
           if (r == 0) return s.read(sums);
           b.add_rows(in, {}, sums, s.index(segment));
           b.add_rows(in, s.index(from), sums, s.index(to));
           b.add_rows(s.array(of_y, dy), s.index(segment), dx, {});
           b.add_rows(s.array(of_y, dy), s.index(to), dx, s.index(from));
           b.add_rows(in, {}, dx, {});
           return joined(s.read(sums), s.read(dx));
         });
    same("count_rows counts, and divide_rows divides by it", 2.0, 1.0, [&](auto& s) {
      const auto& b = s.backend();
      const auto count = s.array({segments}, 7.0), y = s.array(of_y, dy), z = s.array(of_y, 0.5);
      b.count_rows(s.index(segment), count);
      b.divide_rows(y, count, z, true);
      b.divide_rows(y, count, y, false);
      return joined(joined(s.read(count), s.read(y)), s.read(z));
    });
    same("segment_max finds the largest, its gradient goes to the first", 1.0, 1.0, [&](auto& s) {
      const auto& b = s.backend();
      const auto in = s.array(of_x, x), y = s.array(of_y, 0.5), dx = s.array(of_x, 0.25);
      b.segment_max(in, s.index(segment), y);
      b.segment_max_backward(in, s.index(segment), y, s.array(of_y, dy), s.array(of_y, 3.0), dx);
      return joined(s.read(y), s.read(dx));
    });
  }

  void sweeps() {
    const std::size_t n = uniform_below(rng_, 4) == 0 ? 0 : size(5000);
    const auto p = values(n), g = values(n), m = values(n, 0.1);
    auto v = values(n, 0.1);
    for (double& e : v) e = e * e;
    v = rounded(v);
    same("fill, scale, axpy, sum_squares", 4.0, 1.0, [&](auto& s) {
      const auto y = s.array({n}, p), z = s.array({n}), q = s.array({1});
      s.backend().fill(z, 0.75);
      s.backend().axpy(0.5, y, z);
      s.backend().scale(z, -1.5);
      s.backend().copy(z, y);
      s.backend().sum_squares(z, q);
      s.backend().synchronise();
      return joined(s.read(y), s.read(q));
    });
    same("adam is one step of its equations", 16.0, 0.1, [&](auto& s) {
      using U = typename std::remove_cvref_t<decltype(s.array({n}))>::value_type;
      const auto a = s.array({n}, p), b = s.array({n}, m), c = s.array({n}, v);
      num::adam_step<U> step;
      step.rate = U(0.125), step.weight_decay = U(0.25), step.gradient_scale = U(0.5);
      step.beta1 = U(0.875), step.beta2 = U(0.9375), step.epsilon = U(0.0009765625);
      step.correction1 = U(0.5), step.correction2 = U(0.25);
      s.backend().adam(a, s.array({n}, g), b, c, step);
      return joined(joined(s.read(a), s.read(b)), s.read(c));
    });
    same("sgd with and without momentum", 8.0, 1.0, [&](auto& s) {
      const auto a = s.array({n}, p), b = s.array({n}, m);
      s.backend().sgd(a, s.array({n}, g), b, 0.125, 0.875, 0.5);
      s.backend().sgd(a, s.array({n}, g), {}, 0.125, 0.0, 0.5);
      return joined(s.read(a), s.read(b));
    });
  }

  void all() {
    products(), layers(), elementwise(), broadcasting();
    reductions(), rows(), indexing(), graphs(), sweeps();
  }

 private:
  [[nodiscard]] std::uint32_t draw(std::size_t below) {
    return std::uint32_t(uniform_below(rng_, below));
  }
};

/// Runs all laws `rounds` times with random shapes and numbers.
template <class T, class B, class Report>
requires num::backend<B, T>
void check_backend_laws(const B& b, std::uint64_t seed, int rounds, Report report) {
  backend_laws<T, B, Report> laws{b, seed, report};
  for (int i = 0; i < rounds; ++i) laws.all();
}

}  // namespace muster::inline MUSTER_ABI::testing
