// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/concepts/round_rule.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/detail/columns.hpp>
#include <muster/federated/detail/pending_uploads.hpp>
#include <muster/federated/detail/row_store.hpp>
#include <muster/federated/detail/server_state.hpp>
#include <muster/federated/detail/upload_fault.hpp>
#include <muster/federated/messages.hpp>
#include <muster/federated/rounds/everyone.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// The server of a federation: takes models, makes them one, hands it out.
///
/// Idea      a state machine. It has no threads, no clock and no connections: whoever carries the
///           messages says what arrived and what time it is. So a simulation, threads and processes
///           on many machines use the same one, and it can be tested by hand.
/// Source    X. Yong, L. Yan et al.: PFRL-DM, Section 4.5, Algorithm 1, lines 11 to 15: those who
///           took part in a round get models of their own, if the aggregator makes such, all others
///           the global one. Left open there, and chosen here: `Late`, `Personal`.
/// Round     `open` with the clients chosen; they `fetch`, train, and what they send is given to
///           `receive`; `poll` ends the round if the rule says so, which publishes a new version.
///           Between rounds uploads are taken as well, they are late for the next one.
/// Late      an upload of a client that began before the last version was published joins the
///           round that is open, with its staleness, unless that is above `max_staleness`. What
///           the client had sent before, and still waits, it replaces.
/// Personal  a model made for a client waits until it is fetched or the next version is published.
///           Then the client is one of the others, and the global one is the newer one.
/// Refused   numbers that are not finite, a wrong count, an impossible weight: `receive` says which
///           and whose, and the round goes on with the others. If the aggregator fails, the round
///           ends without a new version, and its uploads are gone.
/// Privacy   a client can hand over an `upload` and nothing else; see there.
/// Memory    one model for each upload that waits and each personal model not yet fetched, two of
///           its own, and 20 bytes for each client. Nothing allocates once warm.
/// Determinism  a function of the calls. Clients in the order of their first upload of the round.
template <aggregator Aggregator, round_rule Rule = everyone>
class server {
 public:
  using aggregator_type = Aggregator;
  using rule_type = Rule;
  static constexpr std::uint64_t any_staleness = (std::numeric_limits<std::uint64_t>::max)();

  struct config {
    bool uniform_weights = false;  ///< every client counts the same, not by training_report::weight
    std::uint64_t max_staleness = any_staleness;  ///< versions; 0 drops every late upload
    thread_pool* pool = nullptr;                  ///< who may help to aggregate
  };

  /// `model` is version 0, what newcomers are given: finite, not empty.
  explicit server(std::span<const float> model, Aggregator aggregator = {}, Rule rule = {},
                  config c = {})
      : aggregator_{std::move(aggregator)},
        rule_{std::move(rule)},
        config_{c},
        global_(model.begin(), model.end()),
        next_(model.size()),
        rows_{model.size()} {
    MUSTER_EXPECTS(!model.empty() && detail::all_finite(model),
                   "muster: federated::server needs a first model of finite numbers; initialise "
                   "the networks as a client would");
  }

  // ---- who belongs to it --------------------------------------------------------------------

  /// Takes a client in, or back; what it gets first is the server's model. It is part of the
  /// rounds that are opened from now on. Client numbers are small: there is a row for each.
  void join(client_id client) {
    const std::size_t i = index_of(client);
    if (i >= members_.joined.size()) detail::resize(members_, i + 1);
    if (members_.joined[i] != no) return;
    members_.joined[i] = members_.newcomer[i] = yes;
    members_.chosen[i] = no;
    ++state_.clients;
  }
  /// Lets a client go. What it sent already counts; what it is training is not waited for.
  void leave(client_id client) {
    if (!is_member(client)) return;
    excuse(client);
    const std::size_t i = index_of(client);
    if (members_.personal[i] != detail::no_row) rows_.release(members_.personal[i]);
    members_.joined[i] = members_.training[i] = no;
    --state_.clients;
  }
  [[nodiscard]] bool is_member(client_id client) const noexcept {
    return index_of(client) < members_.joined.size() && members_.joined[index_of(client)] != no;
  }
  [[nodiscard]] std::size_t clients() const noexcept { return state_.clients; }

  // ---- a round ------------------------------------------------------------------------------

