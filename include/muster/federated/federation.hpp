// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/concepts/client_executor.hpp>
#include <muster/concepts/client_selection.hpp>
#include <muster/concepts/training_pace.hpp>
#include <muster/core/rng.hpp>
#include <muster/core/slot.hpp>
#include <muster/federated/detail/flights.hpp>
#include <muster/federated/random_pace.hpp>
#include <muster/federated/selection/all_clients.hpp>
#include <muster/federated/server.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// A server and its clients in simulated time: who starts when, who arrives first, who is late.
///
/// Idea      how long a training takes is known when it starts (the pace), and what it starts from
///           is fixed then too. So the order of arrivals does not depend on who computes how fast:
///           the clients are trained only when the first of those under way arrives, and then all
///           of them together, by the executor. In one thread, on a pool of threads and in many
///           processes the same bytes come out.
/// Source    X. Yong, L. Yan et al.: PFRL-DM, Algorithm 1. Left open there: who the first K are.
///           Here they are the first in simulated time; those that arrive at the same instant are
///           put in an order drawn from the seed.
/// A round   opens as soon as the last one has ended (or `period` after it opened, or when
///           triggered); the selection chooses among those who are awake. A chosen client starts
///           at once, or, if it still trains for an earlier round, when it has delivered that.
///           Whether it then rests until the next round is the rule's matter (round_rule).
/// Order     at one instant: first the clock (a round opens, a deadline ends it), then arrivals.
/// Churn     who leaves while training never arrives; who sleeps is not chosen, but what it was at
///           arrives. A round in which nobody is left to wait for ends with what has come, or is
///           opened anew.
/// Weights   with a weighted_selection, those of the updates are divided by the probability.
/// Memory    one model for each client that trains at the moment, 100 to 160 bytes for any other.
///           A round allocates nothing once warm.
/// Resume    save after any call, or in an observer: the federation with `add_to`, and each client.
template <muster::aggregator Aggregator, round_rule Rule, client_selection Selection,
          training_pace Pace, client_executor Executor>
class basic_federation {
 public:
  using server_type = federated::server<Aggregator, Rule>;

  struct config {
    duration period{};                 ///< shortest time between two openings; 0 = none
    bool only_when_triggered = false;  ///< rounds open by `trigger` alone, not by themselves
    std::uint64_t seed = 0;            ///< of the order of those that arrive at the same instant
  };

  basic_federation(server_type s, Executor executor, Selection selection = {}, Pace pace = {},
                   config c = {})
      : server_{std::move(s)},
        executor_{std::move(executor)},
        selection_{std::move(selection)},
        pace_{std::move(pace)},
        config_{c},
        flights_{server_.model().size()},
        next_open_{c.only_when_triggered ? never : instant{}} {
    MUSTER_EXPECTS(c.period.us >= 0, "muster: federated::federation has a period below 0");
  }

  // ---- who belongs to it --------------------------------------------------------------------

  /// Takes a client in, from the next round on. The executor must know it.
  void join(client_id client) {
    server_.join(client);
    flights_.add(index_of(client));
    if (index_of(client) >= awake_at_.size()) awake_at_.resize(index_of(client) + 1);
    if (postponed_ != 0) next_open_ = now_;
  }
  void join(std::span<const client_id> clients) {
    for (const client_id c : clients) join(c);
  }
  /// Lets a client go; what it is training never arrives.
  void leave(client_id client) {
    if (!server_.is_member(client)) return;
    server_.leave(client);
    flights_.cancel(static_cast<std::uint32_t>(index_of(client)));
    awake_at_[index_of(client)] = 0;
  }
  /// Takes no part in rounds that open before `until`; what it is training still arrives.
  void sleep(client_id client, instant until) {
    if (!server_.is_member(client)) return;
    awake_at_[index_of(client)] = until.us;
    if (postponed_ != 0) next_open_ = now_;
  }

  // ---- time ---------------------------------------------------------------------------------

