// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/concepts/federated_client.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// What travels to a client: its model, and how it came about.
struct download {
  std::span<const float> model{};  ///< valid until the server is next called
  download_info info{};
};

/// What travels to the server.
///
/// This is all that a client can send: numbers of a model, and three numbers about its training.
struct upload {
  client_id client{};
  std::uint64_t version = 0;  ///< of the model it was trained from: that of the download
  training_report report{};
  std::span<const float> values{};
  std::uint64_t bytes = 0;  ///< that the values took on the way; 0 = four each
  double importance = 1.0;  ///< multiplies its weight: for clients that come seldom; > 0
};

/// What precedes the numbers on the way down: 16 bytes.
struct download_header {
  std::uint64_t version = 0;
  std::uint32_t client = 0;
  std::uint32_t kind = 0;
};
/// The same on the way up: 48 bytes.
struct upload_header {
  std::uint64_t version = 0;
  double weight = 0.0;
  std::uint64_t steps = 0;
  double score = 0.0;
  std::uint64_t bytes = 0;
  std::uint32_t client = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(download_header) == 16 && sizeof(upload_header) == 48);

/// Bytes on the way down, and up.
struct traffic {
  std::uint64_t down = 0;
  std::uint64_t up = 0;
  friend constexpr bool operator==(const traffic&, const traffic&) = default;
};

/// A round that has ended.
struct round_summary {
  std::uint64_t round = 0;    ///< its number, counted from 0; one that was given up has one as well
  std::uint64_t version = 0;  ///< of the model it published, counted from 1
  instant opened{};
  instant closed{};
  std::size_t participants = 0;     ///< clients whose models became one
  std::size_t late = 0;             ///< those of them trained from an older model than the newest
  std::uint64_t max_staleness = 0;  ///< versions between the newest model and theirs
  double mean_staleness = 0.0;      ///< the same, over all participants
  std::size_t refused = 0;          ///< uploads with numbers that cannot be used
  std::size_t dropped = 0;          ///< uploads that were too old
  double mean_score = 0.0;          ///< of the participants that gave one; NaN if none did
  double weight = 0.0;              ///< sum over the participants
  std::uint64_t steps = 0;          ///< decisions of the participants
  traffic bytes{};                  ///< since the round before ended, with headers
};

}  // namespace muster::inline MUSTER_ABI::federated
