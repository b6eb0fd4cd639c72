// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/env/cloud_vm_config.hpp>
#include <muster/env/cloud_vm_record.hpp>
#include <muster/env/detail/cloud_workload.hpp>

namespace muster::inline MUSTER_ABI::env::detail {

/// The machines of `cloud_vm`: what is free, which vCPU is how far with its task, and the
/// integrals over time behind the metrics.
///
/// Idea    vCPUs of all machines are numbered through. A task is known by the number of its first
///         one, so that what is kept per running task needs no allocation. Progress is not kept:
///         start and 1 / run are, for each vCPU, and an observation is one pass over both.
/// Exact   amounts and times are whole numbers. The use of a machine over time is booked in full
///         when a task starts; what lies in the future is taken off when somebody asks.
/// Balance free shares are kept as whole multiples of 2^-k, k = 31 - bits of the number of
///         machines (28 for seven), so that the sums in the variance are exact, whatever the
///         order of changes, and a change costs the same for any number of machines.
class cloud_machines {
 public:
  explicit cloud_machines(const cloud_vm_config& c) : weights_{c.weights} {
    std::uint32_t first = 0, most = 0;
    for (const vm_spec& m : c.machines) {
      for (std::uint32_t i = 0; i < m.count; ++i) {
        total_.push_back({static_cast<std::int32_t>(m.cpu), thousandths(m.memory)});
        first_.push_back(first);
        first += m.cpu;
      }
      most = (std::max)(most, m.cpu);
    }
    frame_ = {static_cast<float>(shown_cpu(c)), static_cast<float>(thousandths(shown_memory(c)))};
    words_ = (most + 63) / 64;
    idle_.resize(total_.size() * words_);
    free_.resize(total_.size());
    share_.resize(2 * total_.size());
    share_bits_ = 31 - static_cast<int>(std::bit_width(total_.size()));
    for (std::size_t r = 0; r < 2; ++r) {
      scale_[r] = std::ldexp(weights_[r] / static_cast<double>(total_.size()), -share_bits_);
    }
    booked_.resize(2 * total_.size());
    started_.resize(first);
    pace_.resize(first);
    stretches_.resize(first);
    holders_.resize(first);
    ends_.reserve(first);
    clear();
  }

  /// Everything idle, at slot 0.
  void clear() noexcept {
    for (std::size_t v = 0; v < total_.size(); ++v) {
      for (std::size_t w = 0; w < words_; ++w) {
        const std::int64_t here = total_[v].cpu - static_cast<std::int64_t>(64 * w);
        idle_[v * words_ + w] = here >= 64 ? ~std::uint64_t{0}
                                : here > 0 ? (std::uint64_t{1} << here) - 1
                                           : 0;
      }
    }
    free_ = total_;
    const auto n = static_cast<std::int64_t>(total_.size());
    const std::int64_t all = std::int64_t{1} << share_bits_;
    std::fill(share_.begin(), share_.end(), all);
    sum_ = {n * all, n * all};
    squares_ = {n * all * all, n * all * all};
    std::fill(booked_.begin(), booked_.end(), 0);
    std::fill(started_.begin(), started_.end(), 0);
    std::fill(pace_.begin(), pace_.end(), 0.0F);
    ends_.clear();
    clock_ = last_end_ = 0;
    balance_ = balance_integral_ = 0.0;
    done_ = 0;
  }

  [[nodiscard]] std::size_t size() const noexcept { return total_.size(); }
  [[nodiscard]] std::size_t vcpus() const noexcept { return started_.size(); }
  [[nodiscard]] std::uint32_t cpu(std::size_t v) const noexcept { return count(total_[v].cpu); }
  [[nodiscard]] std::uint32_t free_cpu(std::size_t v) const noexcept { return count(free_[v].cpu); }
  [[nodiscard]] std::int32_t memory(std::size_t v) const noexcept { return total_[v].memory; }
  [[nodiscard]] std::int32_t free_memory(std::size_t v) const noexcept { return free_[v].memory; }
  [[nodiscard]] std::int64_t last_end() const noexcept { return last_end_; }
  [[nodiscard]] std::uint64_t done() const noexcept { return done_; }
  [[nodiscard]] std::size_t running() const noexcept { return ends_.size(); }
  /// When the next task ends; not while nothing runs.
  [[nodiscard]] std::int64_t next_end() const noexcept { return end_of(ends_.front()); }

