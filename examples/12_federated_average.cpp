// SPDX-License-Identifier: Apache-2.0
// Lesson 12: learning together without showing one's data.
//
// Five hospitals each want a line y = a x + b through measurements that they may not share. Each
// has few of them, and from a narrow range of x. First the averaging is written out; then the
// same thing with a library federation, in which one client is slow and one lies.
#include <array>
#include <cmath>
#include <cstdio>
#include <span>
#include <vector>

#include <muster/concepts/federated_client.hpp>
#include <muster/core/distributions.hpp>
#include <muster/federated/aggregators/coordinate_median.hpp>
#include <muster/federated/aggregators/weighted_mean.hpp>
#include <muster/federated/federation.hpp>
#include <muster/federated/in_process.hpp>
#include <muster/federated/rounds/first_k.hpp>

using line = std::array<float, 2>;  // a and b
constexpr float truth_a = 2.0F, truth_b = -1.0F;

//! [client]
// Someone who trains on data that stay where they are: only `upload` lets numbers out, two of them.
class hospital {
 public:
  hospital(std::uint64_t seed, bool lies) : lies_{lies} {
    muster::rng chance{seed};
    const double middle = muster::uniform{-2.0, 2.0}(chance);
    for (int i = 0; i < 8; ++i) {
      const double x = middle + muster::uniform{-0.5, 0.5}(chance);
      x_.push_back(static_cast<float>(x));
      y_.push_back(static_cast<float>(2.0 * x - 1.0 + muster::normal{0.0, 0.3}(chance)));
    }
  }
  std::size_t exchange_size() const { return 2; }
  void download(std::span<const float> model, const muster::download_info&) {
    mine_ = {model[0], model[1]};
  }
  muster::training_report train() {
    for (int step = 0; step < 20; ++step) {
      line gradient{};
      for (std::size_t i = 0; i < x_.size(); ++i) {
        const float off = mine_[0] * x_[i] + mine_[1] - y_[i];
        gradient[0] += off * x_[i] / 8.0F;
        gradient[1] += off / 8.0F;
      }
      for (std::size_t k = 0; k < 2; ++k) mine_[k] -= 0.1F * gradient[k];
    }
    return {.weight = 8.0, .steps = 20};
  }
  void upload(std::span<float> out) const {
    for (std::size_t k = 0; k < 2; ++k) out[k] = lies_ ? 1000.0F : mine_[k];
  }

 private:
  std::vector<float> x_, y_;
  line mine_{};
  bool lies_;
};
static_assert(muster::federated_client<hospital>);
//! [client]

void report(const char* what, std::span<const float> m) {
  std::printf("%-34s y = %6.2f x %+6.2f   off by %.2f\n", what, static_cast<double>(m[0]),
              static_cast<double>(m[1]),
              static_cast<double>(std::hypot(m[0] - truth_a, m[1] - truth_b)));
}

std::vector<hospital> five(bool one_lies) {
  std::vector<hospital> all;
  for (std::uint64_t i = 0; i < 5; ++i) all.emplace_back(i + 1, one_lies && i == 4);
  return all;
}

//! [by_library]
// The same, with the rule that makes one model of many as a template argument. A round ends with
// the fourth upload: the slow one comes late, and its model joins the next round.
template <muster::aggregator Rule>
line by_library(bool one_lies) {
  namespace federated = muster::federated;
  std::vector<hospital> all = five(one_lies);
  const line start{};
  federated::basic_federation together{
      federated::server<Rule, federated::first_k>{start, Rule{}, federated::first_k{{.k = 4}}},
      federated::in_process<hospital>{all}, federated::all_clients{},
      federated::random_pace{{.speed = {1.0, 1.0, 1.0, 0.4, 1.0}}}};
  for (std::uint32_t i = 0; i < 5; ++i) together.join(muster::client_id{i});
  if (const auto done = together.run_rounds(60); !done) {
    std::printf("%s\n", done.failure().to_string().c_str());
  }
  return {together.server().model()[0], together.server().model()[1]};
}
//! [by_library]

int main() {
  hospital alone{1, false};
  const line start{};
  for (int round = 0; round < 60; ++round) alone.train();
  line model{};
  alone.upload(model);
  report("the first hospital alone", model);

  //! [by_hand]
  std::vector<hospital> all = five(false);
  line global = start;
  for (int round = 0; round < 60; ++round) {
    line sum{};
    for (hospital& h : all) {
      h.download(global, {});
      h.train();
      h.upload(model);
      for (std::size_t k = 0; k < 2; ++k) sum[k] += model[k] / 5.0F;
    }
    global = sum;
  }
  //! [by_hand]
  report("federated averaging by hand", global);
  namespace federated = muster::federated;
  report("by the library, one is slow", by_library<federated::weighted_mean>(false));
  report("one lies, mean", by_library<federated::weighted_mean>(true));
  report("one lies, median", by_library<federated::coordinate_median>(true));
}

// Output:
// the first hospital alone           y =   1.68 x  -0.49   off by 0.60
// federated averaging by hand        y =   2.00 x  -1.08   off by 0.08
// by the library, one is slow        y =   2.00 x  -1.09   off by 0.09
// one lies, mean                     y = 323.78 x +304.52   off by 443.72
// one lies, median                   y =   2.02 x  -1.05   off by 0.05
