// SPDX-License-Identifier: Apache-2.0
#include <muster/core/rng.hpp>
#include <muster/federated/detail/kernels.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace detail = muster::federated::detail;
using detail::column_call;
using muster::num::simd_level;

namespace {

std::vector<simd_level> levels() {
  std::vector<simd_level> out{simd_level::plain};
  for (const auto l : {simd_level::avx2, simd_level::avx512}) {
    if (l <= muster::num::simd::best()) out.push_back(l);
  }
  return out;
}

/// Models with ties, zeros of both signs and numbers of very different size.
struct models {
  models(std::size_t clients, std::size_t numbers, std::uint64_t seed)
      : values(clients, std::vector<float>(numbers)) {
    muster::rng g{seed};
    for (auto& row : values) {
      for (float& x : row) {
        const double u = 2.0 * muster::uniform01(g) - 1.0;
        switch (muster::uniform_below(g, 6)) {
          case 0:
            x = static_cast<float>(muster::uniform_below(g, 3)) - 1.0F;
            break;
          case 1:
            x = u < 0.0 ? -0.0F : 0.0F;
            break;
          case 2:
            x = static_cast<float>(u * 1e30);
            break;
          case 3:
            x = static_cast<float>(u * 1e-30);
            break;
          default:
            x = static_cast<float>(u);
        }
      }
      rows.push_back(row.data());
    }
  }
  [[nodiscard]] std::vector<float> sorted_column(std::size_t j) const {
    std::vector<float> c;
    for (const auto& row : values) c.push_back(row[j]);
    std::sort(c.begin(), c.end());
    return c;
  }
  std::vector<std::vector<float>> values;
  std::vector<const float*> rows;
};

using column_kernel = bool (*detail::kernel_table::*)(const column_call&);

/// Runs a kernel over columns [first, first + n), tile by tile; whether all was finite.
bool run(const detail::kernel_table& table, column_kernel kernel, const models& m,
         std::size_t first, std::size_t n, std::size_t drop, std::vector<float>& out) {
  const std::size_t clients = m.rows.size();
  std::vector<std::int32_t> keys(clients * table.columns);
  bool finite = true;
  for (std::size_t at = first; at < first + n; at += table.columns) {
    const std::size_t length = (std::min)(table.columns, first + n - at);
    const column_call call{m.rows.data(), clients, at, length, drop, keys.data(), out.data()};
    finite = (table.*kernel)(call) && finite;
  }
  return finite;
}
/// The same for finite numbers, and checks that nothing else is written.
std::vector<float> columns(simd_level level, column_kernel kernel, const models& m,
                           std::size_t first, std::size_t n, std::size_t drop) {
  std::vector<float> out(m.values[0].size(), 77.0F);
  CHECK(run(detail::kernels_of(level), kernel, m, first, n, drop, out));
  bool beside = true;
  for (std::size_t j = 0; j < out.size(); ++j) {
    if (j < first || j >= first + n) beside = beside && out[j] == 77.0F;
  }
  CHECK(beside);
  return {out.begin() + static_cast<std::ptrdiff_t>(first),
          out.begin() + static_cast<std::ptrdiff_t>(first + n)};
}

// Around the lengths where the kernels change their way: sorting or selecting, tiles of four.
constexpr std::size_t client_counts[] = {1,  2,  3,  4,  5,  8,   11,  16,
                                         17, 33, 96, 97, 98, 192, 193, 200};

}  // namespace

TEST_CASE("medians of columns", "[federated][kernels]") {
  for (const simd_level level : levels()) {
    for (const std::size_t clients : client_counts) {
      for (const std::size_t n : {1U, 3U, 4U, 15U, 16U, 17U, 33U, 64U}) {
        const models m{clients, 70, clients * 100 + n};
        const auto got = columns(level, &detail::kernel_table::median, m, 5, n, 0);
        bool same = true;
        for (std::size_t j = 0; j < n; ++j) {
          const auto c = m.sorted_column(5 + j);
          const double wanted = 0.5 * (static_cast<double>(c[(clients - 1) / 2]) +
                                       static_cast<double>(c[clients / 2]));
          same = same && got[j] == static_cast<float>(wanted);
        }
        INFO(clients << " clients, " << n << " columns, level " << static_cast<int>(level));
        CHECK(same);
      }
    }
  }
}

