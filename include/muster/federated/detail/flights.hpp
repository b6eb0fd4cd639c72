// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <muster/concepts/client_executor.hpp>
#include <muster/core/time.hpp>
#include <muster/federated/detail/columns.hpp>
#include <muster/federated/detail/row_store.hpp>
#include <muster/federated/messages.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// The trainings that are under way in simulated time: from what they started, and when each
/// arrives. One row per client that ever was; the numbers only of those under way.
class flights {
 public:
  explicit flights(std::size_t width) noexcept : rows_{width} {}

  /// Makes room for that client.
  void add(std::size_t i) {
    if (i >= table_.row.size()) resize(table_, i + 1);
  }
  [[nodiscard]] std::size_t clients() const noexcept { return table_.row.size(); }
  [[nodiscard]] std::size_t under_way() const noexcept { return arrivals_.size(); }
  [[nodiscard]] bool is_under_way(std::size_t i) const noexcept { return table_.row[i] != no_row; }
  /// How often it has started.
  [[nodiscard]] std::uint64_t turns(std::size_t i) const noexcept { return table_.turns[i]; }

  void start(std::uint32_t i, const download& d, instant arrival, std::uint64_t tie) {
    table_.row[i] = rows_.take();
    std::copy(d.model.begin(), d.model.end(), rows_[table_.row[i]].begin());
    table_.version[i] = d.info.version;
    table_.kind[i] = static_cast<std::uint8_t>(d.info.kind);
    table_.computed[i] = 0;
    table_.arrival[i] = arrival.us;
    table_.tie[i] = tie;
    ++table_.turns[i];
    untrained_.push_back(i);
    arrivals_.push_back(i);
    std::push_heap(arrivals_.begin(), arrivals_.end(), later{table_});
  }
  /// It never arrives.
  void cancel(std::uint32_t i) {
    if (!is_under_way(i)) return;
    rows_.release(table_.row[i]);
    std::erase(untrained_, i);
    std::erase(arrivals_, i);
    std::make_heap(arrivals_.begin(), arrivals_.end(), later{table_});
  }

  [[nodiscard]] instant next_arrival() const noexcept {
    return arrivals_.empty() ? never : instant{table_.arrival[arrivals_.front()]};
  }
  /// Trains all who have not been, if the one that arrives next is among them.
  template <client_executor Executor>
  result<void> train_next(Executor& executor) {
    if (table_.computed[arrivals_.front()] != 0) return {};
    jobs_.clear();
    for (const std::uint32_t i : untrained_) {
      jobs_.push_back({.client = client_id{i},
                       .info = {table_.version[i], download_kind{table_.kind[i]}},
                       .numbers = rows_[table_.row[i]]});
    }
    if (auto done = executor.run(jobs_); !done) return done;
    for (const training_job& job : jobs_) {
      const std::size_t i = index_of(job.client);
      table_.weight[i] = job.report.weight;
      table_.steps[i] = job.report.steps;
      table_.score[i] = job.report.score;
      table_.bytes[i] = job.upload_bytes;
      table_.computed[i] = 1;
    }
    untrained_.clear();
    return {};
  }
  /// What the one sends that arrives next, and was trained.
  [[nodiscard]] upload next() {
    const std::uint32_t i = arrivals_.front();
    return {.client = client_id{i},
            .version = table_.version[i],
            .report = {table_.weight[i], table_.steps[i], table_.score[i]},
            .values = rows_[table_.row[i]],
            .bytes = table_.bytes[i]};
  }
  /// It has arrived.
  void pop() {
    const std::uint32_t i = arrivals_.front();
    std::pop_heap(arrivals_.begin(), arrivals_.end(), later{table_});
    arrivals_.pop_back();
    rows_.release(table_.row[i]);
  }

  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix) {
    const std::string p{prefix};
    add_columns(c, p, table_);
    rows_.add_to(c, p + "rows.");
    c.add(p + "arrivals", arrivals_);
    c.add(p + "untrained", untrained_);
  }

 private:
  struct table {
    std::vector<std::uint64_t> turns;    // how often it has started
    std::vector<std::uint32_t> row;      // its model, then its upload; no_row = not under way
    std::vector<std::int64_t> arrival;   // microseconds
    std::vector<std::uint64_t> tie;      // order among those that arrive at the same time
    std::vector<std::uint64_t> version;  // of its download
    std::vector<std::uint8_t> kind;      // of its download
    std::vector<std::uint8_t> computed;  // whether it was trained, and what follows is there
    std::vector<double> weight, score;
    std::vector<std::uint64_t> steps, bytes;

    void each(auto&& f) {
      f("turns", turns, std::uint64_t{0});
      f("row", row, no_row);
      f("arrival", arrival, std::int64_t{0});
      f("tie", tie, std::uint64_t{0});
      f("version", version, std::uint64_t{0});
      f("kind", kind, std::uint8_t{0});
      f("computed", computed, std::uint8_t{0});
      f("weight", weight, 0.0);
      f("score", score, 0.0);
      f("steps", steps, std::uint64_t{0});
      f("bytes", bytes, std::uint64_t{0});
    }
  };

  /// The order of a heap with the first arrival on top.
  struct later {
    const table& t;
    [[nodiscard]] auto key(std::uint32_t i) const { return std::tuple{t.arrival[i], t.tie[i], i}; }
    bool operator()(std::uint32_t a, std::uint32_t b) const { return key(a) > key(b); }
  };

  table table_;
  row_store rows_;
  std::vector<std::uint32_t> arrivals_;   // those under way, a heap: the first to arrive on top
  std::vector<std::uint32_t> untrained_;  // those of them that have not been trained yet
  std::vector<training_job> jobs_;        // scratch
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
