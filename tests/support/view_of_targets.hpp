// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <muster/concepts/dispatch_view.hpp>
#include <muster/env/mask.hpp>

namespace support {

/// A dispatch_view made by hand: one cluster of own nodes, the rest neighbours, the cloud last.
struct hand_made {
  std::vector<muster::target_table::row> rows;
  std::vector<muster::target_table::cell> cells;
  muster::target_table table;
  muster::dispatch_view view;

  /// Every target: 4 cores, 16 GB, `replicas` of one service, nothing running.
  hand_made(std::uint32_t own, std::uint32_t neighbours, std::uint32_t replicas = 1) {
    rows.resize(own + neighbours + 1);
    cells.resize(rows.size());
    for (auto& r : rows) {
      r.cpu_total = 4000;
      r.memory_total = 16000;
    }
    for (auto& c : cells) c.replicas = replicas;
    table = {rows, cells, 1};
    view.table = &table;
    view.own = own;
    view.lan = muster::milliseconds(5);
    view.cross = muster::milliseconds(25);
    view.wan = muster::milliseconds(100);
    view.is_valid = [](const muster::dispatch_view& v, std::size_t k) noexcept {
      return muster::env::resource_mask::allows(v, k);
    };
    view.request.work = muster::milliseconds(50);
    view.request.deadline = muster::instant{} + muster::seconds(10);
    view.request.cpu = 0.5F;
    view.request.memory = 0.1F;
  }
  /// `n` requests of 50 ms wait at target k.
  void queue(std::size_t k, std::uint32_t n) {
    cells[k].waiting += n;
    cells[k].work_waiting += n * std::int64_t{50'000};
    rows[k].queue_length += n;
  }
};

}  // namespace support
