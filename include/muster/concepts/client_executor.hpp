// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include <muster/concepts/federated_client.hpp>

namespace muster::inline MUSTER_ABI {

/// One client's turn: from the model it is given to the numbers it sends.
struct training_job {
  client_id client{};
  download_info info{};
  std::span<float> numbers;        ///< the model; the executor leaves the upload here
  training_report report{};        ///< filled in by the executor
  std::uint64_t upload_bytes = 0;  ///< the same; 0 = four for each number
};

/// Has clients train: here, on threads, or in other processes.
///
/// Syntax (checked here)   `e.run(jobs)` -> result<void>
/// Meaning
///   - for each job, that client's `download`, `train` and `upload` are called once, in this order;
///   - the jobs are of different clients, so the order among them, and who works at the same time,
///     cannot change a result;
///   - an error means that some client could not be asked at all; how far the others came is then
///     not known.
template <class E>
concept client_executor = std::movable<E> && requires(E& e, std::span<training_job> jobs) {
  { e.run(jobs) } -> std::same_as<result<void>>;
};

namespace slot {
struct executor_tag;
/// Fills the role "where clients train" of a federation.
template <client_executor E>
struct executor {
  using slot = executor_tag;
  using type = E;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
