// SPDX-License-Identifier: Apache-2.0
// Short trainings of the KMPS dispatcher on the plain backend: as it works best, and as printed.
#include "golden.hpp"
#include "support/catch.hpp"

#include <muster/kmps/pipeline.hpp>
#include <muster/num/backend/reference.hpp>

using namespace muster;

namespace {

using plain_mlp = nn::mlp<float, num::reference>;
using best = kmps::pipeline<slot::actor<rl::actor<kmps::target_scorer<float, num::reference>>>,
                            slot::critic<rl::single_critic<plain_mlp>>>;
using printed =
    kmps::pipeline<slot::drain<env::drain_one>, slot::observation<kmps::local_observation>,
                   slot::actor<rl::actor<plain_mlp, rl::relu1_l1_head>>,
                   slot::critic<rl::target_critic<plain_mlp>>, slot::reward<kmps::slot_share>>;

template <class Pipeline>
void train(golden::log& out, const char* title, std::int64_t mean_gap_us) {
  typename Pipeline::config c;
  if constexpr (requires { c.actor.hidden; }) c.actor.hidden = {16, 8};
  if constexpr (requires { c.actor.first; }) c.actor.first = c.actor.second = 8;
  c.critic.hidden = {16, 8};
  c.trainer.copies = 2;
  c.trainer.minibatch = 128;
  c.trainer.actor_rate = c.trainer.critic_rate = 5e-3;
  Pipeline p{c};
  out.line("%s", title);
  const duration length = seconds(3);
  p.train([&](std::uint64_t seed) { return golden::workload(seed, mean_gap_us, length); },
          {.episodes = 3, .horizon = length, .seed = 9},
          [&](const kmps::train_progress& s) {
            out.line(
                "  update %u  decisions %llu  on time %.3f  reward %+.3f  value loss %.3f  "
                "entropy %.3f  steps %u",
                s.episode, static_cast<unsigned long long>(s.decisions), s.throughput, s.reward,
                s.learning.value_loss, s.learning.entropy, s.learning.steps);
            return true;
          });
  const auto test = golden::workload(1, mean_gap_us, length);
  const kmps::episode_result r = p.evaluate(test, length, 1);
  out.line("  test: arrived %llu  done %llu  own %llu  neighbour %llu  cloud %llu",
           static_cast<unsigned long long>(r.arrived), static_cast<unsigned long long>(r.done),
           static_cast<unsigned long long>(r.to_own),
           static_cast<unsigned long long>(r.to_neighbour),
           static_cast<unsigned long long>(r.to_cloud));
}

}  // namespace

TEST_CASE("kmps: the first updates of two pipelines", "[golden][kmps]") {
  golden::log out;
  train<best>(out, "target scorer, masked softmax, difference reward, all placed in each slot",
              3'000);
  train<printed>(out, "as printed: local state, ReLU + 1, slot shares, one per slot", 40'000);
  const std::string difference = golden::difference("kmps", out.text());
  INFO(difference);
  CHECK(difference.empty());
}
