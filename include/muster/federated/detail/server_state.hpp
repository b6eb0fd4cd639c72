// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <muster/federated/detail/row_store.hpp>
#include <muster/federated/messages.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// What is known of each client, by its number.
struct member_table {
  std::vector<std::uint8_t> joined, newcomer, training, chosen;
  std::vector<std::uint64_t> version;   // of the model it trains from
  std::vector<std::uint32_t> pending;   // place of its upload among those that wait, or no_row
  std::vector<std::uint32_t> personal;  // row of the model made for it, or no_row

  void each(auto&& f) {
    f("joined", joined, std::uint8_t{0});
    f("newcomer", newcomer, std::uint8_t{0});
    f("training", training, std::uint8_t{0});
    f("chosen", chosen, std::uint8_t{0});
    f("version", version, std::uint64_t{0});
    f("pending", pending, no_row);
    f("personal", personal, no_row);
  }
};
/// What a server counts.
struct server_state {
  std::uint64_t version = 0, round = 0, open = 0, clients = 0;
  std::uint64_t waiting = 0;  // chosen clients whose fresh upload is not here
  std::uint64_t fresh = 0;    // uploads that wait, of the newest version
  std::uint64_t taken = 0, refused = 0, dropped = 0;  // uploads since the last round ended
  traffic total{}, of_round{};

  void each(auto&& f) {
    f("version", version), f("round", round), f("open", open), f("clients", clients);
    f("waiting", waiting), f("fresh", fresh);
    f("taken", taken), f("refused", refused), f("dropped", dropped);
    f("bytes.down", total.down), f("bytes.up", total.up);
    f("round_bytes.down", of_round.down), f("round_bytes.up", of_round.up);
  }
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
