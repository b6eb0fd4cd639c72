// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/concepts/frame_view.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Writes down the changes of one frame, and refuses those that cannot be carried out.
///
/// Idea      several changes are decided on one view of the system. Each must count with what
///           the ones before it have used up, so that a plan never asks for more memory than
///           there is, nor for fewer than no replicas.
/// Rules     a new replica needs memory that is free now: what a removal will free is not
///           counted, because a busy replica keeps it for a while. A removal needs a replica,
///           running, starting or asked for in this plan. Changes of one service on one target
///           are one entry; entries that come to nothing are left out.
/// Cost      O(changes) per change; allocates nothing once warm.
/// Determinism    entries stand in the order of their first change.
class change_ledger {
 public:
  /// Begins an empty plan for this view, which must stay valid while the ledger is asked.
  void open(const frame_view& view) {
    view_ = &view;
    changes_.clear();
    if (memory_.size() != view.targets()) memory_.resize(view.targets());
    std::fill(memory_.begin(), memory_.end(), std::int64_t{0});
  }

  /// Whether one more (`step` = 1) or one fewer (-1) can be carried out after what is planned.
  [[nodiscard]] bool possible(std::size_t target, std::size_t service, int step) const noexcept {
    const replica_change* const c = find(target, service);
    if (step > 0) {
      const auto& row = view_->table->rows[target];
      const bool takes_back = c != nullptr && c->delta < 0;  // its memory was never given up
      return takes_back || row.memory_used + memory_[target] + replica() <= row.memory_total;
    }
    return static_cast<std::int64_t>(view_->replicas(target, service)) + (c ? c->delta : 0) > 0;
  }

  /// Plans one more or one fewer; false, and nothing planned, where that is not possible.
  bool add(std::size_t target, std::size_t service, int step) {
    MUSTER_EXPECTS(view_ != nullptr && (step == 1 || step == -1),
                   "muster: kmps::change_ledger::add takes steps of 1 or -1 after open(view)");
    if (!possible(target, service, step)) return false;
    // A removal that takes back an addition of this plan gives its memory back as well.
    replica_change* c = const_cast<replica_change*>(find(target, service));
    if (step > 0 && (c == nullptr || c->delta >= 0)) memory_[target] += replica();
    if (step < 0 && c != nullptr && c->delta > 0) memory_[target] -= replica();
    if (c == nullptr) {
      changes_.push_back({static_cast<std::uint32_t>(target),
                          static_cast<service_id>(static_cast<std::uint32_t>(service)), 0});
      c = &changes_.back();
    }
    c->delta += step;
    return true;
  }

  /// The plan so far; valid until the next call that is not const.
  [[nodiscard]] std::span<const replica_change> close() {
    std::erase_if(changes_, [](const replica_change& c) { return c.delta == 0; });
    return changes_;
  }

 private:
  [[nodiscard]] std::int64_t replica() const noexcept {
    return static_cast<std::int64_t>(view_->replica_memory * 1e3 + 0.5);
  }
  [[nodiscard]] const replica_change* find(std::size_t target, std::size_t service) const noexcept {
    for (const replica_change& c : changes_) {
      if (c.target == target && index_of(c.service) == service) return &c;
    }
    return nullptr;
  }

  const frame_view* view_ = nullptr;
  std::vector<replica_change> changes_;
  std::vector<std::int64_t> memory_;  // taken by this plan, 1/1000 GB
};

}  // namespace muster::inline MUSTER_ABI::kmps
