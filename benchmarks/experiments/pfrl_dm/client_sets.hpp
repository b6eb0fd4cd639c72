// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/pfrl_dm/workloads.hpp>

namespace experiments::pfrl_dm {

/// The clients of a set: table2, table2_heter (trained on everyone's tasks), table3, clone (the
/// first of table2 twice, then its second and third), same2 (the first twice, then the third and
/// fourth), joiner (table3 and the first of it once more), real (needs `data`). Their tasks do not
/// depend on the seed of a run: what differs from seed to seed is the learning.
[[nodiscard]] muster::result<std::vector<muster::pfrl_dm::study_client>> clients_of(
    const std::string& set, const std::string& data);

/// How many clients a set has.
[[nodiscard]] std::size_t client_count(const std::string& set);

}  // namespace experiments::pfrl_dm
