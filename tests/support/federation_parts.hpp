// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/testing/archetypes/federated_client.hpp>

namespace support {

/// The weighted mean, as plainly as it can be written: a federation's tests should not depend on
/// the library's aggregators. Adds up by rising client number, so the order of arrival is nothing.
struct plain_mean {
  std::vector<const muster::model_update*> sorted{};

  muster::result<void> aggregate(const muster::aggregation_round& round, std::span<float> next) {
    sorted.clear();
    double weight = 0.0;
    for (const auto& u : round.updates) {
      sorted.push_back(&u);
      weight += u.weight;
    }
    if (weight <= 0.0) {
      return muster::error{"all weights are zero", {}, 0, "plain_mean", "a weight above 0"};
    }
    std::sort(sorted.begin(), sorted.end(),
              [](const auto* a, const auto* b) { return a->client < b->client; });
    for (std::size_t j = 0; j < next.size(); ++j) {
      double sum = 0.0;
      for (const auto* u : sorted) sum += u->weight * double{u->values[j]};
      next[j] = static_cast<float>(sum / weight);
    }
    return {};
  }
};
static_assert(muster::aggregator<plain_mean>);

/// The same, and for each participant the middle between the mean and what it sent.
struct half_personal : plain_mean {
  std::vector<std::vector<float>> own{};

  muster::result<void> aggregate(const muster::aggregation_round& round, std::span<float> next) {
    if (auto made = plain_mean::aggregate(round, next); !made) return made;
    own.resize((std::max)(own.size(), round.updates.size()));
    for (std::size_t i = 0; i < round.updates.size(); ++i) {
      own[i].resize(next.size());
      for (std::size_t j = 0; j < next.size(); ++j) {
        own[i][j] = 0.5F * (next[j] + round.updates[i].values[j]);
      }
    }
    return {};
  }
  [[nodiscard]] std::span<const float> personal(std::size_t i) const { return own[i]; }
};
static_assert(muster::personalising_aggregator<half_personal>);

[[nodiscard]] inline std::vector<muster::client_id> client_numbers(std::size_t n) {
  std::vector<muster::client_id> all;
  for (std::size_t i = 0; i < n; ++i)
    all.push_back(muster::client_id{static_cast<std::uint32_t>(i)});
  return all;
}

/// n quadratic clients with optima, weights and noise that differ.
template <class Client = muster::testing::resumable_client_archetype>
[[nodiscard]] std::vector<Client> noisy_clients(std::size_t n, std::size_t width = 3,
                                                std::uint32_t steps = 2) {
  std::vector<Client> all;
  for (std::size_t i = 0; i < n; ++i) {
    typename Client::config c;
    c.optimum.clear();
    for (std::size_t j = 0; j < width; ++j) {
      c.optimum.push_back(static_cast<float>(i) - 0.25F * static_cast<float>(j * i));
    }
    c.rate = 0.25F;
    c.steps = steps;
    c.weight = 1.0 + static_cast<double>(i % 3);
    c.noise = 0.5F;
    c.seed = i;
    all.push_back(Client{std::move(c)});
  }
  return all;
}

[[nodiscard]] inline std::vector<std::uint32_t> bits_of(std::span<const float> values) {
  std::vector<std::uint32_t> bits;
  for (const float x : values) bits.push_back(std::bit_cast<std::uint32_t>(x));
  return bits;
}

}  // namespace support