  /// Begins a round with these members; the last one must have ended.
  void open(instant now, std::span<const client_id> chosen) {
    MUSTER_EXPECTS(!is_open(), "muster: federated::server::open comes before the last round ended");
    std::fill(members_.chosen.begin(), members_.chosen.end(), no);
    state_.waiting = 0;
    for (const client_id c : chosen) {
      MUSTER_EXPECTS(is_member(c),
                     "muster: federated::server::open got a client that is no member");
      state_.waiting += 1U - std::exchange(members_.chosen[index_of(c)], yes);
    }
    opened_ = now;
    state_.open = 1;
  }
  /// Whether the client is wanted for the open round and may fetch its model now.
  [[nodiscard]] bool wants(client_id client) const noexcept {
    const std::size_t i = index_of(client);
    return is_open() && is_member(client) && members_.chosen[i] != no && members_.training[i] == no;
  }
  /// Does not wait for this client in the open round.
  void excuse(client_id client) noexcept {
    if (is_open() && is_member(client))
      state_.waiting -= std::exchange(members_.chosen[index_of(client)], no);
  }

  /// The model that a client trains from next. Fetched again, it takes the place of the first.
  [[nodiscard]] result<download> fetch(client_id client) {
    if (!is_member(client)) return stranger(client);
    const std::size_t i = index_of(client);
    download d{global_, {state_.version, download_kind::global}};
    if (std::exchange(members_.newcomer[i], no) == yes) d.info.kind = download_kind::first;
    if (members_.personal[i] != detail::no_row) {
      d = {rows_[members_.personal[i]], {state_.version, download_kind::personal}};
      rows_.release(members_.personal[i]);
    }
    members_.training[i] = yes;
    members_.version[i] = state_.version;
    count(&traffic::down, sizeof(download_header) + 4 * global_.size());
    return d;
  }

  /// Takes what a client sent. An error changes nothing but the bytes, and that a client whose
  /// numbers are refused is waited for no longer. Then `poll`.
  result<void> receive(const upload& u) {
    if (!is_member(u.client)) return stranger(u.client);
    const std::size_t i = index_of(u.client);
    count(&traffic::up, sizeof(upload_header) + (u.bytes != 0 ? u.bytes : 4 * u.values.size()));
    if (members_.training[i] == no || members_.version[i] != u.version) {
      return detail::refuse(u.client, "sent a model of version " + std::to_string(u.version),
                            members_.training[i] == no
                                ? "a download before each upload"
                                : "version " + std::to_string(members_.version[i]));
    }
    members_.training[i] = no;
    if (auto fault = detail::fault_of(u, global_.size())) {
      ++state_.refused;
      excuse(u.client);
      return *std::move(fault);
    }
    if (state_.version - u.version > config_.max_staleness) {
      ++state_.dropped;
      return {};
    }
    keep(i, u);
    if (u.version == state_.version && !Rule::restarts) excuse(u.client);
    return {};
  }

  /// Ends the round if the rule says so, and publishes what was made of the uploads.
  [[nodiscard]] result<std::optional<round_summary>> poll(instant now) {
    if (!is_open() || uploads() == 0 || !rule_.closes(progress(now))) return {std::nullopt};
    auto closed = close(now);
    if (!closed) return closed.failure();
    return std::optional{*closed};
  }
  /// The same whatever the rule says. Without uploads the round is given up: no new version, and
  /// `participants` is 0.
  [[nodiscard]] result<round_summary> close(instant now) {
    MUSTER_EXPECTS(is_open(), "muster: federated::server::close needs an open round");
    round_summary s{.round = state_.round,
                    .opened = opened_,
                    .closed = now,
                    .refused = static_cast<std::size_t>(state_.refused),
                    .dropped = static_cast<std::size_t>(state_.dropped),
                    .bytes = state_.of_round};
    pending_.list(state_.version, rows_, updates_, participants_, s);
    result<void> made;
    if (uploads() > 0) {
      made = aggregator_.aggregate({updates_, global_, config_.pool}, next_);
      if (made && !detail::all_finite(next_)) {
        made = error{.what = "the uploads of round " + std::to_string(state_.round) +
                             " became a model that is not finite",
                     .file = {},
                     .field = "aggregator",
                     .expected = "uploads whose mean is within the range of a float"};
      }
      if (made) adopt_next();
    }
    end_round();
    if (!made) return made.failure();
    s.version = state_.version;
    return s;
  }

  /// Publishes a model from elsewhere: a region's, from the server above it; an older version, to
  /// go back to. What is being trained meanwhile is late.
  void publish(std::span<const float> model) {
    MUSTER_EXPECTS(model.size() == global_.size() && detail::all_finite(model),
                   "muster: federated::server::publish needs as many finite numbers as the model");
    MUSTER_EXPECTS(
        !is_open(),
        "muster: federated::server::publish comes between rounds; close the round first");
    replace_model(model);
  }

  // ---- what can be seen ---------------------------------------------------------------------

