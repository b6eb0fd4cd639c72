// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/kmps/orchestration/embedding.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// Fills a `round_batch` frame by frame and owns the memory behind it.
class round_rows {
 public:
  void begin(std::size_t nodes, std::size_t rounds, std::size_t picks, std::size_t choices) {
    nodes_ = nodes, rounds_ = rounds, picks_ = picks, choices_ = choices;
    frames_ = 0;
    frame_.clear(), round_frame_.clear(), picked_row_.clear(), action_.clear();
    picked_.resize(picks);
    left_.resize(picks - 1);
    for (auto& p : picked_) p.clear();
    for (auto& l : left_) l.clear();
  }

  /// `choice(node, action)` is a pick's position among what a round draws from.
  template <class Choice>
  void add(std::span<const std::uint32_t> nodes, std::span<const std::uint32_t> actions,
           const Choice& choice) {
    const auto frame = static_cast<std::uint32_t>(frames_);
    frame_.insert(frame_.end(), nodes_, frame);
    round_frame_.insert(round_frame_.end(), rounds_, frame);
    for (std::size_t r = 0; r < rounds_; ++r) {
      for (std::size_t h = 0; h < picks_; ++h) {
        const std::uint32_t node = nodes[r * picks_ + h];
        const std::uint32_t action = actions[r * picks_ + h];
        picked_[h].push_back(choice(node, action));
        picked_row_.push_back(static_cast<std::uint32_t>(frames_ * nodes_) + node);
        action_.push_back(action);
        if (h + 1 == picks_) continue;
        auto& mask = left_[h];
        const std::size_t row = mask.size();
        mask.insert(mask.end(), choices_, std::uint8_t{1});
        for (std::size_t i = 0; i <= h; ++i) mask[row + picked_[i].back()] = 0;
      }
    }
    ++frames_;
  }

  [[nodiscard]] round_batch view(autodiff::index_view access_point) {
    picked_views_.clear(), left_views_.clear();
    for (const auto& p : picked_) picked_views_.emplace_back(of(p));
    for (const auto& l : left_) {
      left_views_.push_back({l.data(), {frames_ * rounds_, choices_}});
    }
    return {frames_,          nodes_,        rounds_,     picks_,          access_point, of(frame_),
            of(round_frame_), picked_views_, left_views_, of(picked_row_), of(action_)};
  }

 private:
  static autodiff::index_view of(const std::vector<std::uint32_t>& v) noexcept {
    return autodiff::index_view{std::span<const std::uint32_t>{v}};
  }

  std::size_t nodes_ = 0, rounds_ = 0, picks_ = 0, choices_ = 0, frames_ = 0;
  std::vector<std::uint32_t> frame_, round_frame_, picked_row_, action_;
  std::vector<std::vector<std::uint32_t>> picked_;
  std::vector<std::vector<std::uint8_t>> left_;
  std::vector<autodiff::index_view> picked_views_;
  std::vector<autodiff::mask_view> left_views_;
};

}  // namespace muster::inline MUSTER_ABI::kmps::detail