  /// Goes on until `rounds` more have ended; `observe(const round_summary&)` is called at the end
  /// of each. The error of an executor or an aggregator, of a round in which every upload was
  /// refused, or that nobody is left to train.
  template <class Observe>
  result<void> run_rounds(std::size_t rounds, Observe&& observe) {
    return run(never, rounds, observe);
  }
  result<void> run_rounds(std::size_t rounds) {
    return run_rounds(rounds, [](const round_summary&) {});
  }
  /// Goes on until that time, which is then `now()`.
  template <class Observe>
  result<void> run_until(instant until, Observe&& observe) {
    return run(until, ~std::size_t{0}, observe);
  }
  result<void> run_until(instant until) {
    return run_until(until, [](const round_summary&) {});
  }
  /// Opens a round at this time, for example because something has changed; it happens when time
  /// goes on. An open round ends for it with what has come; if nothing has, it is young, and stays.
  void trigger() noexcept {
    if (!server_.is_open()) next_open_ = now_;
    cut_ = server_.is_open() && server_.uploads() > 0 ? 1 : 0;
  }

  [[nodiscard]] instant now() const noexcept { return now_; }
  [[nodiscard]] const server_type& server() const noexcept { return server_; }
  [[nodiscard]] server_type& server() noexcept { return server_; }
  [[nodiscard]] Executor& executor() noexcept { return executor_; }
  /// Clients that train at the moment.
  [[nodiscard]] std::size_t training() const noexcept { return flights_.under_way(); }
  /// Why an upload was refused, the last one that was.
  [[nodiscard]] const std::optional<error>& refusal() const noexcept { return refusal_; }

  /// Names in a checkpoint (nn/checkpoint.hpp) all but the clients, who save themselves.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    const std::string p{prefix};
    server_.add_to(c, p + "server.");
    c.add(p + "now", std::span<std::int64_t>{&now_.us, 1});
    c.add(p + "next_open", std::span<std::int64_t>{&next_open_.us, 1});
    c.add(p + "cut", cut_);
    c.add(p + "postponed", postponed_);
    c.add(p + "awake_at", awake_at_);
    flights_.add_to(c, p + "flight.");
  }

 private:
  template <class Observe>
  result<void> run(instant until, std::size_t rounds, Observe& observe) {
    while (rounds > 0) {
      if (!server_.is_open() && next_open_ <= now_) open_round();
      auto ended = end_round();
      if (ended && !*ended) {
        if (flights_.next_arrival() <= now_) {
          ended = land();
        } else {
          const instant t = next_event();
          if (t == never && until == never) return stuck();
          now_ = t <= until ? t : (std::max)(now_, until);
          if (t > until) return {};
        }
      }
      if (!ended) return ended.failure();
      if (!*ended) continue;
      --rounds;
      observe(std::as_const(**ended));
    }
    return {};
  }

  void open_round() {
    awake_.clear();
    instant awakes = never;
    for (std::size_t i = 0; i < flights_.clients(); ++i) {
      const client_id client{static_cast<std::uint32_t>(i)};
      if (!server_.is_member(client)) continue;
      const instant awake_at{awake_at_[i]};
      if (awake_at <= now_) {
        awake_.push_back(client);
      } else {
        awakes = (std::min)(awakes, awake_at);
      }
    }
    postponed_ = awake_.empty() ? 1 : 0;
    if (awake_.empty()) {
      next_open_ = awakes;
      return;
    }
    next_open_ = config_.only_when_triggered ? never : now_ + config_.period;
    chosen_.clear();
    selection_.select(server_.round(), awake_, chosen_);
    MUSTER_EXPECTS(!chosen_.empty(),
                   "muster: federated::federation has a selection that chose nobody; see "
                   "concepts/client_selection.hpp");
    server_.open(now_, chosen_);
    for (const client_id c : chosen_) start(c);
  }

  /// A client that is wanted fetches its model and is under way.
  void start(client_id client) {
    if (!server_.wants(client)) return;
    const auto i = static_cast<std::uint32_t>(index_of(client));
    if (awake_at_[i] > now_.us) return server_.excuse(client);
    const std::uint64_t turn = flights_.turns(i);
    flights_.start(i, *server_.fetch(client), now_ + pace_.time(client, turn),
                   rng{config_.seed}.fork(i).fork(turn)());
  }

  /// Ends the open round if it is time: by the rule, because another was triggered, or because
  /// nobody is left who could come.
  result<std::optional<round_summary>> end_round() {
    if (!server_.is_open()) return {std::nullopt};
    const bool nobody =
        flights_.under_way() == 0 && (server_.uploads() == 0 || next_event() == never);
    const bool cut = std::exchange(cut_, 0) != 0;
    if (!nobody && !cut) return server_.poll(now_);
    const auto closed = server_.close(now_);
    if (cut) next_open_ = now_;
    if (!closed) return closed.failure();
    if (closed->participants > 0) return std::optional{*closed};
    next_open_ = now_;
    if (closed->refused > 0) return *refusal_;
    open_round();
    return {std::nullopt};
  }

  /// The client that comes first delivers; it starts again if the open round wants it.
  result<std::optional<round_summary>> land() {
    if (auto trained = flights_.train_next(executor_); !trained) return trained.failure();
    upload u = flights_.next();
    if constexpr (weighted_selection<Selection>) {
      u.importance = 1.0 / selection_.probability(u.client);
    }
    if (auto taken = server_.receive(u); !taken) refusal_ = taken.failure();
    flights_.pop();
    auto ended = server_.poll(now_);
    start(u.client);
    return ended;
  }

  /// The time at which something happens next, after now.
  [[nodiscard]] instant next_event() const noexcept {
    const instant clock = server_.is_open() ? server_.deadline() : next_open_;
    return (std::min)(flights_.next_arrival(), clock > now_ ? clock : never);
  }
  static error stuck() {
    return {.what = "nobody trains, and no round is due",
            .file = {},
            .field = "federation",
            .expected = "members that are awake some time, or a round that was triggered"};
  }

  server_type server_;
  Executor executor_;
  Selection selection_;
  Pace pace_;
  config config_;
  detail::flights flights_;
  std::vector<std::int64_t> awake_at_;  // of each client, microseconds
  instant now_{}, next_open_{};
  std::uint64_t cut_ = 0;        // the open round is to end for one that was triggered
  std::uint64_t postponed_ = 0;  // a round is due, and waits for somebody who is awake
  std::optional<error> refusal_;
  std::vector<client_id> awake_, chosen_;  // scratch
};