  [[nodiscard]] std::span<const float> model() const noexcept { return global_; }
  [[nodiscard]] std::uint64_t version() const noexcept { return state_.version; }
  [[nodiscard]] std::uint64_t round() const noexcept {
    return state_.round;
  }  ///< open, or the next one
  [[nodiscard]] bool is_open() const noexcept { return state_.open != 0; }
  [[nodiscard]] std::size_t uploads() const noexcept { return pending_.size(); }
  [[nodiscard]] instant deadline() const noexcept {
    return is_open() ? rule_.deadline(state_.round, opened_) : never;
  }
  /// Who took part in the round that ended last.
  [[nodiscard]] std::span<const client_id> participants() const noexcept { return participants_; }
  /// Since the beginning.
  [[nodiscard]] traffic bytes() const noexcept { return state_.total; }
  [[nodiscard]] const Aggregator& aggregator() const noexcept { return aggregator_; }

  /// Names in a checkpoint (nn/checkpoint.hpp) all that the next round needs, between any two
  /// calls; the numbers of config and rule come from the program.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    const std::string p{prefix};
    c.add(p + "model", std::span<float>{global_});
    c.add(p + "opened", std::span<std::int64_t>{&opened_.us, 1});
    state_.each([&](const char* name, std::uint64_t& value) { c.add(p + name, value); });
    detail::add_columns(c, p + "member.", members_);
    pending_.add_to(c, p + "pending.");
    rows_.add_to(c, p + "rows.");
    c.add(p + "with_personal", with_personal_);
    if constexpr (requires { aggregator_.add_to(c, p); }) aggregator_.add_to(c, p + "aggregator.");
  }

 private:
  static constexpr std::uint8_t no = 0, yes = 1;

  static error stranger(client_id client) {
    return detail::refuse(client, "is not a member of the federation", "join first");
  }
  void count(std::uint64_t traffic::*way, std::uint64_t bytes) noexcept {
    state_.of_round.*way += bytes;
    state_.total.*way += bytes;
  }
  [[nodiscard]] round_progress progress(instant now) const noexcept {
    return {.round = state_.round,
            .opened = opened_,
            .now = now,
            .fresh = static_cast<std::size_t>(state_.fresh),
            .late = uploads() - static_cast<std::size_t>(state_.fresh),
            .waiting = static_cast<std::size_t>(state_.waiting),
            .taken = static_cast<std::size_t>(state_.taken)};
  }

  void keep(std::size_t i, const upload& u) {
    std::uint32_t& place = members_.pending[i];
    if (place == detail::no_row) {
      place = pending_.add(static_cast<std::uint32_t>(i), rows_);
    } else {
      state_.fresh -= pending_.version(place) == state_.version ? 1U : 0U;
    }
    pending_.write(place, u, (config_.uniform_weights ? 1.0 : u.report.weight) * u.importance,
                   rows_);
    state_.fresh += u.version == state_.version ? 1U : 0U;
    ++state_.taken;
  }
  void adopt_next() {
    replace_model(next_);
    if constexpr (personalising_aggregator<Aggregator>) {
      for (std::size_t p = 0; p < uploads(); ++p) {
        const std::size_t i = pending_.client(p);
        if (members_.joined[i] == no) continue;
        const std::span<const float> own = aggregator_.personal(p);
        MUSTER_EXPECTS(own.size() == global_.size(),
                       "muster: federated::server got a personal model of another size");
        // Its upload has served; the row is handed on.
        std::copy(own.begin(), own.end(), rows_[pending_.row(p)].begin());
        members_.personal[i] = std::exchange(pending_.row(p), detail::no_row);
        with_personal_.push_back(pending_.client(p));
      }
    }
  }
  // Into the same memory: a checkpoint refers to it.
  void replace_model(std::span<const float> model) {
    std::copy(model.begin(), model.end(), global_.begin());
    for (const std::uint32_t i : with_personal_) {
      if (members_.personal[i] != detail::no_row) rows_.release(members_.personal[i]);
    }
    with_personal_.clear();
    ++state_.version;
    state_.fresh = 0;
  }
  void end_round() {
    for (std::size_t p = 0; p < uploads(); ++p) {
      members_.pending[pending_.client(p)] = detail::no_row;
    }
    pending_.clear(rows_);
    state_.fresh = state_.taken = state_.waiting = state_.refused = state_.dropped = 0;
    state_.of_round = {};
    state_.open = 0;
    ++state_.round;
  }

  Aggregator aggregator_;
  Rule rule_;
  config config_;
  std::vector<float> global_, next_;
  detail::row_store rows_;  // of uploads that wait, and of personal models
  detail::member_table members_;
  detail::pending_uploads pending_;
  std::vector<std::uint32_t> with_personal_;  // clients that may have a personal model
  detail::server_state state_;
  instant opened_{};
  // Made anew at the end of each round:
  std::vector<model_update> updates_;
  std::vector<client_id> participants_;
};

}  // namespace muster::inline MUSTER_ABI::federated
