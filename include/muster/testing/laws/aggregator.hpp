// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/core/distributions.hpp>
#include <muster/core/rng.hpp>
#include <muster/core/thread_pool.hpp>
#include <muster/testing/no_alloc_scope.hpp>

namespace muster::inline MUSTER_ABI::testing {

/// What a rule makes of clients that all sent the same model.
enum class agreement : std::uint8_t {
  that_model,     ///< that model, bit for bit
  global_stays,   ///< the global model, if that is what they sent, and it is the first round
  nothing_known,  ///< neither is promised
};

/// What `check_aggregator_laws` must know about the one it checks.
struct aggregator_case {
  std::size_t clients = 9;       ///< with the ids 0, 1, ... in some order; >= 2
  std::size_t numbers = 20'011;  ///< per model: several blocks of any size, and some left over
  std::size_t rounds = 3;        ///< for rules that carry a state; >= 2
  agreement same = agreement::that_model;
};

/// A round with models around a random global one, which owns what the round refers to.
class random_round {
 public:
  random_round(const aggregator_case& c, std::uint64_t seed)
      : global_(c.numbers), models_(c.clients, std::vector<float>(c.numbers)) {
    rng g{seed};
    for (float& x : global_) x = static_cast<float>(2.0 * uniform01(g) - 1.0);
    for (std::size_t k = 0; k < c.clients; ++k) {
      for (std::size_t i = 0; i < c.numbers; ++i) {
        models_[k][i] = global_[i] + static_cast<float>(0.2 * uniform01(g) - 0.1);
      }
      updates_.push_back({.client = static_cast<client_id>(k),
                          .weight = 1.0 + static_cast<double>(uniform_below(g, 9)),
                          .staleness = uniform_below(g, 4),
                          .values = models_[k]});
    }
    shuffle(seed);
  }
  random_round(const random_round&) = delete;  // its spans look at itself
  random_round& operator=(const random_round&) = delete;

  void shuffle(std::uint64_t seed) {
    rng g = rng{seed}.fork(1);
    for (std::size_t i = updates_.size(); i > 1; --i) {
      std::swap(updates_[i - 1], updates_[static_cast<std::size_t>(uniform_below(g, i))]);
    }
  }
  [[nodiscard]] aggregation_round view(thread_pool* pool = nullptr) const {
    return {updates_, global_, pool};
  }
  [[nodiscard]] std::vector<float>& global() noexcept { return global_; }
  [[nodiscard]] std::vector<model_update>& updates() noexcept { return updates_; }
  /// The numbers of the update that stands at `place` now.
  [[nodiscard]] std::vector<float>& model(std::size_t place) {
    return models_[index_of(updates_[place].client)];
  }

