// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include <muster/concepts/cluster_rpc.hpp>

namespace grpc_node {

/// The replicas of one cluster: requests wait in order of arrival and take their work as real time.
class executor {
 public:
  explicit executor(std::size_t replicas) : replicas_{replicas} {}

  /// When a request that came now would be done.
  [[nodiscard]] muster::instant expected(const muster::job& j, muster::instant now) const {
    std::int64_t ahead = 0;
    for (const task& t : waiting_) ahead += t.request.work.us;
    for (const task& t : running_) ahead += (std::max)(t.finish.us - now.us, std::int64_t{0});
    if (running_.size() < replicas_ && waiting_.empty()) ahead = 0;
    return now + muster::microseconds(ahead / static_cast<std::int64_t>(replicas_)) + j.work;
  }
  void add(muster::request_key key, const muster::job& j) { waiting_.push_back({key, j, {}}); }

  /// Runs time on to `now`: `ended(key, outcome)` for each request that is done or came too late.
  template <class Ended>
  void advance(muster::instant now, Ended&& ended) {
    for (std::size_t i = running_.size(); i-- > 0;) {
      if (running_[i].finish > now) continue;
      const task t = running_[i];
      running_[i] = running_.back();
      running_.pop_back();
      ended(t.key, t.finish <= t.request.deadline ? muster::request_outcome::done
                                                  : muster::request_outcome::missed);
    }
    while (running_.size() < replicas_ && !waiting_.empty()) {
      task t = waiting_.front();
      waiting_.pop_front();
      t.finish = now + t.request.work;
      if (t.finish > t.request.deadline) {
        ended(t.key, muster::request_outcome::missed);
      } else {
        running_.push_back(t);
      }
    }
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::size_t running() const { return running_.size(); }
  [[nodiscard]] std::size_t replicas() const { return replicas_; }

 private:
  struct task {
    muster::request_key key{};
    muster::job request{};
    muster::instant finish{};
  };
  std::size_t replicas_;
  std::deque<task> waiting_;
  std::vector<task> running_;
};

}  // namespace grpc_node
