// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/concepts/dispatch_environment.hpp>
#include <muster/concepts/orchestrator.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// What an orchestrator's update returns, if it learns and returns something.
template <class O>
struct update_result {
  using type = std::optional<bool>;
};
template <learning_orchestrator O>
requires(!std::is_void_v<
         decltype(std::declval<O&>().update(std::declval<rng&>()))>) struct update_result<O> {
  using type = std::optional<decltype(std::declval<O&>().update(std::declval<rng&>()))>;
};

/// Runs environments up to their next dispatch decision; frames in between go to orchestrators.
///
/// One that learns serves all environments, each as a lane of its own. One that does not may
/// still remember things, so every environment gets its own.
/// Streams are forked by round and lane, apart from those of dispatching: a training with another
/// orchestrator draws the same numbers for everything else.
template <orchestrator O>
class orchestra {
 public:
  static constexpr bool learns = learning_orchestrator<O>;

  /// `make()` gives orchestrators for environments of their own.
  template <class Make>
  orchestra(O& shared, std::size_t lanes, const rng& streams, Make&& make)
      : shared_{shared}, streams_{streams}, random_(lanes) {
    if constexpr (learns) {
      shared_.prepare(lanes);
    } else {
      own_.reserve(lanes);
      for (std::size_t i = 0; i < lanes; ++i) own_.push_back(make());
    }
  }

  void begin(std::uint64_t round) {
    changes_ = 0;
    round_ = streams_.fork(round);
    for (std::size_t i = 0; i < random_.size(); ++i) random_[i] = round_.fork(i);
    if constexpr (resettable_orchestrator<O>) {
      for (O& o : own_) o.reset();
    }
  }
  /// Whether there is one more decision in this lane's environment.
  template <class Env>
  bool next(std::size_t lane, Env& e, dispatch_view& view) {
    if constexpr (orchestration_environment<Env>) {
      for (;;) {
        switch (e.next(view)) {
          case decision_kind::dispatch:
            return true;
          case decision_kind::orchestrate:
            carry_out(lane, e);
            break;
          case decision_kind::over:
            if constexpr (learns) shared_.finish(lane, e.frame());
            return false;
        }
      }
    } else {
      return e.next_decision(view);
    }
  }
  /// Learns from the round, if it learns.
  void end(typename update_result<O>::type& told) {
    if constexpr (learns) {
      rng stream = round_.fork(random_.size());
      if constexpr (std::is_void_v<decltype(shared_.update(stream))>) {
        shared_.update(stream);
        told = true;
      } else {
        told = shared_.update(stream);
      }
    }
  }
  /// Changes that were asked for and not refused since `begin`.
  [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }

 private:
  template <class Env>
  void carry_out(std::size_t lane, Env& e) {
    std::span<const replica_change> plan;
    if constexpr (learns) {
      plan = shared_.explore(lane, e.frame(), random_[lane]);
    } else {
      plan = own_[lane].plan(e.frame(), random_[lane]);
    }
    for (const replica_change& change : plan) {
      if constexpr (requires { decltype(e.scale(change))::refused; }) {
        if (e.scale(change) != decltype(e.scale(change))::refused) ++changes_;
      } else {
        e.scale(change);
        ++changes_;
      }
    }
  }

  O& shared_;
  rng streams_, round_;
  std::vector<rng> random_;
  std::vector<O> own_;
  std::uint64_t changes_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::kmps::detail
