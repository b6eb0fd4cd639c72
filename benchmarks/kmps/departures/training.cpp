// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <muster/kmps/curriculum.hpp>
#include <muster/nn/init.hpp>
#include <muster/rl/epsilon_actor.hpp>

#include "departures.hpp"

namespace departures {

namespace kmps = muster::kmps;
namespace rl = muster::rl;
namespace slot = muster::slot;

namespace {

/// First weights from N(0, 0.01) everywhere.
struct narrow_ppo : kmps::shared_ppo {
  template <class Actor, class Critic>
  struct learner : rl::ppo<Actor, Critic> {
    using base_type = rl::ppo<Actor, Critic>;
    learner(const typename base_type::config& c, muster::rng& g) : base_type{c, g} {
      const muster::nn::gaussian narrow{.sigma = 0.01};
      base_type::policy().initialise(narrow, narrow, g);
      base_type::critic().initialise(narrow, narrow, g);
    }
  };
};

}  // namespace

void add_training(rows& all) {
  all.push_back(row_of<kmps::pipeline<slot::curriculum<kmps::progressive>>>(
      "22", "the paper's side: progressive training", base::dispatch, [](auto& c, effort& e) {
        // A stage ends after a quarter of the training, so that half of it is at full load.
        c.curriculum.most = (std::max)(std::size_t{1}, std::size_t{e.episodes} / 4);
      }));
  all.push_back(row_of<kmps::pipeline<slot::actor<rl::epsilon_actor<>>>>(
      "-", "epsilon-greedy from 0.5", base::dispatch));
  all.push_back(row_of<kmps::pipeline<slot::trainer<narrow_ppo>>>("-", "first weights N(0, 0.01)",
                                                                  base::dispatch));
}

}  // namespace departures
