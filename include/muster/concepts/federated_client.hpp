// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/core/ids.hpp>
#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI {

/// Which model a client is given.
enum class download_kind : std::uint8_t {
  first,     ///< its first one: what the server has for newcomers
  global,    ///< the model for everyone
  personal,  ///< made for this client
};

/// What a client is told with a model.
struct download_info {
  std::uint64_t version = 0;  ///< how many models the server had published before this one
  download_kind kind = download_kind::first;
};

/// What a client says about its training, beside the numbers it sends.
struct training_report {
  double weight = 1.0;      ///< how much its update counts, for example samples; finite, >= 0
  std::uint64_t steps = 0;  ///< decisions it took, for the record and for models of its pace
  double score = 0.0;       ///< mean total reward per episode, or whatever the study follows
};

/// Someone who trains on data that stay where they are, and exchanges numbers with a server.
///
/// Syntax (checked here)   `exchange_size`, `download`, `train`, `upload`
/// Meaning (checked by testing/laws/federated_client.hpp)
///   - `exchange_size` numbers travel each way, and nothing else: a server sees no observation,
///     reward or action, because there is no function that could hand it over;
///   - `download` takes over what the server sent (the span is gone afterwards); `train` learns
///     alone for one round; `upload` writes the numbers to send. They come in this order, round
///     after round;
///   - two clients built alike and given the same downloads do the same, bit for bit: all
///     randomness comes from the client's own seed and its count of rounds.
template <class C>
concept federated_client = std::movable<C> &&
    requires(C& c, const C& k, std::span<const float> model, const download_info& info,
             std::span<float> out) {
  { k.exchange_size() } -> std::same_as<std::size_t>;
  c.download(model, info);
  { c.train() } -> std::same_as<training_report>;
  k.upload(out);
};

/// A client that sends its numbers packed, and knows in how many bytes: the federation counts them
/// instead of four for each number.
template <class C>
concept packing_client = federated_client<C> && requires(const C& k) {
  { k.upload_bytes() } -> std::same_as<std::uint64_t>;
};

/// A client whose whole state can be written down and read back (nn/checkpoint.hpp), so that one
/// that was killed goes on where it was.
template <class C, class Checkpoint>
concept resumable_client = federated_client<C> && requires(C& c, Checkpoint& checkpoint) {
  c.add_to(checkpoint);
};

}  // namespace muster::inline MUSTER_ABI
