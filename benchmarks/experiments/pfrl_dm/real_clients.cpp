// SPDX-License-Identifier: Apache-2.0
#include "experiments/pfrl_dm/real_clients.hpp"

#include <array>
#include <utility>

#include <muster/trace/alibaba_2018.hpp>
#include <muster/trace/columns.hpp>
#include <muster/trace/openb.hpp>
#include <muster/trace/swf.hpp>
#include <muster/trace/table.hpp>

#include "cli/files.hpp"

namespace experiments::pfrl_dm {

namespace trace = muster::trace;

namespace {

using tasks = std::vector<trace::task>;

// GB that a task without a memory demand is taken to ask for, per core.
constexpr float usual_memory = 4.0F;
// GB that one per cent of a machine of the Alibaba trace stands for. Its publisher does not say;
// machines of 512 GB are common in its later traces.
constexpr float percent = 5.12F;

template <class Reader>
muster::result<tasks> read(const std::string& path, typename Reader::config c) {
  auto text = cli::read_maybe_gzip(path);
  if (!text) return text.failure();
  c.bad_rows = trace::bad_row_policy::skip;
  auto table = trace::read_tasks(Reader{path, c}, std::string_view{*text});
  if (!table) return table.failure();
  return std::move(table->tasks);
}

// Rows that a fit can use: known and positive times, some demand. `gigabytes` is one unit of the
// trace's memory.
muster::result<trace::workload_model> fitted(const char* name, muster::result<tasks> rows,
                                             float gigabytes = 1.0F) {
  if (!rows) return rows.failure();
  tasks good;
  for (trace::task t : *rows) {
    if (t.start < muster::instant{} || t.allowance.us <= 0) continue;
    if (!(t.cpu > 0.0F)) t.cpu = 1.0F;
    t.memory = t.memory > 0.0F ? t.memory * gigabytes : usual_memory * t.cpu;
    good.push_back(t);
  }
  auto model = trace::fit(good);
  if (model) model->name = name;
  return model;
}

}  // namespace

muster::result<std::vector<muster::pfrl_dm::study_client>> real_clients(const std::string& folder,
                                                                        std::uint64_t seed) {
  if (folder.empty()) {
    return muster::error{"no folder of real traces is given", "", 0, "--data",
                         "the folder with alibaba-batch-2018, swf-lcg-2005 and the others"};
  }
  const auto at = [&](const char* file) { return folder + '/' + file; };
  const trace::alibaba_2018::config alibaba{.keep_negative = false};
  const trace::swf::config parallel{};
  // Its memory field holds bytes of the whole job, and columns follow the 18th.
  const trace::swf::config cerit{
      .extended = true, .memory_unit = 1.0, .memory_per_processor = false};
  const trace::columns::config dlrm{.start = "creation_time",
                                    .end = "deletion_time",
                                    .cpu = "cpu_request",
                                    .memory = "memory_request",
                                    .type = "app_name"};
  std::array<muster::result<trace::workload_model>, 8> fits{
      fitted("alibaba-2018-1",
             read<trace::alibaba_2018>(at("alibaba-batch-2018/Task_1.csv.gz"), alibaba), percent),
      fitted("alibaba-2018-2",
             read<trace::alibaba_2018>(at("alibaba-batch-2018/Task_2.csv.gz"), alibaba), percent),
      fitted("openb",
             read<trace::openb>(at("alibaba-openb-2023/openb_pod_list_default.csv.gz"), {})),
      fitted("dlrm",
             read<trace::columns>(at("alibaba-dlrm-2025/disaggregated_DLRM_trace.csv.gz"), dlrm)),
      fitted("cerit", read<trace::swf>(at("swf-cerit-wagap-2013/wagap-2013.swf.gz"), cerit)),
      fitted("hpc2n", read<trace::swf>(at("swf-hpc2n-2002/hpc2n-sample.swf.gz"), parallel)),
      fitted("nasa-ipsc",
             read<trace::swf>(at("swf-nasa-ipsc-1993/NASA-iPSC-1993-3.1-cln.swf.gz"), parallel)),
      fitted("lcg", read<trace::swf>(at("swf-lcg-2005/LCG.swf.gz"), parallel))};
  std::vector<trace::workload_model> models;
  for (auto& f : fits) {
    if (!f) return f.failure();
    models.push_back(std::move(*f));
  }
  return muster::pfrl_dm::make_study(std::span{muster::env::evaluation_clients}.first(8), models,
                                     seed);
}

}  // namespace experiments::pfrl_dm
