// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <muster/trace/detail/row_reader.hpp>
#include <muster/trace/table.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// The models of GPU that the openb lists name; `gpu_models` has bit i for the i-th.
inline constexpr std::array<std::string_view, 7> openb_gpu_models{
    "P100", "T4", "V100M16", "V100M32", "A10", "G2", "G3"};
/// Classes of service, by the number that is `task::type`.
inline constexpr std::array<std::string_view, 4> openb_qos{"LS", "BE", "Burstable", "Guaranteed"};

/// A pod of an openb list.
struct openb_pod : task {
  duration wait = unknown_time;  ///< from creation to scheduling; unknown = never scheduled
  std::uint32_t gpus = 0;        ///< asked for
  std::uint32_t gpu_milli = 0;   ///< thousandths of one GPU, when it asks for one
  std::uint32_t gpu_models = 0;  ///< those it accepts; 0 = any

  friend constexpr bool operator==(const openb_pod&, const openb_pod&) = default;
};

/// A node of an openb list.
struct openb_node {
  float cpu = 0.0F;     ///< cores
  float memory = 0.0F;  ///< GB (2^30 bytes)
  std::uint32_t gpus = 0;
  std::uint32_t gpu_models = 0;  ///< one bit, or none where there is no GPU
  std::uint64_t line = 0;        ///< where it was read, from 1

  friend constexpr bool operator==(const openb_node&, const openb_node&) = default;
};

namespace detail {

/// The bits of models joined by |; fails the row at one that is not known.
inline std::uint32_t openb_models(field_reader& f, std::size_t column) noexcept {
  std::uint32_t bits = 0;
  std::string_view rest = f.text(column);
  while (!rest.empty()) {
    const std::size_t end = rest.find('|');
    const std::string_view name = trim(rest.substr(0, end));
    std::size_t i = 0;
    while (i < openb_gpu_models.size() && openb_gpu_models[i] != name) ++i;
    if (i == openb_gpu_models.size()) {
      f.fail(row_defect::unknown_type, column);
      return 0;
    }
    bits |= 1U << i;
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return bits;
}

}  // namespace detail

/// Reads a pod list of the Alibaba GPU trace of 2023 ("openb"): Kubernetes pods with GPU shares.
///
/// Source    alibaba/clusterdata, cluster-trace-gpu-v2023; Weng et al., "Beware of
///           Fragmentation", USENIX ATC 2023. Eleven columns, named in a header line.
/// Meaning   start = creation_time s, allowance = deletion_time - creation_time s (the lifetime,
///           with the wait in it), cpu = cpu_milli / 1000 cores, memory = memory_mib / 1024 GB,
///           type = qos as numbered by `openb_qos`.
/// Counted   a pod that was never scheduled lived without running: left out unless
///           `keep_unscheduled`. Some lists are not sorted by time (`out_of_order`).
/// Repair    a demand that cannot be read becomes 11.3 cores, the median, and 0 GB and GPUs.
/// Cost      one pass; memory for one line.
class openb : public detail::row_reader<openb> {
 public:
  using row = openb_pod;
  struct config {
    bad_row_policy bad_rows = bad_row_policy::fail;
    bool keep_negative = false;     ///< keep pods that are deleted before they are created
    bool keep_unscheduled = false;  ///< keep pods that were never scheduled
    std::size_t max_line = 4096;    ///< characters; longer rows are bad; >= 64
  };

  explicit openb(std::string_view file_name) : openb(file_name, config{}) {}
  openb(std::string_view file_name, config c)
      : row_reader{file_name, layout, ',', c.bad_rows, c.max_line, c.keep_negative},
        keep_unscheduled_{c.keep_unscheduled} {}

