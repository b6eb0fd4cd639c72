// SPDX-License-Identifier: Apache-2.0
#include <muster/core/rng.hpp>
#include <muster/federated/detail/average_linkage.hpp>

#include <vector>

#include "support/catch.hpp"

using muster::federated::detail::average_linkage;

namespace {

/// The definition, without any bookkeeping: means over all pairs, again for every merge.
std::vector<std::uint32_t> by_definition(const std::vector<double>& likeness, std::size_t n,
                                         double least, std::size_t wanted) {
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < n; ++i) groups.push_back({i});
  while (groups.size() > (wanted == 0 ? 1 : wanted)) {
    double best = -2.0;
    std::size_t a = 0, b = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      for (std::size_t j = i + 1; j < groups.size(); ++j) {
        double sum = 0.0;
        for (const std::size_t x : groups[i]) {
          for (const std::size_t y : groups[j]) sum += likeness[x * n + y];
        }
        const double mean = sum / static_cast<double>(groups[i].size() * groups[j].size());
        if (mean > best + 1e-12) best = mean, a = i, b = j;
      }
    }
    if (wanted == 0 && best < least) break;
    groups[a].insert(groups[a].end(), groups[b].begin(), groups[b].end());
    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(b));
  }
  std::vector<std::uint32_t> group_of(n);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const std::size_t i : groups[g]) group_of[i] = static_cast<std::uint32_t>(g);
  }
  return group_of;
}

}  // namespace

TEST_CASE("groups are those of the definition", "[federated][linkage]") {
  average_linkage linkage;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    muster::rng g{seed};
    const std::size_t n = 1 + static_cast<std::size_t>(muster::uniform_below(g, 14));
    std::vector<double> likeness(n * n, 1.0);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        likeness[i * n + j] = likeness[j * n + i] = 2.0 * muster::uniform01(g) - 1.0;
      }
    }
    const std::size_t wanted = seed % 3 == 0 ? 1 + n / 3 : 0;
    const double least = 0.6 * muster::uniform01(g) - 0.3;
    const auto expected = by_definition(likeness, n, least, wanted);
    std::vector<std::uint32_t> got(n, 99);
    const std::size_t groups = linkage.group(likeness, least, wanted, got);
    INFO("seed " << seed);
    CHECK(got == expected);
    CHECK(groups == *std::max_element(expected.begin(), expected.end()) + 1);
  }
}

TEST_CASE("ties go to the smaller numbers", "[federated][linkage]") {
  // all pairs equally alike, two groups wanted: 0 takes 1, then 2
  std::vector<double> likeness(16, 0.5);
  std::vector<std::uint32_t> got(4);
  CHECK(average_linkage{}.group(likeness, 0.0, 2, got) == 2);
  CHECK(got == std::vector<std::uint32_t>{0, 0, 0, 1});
}
