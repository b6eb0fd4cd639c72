// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <muster/concepts/client_executor.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// Why this client cannot do the job, if it cannot.
template <federated_client Client>
[[nodiscard]] std::optional<error> job_fault(const Client& client, const training_job& job) {
  if (client.exchange_size() == job.numbers.size()) return std::nullopt;
  return error{.what = "exchanges " + std::to_string(client.exchange_size()) + " numbers",
               .file = {},
               .field = "client " + std::to_string(index_of(job.client)),
               .expected = std::to_string(job.numbers.size()) + ", as the server's model has"};
}
[[nodiscard]] inline error no_such_client(client_id client, std::string expected) {
  return {.what = "does not exist",
          .file = {},
          .field = "client " + std::to_string(index_of(client)),
          .expected = std::move(expected)};
}

/// One client's turn.
template <federated_client Client>
void run_job(Client& client, training_job& job) {
  client.download(std::span<const float>{job.numbers}, job.info);
  job.report = client.train();
  client.upload(job.numbers);
  job.upload_bytes = 0;
  if constexpr (packing_client<Client>) job.upload_bytes = client.upload_bytes();
}

}  // namespace muster::inline MUSTER_ABI::federated::detail