namespace detail {

template <class... Slots>
struct assembled {
  static_assert((... && slot_is_one_of<Slots, slot::aggregator_tag, slot::round_rule_tag,
                                       slot::selection_tag, slot::pace_tag, slot::executor_tag>),
                "muster: federated::federation has the slots aggregator, round_rule, selection, "
                "pace and executor; wrap each choice in one of them, for example "
                "slot::round_rule<federated::first_k>");
  static_assert(
      slots_differ<Slots...>,
      "muster: federated::federation is given two choices for one slot; keep one of them");
  static_assert(slot_count<slot::aggregator_tag, Slots...> == 1 &&
                    slot_count<slot::executor_tag, Slots...> == 1,
                "muster: federated::federation needs the slots aggregator and executor, which have "
                "no default; write slot::executor<federated::in_process<your client>>");
  using type = basic_federation<slot_or<slot::aggregator_tag, void, Slots...>,
                                slot_or<slot::round_rule_tag, everyone, Slots...>,
                                slot_or<slot::selection_tag, all_clients, Slots...>,
                                slot_or<slot::pace_tag, random_pace, Slots...>,
                                slot_or<slot::executor_tag, void, Slots...>>;
};

}  // namespace detail

/// A federation with the choices given as slots, in any order. By default a round waits for
/// everyone, all take part, and all are equally fast. (Where all parts are at hand,
/// `basic_federation f{server, executor, ...}` finds the types by itself.)
template <class... Slots>
using federation = typename detail::assembled<Slots...>::type;

}  // namespace muster::inline MUSTER_ABI::federated