  [[nodiscard]] bool fits(std::size_t v, const cloud_task& t) const noexcept {
    return free_[v].cpu >= static_cast<std::int32_t>(t.cpu) && free_[v].memory >= t.memory;
  }
  [[nodiscard]] bool fits_anywhere(const cloud_task& t) const noexcept {
    for (std::size_t v = 0; v < free_.size(); ++v) {
      if (fits(v, t)) return true;
    }
    return false;
  }
  /// Sum of w_i util_i of one machine: the exponent of equation 9.
  [[nodiscard]] double utilisation(std::size_t v) const noexcept {
    return weights_[0] * (total_[v].cpu - free_[v].cpu) / total_[v].cpu +
           weights_[1] * (total_[v].memory - free_[v].memory) / total_[v].memory;
  }
  /// Equation 4, now.
  [[nodiscard]] double balance() const noexcept { return balance_; }

  /// Starts a task that fits, now, on the lowest idle vCPUs.
  template <class Watch>
  void start(std::size_t v, const cloud_task& t, std::uint32_t task, Watch& watch) noexcept {
    const float pace = 1.0F / static_cast<float>(t.run);
    const std::int64_t end = clock_ + t.run;
    std::uint64_t* idle = &idle_[v * words_];
    std::uint32_t left = t.cpu, name = none, previous = none;
    for (std::uint32_t w = 0; left != 0;) {
      if (idle[w] == 0) {
        ++w;
        continue;
      }
      const auto bit = static_cast<std::uint32_t>(std::countr_zero(idle[w]));
      const auto neighbours = static_cast<std::uint32_t>(std::countr_one(idle[w] >> bit));
      const std::uint32_t n = (std::min)(neighbours, left);
      idle[w] &= ~bits(bit, n);
      const std::uint32_t at = first_[v] + 64 * w + bit;
      for (std::uint32_t k = at; k < at + n; ++k) {
        started_[k] = static_cast<std::uint32_t>(clock_);
        pace_[k] = pace;
      }
      stretches_[at] = {n, none};
      if (name == none) name = at;
      if (previous != none) stretches_[previous].next = at;
      previous = at;
      left -= n;
      watch.held({task, static_cast<std::uint32_t>(v), 64 * w + bit, n, clock_, end});
    }
    holders_[name] = {static_cast<std::uint32_t>(v), static_cast<std::int32_t>(t.cpu), t.memory};
    ends_.push_back(static_cast<std::uint64_t>(end) << name_bits | name);
    std::push_heap(ends_.begin(), ends_.end(), later{});
    booked_[2 * v] += std::int64_t{t.cpu} * t.run;
    booked_[2 * v + 1] += std::int64_t{t.memory} * t.run;
    last_end_ = (std::max)(last_end_, end);
    take(v, static_cast<std::int32_t>(t.cpu), t.memory);
    balance_ = spread();
  }

  /// Moves the clock to `slot`; tasks that end by then give back what they held.
  void run_until(std::int64_t slot) noexcept {
    while (!ends_.empty() && next_end() <= slot) {
      pass(next_end());
      do {
        release(static_cast<std::uint32_t>(ends_.front() & (max_names - 1)));
        std::pop_heap(ends_.begin(), ends_.end(), later{});
        ends_.pop_back();
      } while (!ends_.empty() && next_end() == clock_);
      balance_ = spread();
    }
    pass(slot);
  }

  /// Equation 24 over the slots so far; 0 before the first has passed.
  [[nodiscard]] double mean_utilisation() const noexcept {
    if (clock_ == 0) return 0.0;
    double sum = 0.0;
    for (std::size_t v = 0; v < total_.size(); ++v) {
      std::int64_t cpu = booked_[2 * v], memory = booked_[2 * v + 1];
      for (const std::uint64_t e : ends_) {
        const holder& h = holders_[e & (max_names - 1)];
        if (h.machine != v) continue;
        cpu -= h.cpu * (end_of(e) - clock_);
        memory -= h.memory * (end_of(e) - clock_);
      }
      sum += weights_[0] * static_cast<double>(cpu) / total_[v].cpu +
             weights_[1] * static_cast<double>(memory) / total_[v].memory;
    }
    return sum / (static_cast<double>(total_.size()) * static_cast<double>(clock_));
  }
  /// Equation 25 over the slots so far; 0 before the first has passed.
  [[nodiscard]] double mean_balance() const noexcept {
    return clock_ == 0 ? 0.0 : balance_integral_ / static_cast<double>(clock_);
  }

  /// Writes what is free on each machine, as shares of the frame: 2 size() numbers.
  void show_free(float* out) const noexcept {
    for (std::size_t v = 0; v < free_.size(); ++v) {
      out[2 * v] = static_cast<float>(free_[v].cpu) / frame_[0];
      out[2 * v + 1] = static_cast<float>(free_[v].memory) / frame_[1];
    }
  }
  /// Writes the progress of the vCPUs from..until-1, numbered through; 0 for idle ones.
  void show_progress(std::size_t from, std::size_t until, float* out) const noexcept {
    const auto now = static_cast<std::uint32_t>(clock_);
    const std::uint32_t* started = started_.data() + from;
    const float* pace = pace_.data() + from;
    // Signed, because that is what processors convert in one instruction; runs are below 2^31.
    for (std::size_t k = 0; k < until - from; ++k) {
      out[k] = static_cast<float>(static_cast<std::int32_t>(now - started[k])) * pace[k];
    }
  }
  /// The number of the first vCPU of machine v.
  [[nodiscard]] std::size_t first_vcpu(std::size_t v) const noexcept { return first_[v]; }

