// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/aggregator.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

/// A client of a round that fits on a line: {id, weight, {numbers}, staleness}.
struct small_update {
  std::uint32_t client;
  double weight;
  std::vector<float> values;
  std::uint64_t staleness = 0;
};

/// A round small enough to be worked out by hand.
class small_round {
 public:
  small_round(std::vector<float> global, std::vector<small_update> clients)
      : global_{std::move(global)}, clients_{std::move(clients)} {
    for (const small_update& c : clients_) {
      updates_.push_back(
          {muster::client_id{c.client}, c.weight, c.staleness, std::span<const float>{c.values}});
    }
  }
  small_round(const small_round&) = delete;
  small_round& operator=(const small_round&) = delete;

  [[nodiscard]] muster::aggregation_round view(muster::thread_pool* pool = nullptr) const {
    return {updates_, global_, pool};
  }

 private:
  std::vector<float> global_;
  std::vector<small_update> clients_;
  std::vector<muster::model_update> updates_;
};

/// The result of a round that must succeed.
template <class A>
std::vector<float> aggregated(A& a, const small_round& r) {
  std::vector<float> next(r.view().global.size());
  const auto done = a.aggregate(r.view(), next);
  INFO((done ? std::string{"success"} : done.failure().to_string()));
  REQUIRE(done.has_value());
  return next;
}
/// The message of a round that must fail.
template <class A>
std::string refused(A& a, const small_round& r) {
  std::vector<float> next(r.view().global.size());
  const auto done = a.aggregate(r.view(), next);
  REQUIRE_FALSE(done.has_value());
  return done.failure().to_string();
}
/// Every number within `margin` of what was worked out.
inline bool near_to(const std::vector<float>& got, const std::vector<double>& wanted,
                    double margin = 1e-6) {
  bool all = got.size() == wanted.size();
  for (std::size_t i = 0; all && i < got.size(); ++i) {
    INFO("number " << i << ": " << got[i] << ", worked out " << wanted[i]);
    const bool close = static_cast<double>(got[i]) == Approx(wanted[i]).margin(margin);
    CHECK(close);
    all = all && close;
  }
  return all;
}
