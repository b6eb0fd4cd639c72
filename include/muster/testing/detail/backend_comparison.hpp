// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <muster/core/rng.hpp>
#include <muster/num/backend/reference.hpp>

namespace muster::inline MUSTER_ABI::testing::detail {

/// Arrays in the memory of one backend, filled from and read back to host vectors of double, so
/// that one piece of code runs an operation on any backend and scalar type.
template <class T, class B>
class backend_session {
 public:
  explicit backend_session(const B& b) : b_{b} {}
  backend_session(const backend_session&) = delete;
  backend_session& operator=(const backend_session&) = delete;
  ~backend_session() {
    for (const auto& [p, n] : reals_) b_.deallocate(p, n);
    for (const auto& [p, n] : bytes_) b_.deallocate(p, n);
    for (const auto& [p, n] : words_) b_.deallocate(p, n);
  }

  [[nodiscard]] const B& backend() const { return b_; }
  [[nodiscard]] num::view<T> array(num::shape s, const std::vector<double>& values) {
    std::vector<T> host;
    for (const double x : values) host.push_back(static_cast<T>(x));
    return put(reals_, host, s);
  }
  [[nodiscard]] num::view<T> array(num::shape s, double value = 0.0) {
    return array(s, std::vector<double>(s.size(), value));
  }
  [[nodiscard]] num::view<const std::uint8_t> mask(num::shape s,
                                                   const std::vector<std::uint8_t>& values) {
    return put(bytes_, values, s);
  }
  [[nodiscard]] num::view<const std::uint32_t> index(const std::vector<std::uint32_t>& values) {
    return put(words_, values, num::shape{values.size()});
  }
  [[nodiscard]] std::vector<double> read(num::view<const T> v) const {
    std::vector<T> host(v.size());
    b_.template download<T>(v, std::span<T>{host});
    std::vector<double> out;
    for (const T x : host) out.push_back(static_cast<double>(x));
    return out;
  }

 private:
  template <class U>
  using blocks = std::vector<std::pair<U*, std::size_t>>;
  template <class U>
  num::view<U> put(blocks<U>& list, const std::vector<U>& host, num::shape s) {
    U* p = b_.template allocate<U>(host.size());
    list.push_back({p, host.size()});
    b_.template upload<U>(std::span<const U>{host}, num::view<U>{p, s});
    return {p, s};
  }

  B b_;
  blocks<T> reals_;
  blocks<std::uint8_t> bytes_;
  blocks<std::uint32_t> words_;
};

/// Runs a piece of code on the backend in T and on `num::reference` in double with the same
/// numbers, and reports whether the results agree.
template <class T, class B, class Report>
class backend_comparison {
 public:
  backend_comparison(const B& b, std::uint64_t seed, Report report)
      : b_{b}, rng_{seed}, report_{report} {}

 protected:
  static constexpr double unit = double((std::numeric_limits<T>::epsilon)());

  [[nodiscard]] std::size_t size(std::size_t most) { return 1 + uniform_below(rng_, most); }
  // Numbers that T holds exactly, so that both sides compute with the same ones.
  [[nodiscard]] std::vector<double> values(std::size_t n, double size = 1.0) {
    std::vector<double> out(n);
    for (double& x : out) x = size * (2.0 * uniform01(rng_) - 1.0);
    return rounded(out);
  }
  [[nodiscard]] static std::vector<double> rounded(std::vector<double> x) {
    for (double& e : x) e = static_cast<double>(static_cast<T>(e));
    return x;
  }
  [[nodiscard]] static std::vector<double> joined(std::vector<double> a,
                                                  const std::vector<double>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  // |got - want| <= slack · unit · (|want| + scale); infinities and NaN in the same places.
  template <class F>
  void same(const char* law, double slack, double scale, F f) {
    backend_session<T, B> mine{b_};
    backend_session<double, num::reference> exact{{}};
    const std::vector<double> got = f(mine);
    const std::vector<double> want = f(exact);
    bool holds = got.size() == want.size();
    for (std::size_t i = 0; holds && i < got.size(); ++i) {
      // What double holds and T does not, T may round to infinity or to 0.
      const double w = static_cast<double>(static_cast<T>(want[i]));
      if (!std::isfinite(w)) {
        holds = std::isnan(w) ? std::isnan(got[i]) : got[i] == w;
      } else {
        holds = std::abs(got[i] - w) <= slack * unit * (std::abs(w) + scale);
      }
    }
    report_(law, holds);
    if (B::guarantee != num::determinism::none) {
      backend_session<T, B> again{b_};
      const std::vector<double> second = f(again);
      bool equal = second.size() == got.size();
      for (std::size_t i = 0; equal && i < got.size(); ++i) {
        equal = second[i] == got[i] || (std::isnan(got[i]) && std::isnan(second[i]));
      }
      report_("the same call gives the same bits", equal);
    }
  }

  B b_;
  rng rng_;
  Report report_;
};

}  // namespace muster::inline MUSTER_ABI::testing::detail
