// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/detail/columns.hpp>
#include <muster/federated/detail/row_store.hpp>
#include <muster/federated/messages.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// Uploads that wait for the end of a round, in the order in which their clients first sent one.
class pending_uploads {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return table_.client.size(); }
  [[nodiscard]] std::uint32_t client(std::size_t place) const noexcept {
    return table_.client[place];
  }
  [[nodiscard]] std::uint64_t version(std::size_t place) const noexcept {
    return table_.version[place];
  }
  /// The row that holds its numbers; may be taken away by setting it to no_row.
  [[nodiscard]] std::uint32_t& row(std::size_t place) noexcept { return table_.row[place]; }

  /// A new place at the end.
  [[nodiscard]] std::uint32_t add(std::uint32_t client, row_store& rows) {
    const auto place = static_cast<std::uint32_t>(size());
    resize(table_, place + 1U);
    table_.client[place] = client;
    table_.row[place] = rows.take();
    return place;
  }
  void write(std::size_t place, const upload& u, double weight, row_store& rows) {
    std::copy(u.values.begin(), u.values.end(), rows[table_.row[place]].begin());
    table_.version[place] = u.version;
    table_.weight[place] = weight;
    table_.steps[place] = u.report.steps;
    table_.score[place] = u.report.score;
  }
  void clear(row_store& rows) {
    for (std::uint32_t& row : table_.row) {
      if (row != no_row) rows.release(row);
    }
    resize(table_, 0);
  }

  /// All of them as an aggregator wants them, and what a summary says of them.
  void list(std::uint64_t version, row_store& rows, std::vector<model_update>& updates,
            std::vector<client_id>& participants, round_summary& s) const {
    updates.clear();
    participants.clear();
    double ages = 0.0, scores = 0.0, scored = 0.0;
    for (std::size_t p = 0; p < size(); ++p) {
      const client_id client{table_.client[p]};
      const std::uint64_t age = version - table_.version[p];
      participants.push_back(client);
      updates.push_back({client, table_.weight[p], age, rows[table_.row[p]]});
      s.late += age > 0 ? 1U : 0U;
      s.max_staleness = (std::max)(s.max_staleness, age);
      s.weight += table_.weight[p];
      s.steps += table_.steps[p];
      ages += static_cast<double>(age);
      if (std::isfinite(table_.score[p])) scores += table_.score[p], scored += 1.0;
    }
    s.participants = size();
    s.mean_staleness = size() > 0 ? ages / static_cast<double>(size()) : 0.0;
    s.mean_score = scored > 0.0 ? scores / scored : std::numeric_limits<double>::quiet_NaN();
  }

  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix) {
    add_columns(c, prefix, table_);
  }

 private:
  struct table {
    std::vector<std::uint32_t> client, row;
    std::vector<std::uint64_t> version, steps;
    std::vector<double> weight, score;

    void each(auto&& f) {
      f("client", client, std::uint32_t{0});
      f("row", row, no_row);
      f("version", version, std::uint64_t{0});
      f("steps", steps, std::uint64_t{0});
      f("weight", weight, 0.0);
      f("score", score, 0.0);
    }
  };
  table table_;
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