TEST_CASE("trimmed means of columns", "[federated][kernels]") {
  for (const simd_level level : levels()) {
    for (const std::size_t clients : client_counts) {
      for (const std::size_t drop : {std::size_t{0}, std::size_t{1}, (clients - 1) / 2}) {
        if (2 * drop >= clients) continue;
        const models m{clients, 70, clients * 100 + drop};
        const auto got = columns(level, &detail::kernel_table::trimmed, m, 2, 37, drop);
        bool same = true;
        for (std::size_t j = 0; j < got.size(); ++j) {
          const auto c = m.sorted_column(2 + j);
          double sum = 0.0, size = 0.0;
          for (std::size_t i = drop; i < clients - drop; ++i) {
            sum += static_cast<double>(c[i]);
            size += std::abs(static_cast<double>(c[i]));
          }
          const auto kept = static_cast<double>(clients - 2 * drop);
          same = same && std::abs(static_cast<double>(got[j]) - sum / kept) <=
                             6.1e-8 * std::abs(sum / kept) + 1e-14 * size + 1e-44;
        }
        INFO(clients << " clients without " << drop << ", level " << static_cast<int>(level));
        CHECK(same);
      }
    }
  }
}

TEST_CASE("means around the median of columns", "[federated][kernels]") {
  for (const simd_level level : levels()) {
    for (const std::size_t clients : client_counts) {
      for (const std::size_t drop : {std::size_t{0}, std::size_t{2}, clients / 2}) {
        if (drop >= clients) continue;
        const models m{clients, 70, clients * 100 + drop};
        const auto got = columns(level, &detail::kernel_table::around_median, m, 0, 70 - 6, drop);
        bool same = true;
        for (std::size_t j = 0; j < got.size(); ++j) {
          auto c = m.sorted_column(j);
          const float middle = 0.5F * c[(clients - 1) / 2] + 0.5F * c[clients / 2];
          std::stable_sort(c.begin(), c.end(), [&](float a, float b) {  // the lower one first
            return std::abs(a - middle) < std::abs(b - middle);
          });
          double sum = 0.0, size = 0.0;
          for (std::size_t i = 0; i < clients - drop; ++i) {
            sum += static_cast<double>(c[i]);
            size += std::abs(static_cast<double>(c[i]));
          }
          const double wanted = sum / static_cast<double>(clients - drop);
          same = same && std::abs(static_cast<double>(got[j]) - wanted) <=
                             6.1e-8 * std::abs(wanted) + 1e-14 * size + 1e-44;
        }
        INFO(clients << " clients without " << drop << ", level " << static_cast<int>(level));
        CHECK(same);
      }
    }
  }
}

