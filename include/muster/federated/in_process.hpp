// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <muster/concepts/client_executor.hpp>
#include <muster/core/thread_pool.hpp>
#include <muster/federated/detail/run_job.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Trains clients that live in this process, one after the other or on a pool of threads.
///
/// Idea      client i is the i-th of the span. The clients belong to the caller, and stay in place
///           as long as this one is used.
/// Threads   with a pool a client may be trained by another thread each time, and several at the
///           same time: clients share nothing that they write.
/// Determinism  the same bytes with any number of threads.
template <federated_client Client>
class in_process {
 public:
  using client_type = Client;

  /// `pool` lends its threads; nullptr = the calling thread alone.
  explicit in_process(std::span<Client> clients, thread_pool* pool = nullptr) noexcept
      : clients_{clients}, pool_{pool} {}

  [[nodiscard]] result<void> run(std::span<training_job> jobs) {
    for (const training_job& job : jobs) {
      if (index_of(job.client) >= clients_.size()) {
        return detail::no_such_client(job.client,
                                      "a number below " + std::to_string(clients_.size()));
      }
      if (auto fault = detail::job_fault(clients_[index_of(job.client)], job)) return *fault;
    }
    const auto turn = [&](std::size_t j) {
      detail::run_job(clients_[index_of(jobs[j].client)], jobs[j]);
    };
    if (pool_ != nullptr) {
      pool_->for_each(jobs.size(), turn);
    } else {
      for (std::size_t j = 0; j < jobs.size(); ++j) turn(j);
    }
    return {};
  }

 private:
  std::span<Client> clients_;
  thread_pool* pool_;
};

}  // namespace muster::inline MUSTER_ABI::federated
