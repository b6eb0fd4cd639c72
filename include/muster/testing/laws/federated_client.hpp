// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/concepts/federated_client.hpp>
#include <muster/nn/checkpoint.hpp>

namespace muster::inline MUSTER_ABI::testing {

namespace detail {

/// One turn of a client. What it was given is spoiled as soon as it has it, so that one who kept
/// the span instead of the numbers is found out.
template <federated_client C>
training_report turn(C& client, std::span<const float> model, const download_info& info,
                     std::span<float> out) {
  std::vector<float> lent(model.begin(), model.end());
  client.download(std::span<const float>{lent}, info);
  for (float& x : lent) x = std::numeric_limits<float>::quiet_NaN();
  const training_report report = client.train();
  client.upload(out);
  return report;
}
inline bool same_bytes(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}
inline bool same_report(const training_report& a, const training_report& b) {
  return std::memcmp(&a.weight, &b.weight, sizeof a.weight) == 0 && a.steps == b.steps &&
         std::memcmp(&a.score, &b.score, sizeof a.score) == 0;
}
/// What a server might send after that upload: something between it and the last model.
inline void mix(std::span<float> model, std::span<const float> upload) {
  for (std::size_t i = 0; i < model.size(); ++i) model[i] = 0.5F * (model[i] + upload[i]);
}
inline download_info info_of(std::size_t round) {
  return {round, round == 0       ? download_kind::first
                 : round % 2 == 0 ? download_kind::global
                                  : download_kind::personal};
}

}  // namespace detail

/// Checks the laws of `federated_client`.
///
/// `make()` builds the client, each time alike; `model` is a first download of its size. The
/// client is trained for `rounds` rounds, by two of its kind.
/// `report(const char* law, bool holds)` is called at every check.
template <class Make, class Report>
void check_federated_client_laws(Make&& make, std::span<const float> model, std::size_t rounds,
                                 Report&& report) {
  auto one = make();
  auto two = make();
  const std::size_t n = one.exchange_size();
  report("it exchanges as many numbers as the model has", n == model.size() && n > 0);
  if (n != model.size()) return;
  std::vector<float> given(model.begin(), model.end());
  for (std::size_t round = 0; round < rounds; ++round) {
    // Different content before, so that a number that is not written differs after.
    std::vector<float> a(n, 1.25F), b(n, -7.5F);
    const auto first = detail::turn(one, given, detail::info_of(round), a);
    const auto second = detail::turn(two, given, detail::info_of(round), b);
    report("two built alike do the same, and write every number",
           detail::same_bytes(a, b) && detail::same_report(first, second));
    bool finite = true;
    for (const float x : a) finite = finite && std::isfinite(x);
    report("what it sends is finite", finite);
    report("its weight is finite and not negative",
           std::isfinite(first.weight) && first.weight >= 0.0);
    one.upload(b);
    report("sent again, it is the same", detail::same_bytes(a, b));
    report("it always exchanges as many numbers", one.exchange_size() == n);
    auto moved = std::move(two);
    two = std::move(moved);
    detail::mix(given, a);
  }
}

/// Checks that a client which was saved after a round, and restored into a new one, goes on as if
/// nothing had happened. (nn::checkpoint; arguments as above.)
template <class Make, class Report>
void check_resumable_client_laws(Make&& make, std::span<const float> model, std::size_t rounds,
                                 Report&& report) {
  auto unbroken = make();
  std::vector<float> given(model.begin(), model.end());
  std::vector<float> a(model.size()), b(model.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    nn::checkpoint file{"client"};
    unbroken.add_to(file);
    const std::string saved = file.bytes();
    const auto first = detail::turn(unbroken, given, detail::info_of(round), a);
    auto other = make();
    nn::checkpoint same_file{"client"};
    other.add_to(same_file);
    const bool read =
        same_file.restore(std::as_bytes(std::span{saved}), "saved client").has_value();
    report("what it saved can be read", read);
    const auto second = detail::turn(other, given, detail::info_of(round), b);
    report("restored, it repeats its round bit for bit",
           detail::same_bytes(a, b) && detail::same_report(first, second));
    detail::mix(given, a);
  }
}

}  // namespace muster::inline MUSTER_ABI::testing
