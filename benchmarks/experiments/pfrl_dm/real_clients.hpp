// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/pfrl_dm/workloads.hpp>

namespace experiments::pfrl_dm {

/// Eight clients with workloads fitted to published traces, read from a folder laid out so:
///
///     alibaba-batch-2018/Task_1.csv.gz, Task_2.csv.gz
///     alibaba-openb-2023/openb_pod_list_default.csv.gz
///     alibaba-dlrm-2025/disaggregated_DLRM_trace.csv.gz
///     swf-cerit-wagap-2013/wagap-2013.swf.gz       swf-hpc2n-2002/hpc2n-sample.swf.gz
///     swf-nasa-ipsc-1993/NASA-iPSC-1993-3.1-cln.swf.gz      swf-lcg-2005/LCG.swf.gz
///
/// Machines are the first eight rows of PFRL-DM's Table 3. Memory that a trace does not have is
/// 4 GB per core; an error names the first file that is missing.
[[nodiscard]] muster::result<std::vector<muster::pfrl_dm::study_client>> real_clients(
    const std::string& folder, std::uint64_t seed);

}  // namespace experiments::pfrl_dm