 private:
  std::vector<float> global_;
  std::vector<std::vector<float>> models_;
  std::vector<model_update> updates_;
};

namespace detail {

/// Everything a round made, in the order of ids: `next`, then the personal models.
template <aggregator A>
bool outcome(A& a, const random_round& r, thread_pool* pool, std::vector<float>& out) {
  const aggregation_round round = r.view(pool);
  const std::size_t size = round.global.size();
  out.assign(size, std::numeric_limits<float>::quiet_NaN());
  if (!a.aggregate(round, out)) return false;
  if constexpr (personalising_aggregator<A>) {
    out.resize(size * (1 + round.updates.size()));
    for (std::size_t i = 0; i < round.updates.size(); ++i) {
      const std::span<const float> own = a.personal(i);
      if (own.size() != size) return false;
      std::copy(own.begin(), own.end(),
                out.begin() +
                    static_cast<std::ptrdiff_t>(size * (1 + index_of(round.updates[i].client))));
    }
  }
  return true;
}
inline bool equal_bytes(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace detail

/// Checks the laws of `aggregator`, and of `personalising_aggregator` for one that is.
///
/// `make()` builds a fresh one, each time alike. `report(const char* law, bool holds)` is called at
/// every check. Allocations are counted where the program counts them (no_alloc_scope.hpp).
template <class Make, class Report>
void check_aggregator_laws(Make&& make, const aggregator_case& c, std::uint64_t seed,
                           Report&& report) {
  std::vector<float> got, wanted;

  {  // order, threads
    thread_pool two{2}, three{3};
    auto plain = make(), other = make(), wide = make();
    for (std::size_t t = 0; t < c.rounds; ++t) {
      random_round r{c, seed + t};
      const bool made = detail::outcome(plain, r, nullptr, wanted);
      report("a round of finite models succeeds", made);
      report("the result is finite", made && std::all_of(wanted.begin(), wanted.end(),
                                                         [](float x) { return std::isfinite(x); }));
      r.shuffle(seed + 100 + t);
      const bool again = detail::outcome(other, r, &two, got);
      report("neither order nor threads change a byte", again && detail::equal_bytes(got, wanted));
      r.shuffle(seed + 200 + t);
      const bool more = detail::outcome(wide, r, &three, got);
      report("neither order nor threads change a byte", more && detail::equal_bytes(got, wanted));
    }
  }

  {  // what is refused, and leaves no trace
    auto spoiled = make(), clean = make();
    random_round first{c, seed}, second{c, seed + 1};
    detail::outcome(spoiled, first, nullptr, got);
    detail::outcome(clean, first, nullptr, wanted);
    rng g = rng{seed}.fork(2);
    const auto refuse = [&](const char* law, bool by_name, auto&& spoil) {
      random_round bad{c, seed + 2};
      const auto place = static_cast<std::size_t>(uniform_below(g, c.clients));
      const std::string name = "client " + std::to_string(index_of(bad.updates()[place].client));
      spoil(bad, place);
      std::vector<float> next(c.numbers);
      const result<void> answer = spoiled.aggregate(bad.view(), next);
      // With a colon, or client 1 would pass for client 12.
      report(law, !answer && (!by_name ||
                              answer.failure().to_string().find(name + ":") != std::string::npos));
    };
    const auto hide = [&](float value, std::size_t at, double weight) {
      refuse("a number that is not finite is refused, and the client named", true,
             [&](random_round& bad, std::size_t place) {
               bad.model(place)[at] = value;
               bad.updates()[place].weight = weight;
             });
    };
    const float infinity = std::numeric_limits<float>::infinity();
    hide(std::numeric_limits<float>::quiet_NaN(), 0, 2.0);
    hide(infinity, c.numbers - 1, 2.0);
    hide(-infinity, c.numbers / 2, 0.0);
    refuse("a model of another size is refused, and the client named", true,
           [&](random_round& bad, std::size_t place) {
             std::span<const float>& values = bad.updates()[place].values;
             values = values.first(values.size() - 1);
           });
    refuse("a negative weight is refused, and the client named", true,
           [&](random_round& bad, std::size_t place) { bad.updates()[place].weight = -1.0; });
    refuse("an infinite weight is refused, and the client named", true,
           [&](random_round& bad, std::size_t place) {
             bad.updates()[place].weight = std::numeric_limits<double>::infinity();
           });
    refuse("no weight at all is refused", false, [&](random_round& bad, std::size_t) {
      for (model_update& u : bad.updates()) u.weight = 0.0;
    });
    refuse("no updates are refused", false,
           [&](random_round& bad, std::size_t) { bad.updates().clear(); });
    const bool went_on = detail::outcome(spoiled, second, nullptr, got);
    detail::outcome(clean, second, nullptr, wanted);
    report("after an error it is as if it had not been called",
           went_on && detail::equal_bytes(got, wanted));
  }

  if (c.same != agreement::nothing_known) {
    auto a = make();
    random_round r{c, seed + 3};
    if (c.same == agreement::global_stays) r.global() = r.model(0);
    for (std::size_t k = 1; k < c.clients; ++k) r.model(k) = r.model(0);
    const bool made = detail::outcome(a, r, nullptr, got);
    bool same = made;
    for (std::size_t i = 0; made && i < got.size(); i += c.numbers) {
      same = same && detail::equal_bytes(std::span{got}.subspan(i, c.numbers), r.model(0));
    }
    report("clients that agree get what they agree on", same);
  }

  if (no_alloc_scope::is_counting()) {
    thread_pool two{2};
    for (thread_pool* pool : {static_cast<thread_pool*>(nullptr), &two}) {
      auto a = make();
      const random_round warm{c, seed}, other{c, seed + 4};
      std::vector<float> next(c.numbers);
      bool made = static_cast<bool>(a.aggregate(warm.view(pool), next));
      std::uint64_t allocations = 0;
      {
        const no_alloc_scope watch;
        made = made && static_cast<bool>(a.aggregate(other.view(pool), next));
        allocations = watch.allocations_by_all_threads();
      }
      report("does not allocate once warm", made && allocations == 0);
    }
  }
}

/// What a rule withstands, and how well.
struct robust_case {
  std::size_t clients = 11;
  std::size_t outliers = 2;   ///< of these, which send anything
  std::size_t numbers = 130;  ///< per model
  /// How far a number of the result may lie outside the others' range of that number, in units of
  /// that range's width.
  double beyond_range = std::numeric_limits<double>::infinity();
  /// How far the result may lie from the mean of the others, in units of the largest such distance
  /// among them.
  double distance = std::numeric_limits<double>::infinity();
};

/// Checks that clients that send anything, of any size, move a robust rule no further than its
/// theory allows. A rule without defence, like the mean, fails it.
template <class Make, class Report>
void check_robust_laws(Make&& make, const robust_case& c, std::uint64_t seed, Report&& report) {
  for (const double size : {0.1, 1.0, 1e3, 1e10, 1e30}) {
    for (int kind = 0; kind < 4; ++kind) {
      random_round r{{.clients = c.clients, .numbers = c.numbers}, seed + 7};
      rng g = rng{seed}.fork(static_cast<std::uint64_t>(kind));
      const std::vector<float> victim = r.model(c.clients - 1);
      const auto liars = std::span{r.updates()}.first(c.outliers);
      for (std::size_t k = 0; k < liars.size(); ++k) {
        std::vector<float>& x = r.model(k);
        for (std::size_t i = 0; i < c.numbers; ++i) {
          const double sign = uniform_below(g, 2) != 0 ? 1.0 : -1.0;
          switch (kind) {
            case 0:  // all to one place
              x[i] = static_cast<float>(size);
              break;
            case 1:  // everywhere
              x[i] = static_cast<float>(sign * size);
              break;
            case 2:  // like an honest one, but for one number
              x[i] = i == 3 ? static_cast<float>(size) : victim[i];
              break;
            default:  // a crowd of its own, a little apart
              x[i] = r.global()[i] + static_cast<float>((1.0 + 0.01 * uniform01(g)) * size);
          }
        }
        liars[k].weight = 1.0;
      }
      std::vector<float> next(c.numbers);
      auto a = make();
      const bool made = static_cast<bool>(a.aggregate(r.view(), next));
      report("outliers of any size are taken", made);
      if (!made) continue;

      const std::size_t honest = c.clients - c.outliers;
      std::vector<double> mean(c.numbers);
      bool in_range = true;
      for (std::size_t i = 0; i < c.numbers; ++i) {
        double least = std::numeric_limits<double>::infinity(), most = -least;
        for (std::size_t k = c.outliers; k < c.clients; ++k) {
          const auto x = static_cast<double>(r.model(k)[i]);
          least = (std::min)(least, x);
          most = (std::max)(most, x);
          mean[i] += x / static_cast<double>(honest);
        }
        const double slack = c.beyond_range * (most - least) + 1e-6;
        const auto y = static_cast<double>(next[i]);
        in_range = in_range && y >= least - slack && y <= most + slack;
      }
      report("no number leaves the others' range further than promised", in_range);
      const auto from_mean = [&](std::span<const float> x) {
        double sum = 0.0;
        for (std::size_t i = 0; i < c.numbers; ++i) {
          const double d = static_cast<double>(x[i]) - mean[i];
          sum += d * d;
        }
        return std::sqrt(sum);
      };
      double radius = 0.0;
      for (std::size_t k = c.outliers; k < c.clients; ++k) {
        radius = (std::max)(radius, from_mean(r.model(k)));
      }
      report("the result stays within the promised distance",
             from_mean(next) <= c.distance * radius + 1e-6);
    }
  }
}

}  // namespace muster::inline MUSTER_ABI::testing
