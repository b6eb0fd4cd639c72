// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <muster/concepts/placement_reward.hpp>

namespace muster::inline MUSTER_ABI::env {

/// What mistakes cost, whatever the goal.
///
/// Source    X. Yong, L. Yan, Z. Li: Heterogeneity-aware Task Scheduling based on Personalized
///           Federated Reinforcement Learning (PFRL-DM), 2025, section 4.2, equation 9; the sum
///           there starts at a resource 0, of which there is none.
/// Equation  denied = -exp(sum_i w_i util_i), in [-e, -1]; the sum is the argument.
/// Chosen    the constant for waiting although there is room, which the paper only calls larger,
///           and 0 for waiting when there is none.
struct scheduling_mistakes {
  double lazy = -5.0;   ///< for a wait although a machine had room; below -e
  double forced = 0.0;  ///< for a wait when none had

  [[nodiscard]] double denied(double utilisation) const noexcept { return -std::exp(utilisation); }
  [[nodiscard]] double waited(bool had_room) const noexcept { return had_room ? lazy : forced; }
};

/// Equation 8 as its text means it: 1 unless the balance gets worse, then minus the worsening.
struct balance_change_negative {
  [[nodiscard]] static constexpr double worth(double change) noexcept {
    return change <= rounding ? 1.0 : -change;
  }
  /// A change that is 0 on paper may come out as this much, because shares are rounded.
  static constexpr double rounding = 1e-6;
};

/// Equation 8 as printed: the worsening itself, so among bad placements the worst earns most.
struct balance_change_literal {
  [[nodiscard]] static constexpr double worth(double change) noexcept {
    return change <= balance_change_negative::rounding ? 1.0 : change;
  }
};

/// Short response and even load: the reward of PFRL-DM.
///
/// Equation  R = rho R_res + (1 - rho) R_load                                    (6)
///           R_res = exp(run / response), response = run + wait, in (1, e]    (7, 3)
///           R_load = Change::worth(balance after - balance before)              (8)
/// Symbols   rho = config::rho; balance = equation 4
/// Chosen    rho, which the paper does not give.
template <class Change = balance_change_negative>
class response_balance_reward : public scheduling_mistakes {
 public:
  struct config {
    double rho = 0.5;  ///< weight of the response time against balance; 0..1
    scheduling_mistakes mistakes{};
  };

  response_balance_reward() noexcept = default;
  explicit response_balance_reward(const config& c) noexcept
      : scheduling_mistakes{c.mistakes}, rho_{c.rho} {}

  [[nodiscard]] double placed(const task_placement& p) const noexcept {
    return rho_ * response(p) + (1.0 - rho_) * Change::worth(p.balance_after - p.balance_before);
  }

 private:
  [[nodiscard]] static double response(const task_placement& p) noexcept {
    if (p.wait == 0) return 2.718281828459045;  // as exp(1) would, for the most frequent case
    return std::exp(static_cast<double>(p.run) / static_cast<double>(p.run + p.wait));
  }

  double rho_ = 0.5;
};

/// An early end of everything: minus the part of the run time by which a placement moves the
/// end of the schedule, in [-1, 0]. Not in the paper, which names the goal only.
struct makespan_reward : scheduling_mistakes {
  [[nodiscard]] double placed(const task_placement& p) const noexcept {
    return -static_cast<double>(p.makespan_after - p.makespan_before) / static_cast<double>(p.run);
  }
};

static_assert(placement_reward<response_balance_reward<>>);
static_assert(placement_reward<response_balance_reward<balance_change_literal>>);
static_assert(placement_reward<makespan_reward>);

}  // namespace muster::inline MUSTER_ABI::env
