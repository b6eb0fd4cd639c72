// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/concepts/cluster_rpc.hpp>
#include <muster/concepts/dispatch_view.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// When a cluster counts as able to take a request.
enum class sufficiency : std::uint8_t {
  valid,    ///< the mask allows one of its nodes
  on_time,  ///< and there the answer is expected by the deadline
  idle,     ///< and there a replica of the service is idle
};

}  // namespace muster::inline MUSTER_ABI::kmps

namespace muster::inline MUSTER_ABI::kmps::detail {

/// What access points have sent in the present slot, which only the receivers know.
///
/// A view has the requests of its own access point on its books. Those of the access points that
/// decided before it in the same slot are added here; when the slot is over, every view has them.
class slot_traffic {
 public:
  sufficiency accept = sufficiency::on_time;  ///< when a neighbour says yes

  void settle_in(const dispatch_view& view) {
    others_.assign(view.table->cells.size(), {});
    turns_.assign(view.cloud() / view.own * view.table->services, 0);
    seen_.clear();
    own_.clear();
    slot_ = never;
  }
  [[nodiscard]] bool fits(const dispatch_view& view) const noexcept {
    return others_.size() == view.table->cells.size();
  }
  void look(const dispatch_view& view) {
    if (view.now != slot_) {
      for (const sent& s : seen_) others_[s.cell] = {};
      seen_.clear();
      own_.clear();
    } else if (view.access_point != speaker_) {
      for (const sent& s : own_) {
        others_[s.cell].count += 1;
        others_[s.cell].work += s.work;
        seen_.push_back(s);
      }
      own_.clear();
    }
    slot_ = view.now;
    speaker_ = view.access_point;
    view_ = &view;
  }
  void placed(const dispatch_view& view, std::size_t k) {
    own_.push_back({cell_of(view, view.row_of(k)), view.request.work.us});
  }
  [[nodiscard]] const dispatch_view& view() const noexcept { return *view_; }
  [[nodiscard]] std::uint32_t speaker() const noexcept { return speaker_; }
  /// The node whose turn it is in a cluster, for the service of the view's request.
  [[nodiscard]] std::uint32_t& turn(std::uint32_t cluster) noexcept {
    return turns_[cluster * view_->table->services + index_of(view_->request.service)];
  }

  struct extra {
    std::uint32_t count = 0;
    std::int64_t work = 0;  ///< us at speed 1
  };
  [[nodiscard]] const extra& others(std::size_t cell) const noexcept { return others_[cell]; }

  /// Whether target k could take the request of the view if it reached it at `arrival`, given
  /// all that was sent there before.
  [[nodiscard]] bool can_take(std::size_t k, instant arrival) const noexcept {
    const dispatch_view& view = *view_;
    if (!view.valid(k)) return false;
    if (accept == sufficiency::valid) return true;
    const target_state s = view[k];
    if (s.replicas == 0) return false;
    const extra& e = others_[cell_of(view, view.row_of(k))];
    instant start = arrival;
    if (s.replicas <= s.busy + s.waiting + e.count) {
      if (accept == sufficiency::idle) return false;
      // The backlog is worked off from the start of the slot on, by all replicas.
      const std::int64_t ahead = s.backlog.us + dispatch_view::at_speed(e.work, s.speed);
      const instant free = view.now + duration{ahead / static_cast<std::int64_t>(s.replicas)};
      if (start < free) start = free;
    }
    const std::int64_t run = dispatch_view::at_speed(view.request.work.us, s.speed);
    return start + duration{run} + s.latency <= view.request.deadline;
  }
  [[nodiscard]] static std::size_t cell_of(const dispatch_view& view, std::size_t row) noexcept {
    return row * view.table->services + index_of(view.request.service);
  }

 private:
  struct sent {
    std::size_t cell = 0;
    std::int64_t work = 0;
  };

  std::vector<extra> others_;         // by target and service: from access points before
  std::vector<sent> seen_, own_;      // in this slot: what others_ holds; from the speaker
  std::vector<std::uint32_t> turns_;  // by cluster and service
  const dispatch_view* view_ = nullptr;
  instant slot_ = never;
  std::uint32_t speaker_ = 0;
};

/// A cluster that is asked whether it takes a request.
class neighbour_host {
 public:
  slot_traffic* all = nullptr;
  std::uint32_t number = 0;

  [[nodiscard]] cluster_capacity capacity(service_id service, instant) const noexcept {
    const dispatch_view& view = all->view();
    cluster_capacity c;
    std::int64_t ahead = 0;
    for (std::size_t n = 0; n < view.own; ++n) {
      const std::size_t row = number * std::size_t{view.own} + n;
      const std::size_t at = row * view.table->services + index_of(service);
      const auto& cell = view.table->cells[at];
      const slot_traffic::extra& e = all->others(at);
      const std::uint32_t taken = cell.busy + cell.waiting + e.count;
      c.replicas += cell.replicas;
      if (cell.replicas > taken) c.idle += cell.replicas - taken;
      ahead += dispatch_view::at_speed(cell.work_waiting + e.work, view.table->rows[row].speed) +
               cell.finish_sum - static_cast<std::int64_t>(cell.busy) * view.now.us;
    }
    if (c.idle == 0) {
      c.wait = c.replicas == 0 ? never - instant{} : duration{ahead / c.replicas};
    }
    return c;
  }
  [[nodiscard]] cluster_load load(instant) const noexcept {
    const dispatch_view& view = all->view();
    cluster_load l;
    double cpu = 0.0, cpu_all = 0.0, memory = 0.0, memory_all = 0.0;
    for (std::size_t n = 0; n < view.own; ++n) {
      const auto& row = view.table->rows[number * std::size_t{view.own} + n];
      l.waiting += row.queue_length;
      l.running += row.running;
      cpu += static_cast<double>(row.cpu_used);
      cpu_all += static_cast<double>(row.cpu_total);
      memory += static_cast<double>(row.memory_used);
      memory_all += static_cast<double>(row.memory_total);
    }
    l.cpu_use = cpu_all > 0.0 ? cpu / cpu_all : 0.0;
    l.memory_use = memory_all > 0.0 ? memory / memory_all : 0.0;
    return l;
  }
  [[nodiscard]] offer_reply offer(const offered_job& offered, instant now) noexcept {
    if (last_.accepted() && last_key_ == offered.key()) return last_;
    const dispatch_view& view = all->view();
    std::uint32_t& turn = all->turn(number);
    bool deployed = false;
    for (std::uint32_t i = 0; i < view.own; ++i) {
      const std::uint32_t node = (turn + i) % view.own;
      const std::size_t row = number * std::size_t{view.own} + node;
      deployed = deployed || view.table->cells[slot_traffic::cell_of(view, row)].replicas > 0;
      if (!all->can_take(view.index_of_row(row), now)) continue;
      turn = (node + 1) % view.own;
      last_key_ = offered.key();
      return last_ = {offer_verdict::accepted, node, never};
    }
    last_ = {deployed ? offer_verdict::full : offer_verdict::no_service, 0, never};
    return last_;
  }
  /// The environment itself says what becomes of requests.
  [[nodiscard]] request_outcome outcome(request_key, instant) const noexcept {
    return request_outcome::unknown;
  }

 private:
  request_key last_key_{};
  offer_reply last_{};
};

static_assert(cluster_host<neighbour_host>);

}  // namespace muster::inline MUSTER_ABI::kmps::detail