 private:
  struct amount {
    std::int32_t cpu = 0;     // vCPUs
    std::int32_t memory = 0;  // thousandths of a GB
  };
  struct stretch {  // by its first vCPU
    std::uint32_t length = 0, next = none;
  };
  struct holder {  // by the first vCPU of the task
    std::uint32_t machine = 0;
    std::int32_t cpu = 0, memory = 0;
  };
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  static constexpr int name_bits = 24;
  static constexpr std::uint64_t max_names = std::uint64_t{1} << name_bits;

  [[nodiscard]] static std::uint32_t count(std::int32_t n) noexcept {
    return static_cast<std::uint32_t>(n);
  }
  [[nodiscard]] static std::int64_t end_of(std::uint64_t entry) noexcept {
    return static_cast<std::int64_t>(entry >> name_bits);
  }
  struct later {  // a type, so that the heap functions can look into it
    bool operator()(std::uint64_t a, std::uint64_t b) const noexcept { return a > b; }
  };
  [[nodiscard]] static std::uint64_t bits(std::uint32_t first, std::uint32_t n) noexcept {
    return (n == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1) << first;
  }

  void pass(std::int64_t slot) noexcept {
    balance_integral_ += balance_ * static_cast<double>(slot - clock_);
    clock_ = slot;
  }
  void take(std::size_t v, std::int32_t cpu, std::int32_t memory) noexcept {
    free_[v].cpu -= cpu;
    free_[v].memory -= memory;
    set_share(v, 0, free_[v].cpu, total_[v].cpu);
    set_share(v, 1, free_[v].memory, total_[v].memory);
  }
  void release(std::uint32_t name) noexcept {
    const holder& h = holders_[name];
    for (std::uint32_t at = name; at != none; at = stretches_[at].next) {
      const std::uint32_t n = stretches_[at].length;
      const std::uint32_t local = at - first_[h.machine];
      idle_[h.machine * words_ + local / 64] |= bits(local % 64, n);
      for (std::uint32_t k = at; k < at + n; ++k) pace_[k] = 0.0F;
    }
    take(h.machine, -h.cpu, -h.memory);
    ++done_;
  }

  void set_share(std::size_t v, std::size_t resource, std::int32_t free,
                 std::int32_t total) noexcept {
    const std::int64_t q = (std::int64_t{free} << share_bits_) / total;
    std::int64_t& old = share_[2 * v + resource];
    sum_[resource] += q - old;
    squares_[resource] += q * q - old * old;
    old = q;
  }
  /// Equations 4 and 5, by n sum q^2 - (sum q)^2 = n^2 variance.
  [[nodiscard]] double spread() const noexcept {
    const auto n = static_cast<std::int64_t>(total_.size());
    const auto cpu = static_cast<double>(n * squares_[0] - sum_[0] * sum_[0]);
    const auto memory = static_cast<double>(n * squares_[1] - sum_[1] * sum_[1]);
    return scale_[0] * std::sqrt(cpu) + scale_[1] * std::sqrt(memory);
  }

  std::array<double, 2> weights_;
  std::array<float, 2> frame_{};
  std::vector<amount> total_, free_;
  std::vector<std::int64_t> booked_;  // by machine, vCPUs and memory: amount x slots

  int share_bits_ = 0;
  std::vector<std::int64_t> share_;                // by machine, vCPUs and memory: free / total
  std::array<std::int64_t, 2> sum_{}, squares_{};  // over machines
  std::array<double, 2> scale_{};                  // w / (n 2^share_bits_)

  std::vector<std::uint32_t> first_;    // by machine: its first vCPU
  std::size_t words_ = 1;               // of idle_, by machine
  std::vector<std::uint64_t> idle_;     // a bit per vCPU
  std::vector<std::uint32_t> started_;  // low bits of the slot
  std::vector<float> pace_;             // 1 / run; 0 = idle
  std::vector<stretch> stretches_;
  std::vector<holder> holders_;
  std::vector<std::uint64_t> ends_;  // a heap, the next one first: end << name_bits | name

  std::int64_t clock_ = 0, last_end_ = 0;
  double balance_ = 0.0, balance_integral_ = 0.0;
  std::uint64_t done_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::env::detail