 private:
  friend row_reader;
  enum column : std::size_t {
    name,
    cpu_milli,
    memory_mib,
    num_gpu,
    gpu_milli,
    gpu_spec,
    qos,
    pod_phase,
    creation_time,
    deletion_time,
    scheduled_time,
    columns
  };
  static constexpr std::array<detail::column_form, columns> layout{
      {{"name", "a name"},
       {"cpu_milli", "thousandths of a core such as 12000"},
       {"memory_mib", "MiB such as 16384"},
       {"num_gpu", "a whole number such as 1"},
       {"gpu_milli", "thousandths of a GPU such as 460"},
       {"gpu_spec", "models such as V100M16|V100M32, or nothing"},
       {"qos", "LS, BE, Burstable or Guaranteed"},
       {"pod_phase", "a word"},
       {"creation_time", "seconds such as 427061"},
       {"deletion_time", "seconds such as 12902960"},
       {"scheduled_time", "seconds such as 427061, or nothing"}}};

  bool first_line(std::string_view text) { return read_header(text); }

  template <class Keep>
  void take(std::string_view text, Keep& keep) {
    constexpr double longest = 1e9;  // seconds: 31 years
    detail::field_reader f = fields(cut(text));
    openb_pod p;
    p.line = line_number();
    p.start = instant{} + from_seconds(f.real(creation_time, longest));
    p.allowance = instant{} + from_seconds(f.real(deletion_time, longest)) - p.start;
    const bool scheduled = !f.text(scheduled_time).empty();
    if (scheduled) p.wait = instant{} + from_seconds(f.real(scheduled_time, longest)) - p.start;
    p.cpu = static_cast<float>(f.amount_demand(cpu_milli, 1e9, 11'300.0) / 1000.0);
    p.memory = static_cast<float>(f.amount_demand(memory_mib, 1e12, 0.0) / 1024.0);
    p.gpus = static_cast<std::uint32_t>(f.whole_demand(num_gpu, 1'000'000, 0));
    p.gpu_milli = static_cast<std::uint32_t>(f.whole_demand(gpu_milli, 1'000'000, 0));
    p.gpu_models = detail::openb_models(f, gpu_spec);
    while (p.type < openb_qos.size() && openb_qos[p.type] != f.text(qos)) ++p.type;
    if (p.type == openb_qos.size()) f.fail(row_defect::unknown_type, qos);
    if (!usable(f, text)) return;
    if (!scheduled && !keep_unscheduled_) return leave_out();
    give(p, f.flaw().has_value(), keep);
  }

  bool keep_unscheduled_;
};

static_assert(trace_reader<openb>);

/// Reads a node list of the same trace: five columns, named in a header line.
class openb_nodes : public detail::row_reader<openb_nodes> {
 public:
  using row = openb_node;
  struct config {
    bad_row_policy bad_rows = bad_row_policy::fail;
    std::size_t max_line = 4096;  ///< characters; longer rows are bad; >= 64
  };

  explicit openb_nodes(std::string_view file_name) : openb_nodes(file_name, config{}) {}
  openb_nodes(std::string_view file_name, config c)
      : row_reader{file_name, layout, ',', c.bad_rows, c.max_line, false} {}

 private:
  friend row_reader;
  enum column : std::size_t { sn, cpu_milli, memory_mib, gpu, model, columns };
  static constexpr std::array<detail::column_form, columns> layout{
      {{"sn", "a name"},
       {"cpu_milli", "thousandths of a core such as 64000"},
       {"memory_mib", "MiB such as 262144"},
       {"gpu", "a whole number such as 8"},
       {"model", "a model such as T4, or nothing"}}};

  bool first_line(std::string_view text) { return read_header(text); }

  template <class Keep>
  void take(std::string_view text, Keep& keep) {
    detail::field_reader f = fields(cut(text));
    openb_node n;
    n.line = line_number();
    n.cpu = static_cast<float>(f.amount(cpu_milli, 1e9) / 1000.0);
    n.memory = static_cast<float>(f.amount(memory_mib, 1e12) / 1024.0);
    n.gpus = static_cast<std::uint32_t>(f.whole(gpu, 1'000'000));
    n.gpu_models = detail::openb_models(f, model);
    if (usable(f, text)) give(n, false, keep);
  }
};

static_assert(trace_reader<openb_nodes>);

}  // namespace muster::inline MUSTER_ABI::trace
