// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/queue/detail/pick_first.hpp>

namespace muster::inline MUSTER_ABI::queue {

/// Serves the job that earns most per time, where what comes later is worth less.
///
/// Idea      a learner that discounts its rewards by gamma per slot would order its queue by the
///           same measure: a job is worth more the nearer its deadline, and of equal jobs the
///           shorter one is served first, because all others wait for it.
/// Source    KMPS IV-C.5 says of KaiS that it has "a discount-based dequeuing strategy" and no
///           more; neither KaiS publication nor its program has a formula of that name. This is
///           the rule that is optimal for discounted rewards on one server, found by M. Rothkopf:
///           Scheduling independent tasks on parallel processors, 1966 (weighted discounted
///           shortest processing time), with the discounted deadline as the weight.
/// Equation  pick = argmax_i  r_i e^{-rho w_i} / (1 - e^{-rho w_i}),   r_i = e^{-rho (d_i - t)}
/// Symbols   rho = -ln(gamma) / step, d_i = job::deadline, w_i = job::work, t = now
/// Without   `by_work` the factor of the work is left out: what is left is the order of deadlines,
///           which is what KaiS's published program does in every queue.
/// Cost      O(n) per pick, two logarithms per comparison of a sort; no allocation. t is a factor
///           of all, so the order is fixed and a heap may keep it.
/// Determinism  equal worth goes to the earlier deadline, then the smaller id. Logarithms are the
///           C library's.
class discount {
 public:
  struct config {
    double gamma = 0.9;                 ///< what a step takes off a reward, as in KaiS; (0, 1)
    duration step = milliseconds(500);  ///< KaiS's slot; > 0
    bool by_work = true;                ///< see above
  };

  discount() : discount(config{}) {}
  explicit discount(config c) noexcept
      : rate_{-std::log(c.gamma) / static_cast<double>(c.step.us)}, by_work_{c.by_work} {
    MUSTER_EXPECTS(c.gamma > 0.0 && c.gamma < 1.0 && c.step.us > 0,
                   "muster: queue::discount needs gamma in (0, 1) and step > 0; KaiS has 0.9 and "
                   "500 ms");
  }

  /// Logarithm of a job's worth, but for the common factor of t; infinite for one without work.
  [[nodiscard]] double worth(const job& j) const noexcept {
    const double urgency = -rate_ * static_cast<double>(j.deadline.us);
    if (!by_work_) return urgency;
    const double work = rate_ * static_cast<double>(j.work.us);
    if (work <= 0.0) return std::numeric_limits<double>::infinity();
    return urgency - work - std::log(-std::expm1(-work));
  }
  [[nodiscard]] bool before(const job& a, const job& b) const noexcept { return key(a) < key(b); }
  [[nodiscard]] std::size_t pick(std::span<const job> waiting, instant) const noexcept {
    return detail::pick_least(waiting, [this](const job& j) { return key(j); });
  }

 private:
  [[nodiscard]] detail::estimate_key key(const job& j) const noexcept {
    return {-worth(j), j.deadline.us, j.id};
  }

  double rate_;  // rho, per microsecond
  bool by_work_;
};

static_assert(ordered_dequeue_strategy<discount>);

}  // namespace muster::inline MUSTER_ABI::queue