TEST_CASE("columns report numbers that are not finite", "[federated][kernels]") {
  const float bad[] = {
      std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::quiet_NaN(),
      std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  for (const simd_level level : levels()) {
    const auto& table = detail::kernels_of(level);
    for (const std::size_t clients : {3U, 40U, 199U}) {
      models m{clients, 50, 9};
      std::vector<float> out(50);
      for (const column_kernel kernel :
           {&detail::kernel_table::median, &detail::kernel_table::trimmed,
            &detail::kernel_table::around_median}) {
        CHECK(run(table, kernel, m, 0, 50, 1, out));
        for (const float x : bad) {
          for (const std::size_t at : {0U, 31U, 49U}) {
            const float kept = std::exchange(m.values[1][at], x);
            CHECK_FALSE(run(table, kernel, m, 0, 50, 1, out));
            m.values[1][at] = kept;
          }
        }
      }
    }
  }
}

TEST_CASE("weighted sums over clients", "[federated][kernels]") {
  for (const simd_level level : levels()) {
    for (const std::size_t clients : {1U, 3U, 4U, 7U, 12U, 13U, 40U}) {
      for (const std::size_t n : {1U, 7U, 8U, 15U, 16U, 31U, 100U}) {
        const models m{clients, n + 5, clients * 100 + n};
        std::vector<double> a(clients);
        for (std::size_t k = 0; k < clients; ++k) a[k] = static_cast<double>(k) - 1.5;
        std::vector<float> out(n + 5, 77.0F);
        CHECK(detail::kernels_of(level).mean(m.rows.data(), a.data(), clients, 3, n, out.data()));
        bool same = out[0] == 77.0F && out[2] == 77.0F && out[n + 3] == 77.0F;
        for (std::size_t j = 3; j < n + 3; ++j) {
          double sum = 0.0, size = 0.0;
          for (std::size_t k = 0; k < clients; ++k) {
            sum += a[k] * static_cast<double>(m.values[k][j]);
            size += std::abs(a[k] * static_cast<double>(m.values[k][j]));
          }
          same = same && std::abs(static_cast<double>(out[j]) - sum) <=
                             6.1e-8 * std::abs(sum) + 1e-14 * size + 1e-44;
        }
        INFO(clients << " clients, " << n << " numbers, level " << static_cast<int>(level));
        CHECK(same);
      }
    }
  }
}

TEST_CASE("a sum is not finite if a number is not, whatever its weight", "[federated][kernels]") {
  for (const simd_level level : levels()) {
    for (const std::size_t at : {0U, 8U, 20U}) {
      models m{5, 21, 4};
      const std::vector<double> a{0.5, 0.0, 1e-300, 0.5, 0.0};
      std::vector<float> out(21);
      const auto mean = detail::kernels_of(level).mean;
      CHECK(mean(m.rows.data(), a.data(), 5, 0, 21, out.data()));
      for (const std::size_t who : {1U, 2U, 3U}) {
        const float kept = m.values[who][at];
        m.values[who][at] = -std::numeric_limits<float>::infinity();
        CHECK_FALSE(mean(m.rows.data(), a.data(), 5, 0, 21, out.data()));
        m.values[who][at] = kept;
      }
    }
  }
}

TEST_CASE("distances to a centre and between pairs", "[federated][kernels]") {
  for (const simd_level level : levels()) {
    const auto& kernels = detail::kernels_of(level);
    for (const std::size_t clients : {1U, 3U, 4U, 5U, 8U, 9U, 14U}) {
      for (const std::size_t n : {1U, 5U, 16U, 100U, 2048U, 4500U}) {
        std::vector<std::vector<float>> x(clients, std::vector<float>(n));
        std::vector<const float*> rows;
        muster::rng g{clients + n};
        for (auto& row : x) {
          // far from the origin, close together: what products of vectors would not survive
          for (float& v : row) v = 100.0F + static_cast<float>(muster::uniform01(g));
          rows.push_back(row.data());
        }
        const auto exact = [&](std::size_t i, std::size_t j) {
          double sum = 0.0;
          for (std::size_t k = 0; k < n; ++k) {
            const double d = static_cast<double>(x[i][k]) - static_cast<double>(x[j][k]);
            sum += d * d;
          }
          return sum;
        };
        std::vector<double> to_first(clients, 3.0), pairs(clients * clients);
        kernels.distances(rows.data(), clients, rows[0], 0, n, to_first.data());
        const std::size_t edge = (clients + 3) / 4, tiles = edge * (edge + 1) / 2;
        for (std::size_t t = 0; t < tiles; t += 2) {  // in shares, as threads take them
          kernels.pair_distances(rows.data(), clients, n, t, (std::min)(t + 2, tiles),
                                 pairs.data());
        }
        bool same = true;
        for (std::size_t i = 0; i < clients; ++i) {
          same = same && std::abs(to_first[i] - 3.0 - exact(0, i)) <= 2e-6 * exact(0, i) + 1e-12;
          for (std::size_t j = i; j < clients; ++j) {
            same = same && std::abs(pairs[i * clients + j] - exact(i, j)) <= 2e-6 * exact(i, j);
          }
        }
        INFO(clients << " clients, " << n << " numbers, level " << static_cast<int>(level));
        CHECK(same);
      }
    }
  }
}
