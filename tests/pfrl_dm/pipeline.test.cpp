// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <muster/nn/checkpoint.hpp>
#include <muster/pfrl_dm/pipeline.hpp>
#include <vector>

#include "pfrl_dm/small_study.hpp"
#include "support/catch.hpp"

using namespace muster;
using namespace muster::pfrl_dm;
using support::numbers;
using support::quick_config;

namespace {

template <class Pipeline>
std::vector<float> everything(const Pipeline& p) {
  std::vector<float> all;
  for (std::size_t i = 0; i < p.size(); ++i) {
    for (const auto& part : {numbers(p.client(i).learner().policy().store()),
                             numbers(p.client(i).learner().critic().store())}) {
      all.insert(all.end(), part.begin(), part.end());
    }
  }
  return all;
}

}  // namespace

TEST_CASE("two spellings of one choice are one type", "[pfrl_dm][pipeline]") {
  STATIC_REQUIRE(std::is_same_v<pipeline<>, pipeline<slot::exchange<public_critic<>>>>);
  STATIC_REQUIRE(
      std::is_same_v<independent_ppo,
                     pipeline<slot::exchange<nothing>, slot::learner<single_critic_ppo>>>);
}

TEST_CASE("the same config gives the same bytes, with any number of threads", "[pfrl_dm]") {
  std::vector<float> first;
  for (const std::size_t threads : {1U, 2U, 3U}) {
    auto c = quick_config<pipeline<>>(4);
    c.threads = threads;
    pipeline<> p{c, support::members(4)};
    p.join_all();
    REQUIRE(p.run(3));
    if (first.empty()) first = everything(p);
    CHECK(everything(p) == first);
  }
}

TEST_CASE("K = N/2 close a round; weights are rows that sum to one", "[pfrl_dm][pipeline]") {
  pipeline<> p{quick_config<pipeline<>>(4), support::members(4)};
  p.join_all();
  std::vector<std::size_t> participants;
  REQUIRE(p.run(3, [&](const federated::round_summary& s) {
    participants.push_back(s.participants - s.late);
  }));
  CHECK(participants == std::vector<std::size_t>{2, 2, 2});
  const auto w = p.federation()->server().aggregator().weights();
  for (std::size_t i = 0; i < w.rows(); ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < w.columns(); ++j) sum += w(i, j);
    CHECK(sum == Approx(1.0));
  }
}

TEST_CASE("only the public critic is sent: a fraction of FedAvg's bytes", "[pfrl_dm][pipeline]") {
  pipeline<> p{quick_config<pipeline<>>(4), support::members(4)};
  fed_avg f{quick_config<fed_avg>(4), support::members(4)};
  const std::size_t critic = p.client(0).exchange_size();
  const std::size_t actor = p.client(0).learner().policy().store().count();
  CHECK(f.client(0).exchange_size() == actor + critic);
  f.join_all();
  REQUIRE(f.run(2));
  const std::uint64_t header = sizeof(federated::upload_header);
  CHECK(f.federation()->server().bytes().up == 2 * 4 * (header + 4 * (actor + critic)));
}

TEST_CASE("FedAvg publishes the mean, weighted by decisions", "[pfrl_dm][pipeline]") {
  fed_avg p{quick_config<fed_avg>(3), support::members(3)};
  p.join_all();
  REQUIRE(p.run(1));
  const std::size_t n = p.client(0).exchange_size();
  // The same clients once more, by hand.
  fed_avg again{quick_config<fed_avg>(3), support::members(3)};
  std::vector<float> first(n), model(n);
  again.client(0).upload(first);
  std::vector<double> mean(n, 0.0);
  double weight = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    again.client(i).download(first, {0, download_kind::first});
    const double w = again.client(i).train().weight;
    again.client(i).upload(model);
    for (std::size_t k = 0; k < n; ++k) mean[k] += w * static_cast<double>(model[k]);
    weight += w;
  }
  const auto global = p.federation()->server().model();
  double off = 0.0;
  for (std::size_t k = 0; k < n; ++k) {
    off = std::max(off, std::abs(mean[k] / weight - static_cast<double>(global[k])));
  }
  CHECK(off < 1e-6);
}

TEST_CASE("without an exchange each client is what it is alone", "[pfrl_dm][pipeline]") {
  independent_ppo together{quick_config<independent_ppo>(3), support::members(3)};
  together.join_all();
  REQUIRE(together.run(2));
  CHECK_FALSE(together.federation().has_value());
  independent_ppo other{quick_config<independent_ppo>(3), support::members(3)};
  other.join(1, 1);  // the second only
  REQUIRE(other.run(2));
  CHECK(numbers(together.client(1).learner().policy().store()) ==
        numbers(other.client(1).learner().policy().store()));
}

TEST_CASE("who joins late starts from the server's critic", "[pfrl_dm][pipeline]") {
  auto c = quick_config<pipeline<>>(3);
  pipeline<> p{c, support::members(3)};
  p.join(0, 2);
  REQUIRE(p.run(2));
  const std::vector<float> model(p.federation()->server().model().begin(),
                                 p.federation()->server().model().end());
  p.join(2, 1);
  REQUIRE(p.run(1));
  pipeline<> again{c, support::members(3)};
  auto& late = again.client(2);
  late.download(model, {2, download_kind::first});
  (void)late.train();
  std::vector<float> expected(late.exchange_size()), sent(late.exchange_size());
  late.upload(expected);
  p.client(2).upload(sent);
  CHECK(sent == expected);
}

TEST_CASE("a federation goes on from a checkpoint bit for bit", "[pfrl_dm][pipeline]") {
  const auto c = quick_config<pipeline<>>(3);
  pipeline<> whole{c, support::members(3)};
  whole.join_all();
  REQUIRE(whole.run(2));
  nn::checkpoint out{"pfrl_dm"};
  whole.add_to(out);
  const std::string kept = out.bytes();

  pipeline<> resumed{c, support::members(3)};
  nn::checkpoint in{"pfrl_dm"};
  resumed.add_to(in);
  const auto loaded = in.restore(std::as_bytes(std::span{kept}), "memory");
  REQUIRE(loaded.has_value());
  REQUIRE(whole.run(2));
  REQUIRE(resumed.run(2));
  CHECK(everything(whole) == everything(resumed));
}
